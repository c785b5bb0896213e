"""Definitions that the language has and the reconciler cannot run."""

import pytest

from asw.asl.values import JsonObject, to_text
from asw.reconciler.runnable import parse_runnable, read_runnable

_PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
_MAP = {
    "Type": "Map",
    "End": True,
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        **_PASS,
    },
}
_READER = {
    "Resource": "arn:aws:states:::s3:listObjectsV2",
    "Parameters": {"Bucket": "in"},
}
_WRITER = {
    "Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "out", "Prefix": "p"},
}


def _flow(name: str, state: JsonObject) -> JsonObject:
    return {"StartAt": name, "States": {name: state}}


def test_objects_are_read_and_written_by_connections() -> None:
    """Which Connection that is, only the Workflow knows: its definition runs."""
    both = {**_MAP, "ItemReader": _READER, "ResultWriter": _WRITER}
    assert read_runnable(to_text(_flow("M", both)))[1] == ()


_PUT = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:putItem",
    "Parameters": {"TableName": "t", "Item": {}},
    "End": True,
}


def test_services_are_called_by_connections() -> None:
    """Which Connection that is, only the Workflow knows: its definition runs."""
    assert read_runnable(to_text(_flow("Save", _PUT)))[1] == ()


@pytest.mark.parametrize(
    ("resource", "parameters"),
    [
        ("asw:k8s:apply", {"Manifest": {}}),
        ("arn:aws:states:::eks:call", {"Method": "GET", "Path": "/"}),
        ("arn:aws:states:::eks:runJob", {"Job": {}}),
        ("arn:aws:states:::eks:runJob.sync", {"Job": {}}),
        ("arn:aws:states:::eks:deleteCluster.sync", {"Name": "c"}),
    ],
)
def test_calls_of_clusters_run(resource: str, parameters: JsonObject) -> None:
    """They go by Connections, as those of services do."""
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    assert read_runnable(to_text(_flow("K", task)))[1] == ()


_ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    "End": True,
}
_QUEUE = {
    **_PUT,
    "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
}

_APPROVAL: JsonObject = {
    "Type": "Task",
    "Resource": "asw:approval",
    "Parameters": {"Title": "?"},
    "End": True,
}
_JOB = {
    **_PUT,
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName": "j"},
}


_CHILD = {
    "Type": "Task",
    "End": True,
    "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken",
    "Parameters": {
        "StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m",
        "Input": {"token.$": "$$.Task.Token"},
    },
}


def _child(execution_type: str, state: JsonObject) -> str:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": execution_type}
    inner = {"ProcessorConfig": config, **_flow("Ask", state)}
    return to_text(_flow("M", {"Type": "Map", "End": True, "ItemProcessor": inner}))


@pytest.mark.parametrize("state", [_ASK, _QUEUE, _CHILD], ids=["function", "service", "execution"])
def test_callbacks_run(state: JsonObject) -> None:
    """A Task that waits for whoever has its token runs, in a child too."""
    assert read_runnable(to_text(_flow("Ask", state)))[1] == ()
    assert read_runnable(_child("STANDARD", state))[1] == ()


def test_jobs_run() -> None:
    """A Task that waits for the end of what it starts at a service runs, in a child too."""
    assert read_runnable(to_text(_flow("Job", _JOB)))[1] == ()
    assert read_runnable(_child("STANDARD", _JOB))[1] == ()


@pytest.mark.parametrize(
    "state",
    [_ASK, _QUEUE, _CHILD, _JOB, _APPROVAL],
    ids=["function", "service", "execution", "job", "approval"],
)
def test_express_children_cannot_wait_for_others(state: JsonObject) -> None:
    """A child of ExecutionType EXPRESS has no record of its own: it is refused, with its place."""
    (problem,) = read_runnable(_child("EXPRESS", state))[1]
    place = "/States/M/ItemProcessor/States/Ask/Resource"
    assert (problem.code, problem.path) == ("NotSupported", place)
    assert "EXPRESS cannot wait" in problem.summary


@pytest.mark.parametrize("writer", [{}, {"ResultWriter": {"WriterConfig": {}}}], ids=repr)
def test_distributed_maps_without_objects_run(writer: JsonObject) -> None:
    """Items from the input and results as output need no bucket."""
    assert read_runnable(to_text(_flow("M", {**_MAP, **writer})))[1] == ()


def test_what_runs_is_parsed() -> None:
    """A definition that runs has no problems and becomes a machine."""
    assert read_runnable(to_text(_PASS))[1] == ()
    assert parse_runnable(to_text(_PASS)).block.start_at == "P"


def test_the_languages_problems_come_first() -> None:
    """What is wrong with the language alone is told alone."""
    (problem,) = read_runnable('{"StartAt": "P"}')[1]
    assert problem.code == "SCHEMA_VALIDATION_FAILED"


@pytest.mark.parametrize("pattern", ["", ".sync", ".sync:2", ".waitForTaskToken"])
def test_tasks_that_start_executions_run(pattern: str) -> None:
    """An execution of another Workflow needs neither Connection nor door."""
    start = {**_PUT, "Resource": f"arn:aws:states:::states:startExecution{pattern}"}
    start["Parameters"] = {"StateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m"}
    assert read_runnable(to_text(_flow("S", start)))[1] == ()


def test_calls_of_apis_run() -> None:
    """They go by Connections, as those of services do."""
    call = {**_PUT, "Resource": "arn:aws:states:::http:invoke"}
    call["Parameters"] = {"ApiEndpoint": "https://api.example.com", "Method": "GET"}
    assert read_runnable(to_text(_flow("S", call)))[1] == ()


def test_approvals_run() -> None:
    """A person may be asked, in a child that has a record of its own too."""
    assert read_runnable(to_text(_flow("Ask", _APPROVAL)))[1] == ()
    assert read_runnable(_child("STANDARD", _APPROVAL))[1] == ()
