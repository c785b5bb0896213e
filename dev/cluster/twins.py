"""Root folders for another architecture, made from that of an image of this machine's.

Nothing of the other architecture runs. Its packages, the same ones, are unpacked; what scripts of
packages made in the image at hand is copied: accounts, certificates, alternatives, and compiled
modules are the same everywhere. What was removed there, such as documentation, is left out. So the
two images cannot drift apart.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dev.cluster.commands import run
from dev.cluster.errors import StepError

KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
_DATABASE: Final = "var/lib/dpkg"
_MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
# What names or is made for one architecture. The linker finds all without its cache, which the next
# package that is installed makes; apt's notes of what was installed by itself stay behind.
_OWN: Final = re.compile(
    r"(usr/)?lib64|etc/ld\.so\.cache|var/cache/ldconfig/.*|var/lib/apt/extended_states"
    r"|var/lib/dpkg/(status|available|info|lock)([-/].*)?"
)
# Folders that lie below /usr (DEP 17), whatever the lists of files still say.
_MERGED: Final = ("bin", "sbin", "lib", "lib64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """What is made: ``native`` is the root of the image at hand, which is only read."""

    native: Path
    architecture: str
    """Of the new root, as Debian spells it."""


def download(twin: Twin, folder: Path) -> list[Path]:
    """The packages, and what only the other architecture needs for them, in an empty folder.

    Raises StepError where one cannot be had.
    """
    sources = twin.native / "etc/apt/sources.list"
    if not sources.is_file():
        raise StepError(
            f"{twin.native} has no etc/apt/sources.list", remedy="it has to be a root of Debian"
        )
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    settings = folder / "apt.conf"
    settings.write_text(
        f'APT {{ Architecture "{twin.architecture}"; Architectures {{ "{twin.architecture}"; }};'
        ' Install-Recommends "false"; Sandbox::User "root"; };\n'
        f'Dir {{ State "{folder}"; State::status "{folder}/status"; '
        f'Cache "{folder}"; Etc::sourcelist "{sources}"; Etc::sourceparts "/dev/null"; '
        f'Etc::trusted "{KEYRING}"; Etc::trustedparts "/dev/null"; }};\n'
        'Acquire::Languages "none";\n'
    )
    status = (twin.native / _DATABASE / "status").read_text(encoding="utf-8")
    names = [it["Package"] for it in _paragraphs(status) if it["Status"].endswith(" installed")]
    apt = ["apt-get", "--quiet=2", "--yes"]
    env = {"APT_CONFIG": str(settings)}
    remedy = "see that the mirror of /etc/apt can be reached"
    run([*apt, "update"], env=env, remedy=remedy)
    run([*apt, "--download-only", "install", *names], env=env, remedy=remedy)
    return sorted((folder / "archives").glob("*.deb"))


def make_root(twin: Twin, archives: Sequence[Path], target: Path) -> None:
    """Write the root folder from archives of packages. Raises StepError where one is damaged."""
    listed = {name for file in _lists(twin.native) for name in file.read_text().splitlines()}
    owned = {_merged(name) for name in listed - {"/."}}
    present = set(_tree(twin.native))
    for name in _MERGED:
        if (twin.native / name).is_symlink() and not _OWN.fullmatch(name):
            (target / "usr" / name).mkdir(parents=True)
            (target / name).symlink_to(f"usr/{name}")
    _unpack(archives, target)
    _remove(owned - present, target)
    _copy(sorted(present - owned), twin, target)


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    """The fields of each paragraph, without lines that continue one."""
    for paragraph in text.split("\n\n"):
        if fields := dict(re.findall(r"^(\S+):[ \t]*(.*)$", paragraph, re.MULTILINE)):
            yield fields


def _lists(root: Path) -> Iterator[Path]:
    return (root / _DATABASE / "info").glob("*.list")


def _merged(name: str) -> str:
    name = name.lstrip("/")
    return f"usr/{name}" if name.partition("/")[0] in _MERGED and "/" in name else name


def _tree(root: Path) -> Iterator[str]:
    """All that is in a folder; links to folders are not followed."""
    for folder, folders, files in os.walk(root):
        below = Path(folder).relative_to(root)
        yield from ((below / name).as_posix() for name in (*folders, *files))


def _unpack(archives: Sequence[Path], target: Path) -> None:
    """Unpack the packages, and enter them as installed: apt and scanners read that."""
    info = target / _DATABASE / "info"
    info.mkdir(parents=True)
    (info / "format").write_text("1\n")
    paragraphs = []
    for package in archives:
        control = package.with_suffix(".control")
        run(["dpkg-deb", "--control", package, control])
        listed = _extract(package, target)
        text = (control / "control").read_text(encoding="utf-8")
        (fields,) = _paragraphs(text)
        name = fields["Package"]
        if fields.get("Multi-Arch") == "same":
            name = f"{name}:{fields['Architecture']}"
        (info / f"{name}.list").write_text(listed)
        for file in control.iterdir():
            if file.name != "control":
                shutil.copy2(file, info / f"{name}.{file.name}")
        paragraphs.append(_entry(text, control / "conffiles", target))
    (target / _DATABASE / "status").write_text("\n".join(paragraphs), encoding="utf-8")
    (target / _DATABASE / "available").touch()


def _extract(package: Path, target: Path) -> str:
    """Extract the files; the list of them, as dpkg keeps it."""
    content = package.with_suffix(".tar")
    with content.open("wb") as output:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", package], stdout=output, check=True)
    words: list[str | Path] = ["tar", "--extract", "--file", content, "--directory", target]
    run([*words, "--numeric-owner", "--same-permissions", "--keep-directory-symlink"])
    # Names that are not ASCII would be written with backslashes.
    members = run(["tar", "--list", "--quoting-style=literal", "--file", content]).splitlines()
    content.unlink()
    return "".join(f"{member[1:].rstrip('/') or '/.'}\n" for member in members)


def _entry(control: str, conffiles: Path, target: Path) -> str:
    """The paragraph of a package that is installed."""
    first, _, rest = control.strip().partition("\n")
    lines = [first, "Status: install ok installed", rest]
    if conffiles.is_file():
        lines.append("Conffiles:")
        names = [it for it in conffiles.read_text().splitlines() if it.startswith("/")]
        files = [target / name.lstrip("/") for name in names]
        sums = run(["md5sum", *files]).splitlines()
        lines += [f" {name} {it.split()[0]}" for name, it in zip(names, sums, strict=True)]
    return "\n".join(lines) + "\n"


def _remove(names: set[str], target: Path) -> None:
    """Remove what is not in the other root either, a folder with all that is in it."""
    for name in sorted(names):
        path = target / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _copy(names: list[str], twin: Twin, target: Path) -> None:
    """Copy what no package brought, outer folders first, with owners, modes and times."""
    native = {it for key, it in _MACHINES.items() if key != twin.architecture}
    for name in names:
        source, path = twin.native / name, target / name
        if _OWN.fullmatch(name) or any(machine in name for machine in native):
            continue
        if source.is_symlink():
            path.unlink(missing_ok=True)
            path.symlink_to(source.readlink())
        elif source.is_dir():
            path.mkdir(exist_ok=True)
        elif source.is_file():
            shutil.copyfile(source, path)
        else:
            continue
        own = source.lstat()
        os.chown(path, own.st_uid, own.st_gid, follow_symlinks=False)
        shutil.copystat(source, path, follow_symlinks=False)
