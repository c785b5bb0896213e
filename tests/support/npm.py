"""Packages of Node.js that tests make themselves, so that npm needs no registry."""

import json
import subprocess
import tempfile
from pathlib import Path


def node_package(folder: Path, name: str, code: str, **described: object) -> Path:
    """The archive of a package with one module."""
    source = folder / name
    source.mkdir()
    about = {"name": name, "version": "1.2.0", **described}
    (source / "package.json").write_text(json.dumps(about))
    (source / "index.js").write_text(code)
    pack = ["npm", "pack", "--silent", "--pack-destination", folder]
    subprocess.run(pack, cwd=source, check=True, capture_output=True)
    return folder / f"{name}-1.2.0.tgz"


def locked(archive: Path) -> dict[str, str]:
    """A package.json that wants this package, and its package-lock.json, as npm writes it."""
    name = archive.name.removesuffix("-1.2.0.tgz")
    wanted = json.dumps({"dependencies": {name: f"file:{archive}"}})
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        (Path(folder) / "package.json").write_text(wanted)
        lock = ["npm", "install", "--package-lock-only", "--offline", "--ignore-scripts"]
        subprocess.run(lock, cwd=folder, check=True, capture_output=True)
        text = (Path(folder) / "package-lock.json").read_text()
    return {"package.json": wanted, "package-lock.json": text}
