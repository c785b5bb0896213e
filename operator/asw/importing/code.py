"""The source of a function: its files if available and small enough, else a placeholder.

Pure, except that files come through a port.
"""

import re
from collections.abc import Mapping
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
from asw.importing.languages import Language, NodeJs, language_of
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
    """What runs: files for one of asw's runtimes, or an image; with the notes on it."""

    runtime: str = "image"
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
    language = language_of(runtime)
    if language is None:
        what = t("{runtime} is not a runtime of asw", runtime=function.runtime)
        return _image(function, "", what)
    if runtime.startswith("python2"):
        note = _needs(function, t("it is written for {runtime}", runtime=function.runtime))
        return _placeholder(function, language, note)
    match source:
        case InlineSource(text):
            files_of = {language.inline_file(text): text}
            return _inline(function, language, files_of, function.handler or "index.handler")
        case FolderSource(path):
            return _from_folder(function, language, path, files)
        case Elsewhere(where):
            what = t("its code is not here: {where}", where=where) if where else _no_code()
            return _placeholder(function, language, _needs(function, what))


def _no_code() -> str:
    return t("its code is not in the export")


def _from_folder(function: FoundFunction, language: Language, path: str, files: Files) -> Body:
    handler = function.handler or DEFAULT_HANDLERS["scf"]
    found = _HANDLER.fullmatch(handler)
    if not found:
        note = _needs(function, t("its handler {name} names no module", name=handler))
        return _placeholder(function, language, note)
    module, stem = language.split(found["module"])
    root = "/".join(filter(None, (path.removeprefix("./").rstrip("/"), module)))
    root = root.removeprefix("./") or "."
    names = [name for name in files.names(root) if name.endswith(language.extensions)]
    if language.main_file(stem, names) is None:
        where = f"{root}/{stem}{language.extensions[0]}".removeprefix("./")
        note = _needs(function, t("its code is not here: {where}", where=where))
        return _placeholder(function, language, note)
    flat = [name for name in names if "/" not in name and not language.is_test(name)]
    texts = {name: files.text(_below(root, name)) or "" for name in flat[: MOST_FILES + 1]}
    if len(texts) > MOST_FILES or sum(len(text.encode()) for text in texts.values()) > MOST_BYTES:
        what = t(
            "its code is larger than {count} files or {bytes} bytes",
            count=MOST_FILES,
            bytes=MOST_BYTES,
        )
        return _image(function, "", what)
    outside = _outside(function, language, texts, names)
    if isinstance(language, NodeJs) and _is_of_type_module(path, root, files):
        texts["package.json"] = '{"type": "module"}\n'
    body = _inline(function, language, texts, f"{stem}.{found['name']}")
    return replace(body, notes=(*body.notes, *outside))


def _inline(
    function: FoundFunction, language: Language, texts: Mapping[str, str], handler: str
) -> Body:
    notes: tuple[Note, ...] = ()
    if foreign := ", ".join(language.foreign(texts)):
        what = t(
            "it imports {names}, which the image of runtime {runtime} lacks",
            names=foreign,
            runtime=language.runtime,
        )
        notes = (_needs(function, what),)
    return Body(runtime=language.runtime, handler=handler, files=dict(texts), notes=notes)


def _outside(
    function: FoundFunction, language: Language, texts: Mapping[str, str], names: list[str]
) -> list[Note]:
    """Subfolders that the code imports from: inline files have no folders."""
    folders = {name.partition("/")[0] for name in names if "/" in name}
    used = sorted(language.folders(texts, folders))
    if not used:
        return []
    return [_needs(function, t("it imports the folders {names}", names=", ".join(used)))]


def _is_of_type_module(path: str, root: str, files: Files) -> bool:
    """Whether the nearest package.json says that .js files are ES modules."""
    for folder in dict.fromkeys((root, path.removeprefix("./").rstrip("/") or ".")):
        text = files.text(_below(folder, "package.json"))
        if text is not None:
            return re.search(r'"type"\s*:\s*"module"', text) is not None
    return False


def _below(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}/{name}"


def _placeholder(function: FoundFunction, language: Language, note: Note) -> Body:
    """Code that says what is missing, under the name of the handler."""
    found = _HANDLER.fullmatch(function.handler or "")
    _, module = language.split(found["module"]) if found else ("", "index")
    name = found["name"] if found else "main_handler"
    text = language.placeholder(name, f"fill in the code of {function.name}")
    return Body(
        runtime=language.runtime,
        handler=f"{module}.{name}",
        files={f"{module}{language.extensions[0]}": text},
        notes=(note,),
    )


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
