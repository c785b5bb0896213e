"""The book of slots: limits, turns, what frees a slot, and the rate."""

import random
from collections import Counter
from datetime import timedelta

from asw.engine.task_ids import TaskId
from asw.reconciler.platform import ExecutionKey, TaskGroup
from asw.reconciler.scheduler import Limits, QueuePosition, Scheduler
from tests.support.play import START


def place(
    name: str, workflow: str = "flow", namespace: str = "shop", *, limit: int = 0, party: str = ""
) -> QueuePosition:
    """An execution of a Workflow with this limit."""
    key = ExecutionKey(namespace, name, f"{namespace}/{workflow}/{name}")
    return QueuePosition(key=key, group=TaskGroup(workflow, limit), party=party)


def tasks(where: QueuePosition, count: int, first: int = 1) -> list[TaskId]:
    """So many tasks of the execution."""
    return [TaskId(where.key.uid, ordinal) for ordinal in range(first, first + count)]


class Book:
    """The book with what every execution wants; a slot that is granted is kept until ``end``."""

    def __init__(self, **limits: int) -> None:
        self.book = Scheduler(Limits(**limits))
        self.now = START
        self.wanted: dict[QueuePosition, list[TaskId]] = {}
        self.last: Counter[QueuePosition] = Counter()
        self.running: list[tuple[QueuePosition, TaskId]] = []

    def ask(self, where: QueuePosition, count: int) -> None:
        """The execution wants to start so many tasks more."""
        made = tasks(where, count, first=self.last[where] + 1)
        self.last[where] += count
        self.wanted.setdefault(where, []).extend(made)
        self.settle(where)

    def settle(self, where: QueuePosition) -> None:
        """Tell the book how things stand with the execution."""
        self.book.settle(where, self.now, wanted=self.wanted[where])

    def grant(self) -> list[str]:
        """Hand out what is free; the names of the executions, in their order."""
        granted = list(self.book.grant(self.now))
        places = {where.key: where for where in self.wanted}
        self.running += [(places[it.key], it.task_id) for it in granted]
        return [it.key.name for it in granted]

    def end(self, count: int = 1) -> list[str]:
        """So many of those that run longest end; who gets their slots."""
        for _ in range(count):
            where, task_id = self.running.pop(0)
            self.wanted[where].remove(task_id)
            self.settle(where)
        return self.grant()


def test_without_limits_everything_starts() -> None:
    """0 is no limit."""
    book = Book()
    book.ask(place("a"), 1000)
    assert len(book.grant()) == 1000
    assert (book.book.active, book.book.waiting) == (1000, 0)


def test_executions_take_turns() -> None:
    """A run of one task waits for one slot, not for ten thousand others."""
    book = Book(active=4)
    book.ask(place("map"), 10_000)
    assert book.grant() == ["map"] * 4
    book.ask(place("single"), 1)
    assert book.grant() == []
    assert book.end(3) == ["map", "single", "map"]


def test_tasks_of_an_execution_start_in_their_order() -> None:
    """First in, first out."""
    book, a = Book(active=1), place("a")
    book.ask(a, 5)
    book.grant()
    for _ in range(4):
        book.end()
    assert [task_id.ordinal for _, task_id in book.running] == [5]
    assert book.end() == []


def test_workflow_that_is_full_blocks_nobody() -> None:
    """Whoever waits for the limit of a Workflow leaves the operator's slots to others."""
    book = Book(active=10)
    for name in "ab":
        book.ask(place(name, "narrow", limit=1), 5)
    book.ask(place("c", "wide"), 3)
    assert sorted(book.grant()) == ["a", "c", "c", "c"]
    assert book.book.waiting == 9


def test_full_workflow_is_shared_by_its_executions() -> None:
    """Executions of one Workflow take turns at its slots."""
    book = Book()
    for name in "abc":
        book.ask(place(name, limit=2), 3)
    assert book.grant() == ["a", "b"]
    assert [book.end()[0] for _ in range(7)] == ["c", "a", "b", "c", "a", "b", "c"]


