"""A play in virtual time: every task is asked once, the clock jumps, and nothing waits forever."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from asw.asl.errors import Failure
from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.answers import Answer, Lost, Raised, Returned, SimulationError
from asw.engine.commands import StartTask
from asw.engine.dataflow import NO_RULE
from asw.engine.facts import RedriveRequested, StopRequested
from asw.engine.simulation import MapItem, Request, Simulation, simulate
from asw.engine.step import begin
from tests.conformance.objects import Objects
from tests.support.play import START, definition, header, task


class Script:
    """Answers by the function's name; those of one name in order, the last one again and again."""

    def __init__(self, answers: Mapping[str, list[Answer]]) -> None:
        self.answers = {name: list(given) for name, given in answers.items()}
        self.asked: list[StartTask] = []

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """The next answer of the function."""
        self.asked.append(command)
        given = self.answers[command.invocation.name]
        return given.pop(0) if len(given) > 1 else given[0]


def played(
    machine: dict[str, Json],
    *answers: Answer,
    requests: tuple[Request, ...] = (),
    given: Json = None,
) -> Simulation:
    """A play in which the function ``work`` answers so."""
    script = Script({"work": list(answers)})
    return simulate(parse(to_text(machine)), begin(header(), given), script, requests=requests)


def returned(output: Json, seconds: float = 0, **more: Any) -> Answer:
    return Answer(end=Returned(output), seconds=seconds, **more)


def raised(error: str, seconds: float = 0) -> Answer:
    return Answer(end=Raised(error, "why"), seconds=seconds)


RETRYING = definition(
    "work",
    work=task(Retry=[{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "BackoffRate": 1}]),
)
NEVER = Answer(end=None)


@pytest.mark.parametrize(
    ("machine", "answers", "status", "seconds"),
    [
        pytest.param(definition("work", work=task()), [returned(1)], "SUCCEEDED", 0, id="at once"),
        pytest.param(
            definition("work", work=task()), [returned(1, 2.5)], "SUCCEEDED", 2.5, id="it lasts"
        ),
        pytest.param(
            definition("wait", wait={"Type": "Wait", "Seconds": 3600, "End": True}),
            [],
            "SUCCEEDED",
            3600,
            id="a Wait state",
        ),
        pytest.param(RETRYING, [raised("E", 1), returned(1)], "SUCCEEDED", 11, id="a retry"),
        pytest.param(
            RETRYING, [Answer(end=Lost("gone")), returned(1)], "SUCCEEDED", 0, id="a free retry"
        ),
        pytest.param(
            definition("work", work=task(TimeoutSeconds=5)), [NEVER], "FAILED", 5, id="a timeout"
        ),
        pytest.param(
            definition("work", work=task(TimeoutSeconds=5)),
            [returned(1, math.inf)],
            "FAILED",
            5,
            id="an end that never comes",
        ),
        pytest.param(
            definition("work", work=task(TimeoutSeconds=50, HeartbeatSeconds=4)),
            [Answer(end=None, heartbeats=(3, 6))],
            "FAILED",
            10,
            id="heartbeats that cease",
        ),
        pytest.param(
            {**definition("work", work=task()), "TimeoutSeconds": 7},
            [NEVER],
            "TIMED_OUT",
            7,
            id="the execution's timeout",
        ),
    ],
)
def test_clock(machine: dict[str, Json], answers: list[Answer], status: str, seconds: int) -> None:
    """Time passes only for what lasts, and then to the very instant."""
    seen = played(machine, *answers)
    assert seen.outcome.status == status
    assert seen.ends_at == seen.outcome.at == START + timedelta(seconds=seconds)


def test_heartbeats_keep_a_task_alive() -> None:
    """A task may last longer than HeartbeatSeconds as long as it shows that it lives."""
    machine = definition("work", work=task(TimeoutSeconds=50, HeartbeatSeconds=4))
    seen = played(machine, returned("done", 9, heartbeats=(3, 6)))
    assert seen.outcome.output == "done"


def test_tasks_are_asked_once() -> None:
    """A start that the engine repeats until it is seen is answered by one task only."""
    machine = definition(
        "all",
        all={"Type": "Map", "End": True, "ItemProcessor": definition("work", work=task())},
    )
    script = Script({"work": [returned("x", 2), returned("y", 1), returned("z", 3)]})
    seen = simulate(parse(to_text(machine)), begin(header(), [1, 2, 3]), script)
    assert seen.outcome.output == ["x", "y", "z"]
    assert list(seen.started) == script.asked
    assert [start.payload for start in seen.started] == [1, 2, 3]
    assert seen.history[-1].type == "ExecutionSucceeded"


