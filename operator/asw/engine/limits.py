"""Numbers that bound an execution: AWS's quotas, and how far one step goes."""

HISTORY_LIMIT = 25_000
"""AWS: events in one history; the last one says that the execution failed for reaching it."""
PAYLOAD_LIMIT = 262_144
"""AWS: bytes (UTF-8) of a state's or task's result."""
INLINE_MAP_CONCURRENCY = 40
"""AWS: iterations of an inline Map that are open at once."""
OPEN_LINES = 1_000
"""Lines of control that Maps and Parallels of one execution open at once; each may have one more.
All are in the record, which every pass writes whole."""
DISTRIBUTED_MAP_CONCURRENCY = 1_000
"""Children of a distributed Map that run at once at most (AWS: 10,000)."""
ASSIGN_LIMIT = 262_144
"""AWS: bytes (UTF-8) of a variable, and of all that one Assign sets."""
VARIABLES_LIMIT = 10 * 1024 * 1024
"""AWS: bytes of all variables of an execution."""
STEP_TRANSITIONS = 500
"""State entries in one step; then it hands back the record and wants to go on at once."""
LONGEST_WAIT_SECONDS = 99_999_999
"""AWS: the most that a span in seconds may say."""
LONGEST_DELAY_SECONDS = 31_536_000
"""AWS: one year, the longest run; a back-off that grows beyond it stays there."""
