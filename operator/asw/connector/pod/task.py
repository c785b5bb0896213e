"""A task as the operator sends it, and what became of it."""

import math
import time
from dataclasses import dataclass

from asw.asl.errors import DATA_LIMIT_EXCEEDED, FUNCTION_TIMED_OUT, INVALID_RESULT, RESULT_LOST
from asw.asl.values import Json, to_text
from asw.connector.answering import report
from asw.connector.calls import Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task; ``seconds`` is how long it may take, 0 is no limit of its own."""

    task_id: str
    event: str
    state: str
    seconds: float

    @classmethod
    def of(cls, plain: Json, usual_seconds: float) -> "Task":
        """The task in an answer. Raises ValueError if it is none."""
        match plain:
            case {"taskId": str(task_id), "event": str(event)} if task_id:
                environment = plain.get("environment")
            case _:
                raise ValueError("it has no taskId or no event")
        seconds = plain.get("timeoutSeconds")
        if seconds is None:
            seconds = usual_seconds
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not is_number or not 0 <= seconds < math.inf:
            raise ValueError("timeoutSeconds is no number of seconds")
        state = environment.get("ASW_STATE") if isinstance(environment, dict) else None
        return cls(task_id=task_id, event=event, state=str(state or ""), seconds=float(seconds))


@dataclass(slots=True, kw_only=True)
class Delivery:
    """An outcome on its way to the operator; ``body`` is its JSON."""

    task: Task
    body: bytes
    started_at: str
    is_replaced: bool = False
    """Whether it says instead of the outcome why that was refused."""

    def replace(self, verdict: object, reason: str) -> None:
        """Say from now on why the outcome was refused."""
        self.is_replaced = True
        self.body = report(_too_large(self.task) if verdict == 413 else _refused(reason))


def instant(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds, of seconds since the epoch."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds % 1 * 1000):03d}Z"


def repeated() -> bytes:
    """The outcome of a task that comes again although its outcome is no longer here."""
    told = "The task has run in this pod already and is not run twice; its outcome is not here."
    return report(Failed(error=RESULT_LOST, cause=told))


def timed_out(task: Task) -> bytes:
    """The outcome of a task that has taken all its time."""
    message = f"RequestId: {task.task_id} Error: Task timed out after {task.seconds:.2f} seconds"
    cause = to_text({"errorType": FUNCTION_TIMED_OUT, "errorMessage": message})
    return report(Failed(error=FUNCTION_TIMED_OUT, cause=cause))


def _too_large(task: Task) -> Failed:
    told = (
        f"The state/task '{task.state}' returned a result with a size exceeding"
        " the maximum number of bytes service limit."
    )
    return Failed(error=DATA_LIMIT_EXCEEDED, cause=told)


def _refused(reason: str) -> Failed:
    told = f"The engine refused the outcome: {reason[:1000]}"
    return Failed(error=INVALID_RESULT, cause=told)
