"""How results come back: pushed with a token, or by the termination message; nobody else's."""

import base64
import json
import re
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from tests.support.cluster import Cluster
from tests.support.images import built
from tests.support.installation import install
from tests.support.space import (
    INCREMENT,
    Space,
    call,
    events,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = pytest.mark.cluster

ECHO = "def main_handler(event, context):\n    return event\n"
SLOW = (
    "import time\ndef main_handler(event, context):\n    time.sleep(8)\n    return 'the real one'\n"
)
ENDLESS = SLOW.replace("8", "600")
BUSYBOX = "FROM docker.io/library/busybox:latest\n"

VALUES = [
    None,
    {"a": None, "b": [None, {"c": None}]},
    1.0,
    [2**80, -(2**70), 1e300],
    {"语音": "识别请求", "k": "$(ASW_TASK_TOKEN) $$ $HOME"},
    "x" * 20_000,
    list(range(3_000)),
]


def test_values_arrive_as_they_were(space: Space) -> None:
    """Nulls, 1.0, big integers, Chinese, ``$`` and large values survive the way there and back."""
    space.apply(function("echo", ECHO), workflow("echo", one_task("echo")))
    for number, value in enumerate(VALUES):
        space.apply(execution(f"echo-{number}", "echo", value))
    for number, value in enumerate(VALUES):
        status = space.finished(f"echo-{number}")["status"]
        assert status["phase"] == "Succeeded", status
        last = events(status, "ExecutionSucceeded")[0]
        assert space.payload(last, "output") == json.dumps(
            value, ensure_ascii=False, separators=(",", ":")
        )


@pytest.fixture
def without_push(installed: Cluster) -> Iterator[None]:
    """The operator with its result server switched off."""
    install("resultServer.enabled=false")
    yield
    install()


@pytest.mark.alone
def test_the_net(space: Space, without_push: None) -> None:
    """With the result server off, outcomes come by termination message; too large ones say so."""
    sad = "def main_handler(event, context):\n    raise ValueError('no good')\n"
    large = "def main_handler(event, context):\n    return 'x' * 5000\n"
    for name, source in (("echo", ECHO), ("sad", sad), ("large", large)):
        space.apply(function(name, source), workflow(name, one_task(name)))
        space.apply(execution(f"{name}-1", name, [1, None]))
    assert space.finished("echo-1")["status"]["output"] == [1, None]
    assert space.finished("sad-1")["status"]["error"] == "ValueError"
    status = space.finished("large-1")["status"]
    assert status["error"] in ("Asw.ResultTruncated", "Asw.ResultLost")


@pytest.fixture
def results_port(installed: Cluster) -> Iterator[int]:
    """A local port that leads to the result server."""
    words = [installed.kubectl_binary, f"--kubeconfig={installed.kubeconfig}"]
    words += ["--namespace=asw-system", "port-forward", "service/asw-results", ":8443"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        match = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert match is not None
        yield int(match[1])
        process.terminate()


def post(port: int, task: str, token: str, body: object) -> int:
    """POST an outcome; the status of the answer."""
    request = urllib.request.Request(
        f"https://127.0.0.1:{port}/v1/tasks/{task}/outcome",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    secure = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), secure)
    try:
        with opener.open(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def tokens(space: Space) -> dict[int, str]:
    """The tokens of the only execution in the namespace, by ordinal."""
    found = space.all("secrets", "--selector=asw.dev/kind=tokens")
    data = {key: value for secret in found for key, value in secret["data"].items()}
    return {int(key): base64.b64decode(value).decode() for key, value in data.items()}


def running(space: Space, name: str) -> str:
    """Wait until the first task of the execution has a Job; its task id."""
    jobs = space.until("a Job", lambda: space.jobs(name))
    uid = space.get("execution", name)["metadata"]["uid"]
    return f"{uid}-{jobs[0]['metadata']['labels']['asw.dev/task']}"


def test_only_the_right_token_counts(space: Space, results_port: int) -> None:
    """A forged token, another start's and none are refused; the start's own one is taken."""
    space.apply(function("slow", ENDLESS), workflow("slow", one_task("slow")))
    space.apply(execution("slow-1", "slow"))
    task = running(space, "slow-1")
    own = tokens(space)
    for wrong in ("", "forged", own[2], own[1][:-2] + "xx"):
        assert post(results_port, task, wrong, {"output": "forged"}) in (401, 403)
    assert post(results_port, task, own[1], {"no": "outcome"}) == 400
    assert post(results_port, task, own[1], {"output": "pushed"}) == 200
    assert post(results_port, task, own[1], {"output": "again"}) == 409
    assert space.finished("slow-1")["status"]["output"] == "pushed"


def test_look_alikes_are_not_believed(space: Space) -> None:
    """A pod with our labels but without the owner chain, here or elsewhere, decides nothing."""
    image = built("docker.io/asw-test/busybox:1", BUSYBOX)
    space.apply(function("slow", SLOW), workflow("slow", one_task("slow")))
    space.apply(execution("slow-1", "slow"))
    running(space, "slow-1")
    pod = space.until("the pod", lambda: space.all("pods", "--selector=asw.dev/execution=slow-1"))[
        0
    ]
    forged = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "look-alike", "labels": pod["metadata"]["labels"]},
        "spec": {
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": pod["spec"]["containers"][0]["name"],
                    "image": image,
                    "command": ["sh", "-c", 'echo \'{"output":"forged"}\' > /dev/termination-log'],
                }
            ],
        },
    }
    other = f"{space.namespace}-other"
    space.kubectl("create", "namespace", other)
    try:
        for where in (space.namespace, other):
            space.kubectl(f"--namespace={where}", "apply", "--filename=-", stdin=json.dumps(forged))
        assert space.finished("slow-1")["status"]["output"] == "the real one"
    finally:
        space.kubectl("delete", "namespace", other, "--wait=false")


