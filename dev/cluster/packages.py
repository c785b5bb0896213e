"""Debian packages: installing those that are missing, and where this machine gets them from."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.commands import progress, run, succeeds
from dev.cluster.errors import StepError

NODE_PACKAGES = (
    "containerd",
    "runc",
    "containernetworking-plugins",
    "iptables",
    "conntrack",
    "iproute2",
    "openssl",
)
IMAGE_PACKAGES = ("buildah", "debootstrap", "debian-archive-keyring")
TEST_PACKAGES = ("podman", "busybox-static", "qemu-user-static")
"""For tests of image functions on one machine, and of images for another processor.

Without them, the former run on a fake alone, and the latter not at all.
"""
SUITE = "bookworm"
_REMEDY = "run `apt-get update` and try again, or use Docker with kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A place that apt reads: its address and the suites taken from it."""

    address: str
    suites: tuple[str, ...]


def install(packages: tuple[str, ...]) -> None:
    """Install the packages that are missing, asking for no recommended ones."""
    missing = [name for name in packages if not _is_installed(name)]
    if not missing:
        return
    if not shutil.which("apt-get"):
        raise StepError(
            f"missing: {' '.join(missing)}", remedy="install them, or use Docker with kind"
        )
    with progress(f"installing {' '.join(missing)}"):
        wait = "--option=DPkg::Lock::Timeout=120"
        command = ["apt-get", "install", "--yes", "--no-install-recommends", wait, *missing]
        env = {"DEBIAN_FRONTEND": "noninteractive"}
        try:
            run(command, env=env)
        except StepError:
            # Lists are missing or old. A source that cannot be reached must not stop the others.
            succeeds(["apt-get", "update"], timeout=300)
            run(command, env=env, remedy=_REMEDY)


def mirror(folder: Path = Path("/etc/apt")) -> str:
    """Find the Debian mirror of this machine: the source that holds the release itself."""
    for source in sources(folder):
        if SUITE in source.suites and source.address.rstrip("/").endswith("/debian"):
            return source.address
    raise StepError(
        f"no apt source of this machine holds Debian {SUITE}",
        remedy="use Docker with kind, or a Debian machine",
    )


def sources(folder: Path) -> list[Source]:
    """Read all sources in both of apt's formats."""
    lists = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*.list"))]
    found = [s for file in lists if file.is_file() for s in parse_list(file.read_text())]
    for file in sorted((folder / "sources.list.d").glob("*.sources")):
        found += parse_deb822(file.read_text())
    return found


def parse_list(text: str) -> list[Source]:
    """Read one-line sources: `deb [options] address suite component...`."""
    matches = re.finditer(r"^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)", text, re.MULTILINE)
    return [Source(address=match[1], suites=(match[2],)) for match in matches]


def parse_deb822(text: str) -> list[Source]:
    """Read sources in paragraphs of `Field: value`, comments between them."""
    found = []
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(\w[\w-]*):[ \t]*(.*)$", paragraph, re.MULTILINE))
        suites = tuple(fields.get("Suites", "").split())
        if "deb" in fields.get("Types", "").split():
            found += [Source(address=a, suites=suites) for a in fields.get("URIs", "").split()]
    return found


def _is_installed(name: str) -> bool:
    return Path(f"/var/lib/dpkg/info/{name}.list").exists() or any(
        Path("/var/lib/dpkg/info").glob(f"{name}:*.list")
    )
