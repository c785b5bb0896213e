"""The codes of what the data-flow check finds.

It calls ERROR only what fails in every run that gets there, WARNING what a way is known for, and
says nothing of what it does not know.
"""

from typing import Final

PATH_NEVER_FOUND: Final = "PathNeverFound"
"""A path or an expression that never finds anything."""
PATH_MAY_BE_MISSING: Final = "PathMayBeMissing"
"""A path that finds nothing on some way that is known."""
FIELD_ALWAYS_FAILS: Final = "FieldAlwaysFails"
"""A field that never gets a value that it takes, or a place that its result needs; a call in it
that always fails."""
RULE_NEVER_MATCHES: Final = "RuleNeverMatches"
"""A Choice rule that no run goes by."""
RULE_ALWAYS_MATCHES: Final = "RuleAlwaysMatches"
"""A Choice rule that every run goes by that gets to it, so that what follows it is for nothing."""
CHOICE_WITHOUT_DEFAULT: Final = "ChoiceWithoutDefault"
"""A Choice whose rules do not take all that may come, and that has no Default."""
STATE_NEVER_REACHED: Final = "StateNeverReached"
"""A state that transitions lead to and no run gets to."""
ENDLESS_LOOP: Final = "EndlessLoop"
"""A loop that runs get into and never leave, though the block has an end."""
UNHANDLED_ERRORS: Final = "UnhandledErrors"
"""Errors of a state that end the execution: no Retry and no Catch takes them on the way out."""
HANDLER_NEVER_MATCHES: Final = "HandlerNeverMatches"
"""A Retrier or Catcher, or one of its names, that no error ever gets to."""
RETRIER_NEVER_RETRIES: Final = "RetrierNeverRetries"
"""A Retrier with MaxAttempts 0 that keeps nothing from another one."""
DATA_LIMIT_RISK: Final = "DataLimitRisk"
"""A value that may grow over 256 KiB."""
VALUE_NEVER_READ: Final = "ValueNeverRead"
"""A variable or a result that nothing reads."""

CODES: Final = (
    PATH_NEVER_FOUND,
    PATH_MAY_BE_MISSING,
    FIELD_ALWAYS_FAILS,
    RULE_NEVER_MATCHES,
    RULE_ALWAYS_MATCHES,
    CHOICE_WITHOUT_DEFAULT,
    STATE_NEVER_REACHED,
    ENDLESS_LOOP,
    UNHANDLED_ERRORS,
    HANDLER_NEVER_MATCHES,
    RETRIER_NEVER_RETRIES,
    DATA_LIMIT_RISK,
    VALUE_NEVER_READ,
)
"""Every code of the data-flow check."""
