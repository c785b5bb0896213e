"""An execution's history in its status: the newest events, and sealed chunks of older ones. Pure.

The tail stays under ``TAIL_BYTES``; what would push it over is sealed, oldest first, into
create-only chunks that the status lists. Payloads over ``PAGE_LIMIT_BYTES`` become pages, shared
with the record's: ``input`` then reads ``inputRef: {name, digest}``.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from asw.api.history import PAYLOAD_FIELDS, event_to_line
from asw.api.names import PAGE_LIMIT_BYTES, history_chunk_name, page_name
from asw.asl.values import Json, to_text
from asw.engine.history import Event

TAIL_BYTES = 10 * 1024
KEPT_BYTES = 3 * 1024
"""What stays in the tail when it is sealed: enough to read how it is going."""
CHUNK_BYTES = 512 * 1024
"""What one object may hold; etcd takes three times that."""

PAGED_TEXTS = PAYLOAD_FIELDS | {"cause"}

Line = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the status holds of it."""

    tail: tuple[Line, ...] = ()
    chunks: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The next history, and the objects to be written before the status: name to text."""

    history: History
    chunks: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)


def appended(uid: str, history: History, events: Iterable[Event]) -> Appended:
    """The history with these events at its end."""
    pages: dict[str, str] = {}
    lines = [*history.tail, *(_paged_line(uid, event_to_line(it), pages) for it in events)]
    sizes = [len(to_text(line).encode()) for line in lines]
    if sum(sizes) <= TAIL_BYTES:
        return Appended(history=History(tail=tuple(lines), chunks=history.chunks), pages=pages)
    cut = _first_kept(sizes)
    listed, texts = list(history.chunks), {}
    for run in _runs(lines[:cut], sizes[:cut]):
        text = to_text(run)
        name = history_chunk_name(uid, len(listed), text)
        texts[name] = text
        listed.append(
            {
                "name": name,
                "digest": digest(text),
                "firstId": run[0]["id"],
                "lastId": run[-1]["id"],
            }
        )
    kept = History(tail=tuple(lines[cut:]), chunks=tuple(listed))
    return Appended(history=kept, chunks=texts, pages=pages)


def digest(text: str) -> str:
    """SHA-256 of a stored text, in hex, as the status lists it."""
    return hashlib.sha256(text.encode()).hexdigest()


def reference(name: str, text: str) -> dict[str, Json]:
    """What the status says of an object that holds one of its values."""
    return {"name": name, "digest": digest(text)}


def _paged_line(uid: str, line: dict[str, Json], pages: dict[str, str]) -> Line:
    """The line, its large texts replaced; a page holds the JSON text of the value."""
    for key in PAGED_TEXTS & line.keys():
        text = line[key]
        if not isinstance(text, str) or len(text.encode()) <= PAGE_LIMIT_BYTES:
            continue
        stored = text if key in PAYLOAD_FIELDS else to_text(text)
        name = page_name(uid, stored)
        pages[name] = stored
        del line[key]
        line[f"{key}Ref"] = reference(name, stored)
    return line


def _first_kept(sizes: Sequence[int]) -> int:
    """Index of the first line that stays; the newest always does."""
    total, index = sizes[-1], len(sizes) - 1
    while index > 0 and total + sizes[index - 1] <= KEPT_BYTES:
        index -= 1
        total += sizes[index]
    return index


def _runs(lines: Sequence[Line], sizes: Sequence[int]) -> Iterable[list[Line]]:
    """Consecutive lines, as many as fit into a chunk each."""
    run: list[Line] = []
    total = 0
    for line, size in zip(lines, sizes, strict=True):
        if run and total + size > CHUNK_BYTES:
            yield run
            run, total = [], 0
        run.append(line)
        total += size
    if run:
        yield run
