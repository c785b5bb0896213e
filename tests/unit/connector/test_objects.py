"""What a connector is told of objects, and in which pages it gives their items."""

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.errors import ITEM_READER_FAILED, StatesError
from asw.asl.model import ReaderConfig
from asw.asl.values import from_text, to_text
from asw.connector.calls import NoCall
from asw.connector.objects import (
    FILE_BYTES,
    LARGEST_ITEM,
    MOST_ITEM_BYTES,
    PAGE_BYTES,
    ReadPage,
    from_work_event,
    is_work,
    pages_of,
    to_work_event,
)
from asw.engine.items import Reading, ResultFile

READING = Reading(
    resource="arn:aws:states:::s3:getObject",
    parameters={"Bucket": "b", "Key": "k"},
    config=ReaderConfig(
        input_type="CSV", csv_header_location="GIVEN", csv_headers=("a", "b"), csv_delimiter="TAB"
    ),
    max_items=7,
)
WORK = [
    ReadPage(reading=READING),
    ReadPage(reading=READING, page=3, version="v"),
    ResultFile(bucket="b", key="a/SUCCEEDED_0.json", body='["é"]'.encode()),
    ResultFile(bucket="b", key="k", body=b""),
]


@pytest.mark.parametrize("work", WORK, ids=lambda it: type(it).__name__)
def test_work_arrives_as_it_was_sent(work):
    """By the event of a task, which is JSON, and is told from a call."""
    event = from_text(to_text(to_work_event(work)))
    assert is_work(event)
    assert from_work_event(event) == work


@pytest.mark.parametrize(
    "event",
    [
        {"objects": "read"},
        {"objects": "read", "reading": {"config": 1}, "page": 0, "version": ""},
        {"objects": "write", "bucket": "b", "key": "k", "body": "no base64"},
        {"objects": "write", "bucket": "b", "key": "k", "body": base64.b64encode(b"x").decode()},
    ],
    ids=repr,
)
def test_what_is_no_work_is_refused(event):
    """By a sentence that holds nothing of it."""
    with pytest.raises(NoCall, match="neither a read nor a write"):
        from_work_event(event)


def test_a_file_that_unpacks_to_more_than_any_file_is_refused():
    """Before it has taken that much memory."""
    body = base64.b64encode(zlib.compress(bytes(FILE_BYTES * 20))).decode()
    with pytest.raises(NoCall):
        from_work_event({"objects": "write", "bucket": "b", "key": "k", "body": body})


@given(st.lists(st.integers() | st.text(max_size=8) | st.none() | st.floats(-1e9, 1e9)))
def test_pages_hold_all_items_in_their_order(items):
    """Whatever they are, and however few."""
    pages = pages_of(items)
    assert [it for text in pages.texts for it in from_text(text)] == items
    assert pages.texts


def test_no_page_is_larger_than_an_answer_may_be():
    """Each is filled as far as it goes, and names the next one."""
    items = ["x" * 1000] * 1000
    pages = pages_of(items)
    sizes = [len(text) for text in pages.texts]
    assert max(sizes) <= PAGE_BYTES + 2
    assert min(sizes[:-1]) > PAGE_BYTES - 2000
    told = [pages.answer(number).output for number in range(len(sizes))]
    assert [it["next"] for it in told] == [*range(1, len(sizes)), None]
    assert {it["version"] for it in told} == {pages.version}
    assert [item for it in told for item in it["items"]] == items


def test_other_items_have_another_version():
    """So a page of an object that was written anew is not taken for one of the old."""
    versions = {pages_of(items).version for items in ([1, 2], [2, 1], [12], [1, 2, 3], [], [""])}
    assert len(versions) == 6


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([1, "x" * LARGEST_ITEM], "The item number 1 has more than"),
        (["x" * 1000] * (MOST_ITEM_BYTES // 1000 + 1), "bound them by MaxItems"),
    ],
    ids=["a large item", "many items"],
)
def test_too_much_is_refused_with_what_to_do(items, told):
    """An item of more than an answer holds, and more items than a record takes."""
    with pytest.raises(StatesError, match=told) as caught:
        pages_of(items)
    assert caught.value.failure.error == ITEM_READER_FAILED


def test_no_more_items_are_made_than_are_counted():
    """The stream is left as soon as it is too long: what follows is never in memory."""
    seen = 0

    def endless():
        nonlocal seen
        while True:
            seen += 1
            yield "x" * 10_000

    with pytest.raises(StatesError):
        pages_of(endless())
    assert seen <= MOST_ITEM_BYTES // 10_000 + 1
