"""The runtime that serves functions on this machine: how to start it and talk to it.

Pure but for one look at where it is installed. The lines are those of
docs/reference/runtime-protocol.md.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from asw.api.names import CODE_LIMIT_BYTES
from asw.asl.errors import FUNCTION_TIMED_OUT, INVALID_RESULT, TASK_CRASHED
from asw.asl.values import Json, from_text, to_text
from asw.engine.task_ids import TaskId
from asw.platforms.local.database import dump
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.interpreters import interpreter
from asw.platforms.local.tasks import Failed, Outcome, Succeeded

if TYPE_CHECKING:
    from asw.api.objects import OnLost

_PACKAGE = Path(__file__).parent
_PLACES = {
    "python3": (
        _PACKAGE / "asw_runtime",
        _PACKAGE.parents[3] / "functions" / "python3" / "asw_runtime",
    ),
    "nodejs": (
        _PACKAGE / "asw_runtime_nodejs",
        _PACKAGE.parents[3] / "functions" / "nodejs" / "asw_runtime",
    ),
}
"""In an installed package they lie beside this file, in the source tree under functions."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
"""Variables that a function inherits; everything else it must declare itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One task for a runtime process. ``variables`` are all that the Function declares.

    ``child`` is the uid of the express child whose task it is, empty for the execution's own.
    """

    task_id: TaskId
    function: LocalFunction
    variables: Mapping[str, str]
    event: Json
    execution: str
    state: str
    child: str = ""

    @property
    def on_lost(self) -> "OnLost | None":
        """What its function says of lost tasks."""
        return self.function.on_lost


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The task is alive."""


@dataclass(frozen=True, slots=True)
class Answered:
    """How the task ended. ``is_last`` says that the process serves nothing more."""

    outcome: Outcome
    is_last: bool = False


Answer: TypeAlias = Heartbeat | Answered


def command(function: LocalFunction, environ: Mapping[str, str] = os.environ) -> list[str]:
    """The command line of a process that serves the function. Raises NotRunnable."""
    program = interpreter(function.runtime, environ)
    if function.runtime == "nodejs":
        return ["/bin/sh", str(_place("nodejs") / "serve.sh"), program]
    kind = ["--shell"] if function.runtime == "shell" else []
    return [program, "-S", "-P", str(_place("python3") / "__main__.py"), "--serve", *kind]


def _place(runtime: str) -> Path:
    return next(place for place in _PLACES[runtime] if place.is_dir())


def environment(
    call: Call, environ: Mapping[str, str], code_folder: Path, packages: Path | None = None
) -> dict[str, str]:
    """All variables of a process.

    ``code_folder`` holds code that is too large for one, ``packages`` what the function's lock
    names: without any, it sees none, and never those of asw itself.
    """
    function = call.function
    variables = {name: environ[name] for name in _PASSED_ON if name in environ}
    variables |= call.variables
    variables |= {
        "ASW_HANDLER": function.handler,
        "ASW_FUNCTION_NAME": function.name,
        "ASW_FUNCTION_VERSION": "$LATEST",
        "ASW_NAMESPACE": "default",
        "ASW_PACKAGES_DIR": "" if packages is None else str(packages),
    }
    if function.timeout_seconds is not None:
        variables["ASW_TIMEOUT_SECONDS"] = str(function.timeout_seconds)
    code = to_text(function.files)
    if len(code.encode()) <= CODE_LIMIT_BYTES:
        return {**variables, "ASW_CODE": code}
    return {**variables, "ASW_CODE_DIR": str(code_folder)}


def request_line(call: Call) -> bytes:
    """The request for one task."""
    names = {"ASW_EXECUTION": call.execution, "ASW_STATE": call.state}
    request = {"taskId": str(call.task_id), "event": dump(call.event), "environment": names}
    return dump(request).encode() + b"\n"


def read_answer(line: bytes, task_id: TaskId) -> Answer:
    """What the line says about the task."""
    try:
        answer = from_text(line)
        if answer["taskId"] != str(task_id):
            return _not_an_outcome("the runtime answered for another task")
        if answer.get("heartbeat"):
            return Heartbeat()
        return Answered(_outcome(answer["outcome"]), is_last=answer.get("last") is True)
    except (ValueError, TypeError, KeyError):
        return _not_an_outcome("the runtime wrote a line that is no answer")


def timed_out(call: Call) -> Outcome:
    """The outcome of a function that the runtime itself could not end in time."""
    seconds = call.function.timeout_seconds or 0
    message = f"RequestId: {call.task_id} Error: Task timed out after {seconds:.2f} seconds"
    cause = {"errorType": FUNCTION_TIMED_OUT, "errorMessage": message}
    return Failed(error=FUNCTION_TIMED_OUT, cause=to_text(cause))


def crashed(exit_code: int) -> Outcome:
    """The outcome of a task whose process ended without one (task contract)."""
    if exit_code == 0:
        return Succeeded(output=None)
    if exit_code > 0:
        return Failed(error=TASK_CRASHED, cause=f"The process ended with exit code {exit_code}")
    name = signal.Signals(-exit_code).name
    return Failed(error=TASK_CRASHED, cause=f"The process was killed by {name}")


def _outcome(plain: Json) -> Outcome:
    if "error" in plain:
        return Failed(error=str(plain["error"]), cause=plain.get("cause"))
    return Succeeded(output=plain["output"])


def _not_an_outcome(cause: str) -> Answered:
    return Answered(Failed(error=INVALID_RESULT, cause=cause))
