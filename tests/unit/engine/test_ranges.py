"""Runs of numbers in few words."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from asw.engine.ranges import moved, ranges, taken

numbers = st.lists(st.integers(0, 40), unique=True).map(sorted)


@given(numbers)
def test_ranges_hold_their_numbers(given_numbers: list[int]) -> None:
    """All of them, in order, in no more ranges than there are gaps."""
    made = ranges(given_numbers)
    assert [n for first, until in made for n in range(first, until)] == given_numbers
    assert all(one[1] < other[0] for one, other in pairwise(made))


@given(numbers, st.integers(0, 50))
def test_taking_some_leaves_the_rest(given_numbers: list[int], count: int) -> None:
    """The first so many, and ranges of all others."""
    first, rest = taken(ranges(given_numbers), count)
    assert first == given_numbers[:count]
    assert rest == ranges(given_numbers[count:])


@given(numbers, numbers)
def test_the_last_move_counts(once: list[int], again: list[int]) -> None:
    """Each index has the ordinal of its last move, and keeps it when others move."""
    made = moved(moved((), once, 100), again, 500)
    found = {
        index: ordinal + index - first
        for first, until, ordinal in made
        for index in range(first, until)
    }
    wanted = {index: 100 + at for at, index in enumerate(once)}
    wanted |= {index: 500 + at for at, index in enumerate(again)}
    assert found == wanted
    assert list(made) == sorted(made)