def test_namespace_that_is_full_blocks_nobody() -> None:
    """Each namespace has its share, and one that used it up does not hold the others back."""
    book = Book(active=10, active_per_namespace=2)
    book.ask(place("a", namespace="greedy"), 100)
    book.ask(place("b", namespace="modest"), 1)
    assert sorted(book.grant()) == ["a", "a", "b"]
    assert "maxActivePerNamespace of the operator is 2" in held_by(book, "greedy", "a")


def test_namespaces_take_turns_whatever_they_hold() -> None:
    """A thousand executions of one namespace are one turn, as one execution of another is."""
    book = Book(active=1)
    for number in range(1000):
        book.ask(place(f"many-{number}", namespace="many"), 1)
    book.grant()
    book.ask(place("lone", namespace="few"), 1)
    assert "lone" in [*book.end(), *book.end()]


def test_children_of_a_map_are_one_party() -> None:
    """A distributed Map of many children takes one turn beside the runs of its Workflow."""
    book = Book(active=1)
    for number in range(100):
        book.ask(place(f"child-{number}", party="flow/Each"), 1)
    assert book.grant() == ["child-0"]
    book.ask(place("plain"), 1)
    assert "plain" in [*book.end(), *book.end()]


def held_by(book: Book, namespace: str, name: str) -> str:
    """What the first task of the execution waits for."""
    queue = book.book.queue(place(name, namespace=namespace).key)
    assert queue is not None
    return queue.held_by


def test_the_closest_limit_is_told() -> None:
    """Who waits is told how many wait, since when, and for which limit."""
    book = Book(active=2)
    book.ask(place("a", limit=1), 3)
    book.ask(place("b", "other"), 3)
    book.grant()
    assert held_by(book, "shop", "a") == "spec.maxActiveTasks of its Workflow is 1"
    queue = book.book.queue(place("b", "other").key)
    assert queue is not None
    assert (queue.count, queue.since) == (2, START)
    assert queue.held_by == "tasks.maxActive of the operator is 2"
    assert book.book.queue(place("nobody").key) is None


def test_a_limit_that_is_raised_counts_at_once() -> None:
    """An edited Workflow frees those who wait for it; one that is lowered ends nothing."""
    book, a = Book(), place("a", limit=1)
    book.ask(a, 5)
    assert len(book.grant()) == 1
    book.book.put_limit("shop", "flow", 3)
    assert len(book.grant()) == 2
    book.book.put_limit("shop", "flow", 1)
    assert book.grant() == []
    assert book.book.active == 3
    book.book.put_limit("shop", "unheard of", 3)


def test_slots_come_back_however_a_task_goes() -> None:
    """An end, a failed start, an execution that is gone and a step that wants it no more."""
    book, a, b = Book(active=1), place("a"), place("b")
    book.ask(a, 3)
    book.grant()
    book.book.release(a.key, TaskId(a.key.uid, 1))
    book.book.release(a.key, TaskId(a.key.uid, 99))
    book.book.release(b.key, TaskId(b.key.uid, 1))
    assert book.grant() == ["a"]
    book.ask(b, 1)
    book.book.forget(a.key)
    assert book.grant() == ["b"]
    assert (book.book.active, book.book.waiting) == (1, 0)
    book.book.settle(b, book.now, wanted=[])
    assert (book.book.active, book.book.waiting) == (0, 0)
    assert not book.book.held(b.key)
    book.book.forget(a.key)


def test_a_cancelled_task_has_its_slot_until_it_is_gone() -> None:
    """What is being ended still runs."""
    book, a = Book(active=1), place("a")
    (first,) = tasks(a, 1)
    book.ask(a, 1)
    book.grant()
    book.book.settle(a, book.now, wanted=[], kept=[first])
    assert book.book.held(a.key) == {first}
    book.book.settle(a, book.now, wanted=[])
    assert not book.book.held(a.key)


