"""Functions whose code is in a folder: ``spec.code.path``, relative to the manifest's file."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asw.api.names import API_VERSION
from asw.asl.values import Json
from asw.failures import Failure
from asw.images.installing import Installer, installer_of
from asw.lint.documents import Document
from asw.messages import t

_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "venv"})
_TEST: Final = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py|.*\.test\.(?:[cm]?js|yaml)")
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_MOST_BYTES: Final = 1_000_000
"""Of code in one ConfigMap, which holds 1 MiB with its names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFolder:
    """A Function and its code."""

    content: Mapping[str, Any]
    folder: Path
    files: Mapping[str, Path]
    installer: Installer | None

    @property
    def name(self) -> str:
        """Of the object."""
        return str(self.content["metadata"]["name"])

    @property
    def runtime(self) -> str:
        """What runs the code."""
        return str(self.content["spec"].get("runtime", ""))

    @property
    def needs_image(self) -> bool:
        """Whether no ConfigMap can hold it: packages, folders, large or binary files."""
        return self.installer is not None or self._texts() is None

    def config_map(self) -> dict[str, Json]:
        """The immutable ConfigMap of its code, named by its digest."""
        texts = self._texts()
        assert texts is not None, "what needs an image has no ConfigMap"
        hashed = hashlib.sha256()
        for name, text in sorted(texts.items()):
            hashed.update(f"{len(name)} {name} {len(text)} {text}".encode())
        metadata: dict[str, Json] = {"name": f"{self.name}-code-{hashed.hexdigest()[:10]}"}
        if namespace := self.content["metadata"].get("namespace"):
            metadata["namespace"] = namespace
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "immutable": True,
            "data": dict(sorted(texts.items())),
        }

    def with_code(self, code: Mapping[str, Json]) -> dict[str, Json]:
        """The manifest with these fields of its spec in place of the folder."""
        content: dict[str, Json] = deepcopy(dict(self.content))
        spec = content["spec"]
        assert isinstance(spec, dict)
        content["spec"] = {
            key: value
            for name, given in spec.items()
            for key, value in (code.items() if name == "code" else ((name, given),))
        }
        return content

    def _texts(self) -> dict[str, str] | None:
        """The files as keys of a ConfigMap have them; None if one of them cannot be a key."""
        if not all(map(_KEY.fullmatch, self.files)):
            return None
        try:
            texts = {name: path.read_text(encoding="utf-8") for name, path in self.files.items()}
        except UnicodeDecodeError:
            return None
        is_small = sum(len(text.encode()) for text in texts.values()) <= _MOST_BYTES
        return texts if is_small else None


def folder_of(document: Document) -> FunctionFolder | None:
    """The Function of a document, if its code is in a folder. Raises Failure."""
    content: Any = document.content
    if not isinstance(content, dict) or content.get("apiVersion") != API_VERSION:
        return None
    metadata = content.get("metadata")
    spec = content["spec"] if isinstance(content.get("spec"), dict) else {}
    path = spec["code"].get("path") if isinstance(spec.get("code"), dict) else None
    if content.get("kind") != "Function" or path is None:
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Failure(
            t("{place}: a Function without metadata.name", place=document.origin.file),
            remedy=t("give it a name"),
        )
    folder = document.path.parent / str(path)
    files = code_files(folder)
    runtime = str(spec.get("runtime", ""))
    return FunctionFolder(
        content=content, folder=folder, files=files, installer=installer_of(runtime, folder)
    )


def code_files(folder: Path) -> Mapping[str, Path]:
    """The files of the code by name: none that is hidden, a test's, or a tool's. Raises Failure."""
    if not folder.is_dir():
        raise Failure(
            t("code.path: {folder} is not a folder", folder=folder),
            remedy=t("write it relative to the manifest's file"),
        )
    found: dict[str, Path] = {}
    for path in _walked(folder):
        if not path.resolve().is_relative_to(folder.resolve()):
            raise Failure(
                t("{path} leads out of {folder}", path=path, folder=folder),
                remedy=t("copy the file into the folder"),
            )
        found[path.relative_to(folder).as_posix()] = path
    if not found:
        raise Failure(t("{folder} has no code", folder=folder), remedy=t("write a file in it"))
    return found


def _walked(folder: Path) -> Sequence[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _SKIPPED or _TEST.fullmatch(path.name):
            continue
        if path.is_dir() and not path.is_symlink():
            found += _walked(path)
        elif path.suffix != ".pyc":
            found.append(path)
    return found
