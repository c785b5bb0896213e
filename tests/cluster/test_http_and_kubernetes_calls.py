"""Calls of HTTP APIs and of the cluster itself, by connectors on a real cluster."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.host_operator import node_address
from tests.support.injection import IMAGE
from tests.support.installation import SYSTEM, install
from tests.support.space import API, Object, Space, events, execution, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

SECRET = "of-these-tests"
ACCOUNT = "deployer"
RBAC = "rbac.authorization.k8s.io"


class Api(BaseHTTPRequestHandler):
    """Says who calls, with all that was sent."""

    def do_GET(self) -> None:
        """Answer."""
        told = self.headers["Authorization"]
        known = base64.b64encode(f"me:{SECRET}".encode()).decode()
        body = json.dumps({"sent": told}).encode()
        self.send_response(200 if told == f"Basic {known}" else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """A webhook that says where it was called."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"sent": self.path}).encode()
        self.send_response(200 if self.path == f"/hooks/{SECRET}" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Print nothing."""


@pytest.fixture
def api(installed: Any) -> Iterator[str]:
    """An API at an address of this machine that pods reach."""
    address = node_address(installed)
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            pytest.skip("pods do not reach this machine")
    with ThreadingHTTPServer((address, 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{address}:{server.server_port}"
        server.shutdown()


def connection(name: str, **spec: Any) -> Object:
    """A Connection."""
    return {"apiVersion": API, "kind": "Connection", "metadata": {"name": name}, "spec": spec}


def test_an_api_is_called_with_a_password(space: Space, api: str) -> None:
    """The password is in the pod alone: neither in the result, which echoes it, nor in the log."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "api"},
        "stringData": {"username": "me", "password": SECRET},
    }
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {
            "ApiEndpoint": f"{api}/orders",
            "Method": "GET",
            "Authentication": {
                "ConnectionArn": "arn:aws:events:us-east-2:123456789012:connection/orders/1"
            },
        },
        "End": True,
    }
    made = connection("orders", kind="http", endpoint=api, http={"basic": {"secretRef": _API}})
    definition = {"StartAt": "Call", "States": {"Call": call}}
    space.apply(secret, made, workflow("order", definition))
    status = space.run("order-1", "order")
    assert status["phase"] == "Succeeded", status
    assert status["output"]["ResponseBody"] == {"sent": "Basic [redacted]"}
    assert SECRET not in space.logs_of_running("asw.dev/connection=orders")
    assert space.jobs("order-1") == []


def test_a_webhook_is_called_by_a_url_that_is_secret(space: Space, api: str) -> None:
    """The URL is in the pod alone; who reads definition, history or log learns its origin."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "api"},
        "stringData": {"hook": f"{api}/hooks/{SECRET}"},
    }
    url = {"secretKeyRef": {"name": "api", "key": "hook"}}
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Parameters": {"ApiEndpoint": api, "Method": "POST", "RequestBody": {"text": "hello"}},
        "End": True,
    }
    definition = {"StartAt": "Tell", "States": {"Tell": call}}
    space.apply(
        secret,
        connection("oncall", kind="http", endpoint=api, http={"url": url}),
        workflow("tell", definition, connections={"http": "oncall"}),
    )
    status = space.run("tell-1", "tell")
    assert status["phase"] == "Succeeded", status
    assert status["output"]["ResponseBody"] == {"sent": "[redacted]"}
    assert SECRET not in json.dumps(space.get("execution", "tell-1"))
    assert SECRET not in space.logs_of_running("asw.dev/connection=oncall")


_API = {"name": "api"}
_HERE = connection("here", kind="kubernetes", kubernetes={"serviceAccountName": ACCOUNT})


@pytest.fixture
def tokens(space: Space) -> Iterator[None]:
    """The namespace may have tokens for the API server."""
    install(f"functionPolicy.namespaces.{space.namespace}.serviceAccountTokens[0]=")
    words = ("create", "--dry-run=server", "--filename=-")

    def is_in_force() -> bool:
        return "created" in space.kubectl(*words, stdin=json.dumps(_HERE), check=False)

    space.until("the policy", is_in_force)
    yield
    install()


def rights(*resources: str) -> list[Object]:
    """An account that may apply, watch and delete these, and nothing else."""
    verbs = ["get", "list", "watch", "create", "patch", "delete"]
    rules = [{"apiGroups": ["", "apps", "batch"], "resources": [*resources], "verbs": verbs}]
    named = {"metadata": {"name": ACCOUNT}}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", **named},
        {"apiVersion": f"{RBAC}/v1", "kind": "Role", **named, "rules": rules},
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            **named,
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": ACCOUNT},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT}],
        },
    ]


def k8s(verb: str, following: str | None, **parameters: Any) -> Object:
    """A Task that adds the result of a short form to the data."""
    after = {"End": True} if following is None else {"Next": following}
    where = {"Resource": f"asw:k8s:{verb}", "Parameters": parameters}
    return {"Type": "Task", **where, "ResultPath": f"$.{verb}", **after}


@pytest.mark.usefixtures("tokens")
def test_the_cluster_is_called_as_an_account(space: Space) -> None:
    """It applies and waits as its Role lets it, and what the Role lacks is refused by name."""
    pods = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [_CONTAINER]}}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": pods},
    }
    web = {"ApiVersion": "apps/v1", "Kind": "Deployment", "Name": "web"}
    refused = {"ErrorEquals": ["K8s.403"], "ResultPath": "$.refused", "Next": "Done"}
    definition = {
        "StartAt": "Apply",
        "States": {
            "Apply": k8s("apply", "Wait", Manifest=deployment),
            "Wait": k8s("wait", "Peek", **web, Condition="Available", TimeoutSeconds=120),
            "Peek": {
                **k8s("get", "Done", ApiVersion="v1", Kind="Secret", Name="api"),
                "Catch": [refused],
            },
            "Done": {"Type": "Pass", "End": True},
        },
    }
    flow = workflow("release", definition)
    flow["spec"]["connections"] = {"k8s": "here"}
    space.apply(*rights("configmaps", "deployments"), _HERE, flow)
    status = space.run("release-1", "release", {})
    assert status["phase"] == "Succeeded", status
    assert status["output"]["apply"]["metadata"]["namespace"] == space.namespace
    assert "secrets" in status["output"]["refused"]["Cause"]
    assert space.get("deployment", "web")["spec"]["replicas"] == 0
    [pod] = space.all("pods", "--selector=asw.dev/connection=here")
    assert pod["spec"]["serviceAccountName"] == ACCOUNT


_WAITING = """
import os, time
while not os.path.exists("/tmp/go"):
    time.sleep(0.2)
