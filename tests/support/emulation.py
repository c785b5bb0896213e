"""Runs programs of another processor under QEMU, changing nothing of this machine.

A user namespace has a table of binary formats of its own (Linux 6.7 and newer), so children of a
program run too, and nothing has to be registered.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EMULATOR = Path("/usr/bin/qemu-aarch64-static")
_ELF = r"\x7fELF\x02\x01\x01\x00" + 8 * r"\x00" + r"\x02\x00\xb7\x00"
_MASK = 7 * r"\xff" + r"\x00" + 8 * r"\xff" + r"\xfe\xff\xff\xff"
_FORMATS = "/proc/sys/fs/binfmt_misc"
_SCRIPT = f"""
set -e
mount -t binfmt_misc none {_FORMATS}
echo ':aarch64:M::{_ELF}:{_MASK}:{EMULATOR}:F' > {_FORMATS}/register
root=$1; shift
mount --rbind /dev "$root/dev"
mount -t tmpfs none "$root/tmp"
exec chroot "$root" "$@"
"""


@dataclass(frozen=True, slots=True)
class Emulated:
    """The root folder of an image for arm64."""

    root: Path

    def run(
        self, words: Sequence[str], variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of it to its end."""
        return subprocess.run(
            [*_namespace(), "sh", "-c", _SCRIPT, "sh", self.root, *words],
            env={"PATH": os.environ["PATH"], **variables},
            capture_output=True,
            text=True,
            check=False,
        )


def is_possible() -> bool:
    """Whether this machine can: QEMU, root and a kernel that is new enough."""
    if os.geteuid() != 0 or not EMULATOR.exists() or shutil.which("unshare") is None:
        return False
    mount = ["mount", "-t", "binfmt_misc", "none", _FORMATS]
    return subprocess.run([*_namespace(), *mount], capture_output=True, check=False).returncode == 0


def _namespace() -> list[str]:
    return ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
