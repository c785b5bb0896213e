"""The files beside an export, as readers see them: text of fair size, below the folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 2 * 1024 * 1024
"""Of one file; a definition has 1 MiB at most, a function's file less."""
MOST_NAMES = 5_000
"""Of one folder, so that one of node_modules is not read for minutes."""
_SKIPPED = frozenset({"node_modules", "__pycache__", ".git", ".venv", "venv", ".serverless"})


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine; what cannot be read is not there."""

    path: Path

    def text(self, path: str) -> str | None:
        """The text of a file, None where it is none or too large."""
        file = self.path / path
        try:
            if not file.is_file() or file.stat().st_size > MOST_BYTES:
                return None
            return file.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None

    def names(self, folder: str) -> Sequence[str]:
        """Files below the folder, sorted, tools' own folders left out."""
        root = self.path / folder
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


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
