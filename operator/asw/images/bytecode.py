"""Compiles modules for an image, whose tasks have a read-only root and could keep nothing.

By this machine's Python, in a process of its own: what that has loaded would show in the bytes.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from asw.failures import Failure
from asw.images.layers import TASK
from asw.messages import t

_ALWAYS_THE_SAME: Final = {"PYTHONHASHSEED": "0"}


def bytecode_of(files: Mapping[str, Path], folder: Path, version: str) -> Mapping[str, Path]:
    """Compiled modules of the files, by name, in an empty folder. Raises Failure.

    ``version`` is that of the Python in the image: another one could not read them.
    """
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if here != version:
        raise Failure(
            t("this is Python {here}, and the base has {version}", here=here, version=version),
            remedy=t("run asw with Python {version}, or leave out --bytecode", version=version),
        )
    for name, path in files.items():
        if name.endswith(".py"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
    command = [sys.executable, "-I", "-S", "-m", "compileall", "-q", "-j", "1"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", f"/{TASK}"]
    # What does not compile, such as a module for another version, is left as it is.
    subprocess.run(  # noqa: S603 -- our own words
        [*command, str(folder)], env=_ALWAYS_THE_SAME, capture_output=True, check=False
    )
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.pyc")}
