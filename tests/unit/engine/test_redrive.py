"""A redrive works failed states again, under new ids, and nothing that had finished."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.answers import Answer, End, Returned
from asw.engine.answers import Raised as Fails
from asw.engine.commands import CancelChild, CancelTask, StartChild, StartTask
from asw.engine.facts import Fact, RedriveRequested, StopRequested, Suspended, TaskSucceeded
from asw.engine.limits import HISTORY_LIMIT
from asw.engine.record import Record
from asw.engine.redrive import misfit, why_final
from asw.engine.simulation import MapItem, Request, Simulation, simulate
from asw.engine.step import Step, begin, step
from tests.support.play import START, Raised, definition, header, later, play, task


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
    end = TaskSucceeded(task_id=started[0].task_id, at=now, output="fixed")
    done = step(parsed, again.record, [RedriveRequested(number=1), end], now)
    assert done.record.outcome is not None
    assert done.record.outcome.output == ["kept", "fixed"]


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


class Script:
    """Functions by name: what each start of one does, in turn; the last answer is repeated.

    None is for a task that never ends.
    """

    def __init__(self, **answers: Sequence[End | None]) -> None:
        self.answers = {name: list(each) for name, each in answers.items()}

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """See Outside."""
        answers = self.answers[command.invocation.name]
        return Answer(end=answers.pop(0) if len(answers) > 1 else answers[0], seconds=1)


OOPS = Fails("Oops")


def redriven(machine: dict[str, Json], value: Json = None, /, **answers: list[End]) -> Simulation:
    """The play of a machine that is redriven a minute after its birth."""
    requests = [Request(seconds=60, fact=RedriveRequested(number=1))]
    parsed = parse(to_text(machine))
    return simulate(parsed, begin(header(), value), Script(**answers), requests=requests)


def started(seen: Simulation) -> list[str]:
    """The functions, in the order of their starts."""
    return [command.invocation.name for command in seen.started]


def test_an_aborted_sibling_runs_again_under_a_new_id() -> None:
    """AWS: failed or aborted branches are redriven; the task of an aborted one was cancelled."""
    slow = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 5, "Next": "S"}}}
    slow["States"]["S"] = task("slow")
    bad = {"StartAt": "B", "States": {"B": task("bad")}}
    long = {"StartAt": "L", "States": {"L": task("long")}}
    branches = [slow, bad, long]
    machine = definition("P", P={"Type": "Parallel", "Branches": branches, "End": True})
    seen = redriven(
        machine, bad=[OOPS, Returned(2)], slow=[Returned(1)], long=[Returned(3), Returned(4)]
    )
    assert seen.outcome.output == [1, 2, 4]
    assert started(seen).count("slow") == 1
    ordinals = [it.task_id.ordinal for it in seen.started]
    assert len(set(ordinals)) == len(ordinals)


def test_only_failed_iterations_run_again() -> None:
    """Finished iterations keep their outputs, those never opened follow."""
    each = {"StartAt": "E", "States": {"E": task("work")}}
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": each, "End": True}
    machine = definition("M", M=state)
    seen = redriven(machine, [0, 1, 2, 3], work=[Returned("a"), OOPS, Returned("b")])
    assert seen.outcome.output == ["a", "b", "b", "b"]
    assert [it.payload for it in seen.started] == [0, 1, 1, 2, 3]


def test_tolerated_failures_run_again_too() -> None:
    """A Map that more iterations failed than it tolerates runs all of these again."""
    each = {"StartAt": "E", "States": {"E": task("work")}}
    state = {
        "Type": "Map",
        "MaxConcurrency": 1,
        "ToleratedFailureCount": 1,
        "ItemProcessor": each,
        "End": True,
    }
    answers: list[End] = [OOPS, Returned("a"), OOPS, Returned("b")]
    seen = redriven(definition("M", M=state), [0, 1, 2, 3], work=answers)
    assert seen.outcome.output == ["b", "a", "b", "b"]
    assert sorted(it.payload for it in seen.started) == [0, 0, 1, 2, 2, 3]


def _distributed(**fields: Json) -> dict[str, Json]:
    """A machine of one distributed Map, each of whose children calls ``work``."""
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **definition("E", E=task("work")),
    }
    return definition("M", M={"Type": "Map", "ItemProcessor": processor, "End": True, **fields})


def _details(seen: Simulation, type_: str) -> list[dict[str, Json]]:
    return [dict(event.details) for event in seen.history if event.type == type_]


def test_a_map_run_runs_only_children_that_did_not_succeed() -> None:
    """AWS: the same Map Run is redriven; children that failed or never began run, and no other."""
    machine = _distributed(MaxConcurrency=1)
    seen = redriven(machine, [0, 1, 2, 3], work=[Returned("a"), OOPS, Returned("b")])
    assert seen.outcome.output == ["a", "b", "b", "b"]
    assert [it.payload for it in seen.started] == [0, 1, 1, 2, 3]
    (begun,) = _details(seen, "MapRunStarted")
    assert _details(seen, "MapRunRedriven") == [{**begun, "redriveCount": 1}]
    children = [it.task_id.execution_uid for it in seen.started]
    assert len(set(children)) == len(children)


def test_children_are_moved_more_than_once() -> None:
    """Of several redrives each runs what is left; what had succeeded in between stays done."""
    answers: list[End] = [Returned("a"), OOPS, OOPS, OOPS, Returned("b"), Returned("c")]
    requests = [Request(seconds=60 * n, fact=RedriveRequested(number=n)) for n in (1, 2)]
    parsed = parse(to_text(_distributed()))
    start = begin(header(), [0, 1, 2])
    seen = simulate(parsed, start, Script(work=answers), requests=requests)
    assert seen.outcome.output == ["a", "c", "b"]
    assert [it.payload for it in seen.started] == [0, 1, 2, 1, 2, 1]
    children = [it.task_id.execution_uid for it in seen.started]
    assert len(set(children)) == len(children)


def test_a_map_run_that_was_stopped_starts_the_interrupted_child_anew() -> None:
    """The child that was aborted with its parent is followed by another one."""
    parsed = parse(to_text(_distributed()))
    began = step(parsed, begin(header(), [7]), [], START)
    stopped = step(parsed, began.record, [StopRequested()], later(1))
    assert [type(command) for command in stopped.commands] == [CancelChild]
    again = step(parsed, stopped.record, [RedriveRequested(number=1)], later(2))
    starts = [it for it in again.commands if isinstance(it, StartChild)]
    assert [(it.index, it.input) for it in starts] == [(0, 7)]
    assert starts[0].task_id != next(it for it in began.commands).task_id


CHOSEN = {"a.$": "$[0].missing"}


@pytest.mark.parametrize(
    "state",
    [
        pytest.param({"Type": "Parallel", "Branches": [definition("E", E=task("work"))]}, id="p"),
        pytest.param({"Type": "Map", "ItemProcessor": definition("E", E=task("work"))}, id="m"),
    ],
)
def test_a_result_that_could_not_be_shaped_is_shaped_again(state: dict[str, Json]) -> None:
    """AWS reruns what failed in a Parallel or Map; where nothing in it did, nothing runs again."""
    machine = definition("S", S={**state, "ResultSelector": CHOSEN, "End": True})
    seen = redriven(machine, [1], work=[Returned({})])
    assert seen.outcome.status == "FAILED"
    assert seen.record.redrive_count == 1
    assert started(seen) == ["work"]


def test_a_result_that_was_too_large_is_made_anew() -> None:
    """AWS: after States.DataLimitExceeded a Parallel runs again as a whole."""
    large = "x" * 200_000
    branches = [definition(name, **{name: task(name)}) for name in ("one", "two")]
    machine = definition("P", P={"Type": "Parallel", "Branches": branches, "End": True})
    seen = redriven(machine, one=[Returned(large)], two=[Returned(large), Returned("small")])
    assert seen.outcome.output == [large, "small"]
    assert sorted(started(seen)) == ["one", "one", "two", "two"]


def test_what_a_failed_catch_had_dropped_is_opened_again() -> None:
    """A Parallel whose Catcher cannot place the error starts the branches that did not end."""
    branches = [definition("A", A=task("good")), definition("B", B=task("bad"))]
    catch = [{"ErrorEquals": ["Oops"], "ResultPath": "$.a.b", "Next": "D"}]
    state = {"Type": "Parallel", "Branches": branches, "Catch": catch, "Next": "D"}
    machine = definition("P", P=state, D={"Type": "Succeed"})
    seen = redriven(machine, [1], good=[Returned(1)], bad=[OOPS, Returned(2)])
    assert seen.outcome.output == [1, 2]
    assert sorted(started(seen)) == ["bad", "bad", "good"]


def test_a_redrive_has_all_retries() -> None:
    """AWS: the retry attempt count is reset to 0."""
    retry = [{"ErrorEquals": ["Oops"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    seen = redriven(definition("A", A=task("bad", Retry=retry)), bad=[OOPS])
    assert seen.outcome.status == "FAILED"
    assert len(seen.started) == 6


def test_the_timer_starts_anew() -> None:
    """AWS: the state machine's timeout is reset; the interrupted Wait keeps its deadline."""
    states = {"W": {"Type": "Wait", "Seconds": 80, "Next": "T"}, "T": task("work")}
    machine = {**definition("W", **states), "TimeoutSeconds": 50}
    seen = redriven(machine, work=[Returned("done")])
    assert seen.outcome.output == "done"
    assert [event.type for event in seen.history].count("ExecutionTimedOut") == 1
    assert seen.record.timeout_at == START + timedelta(seconds=60 + 50)


