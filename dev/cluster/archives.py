"""Image archives in Docker's format, written without any image tool: one layer, one config."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What a container of the image runs, unless told otherwise."""

    command: Sequence[str]
    entrypoint: Sequence[str] = ()
    architecture: str = ""
    """As OCI spells it; empty stands for this machine's."""

    env: Sequence[str] = (PATH,)


def architecture() -> str:
    """This machine's, as OCI and Debian spell it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def write_archive(target: Path, *, image: str, layer: Path, config: ImageConfig) -> None:
    """Write an archive of one layer, itself a tar file; it appears only when complete."""
    with layer.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    description = json.dumps(_description(digest, config), sort_keys=True).encode()
    name = f"{hashlib.sha256(description).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [image], "Layers": [f"{digest}.tar"]}]
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}")
    with tarfile.open(unfinished, "w") as archive:
        add_file(archive, name, description)
        archive.add(layer, f"{digest}.tar", filter=_anonymous)
        add_file(archive, "manifest.json", json.dumps(manifest).encode())
    unfinished.replace(target)


def write_layer(
    target: Path,
    files: Mapping[str, bytes],
    *,
    links: Mapping[str, str] | None = None,
    folders: Sequence[str] = (),
) -> None:
    """Write a layer of programs, links and open folders; equal content gives equal bytes."""
    with tarfile.open(target, "w") as layer:
        for name in folders:
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE
            entry.mode = 0o1777
            layer.addfile(entry)
        for name, content in files.items():
            add_file(layer, name, content, mode=0o755)
        for name, destination in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.SYMTYPE
            entry.linkname = destination
            layer.addfile(entry)


def add_file(archive: tarfile.TarFile, name: str, content: bytes, *, mode: int = 0o644) -> None:
    """Add a file from memory."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = mode
    archive.addfile(entry, io.BytesIO(content))


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out whose a file is and when it was written."""
    return entry.replace(mtime=0, uid=0, gid=0, uname="", gname="", deep=False)


def _description(digest: str, config: ImageConfig) -> dict[str, object]:
    return {
        "architecture": config.architecture or architecture(),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Env": list(config.env),
            "Cmd": list(config.command),
            "Entrypoint": list(config.entrypoint),
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "dev.cluster"}],
    }