print('{"pi": 3.14}')
"""
_GO = "open('/tmp/go', 'w').close()"


def _holder(space: Space) -> str:
    lease = space.kubectl("--namespace", SYSTEM, "get", "lease", "asw", "--output=json")
    return str(json.loads(lease)["spec"].get("holderIdentity", ""))


@pytest.mark.usefixtures("tokens")
def test_a_job_outlives_the_operator_that_made_it(space: Space) -> None:
    """It is made once and followed by the next one, and what it has written is the result."""
    container = {"name": "main", "image": IMAGE, "command": ["python3", "-c", _WAITING]}
    pod = {"restartPolicy": "Never", "containers": [container]}
    job = {"metadata": {"generateName": "pi-"}, "spec": {"template": {"spec": pod}}}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::eks:runJob.sync",
        "Parameters": {
            "Namespace": space.namespace,
            "Job": job,
            "LogOptions": {"RetrieveLogs": True},
        },
        "ResultSelector": {"logs.$": "$.logs..pi", "succeeded.$": "$.status.succeeded"},
        "End": True,
    }
    flow = workflow("numbers", {"StartAt": "Run", "States": {"Run": task}})
    flow["spec"]["connections"] = {"eks": "here"}
    space.apply(*rights("jobs", "pods", "pods/log"), _HERE, flow)
    space.apply(execution("numbers-1", "numbers", {}))

    def running() -> list[str]:
        pods = space.all("pods", "--selector=batch.kubernetes.io/job-name")
        return [it["metadata"]["name"] for it in pods if it["status"]["phase"] == "Running"]

    def submitted() -> list[Object]:
        return events(space.get("execution", "numbers-1")["status"], "TaskSubmitted")

    [name] = space.until("the pod of the Job", running)
    space.until("the name of the Job in the record", submitted)
    dead = _holder(space)
    space.kubectl("--namespace", SYSTEM, "delete", "pod", dead, "--grace-period=0", "--force")
    space.until("another operator", lambda: _holder(space) not in ("", dead))
    space.kubectl("exec", name, "--", "python3", "-c", _GO)
    status = space.finished("numbers-1")["status"]
    assert status["phase"] == "Succeeded", status
    assert status["output"] == {"logs": [3.14], "succeeded": 1}
    assert len(space.all("jobs")) == 1


_CONTAINER = {"name": "web", "image": "registry.invalid/none:1"}


@pytest.mark.usefixtures("tokens")
def test_a_task_of_ecs_runs_as_a_job_and_ends_with_its_run(space: Space) -> None:
    """It is made once from the template, as the account, and deleted once its run is stopped."""
    pod = {"spec": {"restartPolicy": "Never", "containers": [_CONTAINER]}}
    template = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "web"},
        "spec": {
            "schedule": "0 0 1 1 *",
            "suspend": True,
            "jobTemplate": {"spec": {"suspend": True, "template": pod}},
        },
    }
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {"Cluster": "prod", "TaskDefinition": "web:3"},
        "End": True,
    }
    flow = workflow("release", {"StartAt": "Task", "States": {"Task": task}})
    flow["spec"]["connections"] = {"ecs": "here"}
    space.apply(*rights("cronjobs", "jobs", "pods"), _HERE, template, flow)
    space.apply(execution("release-1", "release", {}))
    [job] = space.until("the Job", lambda: space.all("jobs"))
    assert job["metadata"]["name"].startswith("web-")
    assert job["spec"]["suspend"]

    def is_submitted() -> bool:
        return bool(events(space.get("execution", "release-1")["status"], "TaskSubmitted"))

    space.until("its name in the record", is_submitted)
    space.patch("release-1", stop={})
    assert space.finished("release-1")["status"]["phase"] == "Aborted"
    space.until("the end of the Job", lambda: not space.all("jobs"))
