"""The programs on this machine that run functions, by runtime, or what to install."""

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache

from asw.platforms.local.functions import NotRunnable

OLDEST_NODE = 18
_ANSWER_SECONDS = 10


def interpreter(runtime: str, environ: Mapping[str, str]) -> str:
    """The program for the runtime. Raises NotRunnable with what is missing.

    ``python3`` and ``shell`` are run by the Python that runs asw; a Python of a certain version
    only if it is of this version, otherwise the one of its name on PATH is.
    """
    path = environ.get("PATH", "")
    if runtime == "nodejs":
        return _node(path)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if runtime in {"python3", "shell", f"python{own}"}:
        return sys.executable
    found = shutil.which(runtime, path=path)
    if found is None:
        raise NotRunnable(
            f"runtime {runtime} needs {runtime} on PATH: install it, or use runtime python3, which"
            f" runs here with Python {own}"
        )
    return found


@cache
def _node(path: str) -> str:
    found = shutil.which("node", path=path)
    if found is None:
        raise NotRunnable(
            f"runtime nodejs needs node on PATH: install Node.js {OLDEST_NODE} or later"
        )
    version = _version(found)
    major = re.match(r"v(\d+)", version)
    if major is None or int(major[1]) < OLDEST_NODE:
        raise NotRunnable(
            f"runtime nodejs needs Node.js {OLDEST_NODE} or later, and {found} is"
            f" {version or 'of no known version'}: install a newer one, or put it first on PATH"
        )
    return found


def _version(program: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 -- what PATH calls node
            [program, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ANSWER_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
