"""What every platform promises, seen as a user sees it.

The same tests run over the fake, this machine and a real cluster; they assert no times.
"""

from typing import Any

import pytest

from asw.asl.values import Json, to_text
from tests.platform_suite import functions
from tests.support.harness import PlatformHarness


def call(function: str, **fields: Json) -> dict[str, Json]:
    """A Task state that calls the function; an end state unless ``Next`` is given."""
    state = {"Type": "Task", "Resource": f"asw:function:{function}", **fields}
    return state if "Next" in fields else {**state, "End": True}


def flow(start_at: str, **states: Json) -> dict[str, Json]:
    """A definition of these states."""
    return {"StartAt": start_at, "States": states}


def test_sum(platform: PlatformHarness) -> None:
    """A workflow of one Task hands its input to the function and returns what that returns."""
    platform.create_function("sum", functions.SUM)
    platform.create_workflow("add", flow("Add", Add=call("sum")))
    finished = platform.wait_finished(platform.create_execution("add", [1, 2, 3, 4, 5]))
    assert (finished.status, finished.output) == ("SUCCEEDED", 15)
    assert [line.type for line in finished.history] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_chain(platform: PlatformHarness) -> None:
    """Three Tasks run one after the other, each on the output of the one before."""
    platform.create_function("increment", functions.INCREMENT)
    states = {
        "A": call("increment", Next="B"),
        "B": call("increment", Next="C"),
        "C": call("increment"),
    }
    platform.create_workflow("three", flow("A", **states))
    key = platform.create_execution("three", 0)
    assert platform.wait_finished(key).output == 3
    assert platform.started_tasks(key) == {1: "A", 2: "B", 3: "C"}


def test_loop(platform: PlatformHarness) -> None:
    """A Task that a loop visits three times is started three times, each time anew."""
    platform.create_function("count", functions.COUNT)
    rule = {"Variable": "$.n", "NumericLessThan": 3, "Next": "Count"}
    states = {
        "Count": call("count", Next="Enough"),
        "Enough": {"Type": "Choice", "Choices": [rule], "Default": "Done"},
        "Done": {"Type": "Succeed"},
    }
    platform.create_workflow("loop", flow("Count", **states))
    key = platform.create_execution("loop", {"n": 0})
    assert platform.wait_finished(key).output == {"n": 3}
    assert platform.started_tasks(key) == {1: "Count", 2: "Count", 3: "Count"}


def test_retry(platform: PlatformHarness) -> None:
    """A failed Task is retried as its Retrier says, under a new TaskId each time."""
    platform.create_function("shaky", functions.SHAKY)
    state = call(
        "shaky",
        Parameters={"tries.$": "$$.State.RetryCount"},
        Retry=[{"ErrorEquals": ["RuntimeError"], "IntervalSeconds": 1, "BackoffRate": 1.0}],
    )
    platform.create_workflow("again", flow("Try", Try=state))
    key = platform.create_execution("again", {})
    finished = platform.wait_finished(key)
    assert (finished.status, finished.output) == ("SUCCEEDED", "ok")
    assert platform.started_tasks(key) == {1: "Try", 2: "Try", 3: "Try"}
    assert finished.count("LambdaFunctionFailed") == 2


def test_raise(platform: PlatformHarness) -> None:
    """A function that raises fails its execution with the name of the exception's class."""
    platform.create_function("buy", functions.RAISE)
    platform.create_workflow("shop", flow("Buy", Buy=call("buy")))
    finished = platform.wait_finished(platform.create_execution("shop", {}))
    assert (finished.status, finished.error) == ("FAILED", "OutOfStock")
    assert "no more apples" in (finished.cause or "")


def test_catch(platform: PlatformHarness) -> None:
    """A Catcher takes over with the error beside the state's input."""
    platform.create_function("buy", functions.RAISE)
    catch = [{"ErrorEquals": ["OutOfStock"], "ResultPath": "$.problem", "Next": "Sorry"}]
    states = {"Buy": call("buy", Catch=catch), "Sorry": {"Type": "Pass", "End": True}}
    platform.create_workflow("shop", flow("Buy", **states))
    output = platform.wait_finished(platform.create_execution("shop", {"item": "apple"})).output
    assert output["item"] == "apple"
    assert output["problem"]["Error"] == "OutOfStock"