@pytest.mark.alone
def test_a_result_that_comes_while_the_operator_is_away(space: Space) -> None:
    """A small outcome is found in the pod by an operator that was not there to be told."""
    space.apply(function("slow", SLOW), workflow("slow", one_task("slow")))
    space.apply(execution("slow-1", "slow"))
    running(space, "slow-1")
    scale = ("--namespace=asw-system", "scale", "deployment/asw")
    space.kubectl(*scale, "--replicas=0")
    try:

        def pod_is_done() -> bool:
            pods = space.all("pods", "--selector=asw.dev/execution=slow-1")
            return bool(pods) and pods[0]["status"]["phase"] == "Succeeded"

        space.until("the end of the pod", pod_is_done)
    finally:
        space.kubectl(*scale, "--replicas=1")
    status = space.finished("slow-1")["status"]
    assert status["output"] == "the real one"
    assert len(space.jobs("slow-1")) == 1


def test_a_loop_runs_three_jobs(space: Space) -> None:
    """A loop of three visits to one Task runs three Jobs, and one only per visit."""
    states = {
        "inc": call("inc", Next="enough"),
        "enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$", "NumericGreaterThanEquals": 3, "Next": "done"}],
            "Default": "inc",
        },
        "done": {"Type": "Succeed"},
    }
    space.apply(function("inc", INCREMENT), workflow("loop", {"StartAt": "inc", "States": states}))
    assert space.run("loop-1", "loop", 0)["output"] == 3
    jobs = space.jobs("loop-1")
    assert [job["metadata"]["labels"]["asw.dev/task"] for job in jobs] == ["1", "2", "3"]


def test_stop(space: Space) -> None:
    """``spec.stop`` aborts the run with error and cause and ends its Job."""
    space.apply(function("slow", ENDLESS), workflow("slow", one_task("slow")))
    space.apply(execution("slow-1", "slow"))
    running(space, "slow-1")
    patch = json.dumps({"spec": {"stop": {"error": "Enough", "cause": "I said so"}}})
    space.kubectl("patch", "execution", "slow-1", "--type=merge", f"--patch={patch}")
    status = space.finished("slow-1")["status"]
    assert (status["phase"], status["error"], status["cause"]) == ("Aborted", "Enough", "I said so")
    space.until("the end of the Job", lambda: not space.jobs("slow-1"))


def test_deleting_an_execution_takes_its_jobs_along(space: Space) -> None:
    """Deleting an Execution deletes its Jobs and their pods, running ones included."""
    space.apply(function("slow", ENDLESS), workflow("slow", one_task("slow")))
    space.apply(execution("slow-1", "slow"))
    running(space, "slow-1")
    space.kubectl("delete", "execution", "slow-1")
    space.until("the end of all", lambda: not space.all("jobs") and not space.all("pods"))
