"""Compiles the catalogues of messages when asw is built or installed.

What runs reads the compiled ``.mo`` beside each ``.po`` by the standard library's ``gettext``; only
the ``.po`` is kept in version control.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Wheels and editable installs have the catalogues compiled."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling's
        """Before files are collected."""
        compile_catalogues(Path(self.root) / "operator")


def compile_catalogues(folder: Path) -> None:
    """Compile each catalogue below the folder that is newer than what was compiled of it."""
    for source in folder.rglob("*.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime <= source.stat().st_mtime:
            _compile(source, target)


def _compile(source: Path, target: Path) -> None:
    """In one step for whoever reads the target meanwhile."""
    with source.open("rb") as text:
        catalogue = read_po(text, abort_invalid=True)
    descriptor, made = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(descriptor, "wb") as compiled:
        write_mo(compiled, catalogue)
    Path(made).chmod(0o644)
    Path(made).replace(target)


if __name__ == "__main__":
    compile_catalogues(Path(__file__).parent / "operator")
