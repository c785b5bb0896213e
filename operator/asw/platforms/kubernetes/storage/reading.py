"""Reads back what an Execution's status refers to: record, history, output. For any reader.

The texts of pages and chunks come from ``Storage``; nothing is held or changed here.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from asw.api.history import PAYLOAD_FIELDS, event_from_line
from asw.asl.values import Json, from_text
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.record_text import UnreadableRecord, from_plain
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.storage.restoring import InputLost, references, restored
from asw.platforms.kubernetes.storage.storage import Storage
from asw.reconciler.platform import ExecutionKey, Refused

REFERENCE = "Ref"
"""Suffix of a field that holds the name of an object instead of a value."""

Line = Mapping[str, Json]


async def read_record(
    storage: Storage,
    key: ExecutionKey,
    text: str,
    input_value: Json,
    *,
    is_input_lost: bool = False,
) -> tuple[Record, set[str]]:
    """The record that ``status.record`` holds, and the names of the pages that it needed.

    Raises Damaged if one of them is gone, or the input that it refers to was changed, and Refused
    if it cannot be understood. It is checked because whoever may write a status may write any
    record, and ids of tasks, and so their tokens, are derived from it.
    """
    try:
        plain = from_text(text)
        pages: dict[str, str] = {}
        while missing := set(references(plain, pages)) - pages.keys():
            pages |= await storage.read_pages(key, missing)
        whole = restored(plain, pages, input_value, is_input_lost=is_input_lost)
        record = from_plain(whole)
    except InputLost as error:
        raise Damaged(
            f"the input in spec of {key.namespace}/{key.name} was changed after its start, and its "
            "record refers to it; start a new execution"
        ) from error
    except (UnreadableRecord, ValueError) as error:
        raise Refused(f"status.record of {key.namespace}/{key.name}: {error}") from error
    if record.header.uid != key.uid:
        raise Damaged(
            f"status.record of {key.namespace}/{key.name} is another execution's; start a new one"
        )
    return record, set(pages)


async def read_history(
    storage: Storage, key: ExecutionKey, status: Mapping[str, Any], *, after: int = 0
) -> tuple[Event, ...]:
    """The events with ids above ``after``, oldest first, with their payloads. Raises Damaged."""
    return tuple(map(event_from_line, await read_lines(storage, key, status, after=after)))


async def read_lines(
    storage: Storage, key: ExecutionKey, status: Mapping[str, Any], *, after: int = 0
) -> list[Line]:
    """The same as lines, as ``asw.api.history`` writes them: payloads are still text."""
    chunks = status.get("historyChunks", ())
    names = [chunk["name"] for chunk in chunks if chunk["lastId"] > after]
    texts = await storage.read_chunks(key, names)
    sealed = chain.from_iterable(from_text(texts[name]) for name in names)
    every: Iterator[Line] = chain(sealed, map(from_text, status.get("history", ())))
    lines = [line for line in every if line["id"] > after]
    pages = await storage.read_pages(key, sorted(set(references_of(lines))))
    return [_whole(line, pages) for line in lines]


async def read_output(storage: Storage, key: ExecutionKey, status: Mapping[str, Any]) -> Json:
    """The output of an Execution that succeeded. Raises Damaged."""
    if (reference := status.get("outputRef")) is None:
        return status.get("output")
    texts = await storage.read_pages(key, [reference["name"]])
    return from_text(texts[reference["name"]])


def references_of(lines: Iterable[Line]) -> Iterator[str]:
    """Names of the objects that hold values of these lines of history, or of a status."""
    for line in lines:
        for name, reference in line.items():
            if name.endswith(REFERENCE):
                yield reference["name"]


def _whole(line: Line, pages: Mapping[str, str]) -> dict[str, Json]:
    """The line with its separately stored values. Payloads are JSON text in it."""
    made: dict[str, Json] = {}
    for field, value in line.items():
        if not field.endswith(REFERENCE):
            made[field] = value
            continue
        name, text = field.removesuffix(REFERENCE), pages[value["name"]]
        made[name] = text if name in PAYLOAD_FIELDS else from_text(text)
    return made
