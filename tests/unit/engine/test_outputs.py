"""Outputs by index: an immutable mapping that grows by sharing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.engine.outputs import PAGE, Outputs


@given(st.lists(st.integers(0, 5 * PAGE), unique=True))
def test_it_is_a_mapping(indexes: list[int]) -> None:
    """One that grew is one that was made at once; what it grew from stays as it was."""
    outputs = empty = Outputs()
    for index in indexes:
        outputs = outputs.having(index, str(index))
    assert outputs == Outputs({index: str(index) for index in indexes})
    assert len(outputs) == len(indexes)
    assert sorted(outputs) == sorted(indexes)
    assert outputs.in_order() == [str(index) for index in sorted(indexes)]
    assert len(empty) == 0


@pytest.mark.parametrize("index", [1, PAGE + 1])
def test_what_is_not_there(index: int) -> None:
    """An index without an output is missing, in a page that is there and in one that is not."""
    with pytest.raises(KeyError):
        Outputs({0: None})[index]


def test_it_is_told_by_its_content() -> None:
    """Failed assertions show what is in it."""
    assert repr(Outputs({2: "x"})) == "Outputs({2: 'x'})"
