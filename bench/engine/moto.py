"""The loop in moto's interpreter of state machines, in an environment of its own.

Its botocore and our Kubernetes client want different versions of python-dateutil, so that they
cannot share one.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from asw.asl.values import to_text
from bench.engine.machines import TRANSITIONS, loop

REQUIREMENT: Final = "moto[stepfunctions]==5.2.5"
ROUNDS: Final = 3
_ROOT: Final = Path(__file__).parents[2]
_ENVIRONMENT: Final = _ROOT / ".venv" / "moto"
_PYTHON: Final = _ENVIRONMENT / "bin" / "python"
_PROGRAM: Final = Path(__file__).with_name("moto_loop.py")


class NoMotoError(Exception):
    """It cannot be installed, or it does not run the loop; the text is what pip or Python said."""


def seconds_in_moto() -> list[float]:
    """How long moto takes for the loop, each time anew. Raises NoMotoError."""
    if not _is_installed():
        print(f"installing {REQUIREMENT} into {_ENVIRONMENT.relative_to(_ROOT)} ...")
        _run(sys.executable, "-m", "venv", str(_ENVIRONMENT))
        _run(str(_PYTHON), "-m", "pip", "install", "--quiet", REQUIREMENT)
    # -P: beside the program, this module's name would hide moto.
    command = (str(_PYTHON), "-P", str(_PROGRAM), str(ROUNDS))
    said = _run(*command, given=to_text(loop(TRANSITIONS)))
    seconds: list[float] = json.loads(said)
    return seconds


def _is_installed() -> bool:
    if not _PYTHON.exists():
        return False
    done = subprocess.run(
        [_PYTHON, "-m", "pip", "freeze"], capture_output=True, text=True, check=False
    )
    return f"moto=={REQUIREMENT.rpartition('=')[2]}" in done.stdout.split()


def _run(*command: str, given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NoMotoError(done.stderr.strip().rpartition("\n")[2])
    return done.stdout
