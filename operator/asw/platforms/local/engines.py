"""The container engine of this machine: which one answers, and the commands that it is given.

podman, docker and nerdctl share docker's command line, so one table of words serves all three.
What a container finds is in docs/reference/task-contract.md.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asw.platforms.local.functions import Container, NotRunnable

SETTING: Final = "ASW_CONTAINER_ENGINE"
"""Variable that names the engine, by its name or its path, instead of looking for one."""
ENGINES: Final = ("podman", "docker", "nerdctl")
"""Those that are looked for, in this order."""
ANSWER_SECONDS: Final = 20.0
"""An engine that does not say by then how it is counts as not answering."""
FOLDER: Final = "/asw"
"""Where a container finds its folder: the file for its outcome, and a large event."""

_INSTALL: Final = (
    "install podman (apt install podman, dnf install podman, brew install podman) or start docker;"
    f" {SETTING} names another one; a cluster runs the function too"
)


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers; ``program`` is its path."""

    name: str
    program: str

    def run(self, container: Container, name: str, folder: Path, env: Sequence[str]) -> list[str]:
        """The command that runs a container once, in the foreground, and then removes it.

        ``env`` are variables as ``NAME=VALUE``, or as ``NAME`` for one that the engine's command
        itself has.
        """
        entry, arguments = _entry(container)
        relabel = ":Z" if self.name == "podman" else ""  # SELinux: the others do not know it
        words = ["run", "--rm", "--name", name, "--pull", "never", "--stop-timeout", "0"]
        # Of a relative path docker makes a named volume.
        words += ["--volume", f"{folder.resolve()}:{FOLDER}{relabel}"]
        words += ["--user", container["user"]]
        words += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        if container["is_read_only"]:
            words.append("--read-only")
        if container["memory"] is not None:
            limit = str(container["memory"])
            words += ["--memory", limit, "--memory-swap", limit]
        if container["cpus"] is not None:
            words += ["--cpus", container["cpus"]]
        for variable in env:
            words += ["--env", variable]
        return [self.program, *words, *entry, container["image"], *arguments]

    def has_image(self, image: str) -> list[str]:
        """The command that succeeds if the image is there."""
        return [self.program, "image", "inspect", image]

    def pull(self, image: str) -> list[str]:
        """The command that fetches the image."""
        return [self.program, "pull", image]

    def remove(self, name: str) -> list[str]:
        """The command that kills and removes the container, whatever it is doing."""
        return [self.program, "rm", "--force", name]


async def find_engine(environ: Mapping[str, str]) -> Engine:
    """The engine that the setting names, or the first that answers. Raises NotRunnable."""
    named = environ.get(SETTING)
    silent = []
    for name in (named,) if named else ENGINES:
        program = shutil.which(name, path=environ.get("PATH"))
        if program is None:
            if named:
                raise NotRunnable(f"{SETTING} names {name}, which is not on the PATH; {_INSTALL}")
            continue
        code, said = await ask((program, "info"), environ)
        if code == 0:
            return Engine(Path(program).name, program)
        silent.append(f"{name} does not answer ({said})")
    found = "; ".join(silent) or f"none of {', '.join(ENGINES)} is on the PATH"
    raise NotRunnable(f"no container engine answers here: {found}; {_INSTALL}")


async def ask(command: Sequence[str], environ: Mapping[str, str]) -> tuple[int, str]:
    """Run a short command of an engine: its exit code, and the last line that it complained."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=dict(environ),
            start_new_session=True,  # Ctrl-C is asw's to handle
        )
    except OSError as error:
        return 126, error.strerror or str(error)
    try:
        _, complaint = await asyncio.wait_for(process.communicate(), ANSWER_SECONDS)
    except TimeoutError:
        return 124, f"no answer in {ANSWER_SECONDS:g} s"
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, last_line(complaint)


def last_line(data: bytes) -> str:
    """The last line that says something."""
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def _entry(container: Container) -> tuple[list[str], list[str]]:
    """Options and arguments for command and args, which Kubernetes has as lists.

    Kubernetes: a command replaces the image's entry point, and its arguments too.
    """
    command, args = container["command"], container["args"] or []
    if not command:
        return [], list(args)
    return ["--entrypoint", command[0]], [*command[1:], *args]
