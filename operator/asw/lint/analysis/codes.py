"""The codes of what the data-flow check finds; ``asw.lint.rules`` says what each means.

It calls ERROR only what fails in every run that gets there and WARNING what fails on a known way.
It says nothing of what it does not know.
"""

from typing import Final

PATH_NEVER_FOUND: Final = "PathNeverFound"
PATH_MAY_BE_MISSING: Final = "PathMayBeMissing"
FIELD_ALWAYS_FAILS: Final = "FieldAlwaysFails"
RULE_NEVER_MATCHES: Final = "RuleNeverMatches"
RULE_ALWAYS_MATCHES: Final = "RuleAlwaysMatches"
CHOICE_WITHOUT_DEFAULT: Final = "ChoiceWithoutDefault"
STATE_NEVER_REACHED: Final = "StateNeverReached"
ENDLESS_LOOP: Final = "EndlessLoop"
UNHANDLED_ERRORS: Final = "UnhandledErrors"
HANDLER_NEVER_MATCHES: Final = "HandlerNeverMatches"
RETRIER_NEVER_RETRIES: Final = "RetrierNeverRetries"
DATA_LIMIT_RISK: Final = "DataLimitRisk"
VALUE_NEVER_READ: Final = "ValueNeverRead"
DOUBTFUL_REQUEST: Final = "DoubtfulRequest"

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
    DOUBTFUL_REQUEST,
)
"""Every code of the data-flow check."""