def test_missing_function(platform: PlatformHarness) -> None:
    """A Task that names no Function fails as at AWS, and can be caught."""
    catch = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "Sorry"}]
    states = {"Ask": call("nobody", Catch=catch), "Sorry": {"Type": "Succeed"}}
    platform.create_workflow("ask", flow("Ask", **states))
    finished = platform.wait_finished(platform.create_execution("ask", {}))
    assert finished.status == "SUCCEEDED"
    assert finished.output["Error"] == "Lambda.ResourceNotFoundException"


def test_parallel(platform: PlatformHarness) -> None:
    """Branches run beside each other; their outputs come in the order of the branches."""
    platform.create_function("increment", functions.INCREMENT)
    platform.create_function("echo", functions.ECHO)
    branches = [flow("A", A=call("increment")), flow("B", B=call("echo"))]
    state = {"Type": "Parallel", "Branches": branches, "End": True}
    platform.create_workflow("both", flow("Both", Both=state))
    assert platform.wait_finished(platform.create_execution("both", 1)).output == [2, 1]


def test_map(platform: PlatformHarness) -> None:
    """A Map runs every item, a few at a time, and keeps their order."""
    platform.create_function("increment", functions.INCREMENT)
    state = {
        "Type": "Map",
        "MaxConcurrency": 2,
        "ItemProcessor": flow("Each", Each=call("increment")),
        "End": True,
    }
    platform.create_workflow("each", flow("All", All=state))
    key = platform.create_execution("each", [1, 2, 3, 4, 5])
    finished = platform.wait_finished(key)
    assert finished.output == [2, 3, 4, 5, 6]
    assert sorted(platform.started_tasks(key)) == [1, 2, 3, 4, 5]
    assert finished.count("MapIterationSucceeded") == 5


@pytest.mark.alone
def test_distributed_map(platform: PlatformHarness) -> None:
    """Each item is an execution of its own; a restart neither loses nor doubles any."""
    platform.create_function("slow", functions.SLOW)
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    state = {
        "Type": "Map",
        "MaxConcurrency": 2,
        "ItemProcessor": {"ProcessorConfig": mode, **flow("Each", Each=call("slow"))},
        "End": True,
    }
    platform.create_workflow("each", flow("All", All=state))
    key = platform.create_execution("each", [{"seconds": 3, "value": n} for n in range(4)])
    platform.wait_for_states(key, ["All"])
    platform.restart()
    finished = platform.wait_finished(key)
    assert finished.output == [0, 1, 2, 3]
    assert platform.started_tasks(key) == {}
    assert finished.count("MapRunSucceeded") == 1
    platform.wait_until_idle(key)


@pytest.mark.alone
def test_express_children(platform: PlatformHarness) -> None:
    """Children in memory give outputs, or failures that the Map tolerates, also after a restart."""
    platform.create_function("slow", functions.SLOW)
    mode = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    rule = {"Variable": "$.value", "NumericEquals": 1, "Next": "Bad"}
    states = {
        "Sort": {"Type": "Choice", "Choices": [rule], "Default": "Each"},
        "Each": call("slow"),
        "Bad": {"Type": "Fail", "Error": "Bad"},
    }
    state = {
        "Type": "Map",
        "ToleratedFailureCount": 1,
        "ItemProcessor": {"ProcessorConfig": mode, **flow("Sort", **states)},
        "ResultSelector": {"second.$": "$[2]"},
        "End": True,
    }
    platform.create_workflow("each", flow("All", All=state))
    key = platform.create_execution("each", [{"seconds": 3, "value": n} for n in range(4)])
    platform.wait_for_states(key, ["All"])
    platform.restart()
    finished = platform.wait_finished(key)
    assert finished.output == {"second": 2}
    assert finished.count("MapRunSucceeded") == 1
    assert finished.count("LambdaFunctionScheduled") == 0


