"""Executions that Tasks start, in tests: mocks, the real Workflow, and what is told without."""

import json

import pytest

from asw.asl.values import Json
from tests.support.play import definition, task
from tests.support.testing import Bench, case

CHILD_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:child"
OK = {"result": {"Output": 7}}
SYNC = "states:startExecution.sync:2"
TOKEN = ".waitForTaskToken"


@pytest.fixture
def bench(tmp_path):
    """A folder for test files."""
    return Bench(tmp_path)


def a_parent(pattern=".sync:2", **fields: Json) -> Json:
    """A machine whose Task starts an execution of ``child``."""
    start = {
        "Resource": f"arn:aws:states:::states:startExecution{pattern}",
        "Parameters": {"StateMachineArn": CHILD_ARN, "Input.$": "$"},
        **fields,
    }
    return definition("Start", Start=task(**start))


def with_child(bench, machine) -> None:
    """The Workflow ``child`` beside the one under test."""
    (bench.folder / "child.asl.json").write_text(json.dumps(machine))


@pytest.mark.parametrize(
    "tables",
    [
        {"mocks": {"Start": OK}},
        {"functions": {"states:startExecution": OK}},
        {"functions": {SYNC: OK}},
    ],
    ids=["by state", "by service and action", "by the whole name"],
)
def test_a_mock_stands_in(bench, tables) -> None:
    """A mock answers the start: its result is the state's, however the Task waits."""
    expected = {"output": {"Output": 7}, "events": ["TaskSubmitted", "TaskSucceeded"]}
    assert bench.failures(a_parent(), case(**tables, expect=expected)) == []


def test_a_mock_takes_any_request(bench) -> None:
    """A placeholder that a deployment fills in does not keep a mock from standing in."""
    machine = a_parent(Parameters={"StateMachineArn": "${Child}", "Name": "a b"})
    assert bench.failures(machine, case(mocks={"Start": OK})) == []


def test_a_mock_of_a_start_that_nobody_awaits(bench) -> None:
    """Without a pattern the mock answers as well, and after its delay."""
    ok = {"result": {"ExecutionArn": "a"}, "delay": "3s"}
    expected = {"output": {"ExecutionArn": "a"}, "duration": "3s"}
    found = bench.failures(a_parent(""), case(mocks={"Start": ok}, expect=expected))
    assert found == []


def test_a_mocked_failure(bench) -> None:
    """A mock may fail as the child would."""
    mocked = {"error": "States.TaskFailed", "cause": {"Status": "FAILED"}}
    expected = {"error": "States.TaskFailed", "cause": {"$json": {"Status": "FAILED"}}}
    assert bench.failures(a_parent(), case(mocks={"Start": mocked}, expect=expected)) == []


@pytest.mark.parametrize(
    ("mocked", "event"),
    [({}, "TaskStarted"), ({"submitted": {}}, "TaskSubmitted")],
    ids=["the start", "the child"],
)
def test_what_fails_with_a_mock(bench, mocked, event) -> None:
    """As with any call that asks for work: it is the start, unless something was submitted."""
    tables = {"mocks": {"Start": {"error": "States.TaskFailed", **mocked}}}
    expected = {"error": "States.TaskFailed", "events": [event, "TaskFailed"]}
    assert bench.failures(a_parent(), case(**tables, expect=expected)) == []
    unmet = {**expected, "events": ["TaskSubmitted", "TaskFailed"]}
    assert bool(bench.failures(a_parent(), case(**tables, expect=unmet))) is (not mocked)


def test_a_mock_reports_by_the_token(bench) -> None:
    """With a token the mock is who reports, after its delay and heartbeats; none plays a child."""
    ok = {"result": {"ok": True}, "delay": "50s", "heartbeats": ["8s", "15s"]}
    machine = a_parent(TOKEN, HeartbeatSeconds=20)
    late = case(mocks={"Start": ok}, expect={"error": "States.Timeout", "duration": "35s"})
    assert bench.failures(machine, late) == []
    events = ["TaskSubmitted", "TaskSucceeded"]
    expected = {"output": {"ok": True}, "events": events, "duration": "50s"}
    found = bench.failures(a_parent(TOKEN), case(mocks={"Start": ok}, expect=expected))
    assert found == []


def test_a_token_needs_a_mock(bench) -> None:
    """The Workflow beside the test does not say who reports, and what."""
    with_child(bench, definition("P", P={"Type": "Pass", "End": True}))
    [failure] = bench.failures(a_parent(TOKEN), case())
    assert "add a mock" in failure


def test_the_real_workflow_is_played(bench) -> None:
    """Without a mock the Workflow beside the test is played, in virtual time."""
    nap = {"Type": "Wait", "Seconds": 60, "Next": "Work"}
    with_child(bench, definition("Nap", Nap=nap, Work=task("work")))
    expected = {"output": 7, "duration": "60s", "calls": {"Start": 1}}
    found = bench.failures(
        a_parent(OutputPath="$.Output"),
        case(input={"n": 1}, mocks={"Work": {"result": 7}}, expect=expected),
    )
    assert found == []


def test_a_child_that_fails_when_played(bench) -> None:
    """The child's failure is the Task's, as AWS tells it."""
    with_child(bench, definition("No", No={"Type": "Fail", "Error": "E", "Cause": "why"}))
    cause = {"$json": {"$subset": {"Status": "FAILED", "Error": "E", "Cause": "why"}}}
    expected = {"error": "States.TaskFailed", "cause": cause}
    assert bench.failures(a_parent(), case(expect=expected)) == []


def test_a_wrong_request_starts_nothing(bench) -> None:
    """The Workflow beside the test is not played by a request that AWS refuses."""
    with_child(bench, definition("P", P={"Type": "Pass", "End": True}))
    request = {"StateMachineArn": CHILD_ARN, "Name": "a b"}
    expected = {"error": "StepFunctions.InvalidNameException", "events": ["TaskStarted"]}
    assert bench.failures(a_parent(Parameters=request), case(expect=expected)) == []


def test_without_mock_and_workflow(bench) -> None:
    """A start that nothing answers says what to add."""
    [failure] = bench.failures(a_parent(), case())
    assert "starts an execution of Workflow child" in failure
    assert "add its manifest, or a mock" in failure


def test_a_workflow_that_starts_itself_for_ever(bench) -> None:
    """A play bounds how deep executions may start one another, and says so."""
    with_child(bench, a_parent())
    [failure] = bench.failures(a_parent(), case())
    assert "started one another" in failure