def test_a_fail_state_fails_again() -> None:
    """AWS: reenters the Fail state and fails again."""
    seen = redriven(definition("F", F={"Type": "Fail", "Error": "No"}))
    assert seen.outcome.status == "FAILED"
    assert [event.type for event in seen.history][-2:] == ["ExecutionRedriven", "ExecutionFailed"]


def _aborted() -> tuple[Callable[[Record, list[Fact]], Step], Record]:
    """An execution that was stopped while its task ran."""
    parsed = parse(to_text(definition("A", A=task("work"))))

    def act(record: Record, facts: list[Fact]) -> Step:
        return step(parsed, record, facts, later(1))

    record = act(begin(header(), 1), []).record
    return act, act(record, [StopRequested(error="Enough")]).record


def test_an_aborted_run_goes_on_under_a_new_id() -> None:
    """The task that was cancelled stays cancelled, its state gets another one."""
    act, aborted = _aborted()
    made = act(aborted, [RedriveRequested(number=1)])
    assert [event.type for event in made.history] == [
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
    ]
    assert [(type(it), it.task_id.ordinal) for it in made.commands] == [
        (CancelTask, 1),
        (StartTask, 2),
    ]


def test_a_number_that_skips_ahead_is_carried_out_once() -> None:
    """The count is the number then, and lower numbers are of the past."""
    act, aborted = _aborted()
    made = act(aborted, [RedriveRequested(number=5)])
    assert made.record.redrive_count == 5
    stopped = act(made.record, [StopRequested(), RedriveRequested(number=5)]).record
    assert stopped.outcome is not None
    assert act(stopped, [RedriveRequested(number=4)]).record is stopped