def test_wait(platform: PlatformHarness) -> None:
    """A Wait goes on by itself, with its input."""
    state = {"Type": "Wait", "Seconds": 1, "End": True}
    platform.create_workflow("pause", flow("Pause", Pause=state))
    finished = platform.wait_finished(platform.create_execution("pause", {"kept": True}))
    assert (finished.status, finished.output) == ("SUCCEEDED", {"kept": True})


def test_stop(platform: PlatformHarness) -> None:
    """A stopped execution is ABORTED with the texts given, and its task is ended."""
    platform.create_function("slow", functions.SLOW)
    platform.create_workflow("long", flow("Long", Long=call("slow")))
    key = platform.create_execution("long", {"seconds": 300, "value": 1})
    platform.wait_for_states(key, ["Long"])
    platform.stop(key, "Enough", "lunch time")
    finished = platform.wait_finished(key)
    assert (finished.status, finished.error, finished.cause) == ("ABORTED", "Enough", "lunch time")
    assert finished.count("ExecutionAborted") == 1
    platform.wait_until_idle(key)


@pytest.mark.alone
def test_suspend(platform: PlatformHarness) -> None:
    """The running task ends and is recorded; the next one starts once the execution may go on."""
    platform.create_function("slow", functions.SLOW)
    platform.create_function("increment", functions.INCREMENT)
    states = {"Long": call("slow", Next="Then"), "Then": call("increment")}
    platform.create_workflow("two", flow("Long", **states))
    key = platform.create_execution("two", {"seconds": 8, "value": 1})
    platform.wait_for_states(key, ["Long"])
    platform.suspend(key, is_suspended=True)
    assert platform.wait_for_reason(key) == "Suspended"
    platform.wait_for_states(key, ["Then"])
    platform.restart()
    platform.wait_until_idle(key)
    assert platform.started_tasks(key) == {1: "Long"}
    platform.suspend(key, is_suspended=False)
    assert platform.wait_finished(key).output == 2


def test_redrive(platform: PlatformHarness) -> None:
    """Of a Parallel that failed only the failed branch runs again, on the same history."""
    platform.create_function("increment", functions.INCREMENT)
    branches = [flow("Good", Good=call("increment")), flow("Bad", Bad=call("later"))]
    state = {"Type": "Parallel", "Branches": branches, "End": True}
    states = {"First": call("increment", Next="Both"), "Both": state}
    platform.create_workflow("both", flow("First", **states))
    key = platform.create_execution("both", 1)
    failed = platform.wait_finished(key)
    assert (failed.status, failed.error) == ("FAILED", "Lambda.ResourceNotFoundException")
    platform.create_function("later", functions.ECHO)
    platform.redrive(key, 1)
    finished = platform.wait_finished(key)
    assert finished.output == [3, 2]
    assert finished.history[: len(failed.history)] == failed.history
    assert finished.count("ExecutionRedriven") == 1
    starts = list(platform.started_tasks(key).values())
    assert (starts.count("First"), starts.count("Good")) in [(1, 1), (1, 2)]


def test_redrive_of_a_stopped_one(platform: PlatformHarness) -> None:
    """A stopped execution goes on in the state that it was stopped in, by a task of its own."""
    platform.create_function("slow", functions.SLOW)
    platform.create_workflow("long", flow("Long", Long=call("slow")))
    key = platform.create_execution("long", {"seconds": 8, "value": 1})
    platform.wait_for_states(key, ["Long"])
    platform.stop(key, "Enough", "lunch time")
    assert platform.wait_finished(key).status == "ABORTED"
    platform.redrive(key, 1)
    finished = platform.wait_finished(key)
    assert (finished.status, finished.output) == ("SUCCEEDED", 1)
    platform.wait_until_idle(key)