def test_cancelled_tasks_say_no_more() -> None:
    """The end of a task that was cancelled changes nothing, and nobody waits for it."""
    fails = definition("fail", fail={"Type": "Fail", "Error": "Sour"})
    both = {
        "Type": "Parallel",
        "Branches": [definition("work", work=task()), fails],
        "Catch": [{"ErrorEquals": ["Sour"], "Next": "wait"}],
        "End": True,
    }
    wait = {"Type": "Wait", "Seconds": 100, "End": True}
    seen = played(definition("both", both=both, wait=wait), returned("late", 50))
    assert seen.outcome.status == "SUCCEEDED"
    assert seen.ends_at == START + timedelta(seconds=100)
    assert seen.record.cancelling == ()


def test_stop() -> None:
    """A request to stop ends the execution at its instant."""
    request = Request(seconds=3, fact=StopRequested(error="Enough", cause="it is late"))
    seen = played(definition("work", work=task()), returned(1, 10), requests=(request,))
    assert seen.outcome.status == "ABORTED"
    assert seen.outcome.failure == Failure("Enough", "it is late")
    assert seen.ends_at == START + timedelta(seconds=3)


def test_redrive() -> None:
    """A request to redrive opens the execution again, even one that was stopped before."""
    requests = (
        Request(seconds=3, fact=StopRequested()),
        Request(seconds=60, fact=RedriveRequested(number=1)),
        Request(seconds=90, fact=RedriveRequested(number=2)),
    )
    machine = definition("work", work=task())
    answers = (returned(1, 10), raised("E"), returned("third"))
    seen = played(machine, *answers, requests=requests)
    assert seen.outcome.output == "third"
    assert seen.record.redrive_count == 2
    assert seen.ends_at == START + timedelta(seconds=90)


def test_a_redrive_of_a_success_changes_nothing() -> None:
    """The play ends although nobody answers the request."""
    request = Request(seconds=60, fact=RedriveRequested(number=1))
    seen = played(definition("work", work=task()), returned(1), requests=(request,))
    assert seen.record.redrive_count == 0


@pytest.mark.parametrize("answer", [NEVER, returned(1, 1e300)], ids=["no end", "beyond all time"])
def test_waiting_for_ever(answer: Answer) -> None:
    """A machine whose task never ends and has no timeout is told by its state's name."""
    with pytest.raises(SimulationError, match="waits forever in work"):
        played(definition("work", work=task()), answer)


@pytest.mark.parametrize("seconds", [-1, math.nan])
def test_time_runs_forward(seconds: float) -> None:
    """No task ends before it starts."""
    with pytest.raises(SimulationError, match="nothing happens after"):
        played(definition("work", work=task()), returned(1, seconds))


def test_the_same_play_again() -> None:
    """A play depends on its arguments alone."""
    first, second = (
        played(RETRYING, raised("E", 1), returned({"n": 1}, 2), given={"n": 0}) for _ in range(2)
    )
    assert replace(first, started=()) == replace(second, started=())
    assert first.started == second.started


def test_time_ends() -> None:
    """A task that is retried every three years forever ends the play by our own error."""
    retrier = {"ErrorEquals": ["E"], "IntervalSeconds": 99_999_999, "MaxAttempts": 99_999_999}
    with pytest.raises(SimulationError, match="beyond the year 9999"):
        played(definition("work", work=task(Retry=[retrier])), raised("E"))


CHILDREN = {
    "Type": "Map",
    "ItemProcessor": {
        **definition("work", work=task()),
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    },
    "End": True,
}
READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "Parameters": {"Bucket": "b", "Key": "items"},
}
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}


def test_children_take_their_time() -> None:
    """Children of a distributed Map run side by side, and the Map waits for the slowest."""
    answers = returned("x", 2), returned("y", 5), returned("z", 3)
    seen = played(definition("all", all=CHILDREN), *answers, given=[1, 2, 3])
    assert seen.outcome.output == ["x", "y", "z"]
    assert seen.ends_at == START + timedelta(seconds=5)
    assert len(seen.started) == 3


