"""An execution's history in its status: the newest events, and sealed chunks of older ones. Pure.

The tail stays under ``TAIL_BYTES``. Events that would exceed it are sealed, oldest first, into
create-only chunks that the status lists. Small chunks are merged by ``MERGED_AT_ONCE``, so that
the list stays short however long the history gets. Payloads over ``PAGE_LIMIT_BYTES`` become
pages, which the record may share: ``input`` then reads ``inputRef: {name, digest}``.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from asw.api.history import PAYLOAD_FIELDS, event_to_line
from asw.api.names import PAGE_LIMIT_BYTES
from asw.asl.values import Json, from_text, to_text
from asw.engine.history import Event
from asw.platforms.kubernetes.client.objects import dump
from asw.platforms.kubernetes.storage.stored_names import Naming

TAIL_BYTES = 10 * 1024
"""Bytes of the newest events in the status, less what the list of chunks takes in excess."""
LIST_BYTES = 8 * 1024
"""Bytes that the list of chunks may take before the tail must be shorter."""
LINE_BYTES = 5 * 1024
"""Bytes that one event may take: beyond it, its largest details become pages."""
KEPT_BYTES = 3 * 1024
"""Bytes that stay in the tail when it is sealed: enough to see how the execution is doing."""
CHUNK_BYTES = 512 * 1024
"""Bytes that one object may hold; etcd takes three times that."""

MERGED_AT_ONCE = 24
SMALL_CHUNK_EVENTS = 200
SMALL_CHUNK_BYTES = CHUNK_BYTES // 2

_ENVELOPE = frozenset({"id", "previousEventId", "timestamp", "type"})

Line = Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The history as the status holds it."""

    tail: tuple[str, ...] = ()
    """JSON texts: of a write, 50 events cost the API server 2 ms so, and 12 ms as objects."""
    chunks: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The history with fewer chunks: those to write, and those that nothing lists any more."""

    history: History
    chunks: Mapping[str, str]
    superseded: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The next history, and the chunks to write before the status: name to text."""

    history: History
    chunks: Mapping[str, str] = field(default_factory=dict)


def appended(naming: Naming, history: History, events: Iterable[Event]) -> Appended:
    """The history with these events at its end; ``naming`` collects the pages that they need.

    A private history is sealed at once, so that the status shows no event.
    """
    lines = [*history.tail, *map(_Pager(naming).text, events)]
    sizes = [_size(line) for line in lines]
    listed_bytes = len(to_text(history.chunks).encode())
    if naming.is_private and lines:
        listed, texts = _sealed(naming, lines, len(history.chunks))
        return Appended(history=History(chunks=(*history.chunks, *listed)), chunks=texts)
    if sum(sizes) <= max(KEPT_BYTES, TAIL_BYTES - max(0, listed_bytes - LIST_BYTES)):
        return Appended(history=History(tail=tuple(lines), chunks=history.chunks))
    cut = _first_kept(sizes)
    listed, texts = _sealed(naming, lines[:cut], len(history.chunks))
    kept = History(tail=tuple(lines[cut:]), chunks=(*history.chunks, *listed))
    return Appended(history=kept, chunks=texts)


def mergeable(history: History) -> tuple[str, ...]:
    """Names of the small chunks at the end of the list, once there are enough."""
    small: list[str] = []
    for chunk in reversed(history.chunks):
        if not _is_small(chunk):
            break
        small.append(chunk["name"])
    return tuple(reversed(small)) if len(small) >= MERGED_AT_ONCE else ()


def _is_small(chunk: Mapping[str, Json]) -> bool:
    has_few = chunk["lastId"] - chunk["firstId"] < SMALL_CHUNK_EVENTS
    size: int = chunk.get("size", 0)
    return has_few and size < SMALL_CHUNK_BYTES


