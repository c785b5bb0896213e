"""Which operations only read, by their names: needed where no model of a service is at hand."""

import re
from typing import Final

_READS: Final = re.compile(r"(?:Get|List|Describe|BatchGet|Head|Search|Query|Scan)(?=[A-Z0-9]|$)")
"""How operations are named that only read."""
_NOT_READS: Final = frozenset(
    {
        "GetLatestConfiguration",  # appconfigdata: uses its token up
        "GetActivityTask",  # stepfunctions: takes the task from those who wait for it
    }
)


def only_reads(operation: str) -> bool:
    """Whether an operation of this name only reads; ``getItem`` is ``GetItem``."""
    name = operation[:1].upper() + operation[1:]
    return not takes_away(name) and _READS.match(name) is not None


def takes_away(operation: str) -> bool:
    """Whether an operation that is named or sent like one that reads changes something."""
    return operation in _NOT_READS