def test_what_runs_counts_whatever_the_limits_say() -> None:
    """Tasks that show after a restart have their slots; starts wait until there is room."""
    book, a = Book(active=2), place("a")
    for task_id in tasks(a, 3):
        book.book.adopt(a, task_id)
        book.book.adopt(a, task_id)
    book.ask(place("b"), 1)
    assert book.grant() == []
    book.book.settle(a, book.now, wanted=[], running=tasks(a, 2))
    assert book.grant() == []
    book.book.settle(a, book.now, wanted=[], running=tasks(a, 1))
    assert book.grant() == ["b"]


def test_standing_down_forgets_everything() -> None:
    """Another replica counts anew."""
    book = Book(active=1)
    book.ask(place("a"), 3)
    book.grant()
    book.book.clear()
    assert (book.book.active, book.book.waiting) == (0, 0)
    assert book.grant() == []


def test_the_rate_lets_a_burst_through_and_then_a_few() -> None:
    """Five at once, then two a second, and it is known when the next one may."""
    book = Book(starts_per_second=2, burst=5)
    book.ask(place("a"), 20)
    assert len(book.grant()) == 5
    assert "startsPerSecond of the operator is 2" in held_by(book, "shop", "a")
    assert book.book.next_at() == START + timedelta(seconds=0.5)
    book.now += timedelta(seconds=0.5)
    assert len(book.grant()) == 1
    book.now += timedelta(seconds=60)
    assert len(book.grant()) == 5
    book.now -= timedelta(seconds=60)
    assert len(book.grant()) == 0


def test_what_has_a_process_waits_for_no_token() -> None:
    """The rate spares nodes; a warm process is there already."""
    here, there = place("here"), place("there")
    book = Book(starts_per_second=1, burst=1)
    book.ask(here, 3)
    book.ask(there, 1)
    assert book.grant() == ["here"]
    book.book.admit_ready(here.key, tasks(here, 3))
    assert book.book.held(here.key) == set(tasks(here, 3))
    assert (book.book.active, book.book.waiting) == (3, 1)


def test_what_has_a_process_keeps_to_the_other_limits() -> None:
    """Of a Workflow, a namespace and the operator."""
    full = place("full", limit=2)
    book = Book()
    book.ask(full, 5)
    book.book.admit_ready(full.key, tasks(full, 5))
    assert book.book.held(full.key) == set(tasks(full, 2))
    assert book.grant() == []


def test_time_frees_nothing_where_a_limit_holds() -> None:
    """Nobody needs to come again for a rate that is not what is waited for."""
    book = Book(active=1, starts_per_second=1, burst=5)
    assert book.book.next_at() is None
    book.ask(place("a"), 2)
    book.grant()
    assert book.book.next_at() is None


def test_limits_hold_in_any_order_of_events() -> None:
    """Whatever comes and goes: no limit is exceeded, no slot is idle that somebody could use."""
    chance = random.Random(7)
    limits = {"one": 1, "three": 3, "any": 0}
    places = [
        place(f"{space}-{flow}-{number}", flow, space, limit=limits[flow])
        for space in ("x", "y", "z")
        for flow in limits
        for number in range(3)
    ]
    book = Book(active=12, active_per_namespace=6)
    for _ in range(2000):
        if book.running and chance.random() < 0.5:
            chance.shuffle(book.running)
            book.end()
        else:
            book.ask(chance.choice(places), 1)
            book.grant()
        spaces = Counter(where.key.namespace for where, _ in book.running)
        flows = Counter(
            (where.key.namespace, where.group.workflow_name) for where, _ in book.running
        )
        assert len(book.running) == book.book.active <= 12
        assert all(count <= 6 for count in spaces.values())
        assert all(count <= (limits[flow] or 99) for (_, flow), count in flows.items())
        waits = [where for where in places if book.book.queue(where.key)]
        assert book.book.waiting == sum(len(it) for it in book.wanted.values()) - len(book.running)
        for where in waits:
            space, flow = where.key.namespace, where.group.workflow_name
            assert (
                len(book.running) == 12
                or spaces[space] == 6
                or flows[space, flow] == limits[flow] != 0
            )
