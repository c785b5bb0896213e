"""A redrive works failed states again, under new ids, and nothing that had finished."""

from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.commands import StartTask
from asw.engine.facts import RedriveRequested, TaskSucceeded
from asw.engine.step import step
from tests.support.play import Raised, definition, later, play, task


def test_only_the_failed_branch_runs_again() -> None:
    """The finished branch keeps its output; the failed one starts under the next ordinal."""
    branches = [{"StartAt": name, "States": {name: task(name)}} for name in ("good", "bad")]
    machine = definition("both", both={"Type": "Parallel", "Branches": branches, "End": True})

    def bad(_event: Json) -> Json:
        raise Raised("Oops")

    seen = play(machine, {}, {"good": lambda _event: "kept", "bad": bad})
    assert seen.outcome.status == "FAILED"
    parsed, now = parse(to_text(machine)), later(60)
    again = step(parsed, seen.record, [RedriveRequested(number=1)], now)
    assert again.record.outcome is None
    assert again.history[0].type == "ExecutionRedriven"
    started = [command for command in again.commands if isinstance(command, StartTask)]
    assert [(c.invocation.name, c.task_id.ordinal) for c in started] == [("bad", 3)]
    end = TaskSucceeded(task_id=started[0].task_id, at=now, output="mended")
    done = step(parsed, again.record, [RedriveRequested(number=1), end], now)
    assert done.record.outcome is not None
    assert done.record.outcome.output == ["kept", "mended"]


def test_the_same_redrive_is_done_once() -> None:
    """A request whose number was answered changes nothing; a success is never redriven."""

    def bad(_event: Json) -> Json:
        raise Raised("Oops")

    machine = definition("a", a=task("bad"))
    seen = play(machine, {}, {"bad": bad}, facts=[RedriveRequested(number=1)])
    parsed = parse(to_text(machine))
    assert len(seen.started) == 1
    again = step(parsed, seen.record, [RedriveRequested(number=1)], later(1))
    assert again.record.redrive_count == 1
    once_more = step(parsed, again.record, [RedriveRequested(number=1)], later(1))
    assert once_more.record is again.record
