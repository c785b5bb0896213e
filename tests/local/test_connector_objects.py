"""Objects of distributed Maps in a store that answers as S3 does: moto's."""

import gzip
import json
from itertools import count

import pytest

from asw.asl.errors import ITEM_READER_FAILED
from asw.asl.model import ReaderConfig
from asw.connector import s3
from asw.connector.calls import Call, Done, Failed
from asw.connector.connector import Connector
from asw.connector.objects import CHANGED, ReadPage
from asw.connector.s3 import Objects
from asw.engine.items import Reading, ResultFile
from tests.support.moto import access_to, running_moto

GET, LIST = "arn:aws:states:::s3:getObject", "arn:aws:states:::s3:listObjectsV2"
_NUMBERS = count(1)
CSV = ReaderConfig(input_type="CSV", csv_header_location="FIRST_ROW")


@pytest.fixture(scope="module")
def endpoint():
    """The address of all services."""
    with running_moto() as address:
        yield address


class Store:
    """A bucket, the work that is done there, and what it was asked."""

    def __init__(self, connector, access, bucket):
        self.asked = []
        self.bucket = bucket
        self._connector = connector
        self._access = access
        self.objects = Objects(self.exchange)

    async def exchange(self, call, wanted):
        """As a pod makes calls."""
        self.asked.append((call.action, wanted))
        return await self._connector.exchange(call, wanted, self._access)

    async def put(self, key, body):
        """Have an object."""
        file = ResultFile(bucket=self.bucket, key=key, body=body)
        assert await self.objects.do(file) == Done(output={})

    async def read(self, resource=GET, config=CSV, *, page=0, version="", most=None, **parameters):
        """The outcome of reading a page."""
        reading = Reading(
            resource=resource,
            parameters={"Bucket": self.bucket, **parameters},
            config=config,
            max_items=most,
        )
        return await self.objects.do(ReadPage(reading=reading, page=page, version=version))


@pytest.fixture
async def store(endpoint):
    """An S3 with an empty bucket."""
    async with Connector() as connector:
        store = Store(connector, access_to(endpoint), f"bucket-{next(_NUMBERS)}")
        call = Call(service="s3", action="createBucket", sdk=True, parameters={}, task_id="t-1")
        assert await store.exchange(call, {"Bucket": store.bucket})
        yield store


def items(outcome):
    """Of a reading of one page."""
    assert isinstance(outcome, Done), outcome
    assert outcome.output["next"] is None
    return outcome.output["items"]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
async def test_rows_of_a_file_are_items(store, pack):
    """As they are, or packed."""
    await store.put("rows.csv", pack("name,n\nä,1\nb,2\n".encode()))
    assert items(await store.read(Key="rows.csv")) == [
        {"name": "ä", "n": "1"},
        {"name": "b", "n": "2"},
    ]


async def test_an_empty_object_has_no_items(store):
    """Of which S3 has no range of bytes to give."""
    await store.put("none.jsonl", b"")
    assert items(await store.read(config=ReaderConfig(input_type="JSONL"), Key="none.jsonl")) == []


async def test_a_large_object_is_read_in_pieces_of_one_version(store, monkeypatch):
    """All but the first piece are asked for by the tag of the first."""
    monkeypatch.setattr(s3, "_PIECE", 1000)
    rows = "n\n" + "".join(f"{number}\n" for number in range(1500))
    await store.put("rows.csv", rows.encode())
    store.asked.clear()
    found = items(await store.read(Key="rows.csv"))
    assert [int(it["n"]) for it in found] == list(range(1500))
    first, *others = [wanted for action, wanted in store.asked if action == "getObject"]
    assert len(others) == len(rows) // 1000
    assert "IfMatch" not in first
    assert all(it["IfMatch"] for it in others)


async def test_pages_come_of_one_reading(store):
    """The object is read once for all pages, and again where a pod does not know them."""
    values = [f"{number:06}" + "x" * 1000 for number in range(500)]
    await store.put("all.json", json.dumps(values).encode())
    config = ReaderConfig(input_type="JSON")
    store.asked.clear()
    found, page, version = [], 0, ""
    while page is not None:
        outcome = await store.read(config=config, page=page, version=version, Key="all.json")
        found += outcome.output["items"]
        page, version = outcome.output["next"], outcome.output["version"]
    assert found == values
    assert len(store.asked) == 1
    store.objects = Objects(store.exchange)
    again = await store.read(config=config, page=1, version=version, Key="all.json")
    assert isinstance(again, Done)
    assert len(store.asked) == 2


async def test_a_page_of_another_object_is_refused(store):
    """What was written meanwhile does not mix with what was read before."""
    await store.put("all.json", json.dumps(["x" * 1000] * 500).encode())
    config = ReaderConfig(input_type="JSON")
    first = (await store.read(config=config, Key="all.json")).output
    await store.put("all.json", json.dumps(["y" * 1000] * 500).encode())
    store.objects = Objects(store.exchange)
    outcome = await store.read(config=config, page=1, version=first["version"], Key="all.json")
    assert isinstance(outcome, Failed)
    assert outcome.error == CHANGED


async def test_objects_are_listed_and_loaded(store):
    """Page by page of the list, and no more of it than is asked for."""
    for number in range(3):
        await store.put(f"in/{number}.json", json.dumps([number]).encode())
    listed = items(await store.read(LIST, ReaderConfig(), Prefix="in/"))
    assert [it["Key"] for it in listed] == ["in/0.json", "in/1.json", "in/2.json"]
    assert {it["Size"] for it in listed} == {3}
    flat = ReaderConfig(input_type="JSON", transformation="LOAD_AND_FLATTEN")
    store.asked.clear()
    assert items(await store.read(LIST, flat, most=2, Prefix="in/")) == [0, 1]
    assert [action for action, _ in store.asked] == ["listObjectsV2", "getObject", "getObject"]


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"Key": "none"}, "The specified key does not exist. "),
        ({"Bucket": "nowhere", "Key": "none"}, "The specified bucket does not exist"),
        ({}, "'Key' must be a string"),
    ],
    ids=["no key", "no bucket", "no parameter"],
)
async def test_what_is_not_there_is_told_in_the_words_of_the_store(store, parameters, told):
    """The operator turns it into the failure of the Map."""
    outcome = await store.read(**parameters)
    assert isinstance(outcome, Failed)
    assert told in outcome.cause


async def test_an_object_that_is_too_large_is_refused(store, monkeypatch):
    """As soon as the store has said how large it is."""
    monkeypatch.setattr(s3, "LARGEST_OBJECT", 3000)
    monkeypatch.setattr(s3, "_PIECE", 1000)
    await store.put("large.csv", b"n\n" * 2000)
    store.asked.clear()
    outcome = await store.read(Key="large.csv")
    assert outcome.error == ITEM_READER_FAILED
    assert "has 4000 bytes" in outcome.cause
    assert len(store.asked) == 1


async def test_a_bomb_is_not_unpacked(store):
    """A few bytes that become more than is read."""
    await store.put("bomb.csv.gz", gzip.compress(bytes(s3.LARGEST_OBJECT * 4)))
    outcome = await store.read(Key="bomb.csv.gz")
    assert outcome.error == ITEM_READER_FAILED
    assert "has more than" in outcome.cause


async def test_a_reading_that_takes_too_long_is_ended(store):
    """And makes no further call, although its thread goes on."""
    await store.put("rows.csv", b"n\n1\n")
    store.objects = Objects(store.exchange, seconds=0)
    outcome = await store.read(Key="rows.csv")
    assert outcome == Failed(
        error=ITEM_READER_FAILED, cause="Reading the objects took more than 0 seconds."
    )
