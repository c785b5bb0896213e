"""What somebody asks of tasks' logs, as JSON says it, and the answer. Messages repeat nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from asw.archive.questions import (
    Name,
    Namespace,
    Question,
    Uid,
    instant_of,
    position_in,
    validated,
)
from asw.archive.rows import storable
from asw.archive.store import ArchiveStore
from asw.archive.tail_rows import After
from asw.archive.tails import Tail
from asw.asl.values import Json, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTails:
    """Of which run, and of these its state or its express child; behind which task."""

    namespace: str
    uid: str
    wanted: Mapping[str, str]
    after: After | None


class _Tails(Question):
    namespace: Namespace
    uid: Uid
    state: Annotated[str, Field(max_length=256)] | None = None
    child: Uid | None = None
    after: Name | None = None


def read_tails(said: Mapping[str, Json]) -> AskedTails:
    """The question that a JSON object holds. Raises InvalidQuestion."""
    read = validated(_Tails, said)
    given = {"state": read.state, "task_uid": read.child}
    wanted = {name: storable(it) for name, it in given.items() if it is not None}
    found = position_in(read.after)
    after = None if found is None else After(*found)
    return AskedTails(namespace=read.namespace, uid=read.uid, wanted=wanted, after=after)


def answer_tails(store: ArchiveStore, asked: AskedTails) -> JsonObject:
    """A page in the order of the starts; ``next`` is what ``after`` of the next one is. It blocks.

    Raises ArchiveAway.
    """
    tails, after = store.tails.of_run(
        asked.namespace, asked.uid, wanted=asked.wanted, after=asked.after
    )
    position = None if after is None else f"{after.ordinal}.{after.task_uid}"
    return {"items": [_item(it) for it in tails], "next": position}


def _item(tail: Tail) -> JsonObject:
    return {
        "state": tail.state,
        "attempt": tail.attempt,
        "number": tail.ordinal,
        "child": "" if tail.task_uid == tail.uid else tail.task_uid,
        "takenAt": instant_of(tail.taken_at),
        "isCut": tail.is_cut,
        "lost": tail.lost,
        "text": tail.content.decode(errors="replace"),
    }
