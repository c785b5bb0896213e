"""What is to be looked at again: once each, when it is due, a share of every namespace's."""

import pytest

from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.cache.work_queue import AT_ONCE, SHARE, WorkQueue


class Clock:
    """Seconds that the test owns."""

    now = 0.0

    def __call__(self):
        """The time."""
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def queue(clock):
    return WorkQueue(clock)


def named(number, namespace="shop"):
    return Named.function(namespace, f"f-{number:04}")


def test_added_twice_is_looked_at_once(queue):
    """However often something changed meanwhile."""
    queue.add(named(1))
    queue.add(named(1))
    queue.add(named(1), after=5)
    assert queue.take() == {"shop": [named(1)]}
    assert queue.take() == {}


def test_the_earliest_time_counts(queue, clock):
    """A later wish puts nothing off."""
    queue.add(named(1), after=10)
    queue.add(named(1), after=5)
    queue.add(named(1), after=60)
    clock.now = 4
    assert queue.take() == {}
    clock.now = 5
    assert queue.take() == {"shop": [named(1)]}
    clock.now = 100
    assert queue.take() == {}


def test_a_namespace_with_much_keeps_no_other_waiting(queue):
    """Each has its share of a round, and who was left out comes first in the next."""
    for number in range(1000):
        queue.add(named(number))
    queue.add(named(1, "small"))
    first = queue.take()
    assert first == {"shop": [named(it) for it in range(SHARE)], "small": [named(1, "small")]}
    assert queue.take() == {"shop": [named(it) for it in range(SHARE, 2 * SHARE)]}


def test_what_changed_comes_before_what_is_only_due(queue, clock):
    """A thousand that are looked at because time passed keep nobody waiting who has news."""
    for number in range(1000):
        queue.add(named(number), after=5)
    clock.now = 5
    queue.take()
    queue.add(named(998))
    assert queue.take()["shop"][0] == named(998)
    seen = [it for _ in range(1000) for line in queue.take().values() for it in line]
    assert named(998) not in seen
    assert len(seen) == 1000 - 2 * SHARE


def test_of_many_namespaces_each_gets_its_turn(queue):
    """A few at once, in the order in which they came."""
    for number in range(1000):
        queue.add(named(1, f"n-{number:04}"))
    seen = [it for _ in range(1000 // AT_ONCE) for it in queue.take()]
    assert seen == [f"n-{number:04}" for number in range(1000)]
    assert queue.take() == {}


def test_a_namespace_that_is_busy_waits(queue):
    """It keeps what is due, and as many at once as there may be count the busy ones."""
    queue.add(named(1, "busy"))
    queue.add(named(1))
    assert queue.take({"busy"}) == {"shop": [named(1)]}
    assert queue.take(range(AT_ONCE)) == {}
    assert queue.take() == {"busy": [named(1, "busy")]}


def test_what_is_gone_is_not_looked_at(queue, clock):
    """Neither now nor later."""
    queue.add(named(1))
    queue.add(named(2), after=5)
    queue.drop(named(1))
    queue.drop(named(2))
    clock.now = 10
    assert queue.take() == {}


def test_wishes_that_were_replaced_take_no_room(queue):
    """A Function that changes a thousand times a minute is one line."""
    for number in range(10_000, 0, -1):
        queue.add(named(1), after=number)
    assert len(queue._later) < 100
