"""What went wrong in user code, in the words of AWS Lambda: error name and JSON cause."""

from __future__ import annotations

from .outcomes import CAUSE_CHARACTERS, dump, failed, fits_file
from .streams import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .outcomes import Outcome


class Fault(Exception):
    """The function cannot be run or its result not be used: Lambda's ``Runtime.`` errors."""

    def __init__(self, error: str, message: str, frames: list[str] | None = None) -> None:
        super().__init__(message)
        self.error = error
        self.frames = frames or []


def from_exception(error: BaseException, request_id: str) -> Outcome:
    """The outcome of a handler that raised, which is told to the log as well."""
    if isinstance(error, Fault):
        return from_fault(error, request_id)
    if isinstance(error, SystemExit):
        return from_fault(_exit_fault(error, request_id), request_id)
    name, message, frames = type(error).__name__, message_of(error), frames_of(error)
    _log(name, message, frames, error)
    return lambda_failure(_detail(name, message, request_id, frames))


def from_fault(fault: Fault, request_id: str) -> Outcome:
    """The outcome of a fault, which is told to the log as well."""
    message = message_of(fault)
    _log(fault.error, message, fault.frames, None)
    return lambda_failure(_detail(fault.error, message, request_id, fault.frames))


def timed_out(seconds: float, request_id: str) -> Outcome:
    """The outcome of a function that ran past its own timeout."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    _log("Sandbox.Timedout", message, [], None)
    cause = dump({"errorType": "Sandbox.Timedout", "errorMessage": message})
    return failed("Sandbox.Timedout", cause.decode())


def lambda_failure(detail: dict[str, Any]) -> Outcome:
    """A failure whose cause is Lambda's JSON, cut to the limits: frames first, then message."""
    name = detail["errorType"]
    cause = _fitting(detail, lambda text: len(text) <= CAUSE_CHARACTERS)
    return failed(name, cause, _fitting(detail, lambda text: fits_file(name, text)))


def message_of(error: BaseException) -> str:
    """``str(error)``, which is user code and may itself fail."""
    try:
        return str(error)
    except Exception:
        return f"<unprintable {type(error).__name__} object>"


def frames_of(error: BaseException) -> list[str]:
    """The user's frames of the traceback, as Lambda's ``stackTrace`` shows them."""
    from .frames import format_frames

    return format_frames(error.__traceback__)


def _detail(name: str, message: str, request_id: str, frames: list[str]) -> dict[str, Any]:
    detail = {"errorMessage": message, "errorType": name, "requestId": request_id}
    return {**detail, "stackTrace": frames}


def _fitting(detail: dict[str, Any], fits: Callable[[str], bool]) -> str:
    text = dump(detail).decode()
    while detail.get("stackTrace") and not fits(text):
        frames = detail["stackTrace"]
        quarter = len(frames) // 4
        detail = {**detail, "stackTrace": frames[:quarter] + frames[len(frames) - quarter :]}
        text = dump(detail).decode()
    message = detail["errorMessage"]
    while message and not fits(text):
        message = message[: len(message) // 2]
        text = dump({**detail, "errorMessage": f"{message} ..."}).decode()
    return text


def _exit_fault(error: SystemExit, request_id: str) -> Fault:
    if error.code in (None, 0):
        reason = "Runtime exited without providing a reason"
    else:
        status = error.code if isinstance(error.code, int) else 1
        reason = f"Runtime exited with error: exit status {status}"
        if isinstance(error.code, str):
            reason += f": {error.code}"
    message = f"RequestId: {request_id} Error: {reason}"
    return Fault("Runtime.ExitError", message, frames_of(error))


def _log(name: str, message: str, frames: list[str], error: BaseException | None) -> None:
    """Tell the log, as Lambda does, with the exceptions that led to this one first."""
    lines: list[str] = []
    earlier = None if error is None else _earlier(error)
    while earlier is not None:
        told = f"Because of {type(earlier).__name__}: {message_of(earlier)}\n"
        lines[:0] = [told, *frames_of(earlier)]
        earlier = _earlier(earlier) if len(lines) < 1000 else None
    lines.append(f"[ERROR] {name}: {message}\n")
    if frames:
        lines += ["Traceback (most recent call last):\n", *frames]
    note("".join(lines).rstrip("\n"))


def _earlier(error: BaseException) -> BaseException | None:
    if error.__cause__ is not None:
        return error.__cause__
    return None if error.__suppress_context__ else error.__context__
