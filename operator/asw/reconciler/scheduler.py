"""Which task may start now: slots under limits, handed out in turns. Pure; each event in O(1).

A tree: the operator, its namespaces, their Workflows, the parties of each Workflow (its own
executions, and the children of each distributed Map), and the executions. Each node counts its
active tasks and may have a limit. A free slot goes down the tree: each node gives it to the child
whose turn it is, and an execution gives it to the task that has waited longest. So a namespace, a
Workflow, a Map of ten thousand tasks and a run of a single task each get their turn. A node that is
full, or where nobody waits, leaves its parent's round and blocks nobody.

Nothing here is durable: a start that is not admitted stays due in its record, and what runs is
reported again after a restart (by ``adopt``, and in each pass of an execution).
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asw.engine.record import Record
from asw.engine.task_ids import TaskId
from asw.reconciler.pacing import LEAST, Pacing, Window
from asw.reconciler.platform import ExecutionKey, TaskGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """0 is no limit. After a rest, ``burst`` starts may follow each other at once.

    If ``is_paced``, starts follow each other as fast as tasks come to run (``pacing``).
    """

    active: int = 0
    active_per_namespace: int = 0
    starts_per_second: int = 0
    burst: int = 1
    is_paced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePosition:
    """The position of an execution in the tree."""

    key: ExecutionKey
    group: TaskGroup
    party: str = ""

    @classmethod
    def of(
        cls, key: ExecutionKey, group: TaskGroup, record: Record, *, is_child: bool
    ) -> "QueuePosition":
        """The position of an execution; the children of a Map are a party."""
        return cls(key=key, group=group, party=record.header.workflow_name if is_child else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A task got a slot, after it had ``waited``."""

    key: ExecutionKey
    task_id: TaskId
    waited: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How many tasks of an execution wait, the first of them ``since``, ``held_by`` what."""

    count: int
    since: datetime
    held_by: str


@dataclass(slots=True, eq=False)
class _Node:
    """``turns`` holds the children that could take a slot, the next one first."""

    name: object
    above: "_Node | None" = None
    limit: int = 0
    active: int = 0
    window: Window | None = None
    below: dict[object, "_Node"] = field(default_factory=dict)
    turns: "OrderedDict[object, _Node]" = field(default_factory=OrderedDict)

    @property
    def could_take(self) -> bool:
        """Whether a child could take a slot."""
        return bool(self.turns) and not _is_full(self) and not _is_paced_out(self)


@dataclass(slots=True, eq=False, kw_only=True)
class _Line(_Node):
    """An execution; ``waits`` are its waiting tasks in order, with since when they wait."""

    key: ExecutionKey
    held: set[TaskId] = field(default_factory=set)
    waits: "OrderedDict[TaskId, datetime]" = field(default_factory=OrderedDict)

    @property
    def could_take(self) -> bool:
        """Whether a task waits."""
        return bool(self.waits)


class Scheduler:
    """The tree. ``active`` and ``waiting`` count tasks."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._begin()
        self._lines: dict[ExecutionKey, _Line] = {}
        self._tokens = float(limits.burst)
        self._filled_at: datetime | None = None
        self.waiting = 0

    def _begin(self) -> None:
        self._pacing = Pacing()
        whole = self._pacing.whole if self._limits.is_paced else None
        self._root = _Node(None, limit=self._limits.active, window=whole)

    @property
    def active(self) -> int:
        """How many slots are taken."""
        return self._root.active

    @property
    def window(self) -> Window:
        """How many starts are, and may be, under way."""
        return self._pacing.whole

    def held(self, key: ExecutionKey) -> AbstractSet[TaskId]:
        """The tasks of the execution that have a slot."""
        line = self._lines.get(key)
        return frozenset() if line is None else line.held

    def settle(
        self,
        place: QueuePosition,
        now: datetime,
        *,
        wanted: Sequence[TaskId],
        running: Collection[TaskId] = (),
        kept: Collection[TaskId] = (),
    ) -> None:
        """Take the current state of an execution.

        It wants to start ``wanted`` and no others. Those ``running`` have their slots, whatever
        the limits say. Of its other slots it keeps those of ``kept``.
        """
        line = self._line(place)
        for task_id in running:
            self._hold(line, task_id)
        for task_id in line.held.difference(kept, running, wanted):
            self._pacing.came(task_id, now)
            self._release(line, task_id)
        asked = [task_id for task_id in wanted if task_id not in line.held]
        if asked != list(line.waits):
            self.waiting += len(asked) - len(line.waits)
            line.waits = OrderedDict((it, line.waits.get(it, now)) for it in asked)
        self._put_right(line)
        self._drop_if_idle(line)

    def admit_ready(self, key: ExecutionKey, ready: Collection[TaskId]) -> None:
        """Of those that wait, these have a process already.

        Rate and pace spare nodes: they do not hold them up, the other limits do.
        """
        line = self._lines.get(key)
        if line is None:
            return
        for task_id in [it for it in line.waits if it in ready]:
            if self._has_no_slot(line):
                return
            del line.waits[task_id]
            self.waiting -= 1
            self._hold(line, task_id)

    def grant(self, now: datetime) -> Iterator[Grant]:
        """Hand out the free slots one by one, to whoever's turn it is."""
        self._fill(now)
        for window in self._pacing.give_up(now):
            self._open(window)
        while self._root.could_take and self._has_token():
            self._tokens -= 1
            line = self._next_line()
            task_id, since = line.waits.popitem(last=False)
            self.waiting -= 1
            space, _, _ = self._way(line)
            if space.window is not None:
                self._pacing.began(task_id, space.window, now)
            self._hold(line, task_id)
            yield Grant(key=line.key, task_id=task_id, waited=now - since)

    def _next_line(self) -> _Line:
        """The execution whose turn it is; each node on the way moves to the end of its round."""
        node = self._root
        while not isinstance(node, _Line):
            name, below = next(iter(node.turns.items()))
            node.turns.move_to_end(name)
            node = below
        return node

    def show(self, task_id: TaskId, now: datetime, *, is_stuck: bool) -> bool:
        """The task runs, or something else keeps it (``is_stuck``); True if that frees anything."""
        window = self._pacing.left(task_id) if is_stuck else self._pacing.came(task_id, now)
        if window is not None:
            self._open(window)
        return window is not None and self.waiting > 0

    def next_at(self) -> datetime | None:
        """When time alone frees something, by rate or pace; None if these hold nothing up."""
        rate = self._limits.starts_per_second
        if not self._root.could_take:
            return self._pacing.next_at() if self.waiting else None
        if not rate or self._filled_at is None:
            return None
        lacking = max(1 - self._tokens, 0.0)
        return self._filled_at + timedelta(seconds=lacking / rate)

    def adopt(self, place: QueuePosition, task_id: TaskId) -> None:
        """The task runs, as it shows after a restart."""
        self._hold(self._line(place), task_id)

    def release(self, key: ExecutionKey, task_id: TaskId) -> None:
        """The task did not start after all."""
        line = self._lines.get(key)
        if line is not None and task_id in line.held:
            self._pacing.left(task_id)
            self._release(line, task_id)
            self._drop_if_idle(line)

    def forget(self, key: ExecutionKey) -> None:
        """The execution is over or gone: nothing of it waits or is active."""
        line = self._lines.get(key)
        if line is None:
            return
        for task_id in list(line.held):
            self._pacing.left(task_id)
            self._release(line, task_id)
        self.waiting -= len(line.waits)
        line.waits.clear()
        self._put_right(line)
        self._drop_if_idle(line)

    def clear(self) -> None:
        """Forget everything: others may act."""
        self._begin()
        self._lines.clear()
        self.waiting = 0

    def put_limit(self, namespace: str, workflow_name: str, limit: int) -> None:
        """Change the limit of a Workflow."""
        space = self._root.below.get(namespace)
        flow = space.below.get(workflow_name) if space else None
        if flow is not None and flow.limit != limit:
            flow.limit = limit
            self._put_right(flow)

    def queue(self, key: ExecutionKey) -> Queue | None:
        """How many tasks of the execution wait, since when and for what; None if none do."""
        line = self._lines.get(key)
        if line is None or not line.waits:
            return None
        since = next(iter(line.waits.values()))
        return Queue(count=len(line.waits), since=since, held_by=self._held_by(line))

    def _held_by(self, line: _Line) -> str:
        """The limit that holds the line up; the closest one if several do."""
        space, flow, _party = self._way(line)
        if _is_full(flow):
            return f"spec.maxActiveTasks of its Workflow is {flow.limit}"
        if _is_full(space):
            return f"tasks.maxActivePerNamespace of the operator is {space.limit}"
        if _is_full(self._root):
            return f"tasks.maxActive of the operator is {self._root.limit}"
        for node in (space, self._root):
            if _is_paced_out(node):
                assert node.window is not None
                return f"{node.window.under_way} others were started and do not run yet"
        return f"tasks.startsPerSecond of the operator is {self._limits.starts_per_second}"

    # The tree

    def _line(self, place: QueuePosition) -> _Line:
        """The line of an execution; missing nodes on the way are created."""
        key, group = place.key, place.group
        line = self._lines.get(key)
        if line is None:
            space = _below(self._root, key.namespace, self._limits.active_per_namespace)
            if self._limits.is_paced and space.window is None:
                space.window = Window(key.namespace, LEAST)
            flow = _below(space, group.workflow_name, group.limit)
            party = _below(flow, place.party)
            line = self._lines[key] = _Line(key, party, key=key)
            party.below[key] = line
        self.put_limit(key.namespace, group.workflow_name, group.limit)
        return line

    def _way(self, line: _Line) -> tuple[_Node, _Node, _Node]:
        """Keys of namespace, Workflow and party of a line."""
        party = line.above
        assert party is not None
        flow = party.above
        assert flow is not None
        space = flow.above
        assert space is not None
        return space, flow, party

    def _has_no_slot(self, line: _Line) -> bool:
        """Whether a limit leaves the line none."""
        space, flow, _party = self._way(line)
        return any(map(_is_full, (flow, space, self._root)))

    def _open(self, window: Window) -> None:
        """The window of a namespace has another place."""
        space = self._root.below.get(window.name)
        if space is not None:
            self._put_right(space)

    def _put_right(self, node: _Node) -> None:
        """Put the node, and those above, into their rounds or take them out."""
        while (above := node.above) is not None:
            if node.could_take:
                above.turns.setdefault(node.name, node)
            else:
                above.turns.pop(node.name, None)
            node = above

    def _drop_if_idle(self, line: _Line) -> None:
        """Drop nodes in which nothing waits and nothing is active."""
        if line.held or line.waits:
            return
        del self._lines[line.key]
        node: _Node = line
        while (above := node.above) is not None and not node.below:
            del above.below[node.name]
            node = above

    # Slots

    def _hold(self, line: _Line, task_id: TaskId) -> None:
        if task_id in line.held:
            return
        line.held.add(task_id)
        self._count(line, 1)

    def _release(self, line: _Line, task_id: TaskId) -> None:
        line.held.discard(task_id)
        self._count(line, -1)

    def _count(self, line: _Line, change: int) -> None:
        node: _Node | None = line
        while node is not None:
            node.active += change
            node = node.above
        self._put_right(line)

    # The rate

    def _has_token(self) -> bool:
        return not self._limits.starts_per_second or self._tokens >= 1 - 1e-9

    def _fill(self, now: datetime) -> None:
        """Fill the bucket of ``burst`` tokens at the rate; a clock set back fills nothing."""
        limits = self._limits
        if not limits.starts_per_second:
            self._tokens = float(limits.burst)
            return
        if self._filled_at is not None:
            seconds = max((now - self._filled_at).total_seconds(), 0.0)
            filled = self._tokens + seconds * limits.starts_per_second
            self._tokens = min(filled, float(limits.burst))
        self._filled_at = now


def _below(above: _Node, name: object, limit: int = 0) -> _Node:
    node = above.below.get(name)
    if node is None:
        node = above.below[name] = _Node(name, above, limit)
    return node


def _is_full(node: _Node) -> bool:
    return 0 < node.limit <= node.active


def _is_paced_out(node: _Node) -> bool:
    return node.window is not None and node.window.is_full
