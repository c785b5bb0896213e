"""Callbacks on a real cluster: a function hands out its token, and others report by it."""

import base64
import inspect
import json
from typing import Any

import pytest

from tests.support import callback_client
from tests.support.installation import SYSTEM
from tests.support.playground import ROOT, run_asw
from tests.support.space import (
    Object,
    Space,
    events,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

ASK = "def main_handler(event, context):\n    print('token', event['token'], flush=True)\n"
ANSWER = inspect.getsource(callback_client)
SERVE = "https://asw-serve.asw-system.svc"


def asking(**fields: Any) -> Object:
    """One Task that asks, and waits for whoever has its token."""
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
        "End": True,
        **fields,
    }
    return {"StartAt": "Ask", "States": {"Ask": state}}


def begin(space: Space, *names: str, **fields: Any) -> None:
    """These executions wait for their callbacks."""
    space.apply(function("ask", ASK), workflow("asking", asking(**fields)))
    space.apply(*(execution(name, "asking") for name in names))
    for name in names:
        space.until(f"the wait of {name}", lambda name=name: submitted(space, name))


def submitted(space: Space, name: str) -> bool:
    """Whether the function has returned and nothing runs any more."""
    status = space.get("execution", name).get("status", {})
    return bool(status.get("history") and events(status, "TaskSubmitted"))


def token(space: Space, name: str) -> str:
    """The token that the function printed."""
    lines = space.until(
        "the token", lambda: [it for it in space.logs(name) if it.startswith("token ")]
    )
    return str(lines[-1].split()[1])


def asw(space: Space, *words: str) -> tuple[int, str]:
    """Exit code of the command and what it says, through the API server."""
    done = run_asw(ROOT, *words)
    return done.returncode, done.stdout + done.stderr


def restart(space: Space, component: str) -> None:
    """Kill the pods of a part of the installation, and wait for others."""
    labels = f"app.kubernetes.io/instance=asw,app.kubernetes.io/component={component}"
    where = ("--namespace", SYSTEM)
    space.cluster.kubectl(
        *where, "delete", "pods", f"--selector={labels}", "--grace-period=0", "--force"
    )
    name = "asw" if component == "operator" else f"asw-{component}"
    space.cluster.kubectl(*where, "rollout", "status", f"deployment/{name}", "--timeout=300s")


def test_people_report_through_the_api_server(space: Space) -> None:
    """Heartbeat, success and failure take effect once; what comes later hears AWS's error."""
    begin(space, "yes", "no")
    yes, no = token(space, "yes"), token(space, "no")
    assert asw(space, "callback", "heartbeat", yes) == (0, "")
    assert asw(space, "callback", "success", yes, "--output", '{"ok": true}') == (0, "")
    assert asw(space, "callback", "failure", no, "--error", "Denied", "--cause", "dear") == (0, "")
    assert space.finished("yes")["status"]["output"] == {"ok": True}
    failed = space.finished("no")["status"]
    assert (failed["error"], failed["cause"]) == ("Denied", "dear")
    code, said = asw(space, "callback", "success", yes)
    assert (code, "TaskTimedOut" in said) == (1, True)
    code, said = asw(space, "callback", "success", yes[:-1] + ("A" if yes[-1] != "A" else "B"))
    assert (code, "InvalidToken" in said) == (2, True)


def test_systems_report_by_http_with_a_certificate_that_they_can_check(space: Space) -> None:
    """A pod of another run posts to the Service, by TLS and the token alone."""
    begin(space, "run")
    secret = space.cluster.kubectl(
        "--namespace", SYSTEM, "get", "secret", "asw-serve-keys", "--output=json"
    ).stdout
    ca = base64.b64decode(json.loads(secret)["data"]["ca.crt"]).decode()
    space.apply(function("answer", ANSWER), workflow("answering", one_task("answer")))
    said = {"token": token(space, "run"), "output": [1]}
    event = {"address": SERVE, "ca": ca, "path": "/v1/callbacks/success", "said": said}
    told = space.run("first", "answering", event)
    assert told["output"] == {"status": 200, "body": {}}
    assert space.finished("run")["status"]["output"] == [1]
    told = space.run("second", "answering", event)
    assert told["output"]["status"] == 400
    assert told["output"]["body"]["__type"] == "TaskTimedOut"


def test_a_wait_outlives_the_operator_the_door_and_the_key(space: Space) -> None:
    """Both are killed, and the keys rotated, while people think: the old token still counts."""
    begin(space, "long")
    old = token(space, "long")
    code, said = asw(space, "keys", "rotate", "--now", "-n", SYSTEM)
    assert (code, "valid for a year" in said) == (0, True)
    restart(space, "operator")
    restart(space, "serve")

    def taken() -> bool:
        return asw(space, "callback", "success", old, "--output", "7")[0] == 0

    space.until("the report", taken)
    assert space.finished("long")["status"]["output"] == 7
    begin(space, "next")
    new = token(space, "next")
    assert new.split(".")[1] != old.split(".")[1]
    assert asw(space, "callback", "success", new)[0] == 0
    assert space.finished("next")["status"]["phase"] == "Succeeded"


def test_silence_ends_it_and_why_says_what_it_waits_for(space: Space) -> None:
    """HeartbeatSeconds count from the start and from the last heartbeat; nothing runs meanwhile."""
    begin(space, "silent", HeartbeatSeconds=20)
    _, said = asw(space, "why", "silent", "-n", space.namespace)
    assert "has waited for a callback for" in said
    assert "; a heartbeat is due by 20" in said
    status = space.finished("silent")["status"]
    assert status["error"] == "States.Timeout"
    assert events(status)[-2]["type"] == "TaskTimedOut"


def test_a_report_may_come_while_the_function_still_runs(space: Space) -> None:
    """The Task is over then, whatever becomes of the function."""
    slow = ASK + "    import time\n    time.sleep(3600)\n"
    space.apply(function("ask", slow), workflow("asking", asking()), execution("early", "asking"))
    early = token(space, "early")
    assert asw(space, "callback", "success", early, "--output", "1")[0] == 0
    assert space.finished("early")["status"]["output"] == 1
