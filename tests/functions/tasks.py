"""Runs the runtime as a Job's container does: a process, contract variables, a result file."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.functions.result_server import ResultServer

PYTHON = os.environ.get("ASW_CONTRACT_PYTHON", sys.executable)
"""The Python that is held to the contract: another one's image sets the variable."""
FUNCTIONS = Path(__file__).parents[2] / "functions"
FILES = {"python": "index.py", "nodejs": "index.js", "shell": "index.sh"}
"""The file of a function that has only one, by language."""
TASK_ID = "4f0c1f6e-7a44-4a3c-9d0e-2f3e5a6b7c8d-7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """The same function in each language."""

    python: str
    nodejs: str
    shell: str = ""


Source: TypeAlias = str | Code | Mapping[str, str]
"""A function: the text of its only file, the same in each language, or its files."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a task left behind."""

    status: int
    stdout: str
    stderr: str
    file: bytes

    @property
    def outcome(self) -> Any:
        """The outcome in the result file; None where there is none."""
        return json.loads(self.file) if self.file else None

    @property
    def cause(self) -> Any:
        """The cause of the failure, read as the JSON that it is."""
        return json.loads(self.outcome["cause"])


def command(language: str, *options: str) -> list[str]:
    """The command line of the runtime for the language; ``--warm`` where it asks for tasks."""
    if language == "shell":
        options = ("--shell", *options)
    if language != "nodejs":
        main = FUNCTIONS / "python3" / "asw_runtime" / "__main__.py"
        return [PYTHON, "-S", "-P", str(main), *(it for it in options if it != "--warm")]
    node = shutil.which("node")
    if node is None:
        pytest.fail("these tests need Node.js, 18 or later, as `node` on PATH: see CONTRIBUTING.md")
    runtime = FUNCTIONS / "nodejs" / "asw_runtime"
    if "--warm" in options:
        return [str(runtime / "start.sh")]
    if "--serve" in options:
        return [str(runtime / "serve.sh"), node]
    return [node, str(runtime / "main.js")]


def environment(language: str, code: Source, **variables: str) -> dict[str, str]:
    """Contract variables of a function."""
    if isinstance(code, Code):
        code = str(getattr(code, language))
    files = {FILES[language]: code} if isinstance(code, str) else dict(code)
    given = {
        "PATH": os.environ["PATH"],
        "ASW_CODE": json.dumps(files),
        "ASW_EVENT": "{}",
        "ASW_TASK_ID": TASK_ID,
        "ASW_FUNCTION_NAME": "Sum_Two",
        "ASW_NAMESPACE": "team-a",
        "ASW_EXECUTION": "sum-1",
        "ASW_STATE": "Add",
        **variables,
    }
    return {name: value for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Tasks:
    """Runs tasks one after the other, each with a result file of its own."""

    folder: Path
    language: str
    prefix: tuple[str, ...] = ()
    """What the runtime is started by."""

    def run(
        self,
        code: Source,
        server: ResultServer | None = None,
        **variables: str,
    ) -> Ended:
        """Run one task to its end; it is pushed where a server is given."""
        file = self.folder / "termination-log"
        file.write_bytes(b"")
        pushing = server.variables() if server else {}
        told = {"ASW_RESULT_FILE": str(file), **pushing, **variables}
        env = environment(self.language, code, **told)
        words = [*self.prefix, *command(self.language)]
        process = subprocess.run(words, env=env, capture_output=True, timeout=120, check=False)
        stdout, stderr = process.stdout.decode(), process.stderr.decode()
        return Ended(process.returncode, stdout, stderr, file.read_bytes())
