"""How many deletions may be under way: what is left of the API server by others, and no more."""

import pytest

from asw.platforms.kubernetes.retention.pace import FIRST, LEAST, MOST, SOON_SECONDS, Pace

EARLY, LATE = SOON_SECONDS / 4, SOON_SECONDS * 4


def fill(pace, at, others=0):
    """Begin as many as there is room for; how many that were."""
    count = 0
    while pace.has_room(others):
        pace.began(at)
        count += 1
    return count


def play(pace, seconds, rounds, others=0):
    """So many rounds in which all that may be under way is, and takes so long."""
    at = 0.0
    for _ in range(rounds):
        count = fill(pace, at, others)
        for _ in range(count):
            pace.ended(at, at + seconds)
        at += seconds
    return fill(pace, at, others)


def test_answers_that_come_soon_make_it_faster():
    """Up to as many requests as any namespace may have, and no further."""
    assert fill(Pace(0), 0.0) == FIRST
    assert play(Pace(0), EARLY, 50) == MOST


def test_late_answers_make_it_slower():
    """Down to one at a time, which is always allowed."""
    pace = Pace(0)
    assert play(pace, EARLY, 50) == MOST
    while pace.window.under_way:
        pace.left()
    assert play(pace, LATE, 20) == LEAST


def test_neither_soon_nor_late_changes_nothing():
    """In between it stays as it is, on a server that can be faster."""
    pace = Pace(0)
    pace.window.measure(EARLY)
    assert play(pace, SOON_SECONDS * 0.75, 5) == FIRST


def test_a_server_that_always_takes_long_is_not_late():
    """Late is what takes three times as long as the fastest ones."""
    pace = Pace(0)
    for _ in range(128):
        pace.began(0.0)
        pace.ended(0.0, 1.0)
    assert fill(pace, 0.0) >= LEAST
    while pace.window.under_way:
        pace.left()
    assert play(pace, 1.0, 200) == MOST


@pytest.mark.parametrize(
    ("others", "room"), [(0, FIRST), (MOST - FIRST, FIRST), (MOST - 2, 2), (MOST, 1), (100, 1)]
)
def test_requests_of_others_come_first(others, room):
    """Together they are no more than one namespace may have; one deletion is always under way."""
    assert fill(Pace(0), 0.0, others) == room


def test_it_grows_to_what_others_leave():
    """And no further: a window that was never full has proved nothing."""
    assert play(Pace(0), EARLY, 50, others=2) == MOST - 2


def test_a_bound_counts_seconds():
    """So many at once, then one whenever its part of a second has passed; not more after a rest."""
    pace = Pace(4)

    def begun(at):
        count = 0
        while pace.has_credit(at):
            pace.began(at)
            pace.left()
            count += 1
        return count

    assert [begun(at) for at in (10.0, 10.1, 10.25, 10.75, 99.0)] == [4, 0, 1, 2, 4]


def test_without_a_bound_there_is_none():
    """Zero means any number."""
    pace = Pace(0)
    for _ in range(1000):
        assert pace.has_credit(1.0)
        pace.began(1.0)
        pace.left()


def test_a_server_that_does_not_answer_is_asked_for_one():
    """Until answers come soon again."""
    pace = Pace(0)
    play(pace, EARLY, 50)
    while pace.window.under_way:
        pace.left()
    pace.refused()
    assert fill(pace, 0.0) == LEAST
