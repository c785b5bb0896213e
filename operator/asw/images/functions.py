"""Functions whose code is in a folder: ``spec.code.path``, relative to the manifest's file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asw.api.function import PYTHONS
from asw.api.package_lock import PACKAGE_JSON, PACKAGE_LOCK, REQUIREMENTS
from asw.asl.values import Json
from asw.failures import Failure, some_of
from asw.lint.code_folders import IGNORE_FILE, code_files, code_path, folder_of, packed, read_text
from asw.lint.documents import Document
from asw.messages import t
from asw.platforms.local.requirements import included, lock_in, unpinned


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFolder:
    """A Function and its code.

    ``lock`` is the file that names its packages. ``complete`` is what ``asw apply`` sends in place
    of the folder; empty if it takes an image, and ``reason`` says why.
    """

    content: Mapping[str, Any]
    folder: Path
    files: Mapping[str, Path]
    lock: str | None
    complete: Sequence[Json] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """Of the object."""
        return str(self.content["metadata"]["name"])

    @property
    def runtime(self) -> str:
        """What runs the code."""
        return str(self.content["spec"]["runtime"])

    def in_image(self, image: str) -> dict[str, Json]:
        """The manifest with the image in place of the folder."""
        spec = {
            "image" if name == "code" else name: image if name == "code" else value
            for name, value in self.content["spec"].items()
            if name != "packages"  # they are in the image
        }
        return {**self.content, "spec": spec}

    def unpinned(self) -> list[str]:
        """Requirements without an exact version."""
        if self.lock != REQUIREMENTS:
            return []
        named = included(REQUIREMENTS, _Texts(self.files)).values()
        return [line for text in named for line in unpinned(text)]


def read_function(document: Document) -> FunctionFolder | None:
    """The Function of a document, if its code is in a folder. Raises Failure."""
    path = code_path(document.content)
    if path is None:
        return None
    content: Any = document.content
    metadata = content.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise Failure(
            t("{place}: a Function without metadata.name", place=document.origin.file),
            remedy=t("give it a name"),
        )
    files = code_files(document.path, path)
    lock = _lock(metadata["name"], content["spec"].get("runtime"), _Texts(files))
    folder = folder_of(document.path, path)
    found = FunctionFolder(content=content, folder=folder, files=files, lock=lock)
    if lock is not None and "packages" not in content["spec"]:
        return replace(found, reason=lock)
    try:
        return replace(found, complete=[it.content for it in packed(document, path, files)])
    except Failure as failure:
        return replace(found, reason=failure.message)


def _lock(name: str, runtime: Json, files: Mapping[str, str]) -> str | None:
    """The file that names the packages of a Function of this runtime. Raises Failure."""
    known = (*PYTHONS, "nodejs", "shell")
    if runtime not in known:
        raise Failure(
            t("{name}: runtime {runtime} takes no code from a folder", name=name, runtime=runtime),
            remedy=t("use {runtimes}", runtimes=some_of(known)),
        )
    if runtime == "shell":
        others = (lock_in(each, files) for each in ("python3", "nodejs"))
        if unused := next(filter(None, others), None):
            raise Failure(
                t("{name}: runtime shell has no packages, as {file} asks", name=name, file=unused),
                remedy=t(
                    "use the runtime that has them, build on its image with a Dockerfile, or leave "
                    "the file out by {ignore}",
                    ignore=IGNORE_FILE,
                ),
            )
        return None
    lock = lock_in(str(runtime), files)
    if lock == PACKAGE_LOCK and lock not in files:
        raise Failure(
            t("{name} has {file}, but no {lock}", name=name, file=PACKAGE_JSON, lock=lock),
            remedy=t("npm install --package-lock-only writes it"),
        )
    return lock


@dataclass(frozen=True, slots=True)
class _Texts(Mapping[str, str]):
    """The texts of files; each is read when it is asked for, because others may be binary."""

    files: Mapping[str, Path]

    def __getitem__(self, name: str) -> str:
        return read_text(self.files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)
