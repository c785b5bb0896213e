"""Things that GitOps units apply in any order: what is missing is told, waited for and followed."""

import json
from typing import Any

import pytest

from tests.support.space import (
    Object,
    Space,
    call,
    condition,
    events,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = pytest.mark.cluster

SOURCE = "def main_handler(event, context):\n    return event + 1\n"
LESS = {"requests": {"memory": "128Mi"}, "limits": {"memory": "64Mi"}}
NEW = 20
"""Seconds for which an Execution counts as new: ``workflowWaitSeconds`` of the installation."""


def a_map(name: str, **data: str) -> Object:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def from_map(name: str, config_map: str) -> Object:
    """A Function whose code is in a ConfigMap."""
    made = function(name, SOURCE)
    made["spec"]["code"] = {"configMapRef": {"name": config_map}}
    return made


def until_said(space: Space, place: str, type_: str, status: str, reason: str = "") -> Object:
    """The condition, once it is so."""

    def said() -> Any:
        found = condition(space.get(*place.split("/")), type_)
        is_so = found.get("status") == status and reason in found.get("reason", "")
        return found if is_so else None

    found: Object = space.until(f"{type_}={status} {reason} of {place}", said)
    return found


def test_code_that_comes_later_makes_the_function_ready(space: Space) -> None:
    """Without a restart; what then changes in it is what the next task runs."""
    space.apply(from_map("f", "code"), workflow("w", one_task("f")))
    missing = until_said(space, "function/f", "Ready", "False", "ConfigMapNotFound")
    assert "'code'" in missing["message"]
    space.apply(a_map("code", **{"index.py": SOURCE}))
    space.kubectl("wait", "function/f", "--for=condition=Ready", "--timeout=300s")
    space.kubectl("wait", "workflow/w", "--for=condition=Ready", "--timeout=300s")
    before = space.get("function", "f")["status"]["codeRef"]
    assert space.run("w-1", "w", 1)["output"] == 2
    space.apply(a_map("code", **{"index.py": SOURCE.replace("+ 1", "+ 2")}))
    space.until(
        "the new code", lambda: space.get("function", "f")["status"].get("codeRef") != before
    )
    assert space.run("w-2", "w", 1)["output"] == 3


def test_variables_and_accounts_that_come_later(space: Space) -> None:
    """Each is named while it is missing, and missed again when it goes."""
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "a"}}}]
    space.apply(function("f", SOURCE, env=env, serviceAccountName="worker"))
    until_said(space, "function/f", "Ready", "False", "ConfigMapNotFound")
    space.apply(a_map("conf", b="1"))
    space.until(
        "the key",
        lambda: "'a'" in condition(space.get("function", "f"), "Ready").get("message", ""),
    )
    space.apply(a_map("conf", a="1"))
    until_said(space, "function/f", "Ready", "False", "ServiceAccountNotFound")
    space.kubectl("create", "serviceaccount", "worker")
    until_said(space, "function/f", "Ready", "True")
    space.kubectl("delete", "configmap", "conf")
    until_said(space, "function/f", "Ready", "False", "ConfigMapNotFound")


def test_a_function_whose_job_the_server_would_refuse_is_not_ready(space: Space) -> None:
    """In the server's words; nothing was made for the question, and mended it is ready."""
    space.apply(function("f", SOURCE, resources=LESS), workflow("w", one_task("f")))
    refused = until_said(space, "function/f", "Ready", "False", "JobRefused")
    assert "must be less than or equal to memory limit of 64Mi" in refused["message"]
    unresolved = until_said(space, "workflow/w", "ResolvedRefs", "False", "FunctionNotReady")
    assert "'f'" in unresolved["message"]
    assert space.all("jobs") == []
    space.mend(function("f", SOURCE))
    until_said(space, "function/f", "Ready", "True")
    until_said(space, "workflow/w", "Ready", "True")


@pytest.fixture
def policy(space: Space) -> Any:
    """An admission policy of the cluster's that takes no Job of the namespace."""
    name = f"no-jobs-{space.namespace}"
    chosen = {"kubernetes.io/metadata.name": space.namespace}
    made = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": chosen},
                "resourceRules": [
                    {
                        "apiGroups": ["batch"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["jobs"],
                    }
                ],
            },
            "validations": [{"expression": "false", "message": "ask the platform team"}],
        },
    }
    binding = {
        **made,
        "kind": "ValidatingAdmissionPolicyBinding",
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    }
    space.apply(made, binding)
    probe = ["create", "job", "probe", "--image=x", "--dry-run=server"]
    space.until("the policy", lambda: "platform team" in space.kubectl(*probe, check=False))
    yield
    kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy"
    space.kubectl("delete", kinds, name)


