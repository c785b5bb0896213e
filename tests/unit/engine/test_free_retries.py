"""What the machinery lost is made good under new ids, for a budget per kind of loss."""

import pytest

from asw.asl import errors
from asw.asl.errors import Failure
from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.facts import TaskStarted, TaskVanished
from asw.engine.record_text import from_plain, to_plain
from asw.engine.retry import FREE_RETRIES, NEVER_RAN, free_retry
from asw.engine.step import begin, step
from tests.support.builders import a_record, chain, on_task
from tests.support.play import START, Lost, Play, Raised, definition, header, play, task


@pytest.mark.parametrize("kind", FREE_RETRIES)
def test_each_kind_has_its_own_budget(kind: str) -> None:
    """Losses of one kind are free until its budget is used up, then fail by the kind's name."""

    def work(_event: object) -> object:
        raise Lost("said so", kind)

    seen = play(definition("a", a=task("work")), {}, {"work": work})
    assert len(seen.started) == 1 + FREE_RETRIES[kind].tries
    assert seen.outcome.failure is not None
    assert (seen.outcome.failure.error, seen.outcome.failure.cause) == (kind, "said so")


def test_kinds_do_not_share_a_budget() -> None:
    """Three evictions and three lost nodes are free, side by side."""
    losses = iter([errors.TASK_EVICTED, errors.NODE_LOST] * 3)

    def work(_event: object) -> object:
        kind = next(losses, None)
        if kind is None:
            return "ok"
        raise Lost("gone", kind)

    seen = play(definition("a", a=task("work")), {}, {"work": work})
    assert seen.outcome.output == "ok"
    assert len(seen.started) == 7


def test_retriers_are_not_asked_for_a_free_retry() -> None:
    """MaxAttempts of States.TaskFailed counts what the function did, not what the node did."""
    ends = iter([Lost("gone", errors.TASK_EVICTED), Raised("Oops"), None])
    retry = [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}]

    def work(_event: object) -> object:
        end = next(ends)
        if end is None:
            return "ok"
        raise end

    seen = play(definition("a", a=task("work", Retry=retry)), {}, {"work": work})
    assert seen.outcome.output == "ok"


@pytest.mark.parametrize("name", [errors.TASK_PREEMPTED, "States.TaskFailed", "States.ALL"])
def test_a_used_up_budget_is_caught(name: str) -> None:
    """After the budget the loss goes to Retry and Catch, by its own name or a wildcard's."""
    catch = [{"ErrorEquals": [name], "Next": "z"}]

    def work(_event: object) -> object:
        raise Lost("gone", errors.TASK_PREEMPTED)

    machine = definition("a", a=task("work", Catch=catch), z={"Type": "Pass", "End": True})
    seen = play(machine, {}, {"work": work})
    assert seen.outcome.output == {"Error": errors.TASK_PREEMPTED, "Cause": "gone"}


def test_each_loss_is_an_event() -> None:
    """History shows a loss as the failure of its call, and then the next call."""
    ends = iter([Lost("its node evicted it", errors.TASK_EVICTED), None])

    def work(_event: object) -> object:
        end = next(ends)
        if end is not None:
            raise end
        return 1

    seen = play(definition("a", a=task("work")), {}, {"work": work})
    calls = [event for event in seen.history if event.type.startswith("LambdaFunction")]
    assert [event.type.removeprefix("LambdaFunction") for event in calls] == [
        "Scheduled",
        "Started",
        "Failed",
        "Scheduled",
        "Started",
        "Succeeded",
    ]
    assert calls[2].details == {"error": errors.TASK_EVICTED, "cause": "its node evicted it"}
    assert calls[3].at > calls[2].at


def test_free_retries_grow_apart() -> None:
    """Each pause is three times the one before, less half of it by chance."""
    full = [free_retry(errors.TASK_EVICTED, used, lambda: 1.0) for used in range(3)]
    half = [free_retry(errors.TASK_EVICTED, used, lambda: 0.0) for used in range(3)]
    assert [it.total_seconds() for it in full if it] == [5, 15, 45]
    assert [it.total_seconds() for it in half if it] == [2.5, 7.5, 22.5]


def test_kind_that_this_engine_does_not_know_is_a_lost_task() -> None:
    """A platform may name kinds of its own; they have the budget of a task that is just gone."""
    known = [free_retry(errors.TASK_LOST, used, lambda: 0.0) for used in range(4)]
    assert [free_retry("Asw.Other", used, lambda: 0.0) for used in range(4)] == known


def test_records_of_old_are_read() -> None:
    """A record that counted losses without their kinds goes on where it was."""
    plain = to_plain(a_record(on_task()))
    plain["frames"][0]["free_retries"] = 2
    record = from_plain(plain)
    assert record.frames[1].free_retries == {errors.TASK_LOST: 2}
    assert record.frames[1].attempt == 2
    assert from_plain(to_plain(record)) == record


def once(kind: str, **fields: object) -> tuple[Play, list[object]]:
    """A task that must not be repeated, lost by this kind at its first try."""
    ends: list[object] = [Lost("gone", kind, may_repeat=False), "ok"]

    def work(_event: object) -> object:
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    others = {"z": {"Type": "Pass", "End": True}} if "Catch" in fields else {}
    return play(definition("a", a=task("work", **fields), **others), {}, {"work": work}), ends


@pytest.mark.parametrize("kind", sorted(FREE_RETRIES.keys() - NEVER_RAN))
def test_what_must_not_repeat_has_no_free_retry(kind: str) -> None:
    """A loss of such a task goes to Retry and Catch at once, by the kind of loss."""
    catch = [{"ErrorEquals": [kind], "Next": "z"}]
    seen, left = once(kind, Catch=catch)
    assert seen.outcome.output == {"Error": kind, "Cause": "gone"}
    assert left == ["ok"]


@pytest.mark.parametrize("kind", sorted(NEVER_RAN))
def test_what_never_began_may_begin(kind: str) -> None:
    """A task of which the code never ran is started again, though it must not repeat."""
    seen, _ = once(kind)
    assert seen.outcome.output == "ok"


def test_a_retrier_may_repeat_it_all_the_same() -> None:
    """Retry is the author's word about this very state: it counts."""
    seen, _ = once(errors.NODE_LOST, Retry=[{"ErrorEquals": [errors.NODE_LOST]}])
    assert seen.outcome.output == "ok"


def test_that_it_must_not_repeat_is_recorded_with_its_start() -> None:
    """Where nothing is left of it that could tell, the record still knows."""
    machine = parse(to_text(chain("work")))
    begun = step(machine, begin(header(), {}), [], START).record
    (task_id,) = begun.open_tasks()
    started = TaskStarted(task_id=task_id, at=START, may_repeat=False)
    running = from_plain(to_plain(step(machine, begun, [started], START).record))
    lost = TaskVanished(task_id=task_id, at=START, reason="gone")
    outcome = step(machine, running, [lost], START).record.outcome
    assert outcome is not None
    assert outcome.failure == Failure(errors.TASK_LOST, "gone")
