"""Distributed Maps: read, run children in bounds, count failures, write, through text each step."""

import pytest

from asw.asl.errors import Failure
from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.commands import CancelChild, ReadItems, StartChild, WriteResults
from asw.engine.facts import (
    ChildFinished,
    Fact,
    StopRequested,
    TaskFailed,
    TaskStarted,
    TaskVanished,
)
from asw.engine.record_text import from_record_text, to_record_text
from asw.engine.step import Step, begin, step
from asw.engine.task_ids import TaskId
from tests.conformance.objects import Objects
from tests.support.play import START, Play, Raised, definition, header, later, play, task

CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}


def a_map(inner: Json | None = None, **fields: Json) -> Json:
    """A machine of one distributed Map whose children call ``work``."""
    block = definition("child", child=inner or task())
    state = {"Type": "Map", "End": True, "ItemProcessor": {**block, "ProcessorConfig": CONFIG}}
    return definition("each", each={**state, **fields})


def failing_at(*bad: Json) -> dict[str, object]:
    """A function ``work`` that fails for these inputs and answers others by themselves."""

    def work(event: Json) -> Json:
        if event in bad:
            raise Raised("Bad", f"item {event}")
        return event

    return {"work": work}


def run(machine: Json, given: Json, *bad: Json, bodies: dict[str, str] | None = None) -> Play:
    """A play with the objects of these bodies in the bucket ``b``."""
    objects = Objects(
        {"bucket": "b", "key": key, "body": body} for key, body in (bodies or {"": ""}).items()
    )
    return play(machine, given, failing_at(*bad), objects=objects)


def test_each_item_is_a_child() -> None:
    """Outputs stand in the order of the items; the history is AWS's for a Map Run."""
    seen = run(a_map(), [1, 2, 3])
    assert seen.outcome.output == [1, 2, 3]
    assert [(it.index, it.input) for it in seen.children] == [(0, 1), (1, 2), (2, 3)]
    assert seen.types() == [
        "ExecutionStarted",
        "MapStateEntered",
        "MapStateStarted",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ]
    arn = seen.details("MapRunStarted")[0]["mapRunArn"]
    assert arn.startswith("arn:aws:states:us-east-1:123456789012:mapRun:flow/each:")


def test_no_items() -> None:
    """A Map over nothing succeeds with nothing."""
    seen = run(a_map(), [])
    assert seen.outcome.output == []
    assert seen.children == []


def test_children_are_executions_of_their_own() -> None:
    """A child sees its item as its input and its own names, and is known by the Map's label."""
    inner = {
        "Type": "Pass",
        "Parameters": {"in.$": "$$.Execution.Input", "name.$": "$$.StateMachine.Name"},
        "End": True,
    }
    seen = run(a_map(inner, Label="mine"), ["x"])
    assert seen.outcome.output == [{"in": "x", "name": "flow/mine"}]


@pytest.mark.parametrize(
    ("fields", "bad", "is_failed"),
    [
        pytest.param({}, [2], True, id="none is tolerated"),
        pytest.param({"ToleratedFailureCount": 1}, [2], False, id="as many as tolerated"),
        pytest.param({"ToleratedFailureCount": 1}, [2, 3], True, id="one more"),
        pytest.param({"ToleratedFailurePercentage": 50}, [2, 3], False, id="half of them"),
        pytest.param({"ToleratedFailurePercentage": 49.9}, [2, 3], True, id="less than half"),
        pytest.param(
            {"ToleratedFailureCount": 0, "ToleratedFailurePercentage": 100},
            [2],
            True,
            id="the stricter counts",
        ),
        pytest.param({"ToleratedFailureCountPath": "$[0]"}, [2], False, id="by a path"),
        pytest.param({"ToleratedFailurePercentagePath": "$[3]"}, [2], True, id="share by a path"),
    ],
)
def test_tolerated_failures(fields: Json, bad: list[int], is_failed: bool) -> None:
    """A Map Run fails once more children failed than either bound tolerates."""
    seen = run(a_map(**fields), [1, 2, 3, 4], *bad)
    if is_failed:
        assert seen.outcome.failure is not None
        assert seen.outcome.failure.error == "States.ExceedToleratedFailureThreshold"
        assert "MapRunFailed" in seen.types()
    else:
        assert seen.outcome.status == "SUCCEEDED"


def test_failed_children_leave_their_error() -> None:
    """A tolerated failure stands in the result as what is told of its execution."""
    good, bad = run(a_map(ToleratedFailureCount=1), [1, 2], 2).outcome.output
    assert good == 1
    assert (bad["Status"], bad["Error"], bad["Cause"]) == ("FAILED", "Bad", "item 2")


