"""Shell scripts: the event on stdin and in ``$ASW_EVENT``, the last line of JSON is the output.

The interpreter is the script's own (``#!``), else ``/bin/sh``.
"""

from __future__ import annotations

import _thread
import json
import os
import signal

from . import failures
from .child import Child
from .environment import announce
from .failures import Fault
from .invocation import IMAGE_CODE_DIR
from .outcomes import DATA_LIMIT_EXCEEDED, succeeded
from .results import on_one_line
from .workdir import WorkDir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .child import Ended
    from .invocation import Invocation
    from .outcomes import Outcome

_LARGEST_EVENT_VARIABLE = 100 * 1024
_DEFAULT_HANDLER = "index.sh"
_SIGNAL_STATUS = 128
_SECONDS_TO_CLEAN_UP = 1.0


class ShellFunction:
    """A script, run anew for every event in a folder of its own."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._is_starting = self._is_interrupted = False
        self._working = _thread.allocate_lock()

    def prepare(self, invocation: Invocation) -> None:
        """Nothing: a script has no state to keep warm."""

    def run(self, invocation: Invocation, event: str) -> Outcome:
        """Run the script; its exit status decides between output and error."""
        try:
            announce(invocation)
            files, name = _script(invocation)
            with self._working, WorkDir(files, event) as workdir:
                ended = self._run(workdir, name, event)
                if ended.status:
                    return _failure(ended, invocation.task_id)
                return succeeded(_output(workdir.read_output(), ended))
        except Exception as error:  # no room for the folder, say
            return failures.from_exception(error, invocation.task_id)

    def interrupt(self) -> bool:
        """Ask the script to end; it may take its time to clean up."""
        self._is_interrupted = True
        if self._child is not None:
            self._child.signal(signal.SIGTERM)
        return self._is_starting or self._child is not None

    def abandon(self) -> None:
        """Kill the script and all that it started, and leave no folder behind."""
        self._is_interrupted = True
        if self._child is not None:
            self._child.signal(signal.SIGKILL)
        self._working.acquire(timeout=_SECONDS_TO_CLEAN_UP)

    def _run(self, workdir: WorkDir, name: str, event: str) -> Ended:
        variables = {**os.environ, **workdir.variables()}
        if len(event.encode()) <= _LARGEST_EVENT_VARIABLE:
            variables["ASW_EVENT"] = event
        self._is_starting = True
        try:
            self._child = Child(
                [*_interpreter(name), name],
                variables,
                stdin=workdir.stdin,
                heartbeats=workdir.heartbeats,
            )
        except OSError as error:
            message = f"Unable to start {name}: {error}"
            raise Fault("Runtime.InvalidEntrypoint", message) from error
        finally:
            self._is_starting = False
        if self._is_interrupted:  # while the script started, and so not handed on yet
            self._child.signal(signal.SIGTERM)
        try:
            return self._child.wait()
        finally:
            self._child = None


def _script(invocation: Invocation) -> tuple[dict[str, str], str]:
    """The inline files and the one to run, or no files and the path of a script in the folder."""
    handler = invocation.handler or _DEFAULT_HANDLER
    if not invocation.code:
        path = f"{invocation.code_dir or IMAGE_CODE_DIR}/{handler}"
        if not os.path.isfile(path):
            raise Fault("Runtime.HandlerNotFound", f"Script '{path}' is missing")
        return {}, path
    files: dict[str, str] = json.loads(invocation.code)
    if handler in files:
        return files, handler
    if handler == _DEFAULT_HANDLER and len(files) == 1:  # the only file needs not be named
        return files, next(iter(files))
    message = f"Script '{handler}' is missing; the code has {', '.join(files)}"
    raise Fault("Runtime.HandlerNotFound", message)


def _interpreter(script: str) -> list[str]:
    """The words of the ``#!`` line, read here because ``/dev/shm`` is often mounted noexec."""
    with open(script, "rb") as file:
        first = file.readline(256).decode(errors="replace")
    return first[2:].strip().split(None, 1) if first.startswith("#!") else ["/bin/sh"]


def _output(written: bytes, ended: Ended) -> bytes:
    """The output file if there is one, else the last line if it is JSON, else null."""
    if written.strip():
        try:
            return on_one_line(written.decode())
        except ValueError as error:
            message = f"Unable to marshal response: $ASW_OUTPUT_FILE holds no JSON: {error}"
            raise Fault("Runtime.MarshalError", message) from error
    if ended.last_line is None:
        message = "The last line of stdout exceeds the maximum number of bytes service limit."
        raise Fault(DATA_LIMIT_EXCEEDED, message)
    try:
        return on_one_line(ended.last_line.decode())
    except ValueError:
        return b"null"


def _failure(ended: Ended, task_id: str) -> Outcome:
    status = ended.status if ended.status > 0 else _SIGNAL_STATUS - ended.status
    detail = {
        "errorMessage": ended.error_tail or f"exit status {status}",
        "errorType": f"Shell.ExitStatus.{status}",
        "requestId": task_id,
        "exitStatus": status,
    }
    return failures.lambda_failure(detail)
