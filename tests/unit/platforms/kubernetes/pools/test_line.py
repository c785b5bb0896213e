"""Who waits for a slot, and whose turn it is."""

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.pools.line import Line, Waiter
from asw.reconciler.platform import ExecutionKey


def line(*arrivals):
    """A line in which tasks came one a second, each an owner and a TaskId."""
    made = Line()
    for second, (owner, task) in enumerate(arrivals):
        key = ExecutionKey(namespace="shop", name=task.execution_uid, uid=task.execution_uid)
        made.add(task, Waiter(key=key, owner=owner, since=float(second)))
    return made


def task(uid, ordinal=1):
    """A start of an execution."""
    return TaskId(uid, ordinal)


def served(waiting):
    """Uids of the executions in the order in which they get slots."""
    return [waiting.take()[0].execution_uid for _ in range(len(waiting))]


def test_workflows_take_turns():
    """A hundred calls of one keep those of another waiting for one of them at most."""
    many = [("bulk", task(f"b{number}")) for number in range(100)]
    waiting = line(*many, ("orders", task("o1")), ("orders", task("o2")))
    assert served(waiting)[:5] == ["b0", "o1", "b1", "o2", "b2"]


def test_calls_of_one_workflow_keep_their_order():
    """Whoever of it has waited longest comes first."""
    waiting = line(("a", task("1")), ("a", task("2")), ("a", task("3")))
    assert served(waiting) == ["1", "2", "3"]


def test_whoever_asks_again_keeps_its_place():
    """A worker that is woken while its task waits does not send it to the end."""
    waiting = line(("a", task("1")), ("a", task("2")), ("a", task("1")))
    assert len(waiting) == 2
    assert served(waiting) == ["1", "2"]


def test_the_oldest_tells_how_long_the_line_is():
    """In seconds of the clock, whichever Workflow it belongs to; nothing of an empty line."""
    waiting = line(("a", task("1")), ("b", task("2")))
    assert waiting.since == 0.0
    waiting.discard(task("1"))
    assert waiting.since == 1.0
    waiting.discard(task("2"))
    assert (waiting.since, len(waiting)) == (None, 0)


def test_an_execution_that_is_over_leaves_with_all_its_tasks():
    """What it had waiting is gone, and nothing else."""
    waiting = line(("a", task("1", 1)), ("a", task("1", 2)), ("a", task("2")))
    waiting.forget("1")
    waiting.forget("unknown")
    assert served(waiting) == ["2"]