def test_concurrency_path_and_selector() -> None:
    """MaxConcurrencyPath bounds the open children; ItemSelector makes their inputs."""
    machine = a_map(
        ItemsPath="$.items",
        MaxConcurrencyPath="$.most",
        ItemSelector={"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "k.$": "$.most"},
    )
    made = step(parse(to_text(machine)), begin(header(), {"items": "abc", "most": 2}), [], START)
    assert made.record.outcome is not None, "a text is no array"
    given = {"items": ["a", "b", "c"], "most": 2}
    made = step(parse(to_text(machine)), begin(header(), given), [], START)
    assert [it.input for it in made.commands if isinstance(it, StartChild)] == [
        {"i": 0, "v": "a", "k": 2},
        {"i": 1, "v": "b", "k": 2},
    ]
    assert run(machine, given).outcome.output[2] == {"i": 2, "v": "c", "k": 2}


@pytest.mark.parametrize(
    ("batcher", "inputs"),
    [
        ({"MaxItemsPerBatch": 2}, [{"Items": [1, 2]}, {"Items": [3]}]),
        (
            {"MaxItemsPerBatchPath": "$[1]", "BatchInput": {"n.$": "$[0]"}},
            [{"BatchInput": {"n": 1}, "Items": [1, 2]}, {"BatchInput": {"n": 1}, "Items": [3]}],
        ),
    ],
    ids=["count", "count by a path, and an input"],
)
def test_batches(batcher: Json, inputs: list[Json]) -> None:
    """ItemBatcher makes children of several items."""
    seen = run(a_map(ItemBatcher=batcher), [1, 2, 3])
    assert [it.input for it in seen.children] == inputs


READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "Parameters": {"Bucket": "b", "Key.$": "$.key"},
    "ReaderConfig": {"InputType": "JSON"},
}


def test_reader() -> None:
    """The items come from an object, MaxItems of them at most."""
    config = {"InputType": "JSON", "MaxItemsPath": "$.most"}
    machine = a_map(ItemReader={**READER, "ReaderConfig": config})
    seen = run(machine, {"key": "k", "most": 2}, bodies={"k": "[5,6,7]"})
    assert seen.outcome.output == [5, 6]


@pytest.mark.parametrize(
    ("given", "config", "error"),
    [
        ({"key": "none"}, {}, "States.ItemReaderFailed"),
        ({"key": "k", "most": -1}, {"MaxItemsPath": "$.most"}, "States.ItemReaderFailed"),
        ({}, {}, "States.Runtime"),
    ],
    ids=["no such object", "MaxItems is negative", "a parameter is missing"],
)
def test_reader_fails(given: Json, config: Json, error: str) -> None:
    """What cannot be read fails the Map before any child starts."""
    reader = {**READER, "ReaderConfig": {**READER["ReaderConfig"], **config}}  # type: ignore[dict-item]
    seen = run(a_map(ItemReader=reader), given, bodies={"k": "[1]"})
    assert seen.outcome.failure is not None
    assert seen.outcome.failure.error in (error, "States.ParameterPathFailure")
    assert seen.children == []


@pytest.mark.parametrize(
    ("given", "config", "body", "cause"),
    [
        ({}, {"InputType": "JSON"}, '{"a": 1}', "Attempting to map over non-iterable node."),
        (
            {},
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "a,a\n1,2",
            "CSV headers cannot contain duplicates.",
        ),
        (
            {"most": -1},
            {"InputType": "JSON", "MaxItemsPath": "$.most"},
            "[1]",
            "field MaxItems must be positive",
        ),
    ],
    ids=["no list", "duplicate headers", "negative MaxItems"],
)
def test_a_failing_reader_names_no_state(given: Json, config: Json, body: str, cause: str) -> None:
    """AWS: the cause of a failing ItemReader is bare, not led by the state that was executing."""
    reader = {**READER, "ReaderConfig": config}
    seen = run(a_map(ItemReader=reader), {"key": "k", **given}, bodies={"k": body})
    assert seen.outcome.failure == Failure("States.ItemReaderFailed", cause)


WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "b", "Prefix": "out"},
}


