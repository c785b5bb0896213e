"""The format of exported executions: gzipped JSON with a version. Pure.

A file may come from anyone, so the cost of reading it is bounded before it is read. Values are
kept as the engine has them: 1.0 does not become 1, and nulls stay. docs/reference/bundles.md
describes the format.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from asw.api.history import event_from_line, event_to_line
from asw.api.instants import instant_text, parse_instant
from asw.asl.model import Dialect
from asw.asl.values import Json, JsonObject, from_text, to_text
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.record_text import UnreadableRecord, from_plain, to_plain
from asw.executions.port import LogLine, TaskSnapshot
from asw.executions.run import Run
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t

FORMAT: Final = "asw-bundle"
VERSION: Final = 1
SUFFIX: Final = ".asw.gz"
_GZIP: Final = b"\x1f\x8b"
_FEW: Final = 100
"""Events that are written at once, which takes half the time."""
_AT_ONCE: Final = 1 << 16
"""Characters that are compressed together."""
_LEVEL: Final = 6
"""gzip's own default: twice the time would save a few percent."""
LARGEST: Final = 128 << 20
"""Bytes that a bundle may unpack to: a file of a few kilobytes must not fill the memory."""
MOST_PARTS: Final = 8_000_000
"""Brackets, commas, colons and strings of its JSON: three bytes of ``[],`` are sixty of memory."""
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_PARTS: Final = (b"[", b"{", b",", b":")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One execution in a bundle: its object, events and memory, its tasks and what they printed.

    Who only writes may give the ``stored`` lines of its history instead of events: payloads in
    them are text, which takes a tenth of the memory.
    """

    run: Run
    events: tuple[Event, ...]
    record: Record | None
    tasks: tuple[TaskSnapshot, ...] = ()
    lines: tuple[LogLine, ...] = ()
    stored: Sequence[JsonObject] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All of a bundle. ``children`` are those of distributed Maps that did not succeed.

    ``redacted`` says what was removed: nothing if empty, every value for ``all``, else paths.
    """

    made_by: str
    made_at: datetime
    main: Exported
    definition_text: str | None = None
    dialect: Dialect = "ASL"
    workflow: JsonObject | None = None
    functions: tuple[JsonObject, ...] = ()
    children: tuple[Exported, ...] = ()
    redacted: tuple[str, ...] = ()
    has_logs: bool = False
    missing: tuple[str, ...] = field(default=())


def to_bytes(bundle: Bundle) -> bytes:
    """The file. The same bundle gives the same bytes. Raises Failure if no asw would read it."""
    # Piece by piece: a history of a hundred megabytes would be in memory three times, and other
    # threads would stand still while it is written.
    folding, size, folded = zlib.compressobj(_LEVEL, wbits=31), 0, []
    for text in _encoded(_pieces(_plain(bundle))):
        size += len(text)
        if size > LARGEST:
            raise _too_large(bundle.main.run.name)
        folded.append(folding.compress(text))
    return b"".join([*folded, folding.flush()])


def _pieces(plain: Mapping[str, Json]) -> Iterator[str]:
    """The text of a bundle, or of a child in it: events come one by one if they are many."""
    yield "{"
    for number, (key, value) in enumerate(plain.items()):
        yield f'{"," if number else ""}"{key}":'
        match key:
            case "history" if len(value) > _FEW:
                yield from _array([to_text(event)] for event in value)
            case "children":
                yield from _array(map(_pieces, value))
            case _:
                yield to_text(value)
    yield "}"


def _array(parts: Iterable[Iterable[str]]) -> Iterator[str]:
    yield "["
    for number, part in enumerate(parts):
        if number:
            yield ","
        yield from part
    yield "]"


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """The pieces as UTF-8, many together."""
    waiting, size = list[str](), 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size > _AT_ONCE:
            yield _utf8(waiting)
            waiting, size = [], 0
    yield _utf8(waiting)


def _utf8(pieces: Sequence[str]) -> bytes:
    # A lone surrogate, which JSON may hold and UTF-8 may not, is written as its escape.
    return "".join(pieces).encode(errors="backslashreplace")


def from_bytes(content: bytes, name: str) -> Bundle:
    """The bundle in a file of this name. Raises Failure for anything else."""
    if not content.startswith(_GZIP):
        raise _not_one(name, t("it is not gzipped"))
    try:
        text = _unfolded(content, name)
    except (EOFError, zlib.error) as error:
        raise _damaged(name, str(error)) from error
    if _has_too_many(text):
        raise _too_large(name)
    try:
        plain = from_text(text, pairs=_without_doubles)
    except ValueError as error:
        raise _not_one(name, t("it is not JSON: {reason}", reason=error)) from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise _not_one(name, t("it does not say that it is a bundle"))
    version = plain.get("version")
    if version != VERSION:
        raise Failure(
            t(
                "{file} is a bundle of version {version}; this asw reads version {known}",
                file=name,
                version=version,
                known=VERSION,
            ),
            remedy=t(
                "it was made by asw {version}: use that or a newer one", version=plain.get("asw")
            ),
            code=BAD_INPUT,
        )
    try:
        return _with_names(_read(plain))
    except (KeyError, TypeError, ValueError, AttributeError, UnreadableRecord) as error:
        raise _damaged(name, f"{type(error).__name__}: {error}") from error


