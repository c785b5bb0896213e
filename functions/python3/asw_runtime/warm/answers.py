"""What a child says about its task, taken as bytes and believed in nothing that it does not prove.

An outcome goes on to the operator as the child wrote it, inside a request of ours: so it has to be
one JSON value and no more, and numbers stay as they were written.
"""

from __future__ import annotations

import json
import re
import signal

from .. import outcomes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from ..outcomes import Outcome

LARGEST_ANSWER = 2 * 1024 * 1024
TASK_CRASHED = "Asw.TaskCrashed"
START_FAILED = "Asw.StartFailed"
TIMED_OUT = "Sandbox.Timedout"
_USUAL = re.compile(r'\s*\{\s*"taskId"\s*:\s*"((?:[^"\\])*)"\s*,\s*"outcome"\s*:\s*')


class Told:
    """A line of a child's: a sign of life where ``body`` is None, else the outcome.

    ``is_last`` says that the child is of no use after it.
    """

    def __init__(self, body: bytes | None, *, is_last: bool = False) -> None:
        self.body = body
        self.is_last = is_last


class Untrusted(Exception):
    """The child said what no runtime says; the message is for the cause."""


def read(line: bytes, task_id: str) -> Told:
    """What the line says about the task. Raises Untrusted."""
    try:
        text = line.decode()
        usual = _USUAL.match(text)
        if usual is None:
            return _read_unusual(text, task_id)
        if usual[1] != task_id:
            raise Untrusted("the runtime answered for another task")
        outcome, end = _DECODER.raw_decode(text, usual.end())
        if text[end:].strip() != "}":
            return _read_unusual(text, task_id)
        return _told(outcome, text[usual.end() : end])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Untrusted("the runtime wrote a line that is no answer") from error


def ended(status: int) -> bytes:
    """The outcome of a task whose process ended without one (docs/reference/task-contract.md)."""
    if status == 0:
        return outcomes.succeeded(b"null").body
    if status > 0:
        return crashed(f"The process ended with exit code {status}")
    return crashed(f"The process was killed by {_signal_name(-status)}")


def crashed(cause: str) -> bytes:
    """The outcome of a task that its process cannot tell any more."""
    return outcomes.failed(TASK_CRASHED, cause).body


def not_started(reason: str) -> bytes:
    """The outcome of a task for which no process can be started."""
    return outcomes.failed(START_FAILED, f"The function's process cannot start: {reason}").body


def invalid(cause: str) -> bytes:
    """The outcome of a task whose answer is none."""
    return outcomes.failed(outcomes.INVALID_RESULT, cause).body


def repeated() -> bytes:
    """The outcome of a task that comes again although its outcome is no longer here."""
    cause = "The task has run in this pod already and is not run twice; its outcome is not here."
    return outcomes.failed(outcomes.RESULT_LOST, cause).body


def timed_out(seconds: float, task_id: str) -> Outcome:
    """The outcome of a task whose process did not end in time by itself."""
    message = f"RequestId: {task_id} Error: Task timed out after {seconds:.2f} seconds"
    cause = outcomes.dump({"errorType": TIMED_OUT, "errorMessage": message})
    return outcomes.failed(TIMED_OUT, cause.decode())


def _read_unusual(text: str, task_id: str) -> Told:
    """An answer that is written in another order or with more members than ours."""
    answer = json.loads(text, parse_constant=_refuse)
    if answer["taskId"] != task_id:
        raise Untrusted("the runtime answered for another task")
    if "outcome" not in answer and answer.get("heartbeat"):
        return Told(None)
    told = _told(answer["outcome"], outcomes.dump(answer["outcome"]).decode())
    told.is_last = told.is_last or answer.get("last") is True
    return told


def _told(outcome: Any, body: str) -> Told:
    if not isinstance(outcome, dict):
        raise TypeError(outcome)
    if "error" in outcome:
        return Told(body.encode(), is_last=outcome["error"] == TIMED_OUT)
    if "output" not in outcome:
        raise ValueError(outcome)
    return Told(body.encode())


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of real time, say
        return f"signal {number}"


_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)
