"""The folder that examples are run in: what ``asw init hello`` writes, and two executions."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from asw.cli.templates import files_of
from tests.support.typed import without_patience

ROOT = Path(__file__).parents[2]
NOBODY = "{}"
"""An input without a name: the function raises a KeyError."""


def write_playground(folder: Path) -> Path:
    """The template's files, its definition as a bare file, and an input."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = files_of("hello", "hello")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    definition = yaml.safe_load(texts["workflow.yaml"])["spec"]["definition"]
    (folder / "hello.asl.json").write_text(json.dumps(definition, indent=2) + "\n")
    (folder / "input.json").write_text('{"name": "Ada"}\n')
    return folder


def make_playground(folder: Path) -> Path:
    """The same, and two executions: hello-1, which succeeded, and hello-2, which failed."""
    write_playground(folder)
    for name, input_text, code in (("hello-1", '{"name": "World"}', 0), ("hello-2", NOBODY, 1)):
        done = run_asw(
            folder, "run", "workflow.yaml", "functions.yaml", "--name", name, "--input", input_text
        )
        assert done.returncode == code, done.stdout + done.stderr
    return folder


def run_asw(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The program of this checkout, in the folder."""
    path = os.pathsep.join(filter(None, (str(ROOT / "operator"), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", "asw", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    done.stderr = without_patience(done.stderr)
    return done
