"""Replaces spec.code.path of Functions with the files of that folder.

So what leaves the command line is complete by itself. Here folders are read; what was read is
packed by ``asw.lint.packing``.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from asw.api.names import ALL_CODE_LIMIT_BYTES
from asw.api.package_lock import PACKAGE_LOCK, REQUIREMENTS
from asw.asl.values import Json, JsonObject
from asw.failures import Failure, some_of
from asw.lint.documents import Document
from asw.lint.findings import Finding
from asw.lint.rules import INVALID_CODE
from asw.lint.sources import STDIN, decode
from asw.messages import t

IGNORE_FILE: Final = ".aswignore"
LEFT_OUT: Final = ("tests/", "__pycache__/", "node_modules/", "venv/", "*.pyc", "*.test.yaml")
"""What is never packed, besides everything whose name begins with a dot."""
FROM_FOLDER: Final = {"fromFolder": True}
"""spec.packages, where the folder's lock is to be written."""
_NAME: Final = re.compile(r"[-._a-zA-Z0-9]+")
_MOST_FILES: Final = 10_000
"""Files that are looked at: a folder with more is not a function's."""


def with_code(documents: Sequence[Document]) -> tuple[list[Document], list[Finding]]:
    """The documents, each code folder replaced by its files and the ConfigMaps that hold them."""
    made: list[Document] = []
    findings: list[Finding] = []
    for document in documents:
        path = code_path(document.content)
        if path is None:
            made.append(document)
            continue
        try:
            made += packed(document, path, code_files(document.path, path))
        except Failure as failure:
            origin = document.origin.about(f"Function {_name(document.content)}".rstrip())
            at = ("spec", "code", "path")
            findings.append(origin.finding(INVALID_CODE, failure.message, failure.remedy, at=at))
            made.append(replace(document, is_refused=True))
    return made, findings


def code_path(content: Json) -> str | None:
    """The folder that a Function names, and nothing else beside it: that is told later."""
    if not isinstance(content, dict) or content.get("kind") != "Function":
        return None
    spec = content.get("spec")
    code = spec.get("code") if isinstance(spec, dict) else None
    if not isinstance(code, dict) or code.keys() != {"path"} or not isinstance(code["path"], str):
        return None
    return code["path"] or None


