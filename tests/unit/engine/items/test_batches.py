"""Batches of items: each is within both bounds, none is lost."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.errors import StatesError
from asw.asl.values import ABSENT, to_text
from asw.engine.items import batch_items


def batches(items, *, most=None, largest=None, shared=ABSENT):
    return batch_items(items, max_items=most, max_bytes=largest, batch_input=shared)


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (1, [[1], [2], [3]]),
        (2, [[1, 2], [3]]),
        (3, [[1, 2, 3]]),
        (9, [[1, 2, 3]]),
        (None, [[1, 2, 3]]),
    ],
)
def test_batches_by_items(most, expected):
    """MaxItemsPerBatch bounds each batch; the last may have fewer."""
    assert batches([1, 2, 3], most=most) == [{"Items": batch} for batch in expected]


def test_no_items_no_batches():
    """Without items there is nothing to run."""
    assert batches([], most=2) == []


@pytest.mark.parametrize("shared", [None, {"a": 1}, []], ids=["null", "object", "array"])
def test_batch_input_is_in_every_batch(shared):
    """BatchInput stands beside the items, before them as AWS writes it."""
    found = batches([1, 2], most=1, shared=shared)
    assert [list(batch) for batch in found] == [["BatchInput", "Items"]] * 2
    assert [batch["BatchInput"] for batch in found] == [shared, shared]


@pytest.mark.parametrize(
    ("largest", "sizes"),
    [
        (len('{"Items":["aa","bb"]}'), [2, 1]),
        (len('{"Items":["aa","bb"]}') - 1, [1, 1, 1]),
        (len('{"Items":["aa","bb","cc"]}'), [3]),
    ],
    ids=["two fit", "two are a byte too many", "all fit"],
)
def test_batches_by_bytes(largest, sizes):
    """MaxInputBytesPerBatch bounds the JSON text of the whole batch, to the byte."""
    assert [len(it["Items"]) for it in batches(["aa", "bb", "cc"], largest=largest)] == sizes


def test_bytes_are_those_of_utf8():
    """A Chinese character counts for three."""
    assert len(batches(["求", "求"], largest=len('{"Items":["xxx","xx"]}'))) == 2


def test_batch_input_counts():
    """What all batches share takes its part of the bound."""
    assert len(batches([1, 2], largest=len('{"Items":[1,2]}'), shared=ABSENT)) == 1
    assert len(batches([1, 2], largest=len('{"BatchInput":7,"Items":[1]}'), shared=7)) == 2


def test_item_that_fits_nowhere():
    """An item alone over the bound fails the Map, naming both sizes."""
    with pytest.raises(StatesError, match=r"An item of 12 bytes .* batch of 20 bytes"):
        batches(["a" * 10], largest=20)


JSON = st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.lists(JSON), st.none() | st.integers(1, 5), st.integers(200, 400), JSON)
def test_batches_hold_all_items_in_order(items, most, largest, shared):
    """Together the batches are the items; each is within its bounds, and no two fit into one."""
    try:
        found = batches(items, most=most, largest=largest, shared=shared)
    except StatesError:
        return
    assert [item for batch in found for item in batch["Items"]] == items
    assert all(batch["Items"] for batch in found)
    assert all(len(to_text(batch).encode(errors="replace")) <= largest for batch in found)
    for one, other in pairwise(found):
        longer = {**one, "Items": [*one["Items"], other["Items"][0]]}
        is_full = most is not None and len(one["Items"]) == most
        assert is_full or len(to_text(longer).encode(errors="replace")) > largest
