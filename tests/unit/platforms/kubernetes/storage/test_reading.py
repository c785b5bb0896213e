"""What a status refers to, read back: the inverse of how it was written."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from asw.engine.history import Event
from asw.engine.record_text import to_record_text
from asw.engine.step import begin
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.storage.history import History, appended
from asw.platforms.kubernetes.storage.reading import read_history, read_output, read_record
from asw.platforms.kubernetes.storage.storage import Storage
from tests.support.kube_api import kube_api
from tests.support.kube_objects import KEY, a_naming
from tests.support.play import header

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def events(count, size):
    """So many events, each with payloads of about that many bytes, exact in every corner."""
    value = {"z": 1.0, "a": None, "文": "x" * size}
    return [
        Event(
            id=number,
            previous_event_id=number - 1,
            type="PassStateExited",
            at=NOW + timedelta(milliseconds=number),
            details={"name": "A", "output": value, "assignedVariables": {"v": value}},
        )
        for number in range(1, count + 1)
    ]


async def stored(client, history):
    """The history written as the operator does, five events a save; the status of it."""
    storage, kept = Storage(client), History()
    for at in range(0, len(history), 5):
        naming = a_naming(str(at))
        made = appended(naming, kept, history[at : at + 5])
        await storage.write_pages(KEY, naming.pages)
        await storage.write_chunks(KEY, made.chunks)
        kept = made.history
    return {"history": list(kept.tail), "historyChunks": list(kept.chunks)}


@pytest.mark.parametrize(
    ("count", "size"), [(3, 10), (200, 100), (12, 6000)], ids=["tail", "chunks", "pages"]
)
async def test_history_comes_back_as_it_was(count, size):
    """Chunks and pages are put back, and no value lost a null, an order or a decimal point."""
    async with kube_api() as (_, client):
        history = events(count, size)
        status = await stored(client, history)
        read = await read_history(Storage(client), KEY, status)
        assert list(read) == history
        assert [list(each.details["output"]) for each in read] == [["z", "a", "文"]] * count


async def test_a_chunk_that_is_gone_is_told():
    """A gap in the past is not passed over in silence."""
    async with kube_api() as (api, client):
        status = await stored(client, events(30, 100))
        assert len(status["historyChunks"]) == 1
        api.objects.clear()
        with pytest.raises(Damaged, match="is gone"):
            await read_history(Storage(client), KEY, status)


async def test_a_record_of_another_execution_is_none():
    """Who may write one status gets no tasks, and no tokens, in the name of another."""
    async with kube_api() as (_, client):
        record = begin(replace(header(), uid="another"), None)
        with pytest.raises(Damaged, match="another execution's"):
            await read_record(Storage(client), KEY, to_record_text(record), None)


async def test_output_is_read_from_where_it_is():
    """Small ones are in the status, large ones in a page."""
    async with kube_api() as (_, client):
        storage = Storage(client)
        assert await read_output(storage, KEY, {"output": {"a": None}}) == {"a": None}
        assert await read_output(storage, KEY, {}) is None
        await storage.write_pages(KEY, {"p-6b86b273ff34": "1"})
        status = {"outputRef": {"name": "p-6b86b273ff34", "digest": ""}}
        assert await read_output(storage, KEY, status) == 1
