"""The files beside an export, as readers see them: text of limited size, below the folder.

An export comes from somebody else, and files that it names end up in manifests: a path or link that
leads out of the folder could leak files of the user.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asw.importing.found import LeadsOut
from asw.messages import t

MOST_BYTES = 2 * 1024 * 1024
"""Of one file; a definition has at most 1 MiB, a function's file less."""
MOST_NAMES = 5_000
"""Of one folder, so that a large one does not take minutes."""
_SKIPPED = frozenset({"node_modules", "__pycache__", ".git", ".venv", "venv", ".serverless"})


@dataclass(frozen=True, slots=True)
class Folder:
    """The export's folder; unreadable files count as missing.

    A path that leads out of ``within`` raises LeadsOut.
    """

    path: Path
    within: Path

    def text(self, path: str) -> str | None:
        """The text of a file; None if it is missing, not text, or too large."""
        file = self._inside(path)
        try:
            if file is None or not file.is_file() or file.stat().st_size > MOST_BYTES:
                return None
            return file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    def names(self, folder: str) -> Sequence[str]:
        """Files below the folder, sorted, without the folders of tools."""
        root = self._inside(folder)
        if root is None:
            return []
        found: list[str] = []
        todo = [root]
        while todo and len(found) < MOST_NAMES:
            for entry in _entries(todo.pop()):
                if entry.is_dir() and not entry.is_symlink():
                    if entry.name not in _SKIPPED:
                        todo.append(entry)
                elif entry.is_file():
                    found.append(entry.relative_to(root).as_posix())
        return sorted(found)

    def _inside(self, path: str) -> Path | None:
        """The real path; None if it is not a possible path. Raises LeadsOut if it is outside.

        All links are resolved, so that what is checked is what is read.
        """
        try:
            root, real = self.within.resolve(), (self.path / path).resolve()
        except (OSError, ValueError, RuntimeError):
            return None
        if real.is_relative_to(root):
            return real
        raise LeadsOut(
            t("{path} leads out of the folder {folder}", path=self.path / path, folder=self.within),
            remedy=t("check what it is; to read it, name the folder of both with --within"),
        )


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
