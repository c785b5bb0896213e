"""Installs what a Function's lock says into a folder, for the platform of an image.

Nothing of a package runs: wheels only, and no install scripts of npm. So it may be installed for
another platform than this machine's.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asw.api.package_lock import PACKAGE_JSON, PACKAGE_LOCK, REQUIREMENTS
from asw.failures import Failure
from asw.images.bases import Base
from asw.images.platforms import Platform
from asw.messages import t

_TOLD_LINES: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The file that says what a folder of code needs, and for whom that is."""

    folder: Path
    platform: Platform
    base: Base


Installer = Callable[[Wanted, Path], None]


def _install_wheels(wanted: Wanted, target: Path) -> None:
    """Wheels for the platform; pip checks hashes where the file has some."""
    version = wanted.base.python
    digits = version.replace(".", "")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--no-compile"]
    command += ["--target", str(target), "--requirement", REQUIREMENTS, "--only-binary=:all:"]
    command += [f"--platform={tag}" for tag in wanted.platform.wheels]
    command += ["--implementation=cp", f"--python-version={version}"]
    command += [f"--abi={abi}" for abi in (f"cp{digits}", "abi3", "none")]
    remedy = t(
        "each package needs a wheel for {platform} and Python {version}: none is built from source",
        platform=wanted.platform.name,
        version=version,
    )
    _run(command, wanted.folder, wanted.folder / REQUIREMENTS, remedy)
    _clean(target)


def _clean(target: Path) -> None:
    """Remove what depends on this machine: scripts name its Python in their first line."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for record in target.glob("*.dist-info/RECORD"):
        lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("../../bin/")]
        record.write_text("".join(sorted(kept)), encoding="utf-8")


def _install_modules(wanted: Wanted, target: Path) -> None:
    """What package-lock.json names, with npm's own checks of its hashes."""
    lock = wanted.folder / PACKAGE_LOCK
    target.mkdir(parents=True, exist_ok=True)
    for name in (PACKAGE_JSON, PACKAGE_LOCK):
        shutil.copyfile(wanted.folder / name, target / name)
    command = ["npm", "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"]
    command += ["--os=linux", f"--cpu={wanted.platform.cpu}", "--libc=glibc", "--loglevel=error"]
    remedy = t("npm ci has to work in that folder; install scripts of packages are not run")
    _run(command, target, lock, remedy)
    for name in (PACKAGE_JSON, PACKAGE_LOCK):
        (target / name).unlink()


def _run(command: Sequence[str], folder: Path, file: Path, remedy: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 -- our own words, and the user's file
            command, cwd=folder, capture_output=True, text=True, check=False
        )
    except OSError as error:
        program = command[0]
        raise Failure(
            t("cannot run {program}: {reason}", program=program, reason=error.strerror),
            remedy=t("install it: the packages of {file} need it", file=file),
        ) from error
    if not done.returncode:
        return
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    if any(line.endswith("No module named pip") for line in said):
        remedy = t("install pip for {program}", program=command[0])
    reason = "\n  ".join(said[-_TOLD_LINES:])
    raise Failure(t("cannot install {file}:\n  {reason}", file=file, reason=reason), remedy=remedy)


INSTALLERS: Final[Mapping[str, Installer]] = {
    REQUIREMENTS: _install_wheels,
    PACKAGE_LOCK: _install_modules,
}
"""By the file that says what to install."""


def installed_files(target: Path) -> Mapping[str, Path]:
    """What was installed, by name; no bytecode."""
    return {
        path.relative_to(target).as_posix(): path
        for path in target.rglob("*")
        if (path.is_symlink() or path.is_file()) and "__pycache__" not in path.parts
    }
