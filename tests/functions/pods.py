"""Runs the parent of a warm pod as its container does: a process, variables, and its log."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.functions.fake_operator import PATIENCE, FakeOperator
from tests.functions.tasks import FILES, Code, Source, command

HELPERS = """
import json, os, signal, sys, time

def channel():
    '''The descriptor that answers go out by, as hostile code finds it.'''
    return max(int(fd) for fd in os.listdir('/proc/self/fd')
               if _is_pipe(int(fd)) and int(fd) > 2 and _is_written(int(fd)))

def _is_pipe(fd):
    try:
        return os.readlink(f'/proc/self/fd/{fd}').startswith('pipe:')
    except OSError:
        return False

def _is_written(fd):
    return any(line.split()[1][-1] in '1' for line in open(f'/proc/self/fdinfo/{fd}')
               if line.startswith('flags'))

def say(text):
    os.write(channel(), text.encode())

def tell(context, outcome, end='}\\n'):
    say('{"taskId":"%s","outcome":%s%s' % (context.aws_request_id, outcome, end))

def leave(path, text='x'):
    with open(path, 'a') as file:
        file.write(text)
"""
HELPERS_JS = """
const fs = require('node:fs');
const say = (text) => fs.writeSync(4, text); // docs/reference/runtime-protocol.md: serve.sh
module.exports = {
  fs,
  say,
  spawn: require('node:child_process').spawn,
  sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
  tell: (context, outcome, end = '}\\n') =>
    say(`{"taskId":"${context.awsRequestId}","outcome":${outcome}${end}`),
  leave: (path, text = 'x') => fs.appendFileSync(path, text),
};
"""


@dataclass(slots=True)
class Pod:
    """A running parent."""

    process: subprocess.Popen[bytes]
    folder: Path

    def terminate(self) -> None:
        """Ask it to end, as the kubelet does."""
        self.process.send_signal(signal.SIGTERM)

    def terminate_first_process(self) -> None:
        """Ask it to end where another process has given it a namespace: its PID 1."""
        os.kill(descendants(self.process.pid)[0], signal.SIGTERM)

    def zombies(self) -> list[int]:
        """Descendants that have ended and were not reaped."""
        pids = descendants(self.process.pid)
        return [it for it in pids if ") Z " in _stat(it)]

    def descriptors(self) -> int:
        """How many its parent has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def end(self) -> int:
        """Wait for its end."""
        return self.process.wait(PATIENCE)

    def log(self) -> str:
        """What functions have printed, framed."""
        return (self.folder / "stdout").read_text(errors="replace")

    def wait_for_log(self, text: str) -> None:
        """Wait until the log has it."""
        until = time.monotonic() + PATIENCE
        while text not in self.log():
            assert time.monotonic() < until, f"no {text!r} in {self.log()!r}: {self.notes()}"
            time.sleep(0.01)

    def notes(self) -> str:
        """What the parent itself says."""
        return (self.folder / "stderr").read_text(errors="replace")


@dataclass(slots=True)
class Pods:
    """Starts pods, and ends those that are left."""

    folder: Path
    parent: Sequence[str]
    """The command of a parent that is given its child's after ``--``."""
    has_own_child: bool = False
    """Whether it is left to choose its child."""
    language: str = "python"
    """Of its child."""
    started: list[Pod] = field(default_factory=list)

    def start(
        self,
        operator: FakeOperator,
        code: Source,
        *,
        child: Sequence[str] = (),
        prefix: Sequence[str] = (),
        stdout: str = "",
        python: str = sys.executable,
        **variables: str,
    ) -> Pod:
        """A pod of a function; if given as text of its only file it may use the helpers."""
        files = self._files(code)
        env = {
            "PATH": os.environ["PATH"],
            "HOME": "/tmp",
            "ASW_CODE": json.dumps(files),
            "ASW_FUNCTION_NAME": "Sum_Two",
            "ASW_NAMESPACE": "team-a",
            **operator.variables(),
            **variables,
        }
        folder = self.folder / f"pod-{len(self.started)}"
        folder.mkdir()
        given = [] if self.has_own_child else ["--", *(child or command("python", "--serve"))]
        arguments = [*prefix, *self.parent, *given]
        arguments = [python if it == sys.executable else it for it in arguments]
        with (
            Path(stdout or folder / "stdout").open("wb") as out,
            (folder / "stderr").open("wb") as err,
        ):
            process = subprocess.Popen(
                arguments, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )
        pod = Pod(process, folder)
        self.started.append(pod)
        return pod

    def _files(self, code: Source) -> dict[str, str]:
        if isinstance(code, Code):
            code = str(getattr(code, self.language))
        if not isinstance(code, str):
            return dict(code)
        return {FILES[self.language]: code, "helpers.py": HELPERS, "helpers.js": HELPERS_JS}

    def close(self) -> None:
        """End all."""
        for pod in self.started:
            family = descendants(pod.process.pid)
            pod.process.kill()
            pod.process.wait()
            for pid in family:  # what user code keeps its runtime from ending
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _stat(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it is gone by now
        return ""


def descendants(pid: int) -> list[int]:
    """Processes that the process has started, and those that they have."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = list(children.get(pid, []))
    for child in found:
        found += children.get(child, [])
    return found


def resident(pid: int, kind: str) -> int:
    """Bytes that a process has in memory: ``RssAnon`` are its own, ``VmRSS`` all."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(pid)


def handler(body: str, before: str = "") -> str:
    """Code of a function of that body, given the event and the helpers."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"from helpers import *\n{before}\ndef main_handler(event, context):\n{lines}"


def nodejs_handler(body: str, before: str = "") -> str:
    """The same in JavaScript."""
    helpers = "const { fs, leave, say, sleep, spawn, tell } = require('./helpers.js');"
    return f"{helpers}\n{before}\nexports.main_handler = async (event, context) => {{\n{body}\n}};"


ECHO: Any = Code(python=handler("return event"), nodejs=nodejs_handler("return event;"))
