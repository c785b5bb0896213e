"""Which program runs a function on this machine, and what is said where there is none."""

import re
import sys

import pytest

from asw.platforms.local.functions import NotRunnable
from asw.platforms.local.interpreters import interpreter

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
OTHER = "python3.13" if OWN == "3.11" else "python3.11"


def a_program(folder, name, says):
    """A program of this name that says something."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\n")
    file.chmod(0o755)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("runtime", ["python3", "shell"])
def test_python_is_the_one_that_runs_asw(runtime):
    """Scripts are served by it too; nothing has to be installed."""
    assert interpreter(runtime, {}) == sys.executable


def test_a_python_of_another_version_is_found_by_name(tmp_path):
    """A function that names a version is not run by another one."""
    environ = a_program(tmp_path, OTHER, "")
    assert interpreter(OTHER, environ) == str(tmp_path / OTHER)


def test_node_is_found_on_path(tmp_path):
    """It is the node of whoever runs asw."""
    assert interpreter("nodejs", a_program(tmp_path, "node", "v18.0.0")) == str(tmp_path / "node")


@pytest.mark.parametrize(
    ("runtime", "program", "says", "message"),
    [
        (OTHER, "other", "", f"runtime {OTHER} needs {OTHER} on PATH: install it, or use"),
        ("nodejs", "other", "", "runtime nodejs needs node on PATH: install Node.js 18 or later"),
        ("nodejs", "node", "v16.20.2", "needs Node.js 18 or later, and .*/node is v16.20.2"),
        ("nodejs", "node", "", "and .*/node is of no known version: install a newer one"),
    ],
)
def test_what_is_missing_is_told_with_its_remedy(tmp_path, runtime, program, says, message):
    """Before anything is started."""
    environ = a_program(tmp_path, program, says)
    with pytest.raises(NotRunnable, match=re.compile(message)):
        interpreter(runtime, environ)