def test_a_suspended_redrive_starts_nothing() -> None:
    """It is carried out, and waits like any other run."""
    act, aborted = _aborted()
    facts: list[Fact] = [RedriveRequested(number=1), Suspended()]
    made = act(aborted, facts)
    assert made.record.outcome is None
    assert [type(command) for command in made.commands] == [CancelTask]
    assert made.wake_at is None
    on = act(made.record, facts[:1])
    assert [it.task_id.ordinal for it in on.commands if isinstance(it, StartTask)] == [2]


def test_stop_wins() -> None:
    """Stopped and suspended at once, even before its start, an execution is aborted."""
    act, _ = _aborted()
    made = act(begin(header(), 1), [Suspended(), StopRequested(error="Enough")])
    assert [event.type for event in made.history] == ["ExecutionStarted", "ExecutionAborted"]
    assert made.commands == ()


def test_suspended_before_its_start_it_does_not_start() -> None:
    """Nothing is recorded, and nothing wakes it."""
    act, _ = _aborted()
    newborn = begin(header(), 1)
    made = act(newborn, [Suspended()])
    assert made.record is newborn
    assert (made.history, made.commands, made.wake_at) == ((), (), None)


def test_no_redrive_without_room_in_the_history() -> None:
    """AWS: fewer than 24,999 events, so that the redrive and one more fit."""
    act, aborted = _aborted()
    full = replace(aborted, next_event=HISTORY_LIMIT - 1)
    assert "24998 events" in (why_final(full) or "")
    assert act(full, [RedriveRequested(number=1)]).record is full
    assert why_final(replace(aborted, next_event=HISTORY_LIMIT - 2)) is None


