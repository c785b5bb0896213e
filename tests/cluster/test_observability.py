"""What the installed operator says of itself: metrics, probes, and lines of its log."""

import json
import re

import pytest

from asw.operator.metrics import FAMILIES
from tests.support.installation import SYSTEM
from tests.support.space import Space, execution, workflow

pytestmark = pytest.mark.cluster

SECRET = "4711-0815"


def _served(space: Space, path: str) -> str:
    """An answer of the operator, by the Service in front of it."""
    service = f"/api/v1/namespaces/{SYSTEM}/services/asw-metrics:metrics/proxy"
    return space.kubectl("get", "--raw", service + path)


def test_the_documented_metrics_are_there(space: Space) -> None:
    """Every family of the reference, served where the ServiceMonitor looks for it."""
    space.apply(workflow("still", _pass()))
    assert space.run("counted", "still")["phase"] == "Succeeded"
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", _served(space, "/metrics"), re.MULTILINE))
    assert {family.sample: family.kind for family in FAMILIES}.items() <= types.items()
    assert types["process_resident_memory_bytes"] == "gauge"


def test_probes_answer(space: Space) -> None:
    """Alive and ready, in a word."""
    assert _served(space, "/healthz").strip() == "ok"
    assert _served(space, "/readyz").strip() == "ok"


def test_the_log_tells_of_an_execution(space: Space) -> None:
    """A JSON line when it starts and one when it ends, with names and without payloads."""
    space.apply(workflow("failing", _fail()))
    space.apply(execution("told", "failing", SECRET))
    uid = space.finished("told")["metadata"]["uid"]

    def lines() -> list[dict[str, object]] | None:
        text = space.kubectl("--namespace", SYSTEM, "logs", "deployment/asw", "--since=10m")
        assert SECRET not in text
        parsed = [json.loads(line) for line in text.splitlines()]
        found = [line for line in parsed if line.get("executionUid") == uid]
        return found if len(found) >= 2 else None

    first, last = space.until("two lines", lines)
    assert first["message"] == "execution started"
    assert last["message"] == "execution ended: FAILED"
    assert (last["status"], last["error"], last["workflow"]) == ("FAILED", "Broken", "failing")
    assert first["execution"] == last["execution"] == f"{space.namespace}/told"
    assert (last["level"], last["logger"]) == ("info", "asw.reconciler.event_log")


def test_a_workflow_has_its_failures_delivered_as_lines(space: Space) -> None:
    """With the fields of CloudWatch Logs, on standard output, without data unless it says so."""
    loud = workflow("loud", _fail())
    loud["spec"]["logging"] = {"level": "ERROR"}
    space.apply(loud)
    space.apply(execution("told", "loud", SECRET))
    space.finished("told")

    def lines() -> list[dict[str, object]] | None:
        text = space.kubectl("--namespace", SYSTEM, "logs", "deployment/asw", "--since=10m")
        assert SECRET not in text
        parsed = [json.loads(line) for line in text.splitlines()]
        found = [it for it in parsed if it.get("namespace") == space.namespace]
        return found if len(found) >= 2 else None

    entered, failed = space.until("two lines", lines)
    assert (entered["type"], failed["type"]) == ("FailStateEntered", "ExecutionFailed")
    assert failed["details"] == {"error": "Broken"}
    assert (failed["workflow"], failed["execution"]) == ("loud", "told")


def test_describe_shows_what_went_wrong(space: Space) -> None:
    """An Execution that failed, a Workflow that lacks something; no payload, and in get events."""
    absent = {"Type": "Task", "Resource": "asw:function:absent", "End": True}
    space.apply(workflow("failing", _fail()))
    space.apply(workflow("lacking", {"StartAt": "A", "States": {"A": absent}}))
    space.apply(execution("shown", "failing", SECRET))
    space.finished("shown")

    def of(kind: str, name: str, *wanted: str) -> None:
        def told() -> bool:
            text = space.kubectl("describe", kind, name).partition("\nEvents:")[2]
            assert SECRET not in text
            return all(it in text for it in wanted)

        space.until(f"events of {kind} {name}", told)

    of("execution", "shown", "Failed", "Broken after", "asw why shown tells more")
    of("workflow", "lacking", "Warning", "FunctionNotFound", "'absent' does not exist")
    listed = space.kubectl("get", "events", "--field-selector=involvedObject.name=shown")
    assert "execution/shown" in listed
    assert [line.split()[1] for line in listed.splitlines()[1:]].count("Warning") == 1


def _pass() -> dict[str, object]:
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def _fail() -> dict[str, object]:
    fail = {"Type": "Fail", "Error": "Broken", "CausePath": "$"}
    return {"StartAt": "A", "States": {"A": fail}}
