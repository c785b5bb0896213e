"""Functions in a wide table: what is read, and what each cell says."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.cli.objects.functions import code_digest, functions_of, read_usage
from asw.cli.objects.tables import Look, objects_table
from asw.executions.port import LastCall
from asw.failures import Failure

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TASK = {"Type": "Task", "Resource": "asw:function:f", "End": True}
FLOW = {"StartAt": "S", "States": {"S": TASK}}


def a_function(name="f", *, ready="True", message="", code="0123-c-abc", **spec):
    """A Function as the operator leaves it."""
    condition = {"type": "Ready", "status": ready, "reason": "JobRefused", "message": message}
    return {
        "kind": "Function",
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T11:00:00Z"},
        "spec": {"runtime": "python3", **spec},
        "status": {"conditions": [condition], "codeRef": code},
    }


def a_workflow(name, **status):
    """A Workflow that calls Function f."""
    return {"metadata": {"name": name}, "spec": {"definition": FLOW}, "status": status}


class FakeRuns:
    """A place that has Workflows and newest calls, or refuses to tell."""

    def __init__(self, workflows=(), calls=None, *, is_denied=False):
        self._workflows, self._calls, self._is_denied = workflows, calls or {}, is_denied

    async def workflows(self):
        """Those it was made with."""
        if self._is_denied:
            raise Failure("you may not")
        return self._workflows

    async def last_calls(self, functions):
        """Those it was made with."""
        if self._is_denied:
            raise Failure("you may not")
        return {name: call for name, call in self._calls.items() if name in functions}


async def cells(item, runs):
    """Cells of the only row, by the head of their column."""
    usage = await read_usage(runs, [item])
    head, (row,) = objects_table("Function", [item], Look(is_wide=True), NOW, usage)
    return dict(zip(head, (cell.text for cell in row), strict=True))


async def test_a_row_says_what_is_used_by_whom():
    """Mode, digest, callers by the name of definitions, and the newest call."""
    at = NOW - timedelta(minutes=5)
    call = LastCall(execution="run-1", phase="Failed", at=at, code="0-c-abc")
    flows = [a_workflow("one", functions=["F"], conditions=[]), a_workflow("two", functions=["F"])]
    item = a_function()
    item["spec"]["name"] = "F"
    found = await cells(item, FakeRuns(flows, {"f": call}))
    assert (found["MODE"], found["CODE"], found["USED BY"]) == ("Job", "abc", "one, two")
    assert found["LAST CALL"] == "Failed 5m run-1"


async def test_other_code_than_the_next_is_told():
    """Whoever has just applied a change sees that the newest call did not have it."""
    call = LastCall(execution="run-1", phase="Running", at=NOW, code="0123-c-old")
    found = await cells(a_function(), FakeRuns(calls={"f": call}))
    assert found["LAST CALL"] == "Running 0s run-1 (old)"


async def test_why_it_is_not_ready_is_told():
    """Reason and message of its condition; nothing while all is well."""
    found = await cells(a_function(ready="False", message="no such account"), FakeRuns())
    assert (found["READY"], found["MESSAGE"]) == ("JobRefused", "no such account")
    assert (await cells(a_function(message="fine"), FakeRuns()))["MESSAGE"] == ""


async def test_why_warm_pods_do_not_start_is_told():
    """Calls may go on as Jobs, so it is ready all the same."""
    item = a_function(mode="Warm")
    reason, message = "PodsDoNotStart", "exceeded quota: tiny; calls get Jobs meanwhile"
    fault = {"type": "WarmPods", "status": "False", "reason": reason, "message": message}
    item["status"]["conditions"].append(fault)
    assert (await cells(item, FakeRuns()))["MESSAGE"] == message
    fault["reason"] = "PodsStart"
    assert (await cells(item, FakeRuns()))["MESSAGE"] == ""


async def test_less_rights_show_less():
    """Jobs and Workflows that may not be read leave their cells empty."""
    found = await cells(a_function(mode="Warm"), FakeRuns(is_denied=True))
    assert (found["MODE"], found["USED BY"], found["LAST CALL"]) == ("Warm", "", "")


@pytest.mark.parametrize(
    ("workflow", "expected"),
    [
        (a_workflow("a", functions=["x", "y"]), ["x", "y"]),
        (a_workflow("a", conditions=[]), []),
        (a_workflow("a", revision="r"), ["f"]),
        ({"spec": {"definitionText": "{"}}, []),
    ],
)
def test_callers_come_from_the_status_or_the_definition(workflow, expected):
    """The operator lists what a revision calls; this machine's store has the definition alone."""
    assert functions_of(workflow) == expected


def test_digests_are_the_same_here_and_there():
    """Inline code has the digest under which the operator pins it."""
    item = a_function(code=None)
    item["spec"]["code"] = {"inline": {"b.py": "2", "a.py": "1"}}
    other = a_function(code=None)
    other["spec"]["code"] = {"inline": {"a.py": "1", "b.py": "2"}}
    assert code_digest(item) == code_digest(other) != ""
    assert code_digest(a_function(code="mine")) == "mine"
