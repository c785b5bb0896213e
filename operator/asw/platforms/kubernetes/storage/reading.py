"""Reads back what an Execution's status refers to: record, history, output. For any reader.

The texts of pages and chunks come from ``Storage``; nothing is held or changed here.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
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
_AT_ONCE = 16
"""How many objects are read at a time where there is a bound: at most so many too many."""

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
    storage: Storage,
    key: ExecutionKey,
    status: Mapping[str, Any],
    *,
    after: int = 0,
    most: int | None = None,
) -> list[Line]:
    """The same as lines, as ``asw.api.history`` writes them: payloads are still text.

    Raises TooMuch if what is stored apart has more than ``most`` characters. They are counted as
    they are read, a few at a time: what a status says of sizes, somebody may have written.
    """
    chunks = status.get("historyChunks", ())
    budget = _Budget(most)
    names = [chunk["name"] for chunk in chunks if chunk["lastId"] > after]
    texts = await budget.read(names, partial(storage.read_chunks, key))
    sealed = chain.from_iterable(from_text(texts[name]) for name in names)
    every: Iterator[Line] = chain(sealed, map(from_text, status.get("history", ())))
    lines = [line for line in every if line["id"] > after]
    wanted = sorted(set(references_of(lines)))
    pages = await budget.read(wanted, partial(storage.read_pages, key))
    return [_whole(line, pages) for line in lines]


class TooMuch(Refused):
    """More is stored than the reader wants in its memory."""


class _Budget:
    """How many characters may still be read; None: any number."""

    def __init__(self, most: int | None) -> None:
        self._left = most

    async def read(
        self, names: Sequence[str], read: Callable[[Sequence[str]], Awaitable[dict[str, str]]]
    ) -> dict[str, str]:
        """The texts of these names. Raises TooMuch."""
        if self._left is None:
            return await read(names)
        found: dict[str, str] = {}
        for at in range(0, len(names), _AT_ONCE):
            some = await read(names[at : at + _AT_ONCE])
            self._left -= sum(map(len, some.values()))
            if self._left < 0:
                raise TooMuch("its history is larger than what is read at a time")
            found |= some
        return found


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
