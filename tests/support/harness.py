"""``PlatformHarness``: what the suite of platform promises needs of any platform.

Everything is synchronous and says what a user would do, so that the same tests run over the fake,
this machine and a real cluster. Names of workflows and functions are the users' own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject
from asw.reconciler.platform import ExecutionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One event of a history, payloads as JSON values."""

    type: str
    details: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How an execution ended; ``status`` is AWS's, FAILED also where it never started."""

    status: str
    output: Json = None
    error: str | None = None
    cause: str | None = None
    history: tuple[HistoryLine, ...] = ()

    def count(self, type_: str) -> int:
        """How many events of a type there are."""
        return sum(1 for line in self.history if line.type == type_)


class PlatformHarness(Protocol):
    """See the module."""

    def create_workflow(self, name: str, definition: JsonObject, dialect: Dialect = "ASL") -> None:
        """Apply a Workflow."""
        ...

    def create_function(self, name: str, source: str) -> None:
        """Apply a Function: Python, with ``main_handler(event, context)``."""
        ...

    def create_execution(self, workflow: str, value: Json) -> ExecutionKey:
        """Apply an Execution; its Workflow need not exist."""
        ...

    def stop(self, key: ExecutionKey, error: str, cause: str) -> None:
        """Ask to abort the execution."""
        ...

    def suspend(self, key: ExecutionKey, *, is_suspended: bool) -> None:
        """Have the execution start nothing new, or let it go on."""
        ...

    def redrive(self, key: ExecutionKey, number: int) -> None:
        """Have an execution that did not succeed worked again; wait until that has begun."""
        ...

    def wait_for_states(self, key: ExecutionKey, states: Sequence[str]) -> None:
        """Wait until the execution is in these states, as its record names them, in any order."""
        ...

    def wait_for_reason(self, key: ExecutionKey) -> str:
        """Wait until the execution says why it does not start, or go on; the reason."""
        ...

    def wait_finished(self, key: ExecutionKey) -> Finished:
        """Wait until the execution is over."""
        ...

    def restart(self) -> None:
        """Kill what reconciles, without notice, and bring it up again."""
        ...

    def started_tasks(self, key: ExecutionKey) -> Mapping[int, str]:
        """The state that each start was made for, by ordinal of its TaskId."""
        ...

    def wait_until_idle(self, key: ExecutionKey) -> None:
        """Wait until no task of the execution runs."""
        ...
