"""Functions of runtime ``image`` on this machine: one container a call, by the task contract.

The outcome is left in a file of a folder that the container shares; nothing is pushed. A cancelled
call, and one that runs too long, has its container killed.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from asw.api.names import EVENT_LIMIT_BYTES, MESSAGE_LIMIT_BYTES, uid12
from asw.asl.errors import IMAGE_PULL_FAILED, INVALID_RESULT, OUT_OF_MEMORY, START_FAILED
from asw.asl.values import from_text
from asw.platforms.local.database import dump
from asw.platforms.local.engines import (
    ANSWER_SECONDS,
    FOLDER,
    Engine,
    ask,
    find_engine,
    last_line,
)
from asw.platforms.local.functions import Container, NotRunnable
from asw.platforms.local.logs import LogPipe, TaskLogs
from asw.platforms.local.rights import make_private
from asw.platforms.local.runtime import Call, crashed, timed_out
from asw.platforms.local.tasks import Failed, Outcome, Succeeded

RESULT_NAME: Final = "result"
EVENT_NAME: Final = "event"
ENGINE_FAILED: Final = 125
"""docker, podman, nerdctl: the engine itself failed, and nothing ran."""
_NOT_STARTED: Final = (126, 127)
"""The same for a command that cannot be run or found; a program's own code, too."""
_ENGINE_SAYS: Final = ("docker: ", "Error: ", "time=", "FATA")
"""How lines begin that engines write, rather than a program."""
_KILLED: Final = 137
_TAIL_BYTES: Final = 8192
_AGAIN_SECONDS: Final = 0.2
"""Between two attempts to remove a container that is not there yet."""


class Containers:
    """Runs calls in containers; ``folder`` is private, and holds what they share."""

    def __init__(self, folder: Path, logs: TaskLogs, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._logs = logs
        self._environ = environ
        self._engine: Engine | None = None
        self._turn = asyncio.Lock()
        self._fetched: set[str] = set()

    async def run(self, call: Call, on_start: Callable[[], None]) -> Outcome:
        """Run the call in a container of its own; cancelling kills it."""
        container = call.function.container
        assert container is not None, "the pool asks"
        try:
            engine = await self._ready_engine(container)
        except NotRunnable as error:
            cause = f"function {call.function.name} runs an image: {error}"
            return Failed(error=START_FAILED, cause=cause)
        except _NoImage as error:
            return Failed(error=IMAGE_PULL_FAILED, cause=str(error))
        with _shared_folder(self._folder / str(call.task_id), call) as folder:
            on_start()
            started = _Started(engine, container, call, folder, self._environ, self._logs)
            return await started.outcome()

    async def _ready_engine(self, container: Container) -> Engine:
        """The engine, once it has the image. Raises NotRunnable and _NoImage."""
        async with self._turn:
            if self._engine is None:
                self._engine = await find_engine(self._environ)
            if container["image"] not in self._fetched:
                await self._fetch(self._engine, container)
                self._fetched.add(container["image"])
            return self._engine

    async def _fetch(self, engine: Engine, container: Container) -> None:
        """Have the image here, as its pull policy says: once for all calls of this command."""
        image, policy = container["image"], container["pull"]
        code, said = await ask(engine.has_image(image), self._environ)
        if code == 0 and policy != "Always":
            return
        if policy == "Never":
            raise _NoImage(
                f"{engine.name} does not have image {image}, and imagePullPolicy is Never: {said}"
            )
        await _pulled(engine, image, self._environ)


class _NoImage(Exception):
    """The image is not here and cannot be fetched; the message says why."""


async def _pulled(engine: Engine, image: str, environ: Mapping[str, str]) -> None:
    """Fetch the image, however long that takes. Raises _NoImage."""
    process = await asyncio.create_subprocess_exec(
        *engine.pull(image),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environ),
        start_new_session=True,
    )
    try:
        _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise _NoImage(f"{engine.name} cannot pull image {image}: {last_line(complaint)}")


