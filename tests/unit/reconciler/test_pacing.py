"""How many starts may be under way: learned from how soon tasks come to run."""

from collections import deque
from datetime import timedelta

from asw.engine.task_ids import TaskId
from asw.reconciler.pacing import FIRST, LEAST, PLACE_HELD, Pacing, Window
from tests.support.play import later

LATE = PLACE_HELD.total_seconds()


class Starts:
    """Starts of a few namespaces; whatever has a place is started at once."""

    def __init__(self, *names: str) -> None:
        self.pacing = Pacing()
        self.windows = {name: Window(name, LEAST) for name in names or ("a",)}
        self.under_way: dict[str, deque[TaskId]] = {name: deque() for name in self.windows}
        self.count = 0
        self.now = 0.0

    def fill(self, name: str = "a", most: int = 10_000) -> int:
        """Start what there is a place for; how many these are."""
        before = self.count
        window = self.windows[name]
        while not window.is_full and not self.pacing.whole.is_full and most:
            most, self.count = most - 1, self.count + 1
            task_id = TaskId(name, self.count)
            self.pacing.began(task_id, window, later(self.now))
            self.under_way[name].append(task_id)
        return self.count - before

    def come(self, name: str = "a", count: int = 10_000) -> None:
        """So many of a namespace come to run."""
        for _ in range(min(count, len(self.under_way[name]))):
            self.pacing.came(self.under_way[name].popleft(), later(self.now))

    def give_up(self) -> list[str]:
        """Whose starts are late by now."""
        names = [window.name for window in self.pacing.give_up(later(self.now))]
        for name in names:
            self.under_way[name].popleft()
        return names

    def size(self, name: str = "a") -> int:
        """How many may be under way in a namespace."""
        return self.windows[name].size


def test_starts_double_as_fast_as_tasks_come_to_run() -> None:
    """A cluster that keeps up is soon given all there is."""
    starts, rounds = Starts(), []
    for _ in range(4):
        rounds.append(starts.fill())
        starts.now += 1
        starts.come()
    assert rounds == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]


def test_nothing_is_started_while_nothing_comes_to_run() -> None:
    """Not in the time in which it may still come."""
    starts = Starts()
    assert starts.fill() == FIRST
    starts.now = LATE - 0.1
    assert starts.give_up() == []
    assert starts.fill() == 0
    assert starts.pacing.next_at() == later(LATE)


def test_late_starts_narrow_the_window_and_hold_no_place() -> None:
    """Down to a few: so many are tried again and again."""
    starts = Starts()
    starts.fill()
    for _ in range(3):
        starts.now += LATE
        assert starts.give_up()
        assert starts.size() == LEAST
        assert starts.pacing.whole.size == FIRST
        assert starts.fill() == LEAST


def test_half_of_them_late_changes_nothing() -> None:
    """A namespace that also starts what takes long is not taken for a slow one."""
    starts = Starts()
    for _ in range(8):
        starts.fill()
        starts.now += 1
        starts.come(count=len(starts.under_way["a"]) // 2)
        starts.now += LATE
        starts.give_up()
    assert starts.size() == FIRST


def test_where_all_starts_take_long_that_is_no_lateness() -> None:
    """Some clusters take long to start any pod, and yet many at a time."""
    starts, slow = Starts(), deque[tuple[float, TaskId]]()
    for _ in range(30):
        starts.fill()
        slow.extend((starts.now + 6, it) for it in starts.under_way["a"])
        starts.under_way["a"].clear()
        starts.now += 1
        list(starts.pacing.give_up(later(starts.now)))
        while slow and slow[0][0] <= starts.now:
            starts.pacing.came(slow.popleft()[1], later(starts.now))
    assert starts.size() >= 4 * FIRST


def test_a_start_that_was_given_up_teaches_nothing_more() -> None:
    """That it comes to run at last is no news."""
    starts = Starts()
    starts.fill(most=1)
    (task_id,) = starts.under_way["a"]
    starts.now = LATE
    starts.give_up()
    assert starts.pacing.came(task_id, later(LATE + 1)) is None
    assert starts.pacing.whole.under_way == starts.windows["a"].under_way == 0


def test_a_window_that_is_not_used_does_not_grow() -> None:
    """One task after the other proves nothing of a thousand at once."""
    starts = Starts()
    for _ in range(1000):
        starts.fill(most=1)
        starts.come()
    assert starts.size() == FIRST


def test_what_waits_for_something_else_is_no_lesson() -> None:
    """A pod that no node takes says nothing of how fast nodes are, and holds nobody up."""
    starts = Starts()
    starts.fill()
    for task_id in starts.under_way["a"]:
        starts.pacing.left(task_id)
    starts.now = LATE
    assert list(starts.pacing.give_up(later(starts.now))) == []
    assert starts.size() == FIRST


def test_a_slow_namespace_slows_itself() -> None:
    """Its images are large, or its code does not come: others start as fast as before."""
    starts = Starts("slow", "a", "b")
    for _ in range(10):
        starts.fill("slow")
        for name in "ab":
            starts.fill(name, 2)
        starts.now += 1
        for name in "ab":
            starts.come(name)
        starts.give_up()
    assert starts.size("slow") == LEAST
    assert starts.pacing.whole.size >= FIRST
    assert starts.fill("a") >= FIRST // 2


def test_the_whole_is_slowed_where_most_are_late() -> None:
    """A cluster that does not keep up shows it to everybody."""
    starts = Starts("a", "b")
    for _ in range(6):
        for name in "ab":
            starts.fill(name)
            starts.come(name)
    grown = starts.pacing.whole.size
    for name in "ab":
        starts.fill(name)
    starts.now = LATE
    starts.give_up()
    assert FIRST < starts.pacing.whole.size <= grown * 0.6


def test_a_clock_that_is_set_back_delays_nobody() -> None:
    """What is late by the time that went by is late."""
    starts = Starts()
    starts.fill()
    starts.now = -3600.0
    starts.give_up()
    starts.now += LATE
    assert len(starts.give_up()) == FIRST


def test_a_small_node_is_kept_busy_and_not_flooded() -> None:
    """Of 300 at once on a node that starts five a second it has some dozens at a time, no more.

    And it is never without one to start, so that the last one is not later than with all at once.
    """
    starts, node, left, most = Starts(), deque[TaskId](), 300, 0
    while left or node:
        left -= starts.fill(most=left)
        node.extend(starts.under_way["a"])
        starts.under_way["a"].clear()
        most = max(most, len(node))
        starts.now = round(starts.now + 0.2, 3)
        starts.pacing.came(node.popleft(), later(starts.now))
        list(starts.pacing.give_up(later(starts.now)))
    assert most <= 30
    assert timedelta(seconds=starts.now) == timedelta(seconds=60)
