"""What is reported by the token of a callback, and AWS's answers. Pure.

AWS: SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat. Its errors have status 400 and the name in
``__type``; messages never repeat what was sent.
"""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.asl.values import Json, from_text, to_text
from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskFact, TaskHeartbeat
from asw.engine.task_ids import TaskId

SUCCESS: Final = "success"
FAILURE: Final = "failure"
HEARTBEAT: Final = "heartbeat"
LONGEST_ERROR: Final = 256
LONGEST_CAUSE: Final = 32_768
"""Characters (AWS: error, cause)."""


class ReportRefused(Exception):
    """The report changes nothing: ``code`` is AWS's name for why, ``status`` that of the answer."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status

    @property
    def body(self) -> dict[str, Json]:
        """The answer, as AWS writes it."""
        return {"__type": self.code, "message": self.text}


def invalid_token() -> ReportRefused:
    """The text is no genuine token of a callback."""
    return ReportRefused("InvalidToken", "Invalid Token: 'Invalid token'")


def timed_out() -> ReportRefused:
    """The task waits no more: it is over, it was reported before, or it was started anew."""
    text = "Task Timed Out: 'Provided task does not exist anymore'"
    return ReportRefused("TaskTimedOut", text)


def does_not_exist() -> ReportRefused:
    """There is no such start; its execution may be deleted."""
    return ReportRefused("TaskDoesNotExist", "Task Does Not Exist: 'Provided task does not exist'")


def not_valid(text: str, status: int = 400) -> ReportRefused:
    """The request is not what it should be."""
    return ReportRefused("ValidationException", text, status)


def throttled() -> ReportRefused:
    """Too many reports of one namespace."""
    return ReportRefused("ThrottlingException", "Rate exceeded", 400)


def unavailable() -> ReportRefused:
    """Nobody can take the report now: it may be made again."""
    return ReportRefused("ServiceUnavailable", "nobody can take the report now; report again", 503)


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Success(_Said):
    output: Any


class _Failure(_Said):
    error: str | None = Field(default=None, max_length=LONGEST_ERROR)
    cause: str | None = Field(default=None, max_length=LONGEST_CAUSE)


class _Heartbeat(_Said):
    pass


def read_object(text: bytes) -> dict[str, Json]:
    """The JSON object of a body. Raises ReportRefused."""
    try:
        said = from_text(text or b"{}")
    except (ValueError, RecursionError):
        raise not_valid("the body is no JSON") from None
    if not isinstance(said, dict):
        raise not_valid("the body must be a JSON object")
    return said


def fact_of(what: str, said: dict[str, Json], task_id: TaskId, at: datetime) -> TaskFact:
    """The report as the engine hears it. Raises ReportRefused."""
    try:
        match what:
            case "success":
                output = _Success.model_validate(said).output
                if len(to_text(output).encode(errors="surrogatepass")) > PAYLOAD_LIMIT_BYTES:
                    raise not_valid(f"output has more than {PAYLOAD_LIMIT_BYTES} bytes")
                return CallbackSucceeded(task_id=task_id, at=at, output=output)
            case "failure":
                failed = _Failure.model_validate(said)
                return CallbackFailed(
                    task_id=task_id, at=at, error=failed.error, cause=failed.cause
                )
            case _:
                _Heartbeat.model_validate(said)
                return TaskHeartbeat(task_id=task_id, at=at)
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = _place(told["loc"])
        raise not_valid(f"{place}{told['msg']}") from None


def _place(steps: tuple[int | str, ...]) -> str:
    """The field, if it is one of ours: others' names are not repeated."""
    name = str(steps[0]) if steps else ""
    return f"{name}: " if name in ("output", "error", "cause") else ""
