"""The identity of everything that an execution starts outside: the execution's uid and an ordinal.

Retries, loops, retried Maps and redrives take new ordinals, so an id never names two starts.
Frame, state and attempt are labels, never identity.
"""

from typing import NamedTuple


class TaskId(NamedTuple):
    """One start of a task or child: execution uid and ordinal (1, 2 ...)."""

    execution_uid: str
    ordinal: int

    def __str__(self) -> str:
        return f"{self.execution_uid}-{self.ordinal}"

    @classmethod
    def parse(cls, text: str) -> "TaskId":
        """The inverse of ``str``. Raises ValueError for any other text."""
        uid, separator, ordinal = text.rpartition("-")
        if not separator or not uid or not ordinal.isascii() or not ordinal.isdigit():
            raise ValueError(f"not a task id: {text!r}")
        return cls(uid, int(ordinal))
