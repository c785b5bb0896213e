"""Bases and wheels that tests make themselves."""

import base64
import hashlib
import zipfile
from pathlib import Path

from asw.images.content import CONFIG, INDEX, MANIFEST, canonical
from asw.images.layers import layer_of
from asw.images.layout import Layout

PLATFORMS = ("amd64", "arm64")


def write_base(
    folder: Path, *, size: int = 1000, python: str = "3.11", variables: tuple[str, ...] = ()
) -> Layout:
    """A layout of an image for two platforms with one layer, as a runtime's would be."""
    labels = {"dev.asw.python": python} if python else {}
    folder.mkdir(parents=True)
    layout = Layout(folder)
    content = folder / "content"
    content.write_bytes(
        b"".join(
            hashlib.sha256(bytes([n % 256, n // 256 % 256])).digest() for n in range(size // 32)
        )
    )
    layer = layer_of({"runtime": content}, layout, below="opt/asw")
    entries = []
    for architecture in PLATFORMS:
        described = {
            "architecture": architecture,
            "os": "linux",
            "config": {
                "Env": ["PATH=/usr/bin", *variables],
                "Labels": labels,
                "User": "65532:65532",
            },
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
            "history": [{"created_by": "tests"}],
        }
        config = layout.put(canonical(described), CONFIG)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.to_plain(),
            "layers": [layer.blob.to_plain()],
        }
        stored = layout.put(canonical(manifest), MANIFEST)
        platform = {"os": "linux", "architecture": architecture}
        entries.append({**stored.to_plain(), "platform": platform})
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
    layout.enter({"base": layout.put(canonical(index), INDEX)})
    return layout


def write_wheel(folder: Path, name: str, version: str, *, tag: str = "py3-none-any") -> Path:
    """A wheel with one module, which knows its version and tag, and with one script."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f'VERSION = "{version}"\nTAG = "{tag}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    records = [
        f"{path},sha256={_hash(text)},{len(text.encode())}\n" for path, text in files.items()
    ]
    files[f"{info}/RECORD"] = "".join([*records, f"{info}/RECORD,,\n"])
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return wheel


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
