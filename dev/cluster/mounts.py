"""What is mounted below a folder, and taking it away: pods' volumes, roots and namespaces."""

import re
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.commands import succeeds

MOUNTINFO = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A line of mountinfo, as far as it matters here."""

    path: Path
    kind: str


def parse_mounts(text: str) -> list[Mount]:
    """Read mountinfo: the fifth field is the place, the first after the dash the file system."""
    mounts = []
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        mounts.append(Mount(path=Path(_unescaped(left.split()[4])), kind=right.split()[0]))
    return mounts


def mounts() -> list[Mount]:
    """List all mounts of this machine, in the order in which they were made."""
    return parse_mounts(MOUNTINFO.read_text())


def mounts_below(folder: Path, all_mounts: list[Mount]) -> list[Path]:
    """List the places below a folder, those mounted last first."""
    return [m.path for m in reversed(all_mounts) if m.path.is_relative_to(folder)]


def unmount_below(folder: Path) -> None:
    """Unmount everything below a folder; what is busy goes when its last user does."""
    for path in mounts_below(folder, mounts()):
        if not succeeds(["umount", path]):
            succeeds(["umount", "--lazy", path])


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), field)
