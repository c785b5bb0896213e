"""The source of a function: its files if available and small enough, else a placeholder.

Pure, except that files come through a port.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from asw.importing.found import (
    Elsewhere,
    Files,
    FolderSource,
    FoundFunction,
    ImageSource,
    InlineSource,
    Note,
)
from asw.lint.function_code import foreign_modules, imported_by
from asw.messages import t

MOST_BYTES: Final = 100 * 1024
"""Of all files together: as much as a pod's variables hold; more needs an image."""
MOST_FILES: Final = 64
LONGEST_HANDLER: Final = 128
FILL_IN: Final = "fill-in.invalid"
"""A registry that can never exist (RFC 2606): its name says that an image must be built."""
DEFAULT_HANDLERS: Final = {"lambda": "index.handler", "scf": "index.main_handler"}

_IMAGE_NAME: Final = re.compile(r"[^a-z0-9._-]+")
_HANDLER: Final = re.compile(r"(?P<module>[\w./-]+)[.](?P<name>\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What runs: files for runtime python3, or an image; with the notes on it."""

    handler: str | None = None
    files: Mapping[str, str] | None = None
    image: str | None = None
    notes: tuple[Note, ...] = ()


def body_of(function: FoundFunction, files: Files) -> Body:
    """The code itself, or a placeholder that fails with a message until it is filled in."""
    if len(function.handler or "") > LONGEST_HANDLER:
        function = replace(function, handler=None)
    runtime = (function.runtime or "").lower()
    source = function.source
    if isinstance(source, ImageSource):
        return _image(
            function,
            source.image if source.image and "${" not in source.image else "",
            t("its image speaks the runtime interface of Lambda"),
        )
    if runtime and not runtime.startswith("python"):
        what = t("{runtime} is not a runtime of asw", runtime=function.runtime)
        return _image(function, "", what)
    if runtime.startswith("python2"):
        note = _needs(function, t("it is written for {runtime}", runtime=function.runtime))
        return _placeholder(function, note)
    match source:
        case InlineSource(text):
            return _inline(function, {"index.py": text}, function.handler or "index.handler")
        case FolderSource(path):
            return _from_folder(function, path, files)
        case Elsewhere(where):
            what = t("its code is not here: {where}", where=where) if where else _no_code()
            return _placeholder(function, _needs(function, what))


def _no_code() -> str:
    return t("its code is not in the export")


def _from_folder(function: FoundFunction, path: str, files: Files) -> Body:
    handler = function.handler or DEFAULT_HANDLERS["scf"]
    found = _HANDLER.fullmatch(handler)
    if not found:
        note = _needs(function, t("its handler {name} names no module", name=handler))
        return _placeholder(function, note)
    module, _, stem = found["module"].replace(".", "/").rpartition("/")
    root = "/".join(filter(None, (path.removeprefix("./").rstrip("/"), module)))
    root = root.removeprefix("./") or "."
    names = [name for name in files.names(root) if name.endswith(".py")]
    if f"{stem}.py" not in names:
        where = f"{root}/{stem}.py".removeprefix("./")
        note = _needs(function, t("its code is not here: {where}", where=where))
        return _placeholder(function, note)
    flat = [name for name in names if "/" not in name and not _is_test(name)]
    texts = {name: files.text(_below(root, name)) or "" for name in flat[: MOST_FILES + 1]}
    if len(texts) > MOST_FILES or sum(len(text.encode()) for text in texts.values()) > MOST_BYTES:
        what = t(
            "its code is larger than {count} files or {bytes} bytes",
            count=MOST_FILES,
            bytes=MOST_BYTES,
        )
        return _image(function, "", what)
    body = _inline(function, texts, f"{stem}.{found['name']}")
    return replace(body, notes=(*body.notes, *_outside(function, texts, names)))


def _inline(function: FoundFunction, texts: Mapping[str, str], handler: str) -> Body:
    notes: tuple[Note, ...] = ()
    if foreign := ", ".join(foreign_modules(texts)):
        what = t("it imports {names}, which the image of runtime python3 lacks", names=foreign)
        notes = (_needs(function, what),)
    return Body(handler=handler, files=dict(texts), notes=notes)


def _outside(function: FoundFunction, texts: Mapping[str, str], names: list[str]) -> Iterator[Note]:
    """Packages in subfolders that the code imports: inline files have no folders."""
    packages = {name.partition("/")[0] for name in names if "/" in name}
    used = sorted(packages & imported_by(texts))
    if used:
        yield _needs(function, t("it imports the folders {names}", names=", ".join(used)))


def _is_test(name: str) -> bool:
    return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def _below(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _placeholder(function: FoundFunction, note: Note) -> Body:
    """Code that says what is missing, under the name of the handler."""
    found = _HANDLER.fullmatch(function.handler or "")
    module = found["module"].replace(".", "/").rpartition("/")[2] if found else "index"
    name = found["name"] if found else "main_handler"
    text = (
        f"def {name}(event, context):\n"
        f'    raise NotImplementedError("fill in the code of {function.name}")\n'
    )
    return Body(handler=f"{module}.{name}", files={f"{module}.py": text}, notes=(note,))


def _image(function: FoundFunction, image: str, what: str) -> Body:
    slug = _IMAGE_NAME.sub("-", function.name.lower()).strip("-._") or "function"
    note = Note(
        kind="function",
        place=function.place,
        message=t("Function {name}: {what}", name=function.name, what=what),
        remedy=t("build an image that follows the task contract, and name it in spec.image"),
    )
    return Body(image=image or f"{FILL_IN}/{slug}", notes=(note,))


def _needs(function: FoundFunction, what: str) -> Note:
    return Note(
        kind="function",
        place=function.place,
        message=t("Function {name}: {what}", name=function.name, what=what),
        remedy=t("write spec.code of the Function, or set runtime image and spec.image"),
    )