VALUES: dict[str, Any] = {
    "null": None,
    "nested nulls": {"a": None, "b": [None, {"c": None}], "d": {}},
    "float that is whole": {"n": 1.0, "m": [0.0, -1.5]},
    "big integer": {"n": 12345678901234567890123, "m": -(2**63)},
    "Chinese": {"姓名": "李雷", "备注": "你好,世界 🌏"},
    "dollars": {"text": "$(HOME) $$ $(ASW_EVENT) ${x} `x`", "$": "$"},
    "control characters": {"text": 'tab\t new\nline "quote" \\ \u0000 \u2028'},
    "large": {"text": "0123456789" * 4000},
}


@pytest.mark.parametrize("value", list(VALUES.values()), ids=list(VALUES))
def test_values_survive(platform: PlatformHarness, value: Json) -> None:
    """Whatever JSON can say comes out of a function exactly as it went in."""
    platform.create_function("echo", functions.ECHO)
    platform.create_workflow("mirror", flow("Mirror", Mirror=call("echo")))
    finished = platform.wait_finished(platform.create_execution("mirror", value))
    assert finished.status == "SUCCEEDED"
    assert to_text(finished.output) == to_text(value)
    output = finished.history[-1].details["output"]
    assert to_text(output) == to_text(value)


@pytest.mark.alone
def test_restart(platform: PlatformHarness) -> None:
    """A reconciler that dies is followed by one that goes on and repeats no finished task."""
    platform.create_function("stamp", functions.STAMP)
    platform.create_function("slow", functions.SLOW)
    states = {
        "First": call("stamp", Next="Long"),
        "Long": call(
            "slow", Parameters={"seconds": 8, "value.$": "$"}, ResultPath="$", Next="Second"
        ),
        "Second": call("stamp"),
    }
    platform.create_workflow("resume", flow("First", **states))
    key = platform.create_execution("resume", [])
    platform.wait_for_states(key, ["Long"])
    platform.restart()
    finished = platform.wait_finished(key)
    assert finished.status == "SUCCEEDED"
    assert len(finished.output) == 2
    starts = list(platform.started_tasks(key).values())
    assert (starts.count("First"), starts.count("Second")) == (1, 1)


@pytest.mark.alone
def test_restart_while_waiting(platform: PlatformHarness) -> None:
    """A timer that was set before a restart fires after it."""
    states = {"Pause": {"Type": "Wait", "Seconds": 5, "Next": "Done"}, "Done": {"Type": "Succeed"}}
    platform.create_workflow("pause", flow("Pause", **states))
    key = platform.create_execution("pause", 1)
    platform.wait_for_states(key, ["Pause"])
    platform.restart()
    assert platform.wait_finished(key).output == 1


def test_missing_workflow(platform: PlatformHarness) -> None:
    """An execution waits for its Workflow, says so, and starts when it comes."""
    key = platform.create_execution("late", 7)
    assert platform.wait_for_reason(key) == "WorkflowNotFound"
    platform.create_workflow("late", flow("P", P={"Type": "Pass", "End": True}))
    assert platform.wait_finished(key).output == 7


def test_late_result(platform: PlatformHarness) -> None:
    """The result of an attempt that timed out is dropped; its retry decides."""
    platform.create_function("slow", functions.SLOW)
    seconds = "States.ArrayGetItem($.seconds, $$.State.RetryCount)"
    state = call(
        "slow",
        TimeoutSeconds=6,
        Parameters={"seconds.$": seconds, "value.$": "$$.State.RetryCount"},
        Retry=[{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}],
        Next="Pause",
    )
    states = {"Try": state, "Pause": {"Type": "Wait", "Seconds": 6, "End": True}}
    platform.create_workflow("slow", flow("Try", **states))
    key = platform.create_execution("slow", {"seconds": [9, 0]})
    finished = platform.wait_finished(key)
    assert (finished.status, finished.output) == ("SUCCEEDED", 1)
    assert finished.count("LambdaFunctionTimedOut") == 1
    assert finished.count("LambdaFunctionSucceeded") == 1
    assert platform.started_tasks(key) == {1: "Try", 2: "Try"}