@dataclass(slots=True)
class _Started:
    """One container, from its start to its outcome."""

    engine: Engine
    container: Container
    call: Call
    folder: Path
    environ: Mapping[str, str]
    logs: TaskLogs

    async def outcome(self) -> Outcome:
        """Run it to its end; whatever happens, nothing of it is left."""
        tail = _Tail(self.logs)
        pipe = LogPipe(tail)
        name = f"asw-{uid12(self.call.task_id.execution_uid)}-{self.call.task_id.ordinal}"
        name = f"{name}-{uuid4().hex[:6]}"  # one that was killed may take a while to go
        limit = self.call.function.timeout_seconds
        remove = self.engine.remove(name)
        try:
            process = await self._begin(name, pipe)
        except BaseException:
            pipe.close_writer()
            pipe.close()
            # Cancelled while it started, it may have got as far as a container.
            await asyncio.shield(ask(remove, self.environ))
            raise
        pipe.close_writer()
        pipe.begin(self.call)
        try:
            async with asyncio.timeout(limit):
                code = await process.wait()
        except TimeoutError:
            return timed_out(self.call)
        finally:
            if process.returncode is None:
                await asyncio.shield(_end(process, remove, self.environ))
            pipe.close()
        return self._read(code, tail.text)

    async def _begin(self, name: str, pipe: LogPipe) -> asyncio.subprocess.Process:
        own, passed = self._variables()
        words = [f"{name}={value}" for name, value in own.items()]
        return await asyncio.create_subprocess_exec(
            *self.engine.run(self.container, name, self.folder, [*words, *passed]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=pipe.writer,
            stderr=pipe.writer,
            env={**self.environ, **passed},
            cwd=self.folder,  # conmon of podman leaves a file where it runs out of memory
            start_new_session=True,  # Ctrl-C is asw's to handle
        )

    def _variables(self) -> tuple[dict[str, str], dict[str, str]]:
        """Those that the command line shows; and those that it must not show.

        Secrets come from asw's own environment, and payloads are private; other variables of users
        might change what the engine's own command does if it had them.
        """
        function = self.call.function
        secret = {name: self.call.variables[name] for name in function.sources}
        plain = {it: text for it, text in self.call.variables.items() if it not in secret}
        ours = {"HOME": "/tmp"}  # noqa: S108 -- in the container
        return {**ours, **plain}, {**secret, **contract(self.call)}

    def _read(self, code: int, said: str) -> Outcome:
        """What the file says, or else the exit code: as on a cluster."""
        try:
            text = (self.folder / RESULT_NAME).read_text(encoding="utf-8").strip()
            left = outcome_in(text) if text else None
        except (OSError, ValueError) as error:
            left = Failed(error=INVALID_RESULT, cause=f"the result file holds no outcome: {error}")
            text = ""
        if left is not None and (code == 0 or (text and isinstance(left, Failed))):
            _note_size(text, self.logs, self.call)
            return left
        is_engine = said.startswith(_ENGINE_SAYS)
        if code == ENGINE_FAILED or (code in _NOT_STARTED and is_engine):
            return Failed(error=START_FAILED, cause=f"{self.engine.name}: {said}")
        if code == _KILLED and self.container["memory"] is not None:
            return Failed(error=OUT_OF_MEMORY, cause=_TOO_MUCH)
        return Succeeded(output=None) if code == 0 else crashed(code)


_TOO_MUCH: Final = (
    "the container was killed, most likely because it used more memory than its limit;"
    " raise spec.resources.limits.memory of the Function"
)


def contract(call: Call) -> dict[str, str]:
    """The variables of the task contract, as far as a single machine has them."""
    function = call.function
    text = dump(call.event)
    is_large = len(text.encode(errors="surrogatepass")) > EVENT_LIMIT_BYTES
    event = {"ASW_EVENT_URL": f"file://{FOLDER}/{EVENT_NAME}"} if is_large else {"ASW_EVENT": text}
    made = {
        **event,
        "ASW_TASK_ID": str(call.task_id),
        "ASW_TASK_TOKEN": "local",
        "ASW_RESULT_FILE": f"{FOLDER}/{RESULT_NAME}",
        "ASW_FUNCTION_NAME": function.name,
        "ASW_FUNCTION_VERSION": "$LATEST",
        "ASW_NAMESPACE": "default",
        "ASW_EXECUTION": call.execution,
        "ASW_STATE": call.state,
    }
    if function.timeout_seconds is not None:
        made["ASW_TIMEOUT_SECONDS"] = str(function.timeout_seconds)
    memory = None if function.container is None else function.container["memory"]
    if memory is not None:
        made["ASW_MEMORY_MB"] = str(memory // 2**20)
    return made


def outcome_in(text: str) -> Outcome:
    """The outcome that the text spells. Raises ValueError."""
    plain = from_text(text)
    if not isinstance(plain, dict):
        raise ValueError("an outcome is a JSON object")  # noqa: TRY004 -- it is the text's fault
    if "error" in plain:
        error, cause = plain["error"], plain.get("cause")
        if not isinstance(error, str) or not error or not isinstance(cause, str | None):
            raise ValueError('"error" and "cause" are texts')
        return Failed(error=error, cause=cause)
    if "output" not in plain:
        raise ValueError('an outcome has "output" or "error"')
    return Succeeded(output=plain["output"])


class _Tail:
    """Passes on what is printed, and remembers the last line of it."""

    def __init__(self, logs: TaskLogs) -> None:
        self._logs = logs
        self._last = b""

    def write(self, call: Call, data: bytes) -> None:
        self._last = (self._last + data)[-_TAIL_BYTES:]
        self._logs.write(call, data)

    @property
    def text(self) -> str:
        return last_line(self._last)


@contextlib.contextmanager
def _shared_folder(folder: Path, call: Call) -> Iterator[Path]:
    """A folder that the container's user may write, inside one that nobody else may enter."""
    make_private(folder.parent)
    folder.mkdir(exist_ok=True)
    try:
        result = folder / RESULT_NAME
        result.touch()
        (folder / EVENT_NAME).write_text(dump(call.event), encoding="utf-8", errors="surrogatepass")
        for path, mode in ((folder, 0o777), (result, 0o666), (folder / EVENT_NAME, 0o644)):
            path.chmod(mode)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # a rootless engine's files may stay


async def _end(
    process: asyncio.subprocess.Process, remove: Sequence[str], environ: Mapping[str, str]
) -> None:
    """Kill the container, and have the command ended that waits for it.

    An engine that was asked for a container makes it, whether or not the command that asked is
    still there. So the command is left alone until its container, which may come only after it was
    removed the first time, is gone: the command ends by itself then.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            while process.returncode is None:
                await ask(remove, environ)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _AGAIN_SECONDS)
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await ask(remove, environ)


def _note_size(text: str, logs: TaskLogs, call: Call) -> None:
    """What fits the file here may not fit it on a cluster."""
    size = len(text.encode())
    if size > MESSAGE_LIMIT_BYTES:
        note = (
            f"asw: this outcome has {size} bytes; on a cluster the result file holds"
            f" {MESSAGE_LIMIT_BYTES}, and larger ones are to be posted to $ASW_RESULT_URL\n"
        )
        logs.write(call, note.encode())
