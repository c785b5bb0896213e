"""The packages of functions: an environment for each lock, built once and kept in the data folder.

Python packages are installed by pip, those of Node by npm, with their user's own configuration:
which index is asked is theirs to say. Neither runs code of a package: pip takes wheels only, unless
the lock itself says ``--no-binary NAME``, and npm runs no scripts.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, TypeAlias

from asw.api.names import digest12
from asw.api.package_lock import PACKAGE_JSON, PACKAGE_LOCK, REQUIREMENTS
from asw.asl.values import to_text
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.installers import explained
from asw.platforms.local.interpreters import interpreter
from asw.platforms.local.requirements import included, is_all_hashed, lock_in
from asw.platforms.local.rights import make_folder, make_private

LOCK_POLL_SECONDS: Final = 0.1
"""Between two looks at whether another process has built what we wait for."""
PACKAGES: Final = "packages"
NODE_MODULES: Final = "node_modules"

Waiting: TypeAlias = Callable[[str], AbstractContextManager[None]]
"""Inside what it makes, the packages of the function of this name are waited for."""


class NotInstalled(Exception):
    """The packages of a function cannot be had; the message says which, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What an environment is made from; functions with equal ones share it.

    ``main`` is the file that names the packages, ``files`` has it and those that it includes.
    """

    main: str
    files: Mapping[str, str]
    interpreter: str = ""
    """The Python that packages are for; empty for Node."""

    @property
    def digest(self) -> str:
        """Name of the environment."""
        return digest12(to_text([self.main, self._tag, dict(sorted(self.files.items()))]))

    @property
    def _tag(self) -> str:
        """Which Pythons may share it: those of one version and platform."""
        if self.interpreter in ("", sys.executable):
            return self.interpreter and f"{sys.implementation.cache_tag} {sysconfig.get_platform()}"
        return f"{Path(self.interpreter).name} {sysconfig.get_platform()}"


def lock_of(function: LocalFunction, environ: Mapping[str, str] = os.environ) -> Lock | None:
    """The lock of the function's packages; None if it names none.

    Raises NotInstalled, and NotRunnable where the function's own Python is missing.
    """
    files = function.files
    main = lock_in(function.runtime, files)
    if main == REQUIREMENTS:
        program = interpreter(function.runtime, environ)
        return Lock(main=main, files=included(main, files), interpreter=program)
    if main is None:
        return None
    if main not in files:
        raise NotInstalled(
            f"function {function.name} has a {PACKAGE_JSON} and no {PACKAGE_LOCK}: "
            "npm install --package-lock-only writes it"
        )
    return Lock(main=main, files={it: files[it] for it in (PACKAGE_JSON, main)})


class Environments:
    """The environments below a folder; each is built by one process and one worker at a time."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str] = os.environ,
        waiting: Waiting = lambda _: contextlib.nullcontext(),
    ) -> None:
        self._folder = folder.absolute()
        self._environ = environ
        self._waiting = waiting
        self._turns: dict[str, asyncio.Lock] = {}
        self._failed: dict[str, str] = {}
        """Why those that could not be built could not: each is tried once a command."""

    async def of(self, function: LocalFunction) -> Path | None:
        """The folder of the function's packages, built if need be; None if it names none.

        For Node it is the ``node_modules``. Raises NotInstalled, and OSError.
        """
        lock = lock_of(function, self._environ)
        if lock is None:
            return None
        place = self._folder / lock.digest
        if not _is_there(place):
            async with self._turns.setdefault(lock.digest, asyncio.Lock()):
                await self._ensure(lock, place, function.name)
        return place / NODE_MODULES if lock.main == PACKAGE_LOCK else place

    async def _ensure(self, lock: Lock, place: Path, function: str) -> None:
        if (reason := self._failed.get(lock.digest)) is not None:
            raise NotInstalled(f"function {function}: {reason}")
        make_folder(self._folder.parent)
        make_private(self._folder)
        async with _alone(self._folder / f"{lock.digest}.lock"):
            if _is_there(place):
                return
            unfinished = _fresh(self._folder, f".{lock.digest}-")
            try:
                with self._waiting(function):
                    await self._build(lock, unfinished)
                (unfinished / PACKAGES).rename(place)
            except NotInstalled as error:
                self._failed[lock.digest] = str(error)
                raise NotInstalled(f"function {function}: {error}") from error
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)

    async def _build(self, lock: Lock, folder: Path) -> None:
        """Install into ``packages`` in the folder. Raises NotInstalled."""
        target = folder / PACKAGES
        source = target if lock.main == PACKAGE_LOCK else folder / "lock"
        target.mkdir()
        for name, text in lock.files.items():
            file = source / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        if lock.main == PACKAGE_LOCK:
            command = _npm()
            (target / NODE_MODULES).mkdir()
        else:
            is_hashed = any(map(is_all_hashed, lock.files.values()))
            command = [*_pip(lock.interpreter), "--target", str(target), "--requirement", lock.main]
            command += ["--require-hashes"] if is_hashed else []
        variables = {**self._environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0"}
        variables.pop("PYTHONPATH", None)
        status, output = await _run(command, source, variables)
        if status:
            raise NotInstalled(explained(output, lock.main, lock.files[lock.main]))


def _is_there(place: Path) -> bool:
    return place.is_dir()


def _fresh(folder: Path, prefix: str) -> Path:
    """A new folder of this prefix; those of processes that were killed are removed."""
    for left in folder.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=folder))


def _pip(program: str) -> Sequence[str]:
    """The command line of a pip that installs for this Python. Raises NotInstalled."""
    if find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip"]
        pip += [] if program == sys.executable else ["--python", program]
    elif (found := shutil.which("pip") or shutil.which("pip3")) is not None:
        pip = [found, "--python", program]
    else:
        raise NotInstalled(
            f"{REQUIREMENTS} needs pip, which is not installed: python3 -m ensurepip, or the "
            "package python3-pip, brings it"
        )
    options = ("--no-input", "--disable-pip-version-check", "--only-binary", ":all:")
    return [*pip, "install", *options]


def _npm() -> Sequence[str]:
    """The command line of npm. Raises NotInstalled."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled(f"{PACKAGE_LOCK} needs npm, which is not installed: install Node.js")
    return [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]


async def _run(
    command: Sequence[str], folder: Path, variables: Mapping[str, str]
) -> tuple[int, str]:
    """The exit status and everything printed; cancelled, it ends what it started."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = await process.communicate()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    assert process.returncode is not None  # it has ended
    return process.returncode, output.decode(errors="replace")


@contextlib.asynccontextmanager
async def _alone(file: Path) -> AsyncIterator[None]:
    """Inside, no other process is. The file stays: to remove it would let two in."""
    with file.open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(LOCK_POLL_SECONDS)
        yield
