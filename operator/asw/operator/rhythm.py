"""How often the loops of an operator come round, in seconds, and how long they may take."""

TICK_SECONDS = 2.0
CATCH_UP_SECONDS = 0.5
LOSSES_SECONDS = 0.2
"""The Job controller makes another pod 1 s after one vanished: the Job must go before."""
SWEEP_SECONDS = 30.0
COMPARE_SECONDS = 240.0
RETIRE_SECONDS = 0.2
ARCHIVE_SECONDS = 0.5
ORPHAN_SECONDS = 1800.0
POOLS_SECONDS = 1.0
KEYS_SECONDS = 60.0
ADDRESS_SECONDS = 30.0
PAUSE_SECONDS = 2.0

LONGEST_ROUND_SECONDS = 900.0
"""A loop that takes longer hangs: requests time out, and lists are read page by page."""
LONGEST_ORPHANS_SECONDS = 7200.0
"""Patience with the loop that goes slowly from one Execution to the next."""
LONGEST_LOOK_SECONDS = 60.0
"""Patience with loops that come round every few seconds."""