def test_writer() -> None:
    """Results and failures are written, and the Map's result names the manifest."""
    objects = Objects([{"bucket": "b", "key": "", "body": ""}])
    machine = a_map(ResultWriter=WRITER, ToleratedFailureCount=1)
    seen = play(machine, [1, 2], failing_at(2), objects=objects)
    details = seen.outcome.output["ResultWriterDetails"]
    assert details["Bucket"] == "b"
    assert b"SUCCEEDED_0" in objects.get("b", details["Key"])
    assert seen.outcome.output["MapRunArn"] == seen.details("MapRunStarted")[0]["mapRunArn"]


def test_writer_fails_and_is_caught() -> None:
    """A writer without a bucket fails the Map Run, catchably."""
    writer = {**WRITER, "Parameters": {"Prefix": "out"}}
    machine = a_map(
        ResultWriter=writer,
        Catch=[{"ErrorEquals": ["States.ResultWriterFailed"], "Next": "after"}],
    )
    machine["States"]["after"] = {"Type": "Pass", "Result": "caught", "End": True}
    assert run(machine, [1]).outcome.output == "caught"


def test_writer_that_only_shapes() -> None:
    """Without a Resource nothing is written: WriterConfig says what the result looks like."""
    writer = {"WriterConfig": {"OutputType": "JSON", "Transformation": "FLATTEN"}}
    assert run(a_map(ResultWriter=writer), [[1, 2], [3]]).outcome.output == [1, 2, 3]


def test_jsonata() -> None:
    """Items, ItemSelector, bounds, batches and reader's Arguments are JSONata's where it speaks."""
    block = definition("child", child={"Type": "Pass", "End": True})
    machine = definition(
        "each",
        each={
            "Type": "Map",
            "Items": "{% [$states.input.from..$states.input.to] %}",
            "ItemSelector": {"v": "{% $states.context.Map.Item.Value * 2 %}"},
            "MaxConcurrency": "{% 1 + 1 %}",
            "ToleratedFailurePercentage": "{% 99.5 %}",
            "ToleratedFailureCount": "{% 3 %}",
            "ItemBatcher": {"MaxItemsPerBatch": "{% 2 %}", "BatchInput": "{% 'all' %}"},
            "ItemProcessor": {**block, "ProcessorConfig": CONFIG},
            "Output": "{% $count($states.result) %}",
            "End": True,
        },
    ) | {"QueryLanguage": "JSONata"}
    seen = run(machine, {"from": 1, "to": 3})
    assert [it.input for it in seen.children] == [
        {"BatchInput": "all", "Items": [{"v": 2}, {"v": 4}]},
        {"BatchInput": "all", "Items": [{"v": 6}]},
    ]
    assert seen.outcome.output == 2


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"Items": "{% 'text' %}"}, "Expected 'array', but was 'string'"),
        ({}, "must be an array but was"),
        ({"MaxConcurrency": "{% -1 %}"}, "MaxConcurrency must be between"),
        ({"ToleratedFailureCount": "{% 1.5 %}"}, "cannot be parsed as an integer"),
        ({"ToleratedFailurePercentage": "{% 101 %}"}, "must be between 0 and 100"),
    ],
    ids=["a text", "an object", "negative", "broken", "over all"],
)
def test_jsonata_finds_nothing_of_use(fields: Json, cause: str) -> None:
    """What an expression gives is held to the field's type and bounds."""
    machine = {**a_map({"Type": "Pass", "End": True}, **fields), "QueryLanguage": "JSONata"}
    given = [1] if "Items" not in fields and fields else {"a": 1}
    failure = run(machine, given).outcome.failure
    assert failure is not None
    assert failure.error == "States.QueryEvaluationError"
    assert cause in (failure.cause or "")


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"MaxConcurrencyPath": "$.n"}, "not a valid integer"),
        ({"MaxConcurrencyPath": "$.minus"}, "not a valid integer"),
        ({"ToleratedFailureCountPath": "$.minus"}, "cannot be negative"),
        ({"ToleratedFailurePercentagePath": "$.n"}, "not a valid float"),
        ({"ToleratedFailurePercentagePath": "$.minus"}, "must be between 0 and 100"),
    ],
)
def test_paths_find_nothing_of_use(fields: Json, cause: str) -> None:
    """What a path finds is held to the field's type and bounds."""
    failure = run(a_map(ItemsPath="$.items", **fields), {"items": [], "n": "x", "minus": -1})
    assert failure.outcome.failure is not None
    assert cause in (failure.outcome.failure.cause or "")


def test_numbers_as_texts() -> None:
    """AWS reads bounds from texts too."""
    fields = {"MaxConcurrencyPath": "$.n", "ToleratedFailurePercentagePath": "$.share"}
    given = {"items": [1], "n": "2", "share": "0.5"}
    assert run(a_map(ItemsPath="$.items", **fields), given).outcome.output == [1]