def _unfolded(content: bytes, name: str) -> bytes:
    """The content without gzip. Raises EOFError if it is cut or goes on, Failure if large."""
    unfolding = zlib.decompressobj(wbits=31)
    text = unfolding.decompress(content, LARGEST + 1)
    if len(text) > LARGEST:
        raise _too_large(name)
    if not unfolding.eof:
        raise EOFError(t("it ends in the middle"))
    if unfolding.unused_data:
        raise EOFError(t("something follows its end"))
    return text


def _has_too_many(text: bytes) -> bool:
    """Whether its values have too many parts for memory; stops looking once that is certain."""
    if sum(map(text.count, _PARTS)) <= MOST_PARTS:
        return False
    left, at = MOST_PARTS, 0
    for string in _STRING.finditer(text):
        left -= 1 + sum(text.count(part, at, string.start()) for part in _PARTS)
        at = string.end()
        if left < 0:
            return True
    return left < sum(text.count(part, at) for part in _PARTS)


def _without_doubles(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object; readers would differ on a name that is there twice. Raises ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(t("an object has a name twice"))
    return found


def _with_names(bundle: Bundle) -> Bundle:
    """The bundle, if each execution has a name of its own. Raises ValueError."""
    names = [each.run.name for each in (bundle.main, *bundle.children)]
    if len(set(names)) < len(names):
        raise ValueError(t("two executions have the same name"))
    return bundle


def _too_large(name: str) -> Failure:
    return Failure(
        t(
            "{file} is too large for a bundle: unpacked, it has more than {size} MiB or "
            "{count} values",
            file=name,
            size=LARGEST >> 20,
            count=MOST_PARTS,
        ),
        remedy=t("export it without --logs and with --no-code; gunzip shows what is in the file"),
        code=BAD_INPUT,
    )


def _not_one(name: str, why: str) -> Failure:
    return Failure(
        t("{file} is not a bundle: {why}", file=name, why=why),
        remedy=t("asw export NAME -o FILE writes one"),
        code=BAD_INPUT,
    )


def _damaged(name: str, why: str) -> Failure:
    return Failure(
        t("{file} is damaged: {why}", file=name, why=why),
        remedy=t("copy it again from where it was made, in binary mode, or export it again"),
        code=BAD_INPUT,
    )


# To JSON and back


def _plain(bundle: Bundle) -> dict[str, Json]:
    definition = None
    if bundle.definition_text is not None:
        definition = {"text": bundle.definition_text, "dialect": bundle.dialect}
    return {
        "format": FORMAT,
        "version": VERSION,
        "asw": bundle.made_by,
        "exportedAt": instant_text(bundle.made_at),
        "redacted": list(bundle.redacted),
        "hasLogs": bundle.has_logs,
        "missing": list(bundle.missing),
        **_plain_exported(bundle.main),
        "definition": definition,
        "workflow": bundle.workflow,
        "functions": list(bundle.functions),
        "children": [_plain_exported(each) for each in bundle.children],
    }


def _plain_exported(exported: Exported) -> dict[str, Json]:
    return {
        "execution": exported.run.manifest,
        "history": exported.stored
        if exported.stored is not None
        else [event_to_line(event) for event in exported.events],
        "record": None if exported.record is None else to_plain(exported.record),
        "tasks": [{name: getattr(task, name) for name in _TASK_FIELDS} for task in exported.tasks],
        "logs": [
            {key: getattr(line, name) for key, name in _LINE_FIELDS.items()}
            for line in exported.lines
        ],
    }


_LINE_FIELDS: Final = {
    "state": "state",
    "attempt": "attempt",
    "task": "number",
    "child": "child",
    "at": "at",
    "text": "text",
}
"""Fields of a line in the file, and those of ``LogLine``; the file may lack child and at."""
_TASK_FIELDS: Final = ("state", "number", "attempt", "function", "job", "pod", "node", "trouble")


def _read(plain: Mapping[str, Any]) -> Bundle:
    definition = plain["definition"] or {}
    return Bundle(
        made_by=str(plain["asw"]),
        made_at=parse_instant(plain["exportedAt"]),
        main=_read_exported(plain),
        definition_text=definition.get("text"),
        dialect=definition.get("dialect", "ASL"),
        workflow=plain["workflow"],
        functions=tuple(plain["functions"]),
        children=tuple(_read_exported(each) for each in plain["children"]),
        redacted=tuple(plain["redacted"]),
        has_logs=bool(plain["hasLogs"]),
        missing=tuple(plain["missing"]),
    )


def _read_exported(plain: Mapping[str, Any]) -> Exported:
    record = plain["record"]
    run = Run(plain["execution"])
    if not run.name or not run.namespace:
        raise ValueError("an execution has a name")
    return Exported(
        run=run,
        events=tuple(event_from_line(line) for line in plain["history"]),
        record=None if record is None else from_plain(record),
        tasks=tuple(
            TaskSnapshot(**{name: task[name] for name in _TASK_FIELDS if name in task})
            for task in plain["tasks"]
        ),
        lines=tuple(
            LogLine(**{name: line[key] for key, name in _LINE_FIELDS.items() if key in line})
            for line in plain["logs"]
        ),
    )