def merged(
    naming: Naming, history: History, small: Sequence[str], texts: Mapping[str, str]
) -> Merged:
    """The history with the small chunks at the end of the list merged into as few as possible."""
    lines = [to_text(line) for name in small for line in from_text(texts[name])]
    before = history.chunks[: -len(small)]
    listed, made = _sealed(naming, lines, len(before))
    return Merged(
        history=History(tail=history.tail, chunks=(*before, *listed)),
        chunks=made,
        superseded=tuple(name for name in small if name not in made),
    )


def digest(text: str) -> str:
    """SHA-256 of a stored text, in hex, as the status lists it."""
    return hashlib.sha256(text.encode()).hexdigest()


def reference(name: str, text: str) -> dict[str, Json]:
    """The reference in the status to an object that holds one of its values."""
    return {"name": name, "digest": digest(text), "size": len(text.encode())}


class _Pager:
    """Turns events into JSON texts, with large details replaced by pages of their JSON text.

    The output of one state is the input of the next: the same object is written once, the same
    text is digested once.
    """

    def __init__(self, naming: Naming) -> None:
        self._naming = naming
        self._texts: dict[int, tuple[Json, str]] = {}
        self._references: dict[str, dict[str, Json]] = {}

    def text(self, event: Event) -> str:
        """The event's text."""
        line = event_to_line(event, self._value_text)
        text = to_text(line)
        if _size(text) <= PAGE_LIMIT_BYTES:
            return text
        texts = {key: self._stored_text(key, line[key]) for key in line.keys() - _ENVELOPE}
        for key in sorted(texts, key=lambda key: len(texts[key]), reverse=True):
            if not _is_large(texts[key]) and _size(text) <= LINE_BYTES:
                break
            del line[key]
            line[f"{key}Ref"] = self._reference(texts[key])
            text = to_text(line)
        return text

    def _value_text(self, value: Json) -> str:
        known = self._texts.get(id(value))
        if known is None:
            # the value is kept too, so that no other object gets its identity meanwhile
            known = self._texts[id(value)] = value, to_text(value)
        return known[1]

    def _stored_text(self, key: str, value: Json) -> str:
        """The text to store: payloads are JSON text already."""
        return (
            value if key in PAYLOAD_FIELDS and isinstance(value, str) else self._value_text(value)
        )

    def _reference(self, text: str) -> dict[str, Json]:
        known = self._references.get(text)
        if known is None:
            known = self._references[text] = reference(self._naming.of_event(text), text)
        return known


def _is_large(text: str) -> bool:
    return len(text) > PAGE_LIMIT_BYTES or len(text.encode()) > PAGE_LIMIT_BYTES


def _sealed(
    naming: Naming, lines: Sequence[str], number: int
) -> tuple[list[Mapping[str, Json]], dict[str, str]]:
    """The lines as chunks: the entries for the status, and their texts by name."""
    listed: list[Mapping[str, Json]] = []
    texts: dict[str, str] = {}
    for run in _runs(lines, [len(line.encode()) for line in lines]):
        text = f"[{','.join(run)}]"
        name = naming.of_chunk(number + len(listed), text)
        texts[name] = text
        ids = {"firstId": from_text(run[0])["id"], "lastId": from_text(run[-1])["id"]}
        size = len(text.encode())
        listed.append({"name": name, "digest": digest(text), **ids, "size": size})
    return listed, texts


def _size(text: str) -> int:
    """Bytes that the text takes in a status, where its quotes are escaped."""
    return len(dump(text))


def _first_kept(sizes: Sequence[int]) -> int:
    """Index of the first line that stays; the newest always does."""
    total, index = sizes[-1], len(sizes) - 1
    while index > 0 and total + sizes[index - 1] <= KEPT_BYTES:
        index -= 1
        total += sizes[index]
    return index


def _runs(lines: Sequence[str], sizes: Sequence[int]) -> Iterable[list[str]]:
    """Runs of consecutive lines, each as long as fits into a chunk."""
    run: list[str] = []
    total = 0
    for line, size in zip(lines, sizes, strict=True):
        if run and total + size > CHUNK_BYTES:
            yield run
            run, total = [], 0
        run.append(line)
        total += size
    if run:
        yield run