def test_a_failed_child() -> None:
    """A child's error fails the Map Run, and the others are cancelled."""
    answers = raised("E", 1), returned("y", 5)
    seen = played(definition("all", all=CHILDREN), *answers, given=[1, 2])
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error == "States.ExceedToleratedFailureThreshold"
    assert seen.ends_at == START + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("body", "status"), [("[1, 2]", "SUCCEEDED"), ("no JSON", "FAILED")], ids=["read", "not read"]
)
def test_objects(body: str, status: str) -> None:
    """A play reads and writes the objects that it is given."""
    objects = Objects([{"bucket": "b", "key": "items", "body": body}])
    state = {**CHILDREN, "ItemReader": READER, "ResultWriter": WRITER}
    machine = parse(to_text(definition("all", all=state)))
    seen = simulate(
        machine, begin(header(), {}), Script({"work": [returned("x")]}), objects=objects
    )
    assert seen.outcome.status == status
    if status == "SUCCEEDED":
        key = seen.outcome.output["ResultWriterDetails"]["Key"]
        assert b"SUCCEEDED" in objects.get("b", key)


def test_no_objects() -> None:
    """A play that has no objects says so where the machine wants some."""
    state = {**CHILDREN, "ItemReader": READER}
    with pytest.raises(SimulationError, match="the play has none"):
        played(definition("all", all=state), returned("x"), given={})


def test_a_request_beyond_all_time() -> None:
    """What would be asked after the end of the calendar is never asked."""
    request = Request(seconds=1e300, fact=StopRequested())
    seen = played(definition("work", work=task()), returned(1), requests=(request,))
    assert seen.outcome.status == "SUCCEEDED"


class Listener:
    """An outside that remembers the items of which each task was started."""

    def __init__(self) -> None:
        self.items: list[list[tuple[str, int, Json]]] = []

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """Nothing, at once."""
        self.items.append([(it.state, it.index, it.value) for it in items])
        return returned(None)


def heard(machine: dict[str, Json], given: Json) -> tuple[Simulation, Listener]:
    """The play of a machine, and what its outside heard."""
    listener = Listener()
    return simulate(parse(to_text(machine)), begin(header(), given), listener), listener


INLINE = {
    "Type": "Map",
    "ItemsPath": "$",
    "ItemProcessor": definition("inner", inner=task(End=True)),
    "End": True,
}


def test_items_of_maps_around_a_task() -> None:
    """An outside sees the items of all Maps that a task is started for, the innermost first."""
    inner = {**INLINE, "ItemProcessor": definition("two", two=task(End=True))}
    outer = {**CHILDREN, "ItemProcessor": {**CHILDREN["ItemProcessor"]}}
    outer["ItemProcessor"] |= definition("one", one=inner)
    _, listener = heard(definition("all", all=outer), [["a"], ["b", "c"]])
    assert listener.items == [
        [("one", 0, "a"), ("all", 0, ["a"])],
        [("one", 0, "b"), ("all", 1, ["b", "c"])],
        [("one", 1, "c"), ("all", 1, ["b", "c"])],
    ]


def test_children_keep_their_history() -> None:
    """The history of each child execution can be read after the play."""
    seen, _ = heard(definition("all", all=CHILDREN), [1, 2])
    assert [[it.index for it in child.items] for child in seen.children] == [[0], [1]]
    assert [child.history[-1].type for child in seen.children] == ["ExecutionSucceeded"] * 2


def test_ways_that_were_taken() -> None:
    """A play tells which rules, Defaults, Retriers and Catchers were asked for and held."""
    rules = [{"Variable": "$", "NumericEquals": at, "Next": "work"} for at in (1, 2)]
    machine = definition(
        "pick",
        pick={"Type": "Choice", "Choices": rules, "Default": "end"},
        work=task(
            Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}],
            Catch=[
                {"ErrorEquals": ["F"], "Next": "end"},
                {"ErrorEquals": ["E"], "ResultPath": "$", "Next": "back"},
            ],
            Next="end",
        ),
        back={"Type": "Pass", "Result": 3, "Next": "pick"},
        end={"Type": "Pass", "End": True},
    )
    seen = played(machine, raised("E"), given=2)
    assert seen.taken == (
        ("pick", "rule", 1),
        ("work", "retry", 0),
        ("work", "catch", 1),
        ("pick", "rule", NO_RULE),
    )
