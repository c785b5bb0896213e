"""Lines as a user types them into a shell, ``asw`` being the program under test."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_PATIENCE = re.compile(r"^(waiting for|正在等待) .*\n", re.MULTILINE)
SHIM = '#!/bin/sh\nexec "{python}" -m asw "$@"\n'


def shell_environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment whose PATH finds ``asw``, made in ``folder``, as this Python has it."""
    folder.mkdir(parents=True, exist_ok=True)
    shim = folder / "asw"
    shim.write_text(SHIM.format(python=sys.executable))
    shim.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "ASW_LANG": "en",
        **(more or {}),
    }


def typed(
    line: str, folder: Path, environment: Mapping[str, str], *, seconds: float = 600
) -> subprocess.CompletedProcess[str]:
    """What comes of the line, typed into a shell in this folder, its standard input empty."""
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=dict(environment),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=seconds,
        check=False,
    )
    done.stderr = without_patience(done.stderr)
    return done


def without_patience(said: str) -> str:
    """What was said, but for sentences about an answer that takes more than a second to come."""
    return _PATIENCE.sub("", said)