class Stepped:
    """One step after the other, each record through text."""

    def __init__(self, machine: Json, given: Json) -> None:
        self.machine = parse(to_text(machine))
        self.record = begin(header(), given)

    def step(self, *facts: Fact, seconds: float = 0) -> Step:
        """The next step, on these facts."""
        made = step(self.machine, self.record, facts, later(seconds))
        self.record = from_record_text(to_record_text(made.record))
        assert self.record == made.record
        return made

    def id(self, ordinal: int) -> TaskId:
        """The id of an ordinal."""
        return TaskId(self.record.header.uid, ordinal)


def test_a_reader_that_vanishes() -> None:
    """Reading that is lost fails the Map by its own error; what is known is not asked for again."""
    it = Stepped(a_map(ItemReader=READER), {"key": "k"})
    [reading] = it.step().commands
    assert isinstance(reading, ReadItems)
    assert it.step(TaskStarted(task_id=reading.task_id, at=START)).commands == ()
    made = it.step(TaskVanished(task_id=reading.task_id, at=START, reason="gone"))
    assert made.record.outcome is not None
    assert made.record.outcome.failure is not None
    assert made.record.outcome.failure.error == "States.ItemReaderFailed"


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_writer_that_ends_badly(is_lost: bool) -> None:
    """Writing that is lost or fails fails the Map."""
    it = Stepped(a_map(ResultWriter=WRITER), [])
    [writing] = it.step().commands
    assert isinstance(writing, WriteResults)
    assert it.step(TaskStarted(task_id=writing.task_id, at=START)).commands == ()
    end: Fact = TaskFailed(task_id=writing.task_id, at=START, error="States.ResultWriterFailed")
    if is_lost:
        end = TaskVanished(task_id=writing.task_id, at=START, reason="gone")
    outcome = it.step(end).record.outcome
    assert outcome is not None
    assert outcome.failure is not None
    assert outcome.failure.error == "States.ResultWriterFailed"


def _ended(id_: TaskId, status: str = "SUCCEEDED", output: Json = None) -> ChildFinished:
    return ChildFinished(task_id=id_, at=START, status=status, output=output)


def test_children_end_in_any_order() -> None:
    """Each end makes room for the next child; the result keeps the order of the items."""
    it = Stepped(a_map(MaxConcurrency=2), ["a", "b", "c"])
    first, second = (command.task_id for command in it.step().commands)
    made = it.step(_ended(second, output="B"), TaskStarted(task_id=first, at=START))
    [third] = [command.task_id for command in made.commands]
    assert it.step(TaskStarted(task_id=first, at=START), _ended(third, output="C")).commands == ()
    outcome = it.step(_ended(first, output="A")).record.outcome
    assert outcome is not None
    assert outcome.output == ["A", "B", "C"]


@pytest.mark.parametrize("why", ["threshold", "stop", "sibling"])
def test_open_children_are_cancelled(why: str) -> None:
    """Children that nobody waits for are cancelled until they are seen to have ended."""
    machine = a_map()
    if why == "sibling":
        failing = definition("f", f={"Type": "Wait", "Seconds": 1, "Next": "g"}, g={"Type": "Fail"})
        both = {"Type": "Parallel", "Branches": [machine, failing], "End": True}
        machine = definition("both", both=both)
    it = Stepped(machine, [1, 2])
    started = [command.task_id for command in it.step().commands]
    left = started[1:] if why == "threshold" else started
    facts: dict[str, list[Fact]] = {
        "threshold": [_ended(started[0], "FAILED"), TaskStarted(task_id=started[1], at=START)],
        "stop": [StopRequested()],
        "sibling": [],
    }
    made = it.step(*facts[why], seconds=1)
    assert made.record.outcome is not None
    assert made.commands == tuple(CancelChild(task_id=id_) for id_ in left)
    assert it.step(*(_ended(id_, "ABORTED") for id_ in left), seconds=1).commands == ()


def test_a_retry_is_a_new_map_run() -> None:
    """A retried Map Run has a new ARN, and its children new ids."""
    retrier = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}
    seen = run(a_map(Retry=[retrier]), [1], 1)
    arns = [details["mapRunArn"] for details in seen.details("MapRunStarted")]
    assert len(set(arns)) == 2
    assert len({it.task_id for it in seen.children}) == 2
    assert isinstance(seen.outcome.failure, Failure)
