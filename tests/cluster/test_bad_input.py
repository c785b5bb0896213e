"""What users get wrong: each ends in a sentence that names the place and the remedy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.space import (
    Space,
    call,
    condition,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = pytest.mark.cluster

END = {"Type": "Succeed"}

BAD_DEFINITIONS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "typo": (
        {"StartAt": "a", "States": {"a": {"Type": "Pass", "Rezult": 1, "End": True}}},
        "/States/a/Rezult",
        ["Rezult", "Result"],
    ),
    "unreachable": (
        {"StartAt": "a", "States": {"a": END, "b": END}},
        "/States/b",
        ["b"],
    ),
    "target": (
        {"StartAt": "a", "States": {"a": {"Type": "Pass", "Next": "fine"}, "fin": END}},
        "/States/a/Next",
        ["fine", "fin"],
    ),
    "resource": (
        {"StartAt": "a", "States": {"a": {"Type": "Task", "Resource": "lambda:x", "End": True}}},
        "/States/a/Resource",
        ["lambda:x", "asw:function:"],
    ),
}


def test_bad_definitions(space: Space) -> None:
    """A bad Workflow is not Ready, and lists every problem with path and remedy."""
    space.apply(*(workflow(name, bad[0]) for name, bad in BAD_DEFINITIONS.items()))
    for name, (_definition, path, words) in BAD_DEFINITIONS.items():

        def judged(name: str = name) -> Any:
            item = space.get("workflow", name)
            return item if condition(item, "Ready") else None

        item = space.until(f"a verdict on {name}", judged)
        assert condition(item, "Ready")["status"] == "False"
        assert condition(item, "Ready")["reason"] == "InvalidDefinition"
        problem = next(found for found in item["status"]["problems"] if found["path"] == path)
        assert all(word in problem["message"] for word in words), problem["message"]


def test_all_problems_at_once(space: Space) -> None:
    """Two faults in one definition are two problems, not the first of them."""
    states = {
        "a": {"Type": "Pass", "Rezult": 1, "Next": "nowhere"},
        "b": {"Type": "Task", "Resource": "what", "End": True},
    }
    space.apply(workflow("twice", {"StartAt": "a", "States": states}))

    def problems() -> Any:
        return space.get("workflow", "twice").get("status", {}).get("problems")

    paths = [problem["path"] for problem in space.until("problems", problems)]
    assert {"/States/a/Rezult", "/States/a/Next", "/States/b/Resource"} <= set(paths)


def test_an_execution_of_a_bad_workflow_says_why(space: Space) -> None:
    """It does not start; while it waits a condition says why, then it fails with the problems."""
    space.apply(workflow("bad", BAD_DEFINITIONS["typo"][0]), execution("bad-1", "bad"))

    def waiting() -> Any:
        return condition(space.get("execution", "bad-1"), "Succeeded").get("reason") == (
            "InvalidDefinition"
        )

    space.until("the reason", waiting)
    status = space.finished("bad-1")["status"]
    assert status["error"] == "Asw.InvalidDefinition"
    assert "/States/a/Rezult" in status["cause"]
    assert not space.jobs("bad-1")


def test_a_mended_workflow_starts_what_waits(space: Space) -> None:
    """An Execution that waits for a bad Workflow starts once it is mended."""
    space.apply(workflow("mend", BAD_DEFINITIONS["typo"][0]), execution("mend-1", "mend", 5))
    space.until(
        "the verdict", lambda: condition(space.get("workflow", "mend"), "Ready").get("status")
    )
    good = {"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}
    space.apply(workflow("mend", good))
    assert space.finished("mend-1")["status"]["output"] == 5


def test_unknown_workflow(space: Space) -> None:
    """It waits with a condition that names the Workflow, then fails with a named error."""
    space.apply(execution("lost-1", "nobody"))

    def waiting() -> Any:
        found = condition(space.get("execution", "lost-1"), "Succeeded")
        return found if found.get("reason") == "WorkflowNotFound" else None

    assert "nobody" in space.until("the condition", waiting)["message"]
    status = space.finished("lost-1")["status"]
    assert status["phase"] == "Failed"
    assert status["error"] == "Asw.WorkflowNotFound"
    assert "nobody" in status["cause"]


def test_unknown_function(space: Space) -> None:
    """A Task that names no Function fails with AWS's error, which a Catcher sees."""
    definition = {
        "StartAt": "a",
        "States": {
            "a": call(
                "nobody",
                Catch=[{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "b"}],
            ),
            "b": {"Type": "Pass", "InputPath": "$.Cause", "End": True},
        },
    }
    space.apply(workflow("caught", definition))
    assert "nobody" in space.run("caught-1", "caught")["output"]


INPUTS: dict[str, tuple[dict[str, Any], str]] = {
    "no-json": ({"inputText": "{values: 1}"}, "JSON"),
    "not-a-number": ({"inputText": '{"values": NaN}'}, "NaN"),
    "too-large": ({"inputText": '"' + "x" * 262_200 + '"'}, "262144"),
    "no-source": ({"inputFrom": {"configMapRef": {"name": "none", "key": "k"}}}, "none"),
}


@pytest.mark.parametrize("name", INPUTS)
def test_bad_inputs(space: Space, name: str) -> None:
    """An input that is no JSON, too large or missing ends the run with a sentence about it."""
    given, word = INPUTS[name]
    space.apply(workflow("pass", {"StartAt": "a", "States": {"a": END}}))
    body = execution("bad-1", "pass")
    body["spec"] = {"workflowRef": {"name": "pass"}, **given}
    space.kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(body))
    status = space.finished("bad-1")["status"]
    assert status["phase"] == "Failed"
    assert status["error"] == "Asw.InvalidInput"
    assert word in status["cause"]


OK = "def main_handler(event, context):\n    return 1\n"


@pytest.mark.parametrize("resource", ["count/jobs.batch", "count/pods"])
def test_used_up_quota(space: Space, resource: str) -> None:
    """A namespace whose quota is used up fails the Task, catchably, and the cause names it."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "none-left"},
        "spec": {"hard": {resource: "0"}},
    }
    space.apply(quota, function("f", OK), workflow("f", one_task("f")))
    space.until("the quota", lambda: space.get("resourcequota", "none-left").get("status"))
    status = space.run("f-1", "f")
    assert status["phase"] == "Failed"
    assert status["error"] == "Asw.QuotaExceeded"
    assert "none-left" in status["cause"]


@pytest.fixture
def no_jobs(space: Space) -> Iterator[Space]:
    """The operator without the right to create Jobs."""
    words = ("get", "clusterrole", "asw-asw-system", "--output=json")
    role = json.loads(space.kubectl(*words))
    original = {key: role[key] for key in ("apiVersion", "kind", "rules")}
    kept = ("name", "labels", "annotations")
    original["metadata"] = {key: role["metadata"][key] for key in kept}
    rules = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "create"]}
        if "jobs" in rule["resources"]
        else rule
        for rule in role["rules"]
    ]
    space.kubectl("replace", "--filename=-", stdin=json.dumps({**original, "rules": rules}))
    yield space
    space.kubectl("replace", "--filename=-", stdin=json.dumps(original))


@pytest.mark.alone
def test_denied_permission(no_jobs: Space) -> None:
    """An operator that may not create Jobs fails the Task, and the cause names the right."""
    no_jobs.apply(function("f", OK), workflow("f", one_task("f")))
    status = no_jobs.run("f-1", "f")
    assert status["phase"] == "Failed"
    assert status["error"] == "Asw.StartFailed"
    assert "jobs" in status["cause"]
    assert "forbidden" in status["cause"]
