"""Runs the runtime as a Job's container does: a process, contract variables, a result file."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.functions.result_server import ResultServer

MAIN = Path(__file__).parents[2] / "functions" / "python3" / "asw_runtime" / "__main__.py"
TASK_ID = "4f0c1f6e-7a44-4a3c-9d0e-2f3e5a6b7c8d-7"


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


def command(*options: str) -> list[str]:
    """The runtime's command line."""
    return [sys.executable, "-S", "-P", str(MAIN), *options]


def environment(code: str | Mapping[str, str], **variables: str) -> dict[str, str]:
    """Contract variables of a function given as text of its only file, or as files."""
    files = {"index.py": code} if isinstance(code, str) else dict(code)
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

    def run(
        self,
        code: str | Mapping[str, str],
        *options: str,
        server: ResultServer | None = None,
        **variables: str,
    ) -> Ended:
        """Run one task to its end; it is pushed where a server is given."""
        file = self.folder / "termination-log"
        file.write_bytes(b"")
        pushing = server.variables() if server else {}
        env = environment(code, **{"ASW_RESULT_FILE": str(file), **pushing, **variables})
        process = subprocess.run(
            command(*options), env=env, capture_output=True, timeout=120, check=False
        )
        stdout, stderr = process.stdout.decode(), process.stderr.decode()
        return Ended(process.returncode, stdout, stderr, file.read_bytes())

    def run_script(self, script: str, **variables: str) -> Ended:
        """Run a shell script as one task."""
        return self.run({"index.sh": script}, "--shell", **variables)