def _name(content: Json) -> str:
    metadata = content.get("metadata") if isinstance(content, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def packed(document: Document, path: str, files: Mapping[str, Path]) -> list[Document]:
    """What a cluster takes in place of the Function and its folder's files.

    The Function is the last one. Raises Failure for files that neither it nor ConfigMaps can hold.
    """
    from asw.lint.packing import pack  # noqa: PLC0415 -- loads models, which few files need

    content: JsonObject = dict(document.content)
    metadata = content.get("metadata")
    namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
    folder = folder_of(document.path, path)
    made = pack(
        _name(content), namespace if isinstance(namespace, str) else None, texts(folder, files)
    )
    spec = {**content["spec"], "code": dict(made.code)}
    if spec.get("packages") == FROM_FOLDER:
        spec["packages"] = _lock_of(folder, files, content["spec"].get("runtime"))
    return [
        *(Document(document.path, it, is_named=document.is_named) for it in made.config_maps),
        replace(document, content={**content, "spec": spec}, code=folder),
    ]


def _lock_of(folder: Path, files: Mapping[str, Path], runtime: Json) -> JsonObject:
    """spec.packages with the text of the folder's lock. Raises Failure.

    Of a package-lock.json it is what a cluster installs, which is half of it or less.
    """
    field, name = ("requirements", REQUIREMENTS)
    if runtime == "nodejs":
        field, name = ("packageLock", PACKAGE_LOCK)
    if name not in files:
        words = {"path": folder, "file": name}
        raise Failure(
            t("{path} has no {file}, which packages.fromFolder takes", **words),
            remedy=t("write one, or leave out spec.packages"),
        )
    text = read_text(files[name])
    if runtime == "nodejs":
        from asw.api.package_lock import installed_lock  # noqa: PLC0415 -- few files need it

        with suppress(ValueError):  # it is told of the Function
            text = installed_lock(text)
    return {field: text}


def code_files(manifest: Path, named: str) -> Mapping[str, Path]:
    """The files of the folder that the manifest names, by their path in it.

    Raises Failure: no such folder, or none of its files is code, or one is outside of the project.
    """
    folder = folder_of(manifest, named)
    if not folder.is_dir():
        is_there = t("{path} is not a folder", path=folder)
        raise Failure(
            is_there if folder.exists() else t("{path}: no such folder", path=folder),
            remedy=t("spec.code.path is relative to the file of the manifest"),
        )
    project = _project(_beside(manifest))
    reader = _Reader(folder, project, (*LEFT_OUT, *_own_patterns(folder)))
    reader.require_inside(folder)
    files = {
        path: file
        for path, file in reader.files()
        if manifest == STDIN or not file.samefile(manifest)
    }
    if not files:
        patterns = some_of(reader.ignored)
        raise Failure(
            t("{path} has no file to pack", path=folder),
            remedy=t("left out: {patterns}, and names that begin with a dot", patterns=patterns),
        )
    return files


def texts(folder: Path, files: Mapping[str, Path]) -> Mapping[str, str]:
    """The texts of a folder's files, by path. Raises Failure for one that cannot be packed."""
    read = 0
    for path, file in files.items():
        if not all(map(_NAME.fullmatch, path.split("/"))):
            raise Failure(
                t("{path}: code cannot have a file of this name", path=file),
                remedy=t(
                    "use letters, digits, dots, dashes and underscores, or {way}", way=_way_out()
                ),
            )
        read += file.stat().st_size
        if read > ALL_CODE_LIMIT_BYTES:
            words = {"path": folder, "most": ALL_CODE_LIMIT_BYTES}
            raise Failure(
                t("{path} has more than {most} bytes, the most that code may have", **words),
                remedy=t("{way}, or put the code into an image: asw build", way=_way_out()),
            )
    return {path: read_text(file) for path, file in files.items()}


def folder_of(manifest: Path, named: str) -> Path:
    """Where a folder is that a manifest names."""
    return _beside(manifest) / named


def _beside(manifest: Path) -> Path:
    return Path() if manifest == STDIN else manifest.parent


def _project(beside: Path) -> Path:
    """The checkout around the folder, or else the folder itself."""
    here = beside.resolve()
    return next((it for it in (here, *here.parents) if (it / ".git").exists()), here)


def _own_patterns(folder: Path) -> list[str]:
    """The patterns of the folder's list of what to leave out. Raises Failure."""
    file = folder / IGNORE_FILE
    if not file.is_file():
        return []
    lines = (line.strip() for line in read_text(file).splitlines())
    return [line for line in lines if line and not line.startswith("#")]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Finds the files of a folder, and none from outside of the project."""

    folder: Path
    project: Path
    ignored: Sequence[str]

    def files(self) -> Iterator[tuple[str, Path]]:
        """The files in order, each with its path within the folder. Raises Failure."""
        seen = 0
        for place, folders, names in os.walk(self.folder, onerror=_refuse):
            around = Path(place).relative_to(self.folder)
            folders[:] = sorted(it for it in folders if not self._is_left_out(around / it, "/"))
            for name in folders:
                if (Path(place) / name).is_symlink():
                    told = t("{path} is a link to a folder", path=Path(place) / name)
                    raise Failure(told, remedy=t("copy the folder, or {way}", way=_way_out()))
            seen += len(names)
            if seen > _MOST_FILES:
                raise Failure(
                    t("{path} has more than {most} files", path=self.folder, most=_MOST_FILES),
                    remedy=t("name the folder that has only the function's code"),
                )
            for name in sorted(names):
                if not self._is_left_out(around / name):
                    file = Path(place) / name
                    self.require_inside(file)
                    if not file.is_file():
                        raise Failure(t("{path} is not a file", path=file), remedy=_way_out())
                    yield (around / name).as_posix(), file

    def require_inside(self, path: Path) -> None:
        """Raises Failure for what is outside, whether by dots or by a link."""
        if not path.resolve().is_relative_to(self.project):
            words = {"path": path, "project": self.project}
            raise Failure(
                t("{path} leads out of the project {project}", **words),
                remedy=t(
                    "the project is the checkout, or else the manifest's folder: move it there"
                ),
            )

    def _is_left_out(self, path: Path, end: str = "") -> bool:
        """Whether a file, or a folder with the ``end`` of one, is left out."""
        if path.name.startswith("."):
            return True
        for pattern in self.ignored:
            bare = pattern.strip("/")
            if pattern.endswith("/") and not end:
                continue
            if fnmatch(path.as_posix(), bare) or ("/" not in bare and fnmatch(path.name, bare)):
                return True
        return False


def _way_out() -> str:
    return t("leave it out by {file}", file=IGNORE_FILE)


def _refuse(error: OSError) -> None:
    raise Failure(
        t("{path} cannot be read: {reason}", path=error.filename, reason=error.strerror or error),
        remedy=t("check its mode: ls -l"),
    ) from error


def read_text(file: Path) -> str:
    """A file of code. Raises Failure."""
    try:
        return decode(file.read_bytes())
    except OSError as error:
        _refuse(error)
        raise
    except Failure as failure:
        raise Failure(
            f"{file}: {failure.message}",
            remedy=t("save it as UTF-8, {way}, or put it into an image", way=_way_out()),
        ) from failure