BRANCHES = [definition("A", A=task("a", Next="B"), B=task("b")), definition("C", C=task("c"))]
PARALLEL = definition("P", P={"Type": "Parallel", "Branches": BRANCHES, "Next": "D"}, D=task("d"))


def _moved(**states: Json) -> dict[str, Json]:
    """The machine with other states beside, or in the place of, its Parallel."""
    return definition("P", **{**PARALLEL["States"], **states})


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        pytest.param(
            _moved(D={"Type": "Pass", "End": True}), None, id="what comes later may change"
        ),
        pytest.param(
            _moved(P=task("p", Next="D")), "'P', which the run is in, is a Task", id="type"
        ),
        pytest.param(
            _moved(P={"Type": "Parallel", "Branches": BRANCHES[::-1], "Next": "D"}),
            "state 'B', which the run is in, is in another place",
            id="branch",
        ),
        pytest.param(
            _moved(
                P={
                    "Type": "Parallel",
                    "Branches": [BRANCHES[0], definition("E", E=task("e"))],
                    "Next": "D",
                }
            ),
            "has no state 'C', which the run has finished",
            id="gone",
        ),
        pytest.param(
            _moved(
                P={
                    "Type": "Parallel",
                    "Branches": [*BRANCHES, definition("E", E=task("e"))],
                    "Next": "D",
                }
            ),
            "Parallel 'P', which the run is in, has 3 branches in it, not 2",
            id="number of branches",
        ),
    ],
)
def test_which_definitions_may_take_over(machine: dict[str, Json], says: str | None) -> None:
    """All that the run has been through is in its place; the first thing that is not is named."""

    def bad(_event: Json) -> Json:
        raise Raised("Oops")

    functions = {"a": lambda _event: 1, "c": lambda _event: 2, "b": bad}
    seen = play(PARALLEL, {}, functions)
    finished = {event.details["name"] for event in seen.history if "Exited" in event.type}
    assert finished == {"A", "C"}
    old, new = parse(to_text(PARALLEL)), parse(to_text(machine))
    found = misfit(old, new, seen.record, finished)
    assert found is None if says is None else says in (found or "")


def test_a_map_stays_of_its_kind() -> None:
    """An inline Map that the run is in cannot become a distributed one; states in it may change."""
    inline = definition("M", M={"Type": "Map", "ItemProcessor": definition("E", E=task("work"))})
    inline["States"]["M"]["End"] = True

    def bad(_event: Json) -> Json:
        raise Raised("Oops")

    seen = play(inline, [1], {"work": bad})
    old, new = parse(to_text(inline)), parse(to_text(_distributed()))
    assert "'M', which the run is in, is a distributed Map in it, not a Map" in (
        misfit(old, new, seen.record, ()) or ""
    )
    assert misfit(old, old, seen.record, ()) is None


def test_a_redrive_that_fails_at_once_starts_nothing() -> None:
    """Where one line of control ends the run again, the others are not resumed."""
    inner = {
        "Type": "Parallel",
        "Branches": [definition("A", A=task("good"))],
        "ResultSelector": CHOSEN,
        "End": True,
    }
    branches = [definition("I", I=inner), definition("L", L=task("long"))]
    machine = definition("P", P={"Type": "Parallel", "Branches": branches, "End": True})
    requests = [Request(seconds=60, fact=RedriveRequested(number=1))]
    parsed = parse(to_text(machine))
    script = Script(good=[Returned({})], long=[None])
    seen = simulate(parsed, begin(header(), 1), script, requests=requests)
    assert (seen.outcome.status, seen.record.redrive_count) == ("FAILED", 1)
    assert sorted(started(seen)) == ["good", "long"]


def test_a_success_is_final() -> None:
    """No redrive is carried out for it."""
    parsed = parse(to_text(definition("A", A={"Type": "Succeed"})))
    done = step(parsed, begin(header(), 1), [], START).record
    assert why_final(done) == "it succeeded; start a new execution"
    assert step(parsed, done, [RedriveRequested(number=1)], later(1)).record is done


def test_what_was_emptied_is_not_redriven() -> None:
    """A record whose frames had to be dropped has no place to go on from."""
    act, aborted = _aborted()
    empty = replace(aborted, frames={})
    assert "too large" in (why_final(empty) or "")
    assert act(empty, [RedriveRequested(number=1)]).record is empty