@pytest.mark.usefixtures("policy")
def test_what_an_admission_policy_refuses_is_told(space: Space) -> None:
    """The sentence of whoever runs the cluster stands on the Function."""
    space.apply(function("f", SOURCE))
    refused = until_said(space, "function/f", "Ready", "False", "JobRefused")
    assert "ask the platform team" in refused["message"]


def test_a_workflow_tells_its_functions_that_are_missing(space: Space) -> None:
    """In progress, then stalled, so that no unit waits for ever; ready as soon as they come."""
    space.apply(workflow("w", one_task("f")))
    unresolved = until_said(space, "workflow/w", "ResolvedRefs", "False", "FunctionNotFound")
    assert "'f'" in unresolved["message"]
    item = space.get("workflow", "w")
    assert condition(item, "Ready")["status"] == "False"
    assert condition(item, "Reconciling")["status"] == "True"
    until_said(space, "workflow/w", "Stalled", "True", "FunctionNotFound")
    space.apply(function("f", SOURCE))
    for each in ("ResolvedRefs", "Ready"):
        space.kubectl("wait", "workflow/w", f"--for=condition={each}", "--timeout=300s")
    assert not condition(space.get("workflow", "w"), "Stalled")


def test_an_execution_waits_for_its_function(space: Space) -> None:
    """It is not burnt where the unit with the Function comes a moment later."""
    space.apply(workflow("w", one_task("f")), execution("w-1", "w", 1))

    def told() -> bool:
        ready = condition(space.get("execution", "w-1"), "Ready")
        return "Function 'f' does not exist" in ready.get("message", "")

    space.until("what it waits for", told)
    assert not space.jobs("w-1")
    space.apply(function("f", SOURCE))
    assert space.finished("w-1")["status"]["output"] == 2


def test_an_execution_waits_for_the_code_of_its_function(space: Space) -> None:
    """A Function that is there and not ready is waited for likewise."""
    space.apply(from_map("f", "code"), workflow("w", one_task("f")), execution("w-1", "w", 1))
    until_said(space, "function/f", "Ready", "False", "ConfigMapNotFound")
    space.apply(a_map("code", **{"index.py": SOURCE}))
    assert space.finished("w-1")["status"]["output"] == 2


@pytest.mark.alone
def test_a_wait_in_vain_outlasts_no_restart(space: Space) -> None:
    """It fails by a name that Catch sees, as old as an Execution may be that waits."""
    catch = [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "Next": "after"}]
    definition = {
        "StartAt": "task",
        "States": {
            "task": call("f", Catch=catch),
            "after": {"Type": "Pass", "InputPath": "$.Error", "End": True},
        },
    }
    space.apply(workflow("w", definition), execution("w-1", "w", 1))
    space.until("its start", lambda: space.get("execution", "w-1")["status"].get("record"))
    operator = ("--namespace=asw-system", "delete", "pods", "--selector=app.kubernetes.io/name=asw")
    assert "deleted" in space.kubectl(*operator, "--wait=false")
    status = space.finished("w-1")["status"]
    assert status["output"] == "Lambda.ResourceNotFoundException"
    scheduled = events(status, "LambdaFunctionScheduled")[0]
    assert status["startTime"] <= scheduled["timestamp"] < status["completionTime"]


def test_what_refuses_a_task_in_the_end_is_its_error(space: Space) -> None:
    """A Function that is never mended fails its task by name, with the server's words."""
    space.apply(function("f", SOURCE, resources=LESS), workflow("w", one_task("f")))
    status = space.run("w-1", "w", 1)
    assert status["error"] == "Asw.StartFailed"
    assert "memory limit" in status["cause"]


def test_many_functions_that_wait_for_nothing_cost_little(space: Space) -> None:
    """Of a namespace full of them every one gets its answer, and another namespace its own."""
    names = [f"f-{number}" for number in range(200)]
    space.apply(*(from_map(name, f"none-{name}") for name in names))

    def answered() -> bool:
        items = space.all("functions")
        reasons = [condition(it, "Ready").get("reason") for it in items]
        return reasons == ["ConfigMapNotFound"] * len(names)

    space.until("an answer to each", answered)
    space.apply(*(a_map(f"none-{name}", **{"index.py": SOURCE}) for name in names[:50]))
    space.until(
        "fifty that are ready",
        lambda: (
            sum(
                condition(it, "Ready").get("status") == "True"
                for it in json.loads(space.kubectl("get", "functions", "-o", "json"))["items"]
            )
            == 50
        ),
    )
