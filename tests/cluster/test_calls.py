"""Calls of services on the real cluster: real connectors, and a server that answers as AWS does."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.host_operator import node_address
from tests.support.installation import SYSTEM
from tests.support.moto import running_moto
from tests.support.playground import ROOT, run_asw
from tests.support.space import API, Object, Space, events, execution, workflow

pytestmark = pytest.mark.cluster

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "of-tests"}
TABLE = {
    "TableName": "orders",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
PUT = {
    "TableName": "orders",
    "Item": {"id": {"S": "7"}, "state": {"S": "paid"}},
    "ConditionExpression": "attribute_not_exists(id)",
}
GET = {"TableName": "orders", "Key": {"id": {"S": "7"}}}


def call(action: str, parameters: Object, **fields: Any) -> Object:
    """A Task that calls DynamoDB."""
    where = {"Resource": f"arn:aws:states:::{action}", "Parameters": parameters}
    return {"Type": "Task", **where, **({"End": True} if "Next" not in fields else {}), **fields}


def one_call(action: str, parameters: Object, **fields: Any) -> Object:
    """A definition of one call."""
    return {"StartAt": "Call", "States": {"Call": call(action, parameters, **fields)}}


def connection(endpoint: str, **spec: Any) -> Object:
    """The Connection ``lab``."""
    given = {"kind": "aws", "region": "us-east-1", "endpoint": endpoint, **spec}
    given.setdefault("credentials", {"secretRef": {"name": "aws"}})
    return {"apiVersion": API, "kind": "Connection", "metadata": {"name": "lab"}, "spec": given}


def secret(**data: str) -> Object:
    """The Secret that the Connection names."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "aws"}, "stringData": data}


def by_lab(name: str, definition: Object) -> Object:
    """A Workflow that calls services by the Connection ``lab``."""
    made = workflow(name, definition)
    made["spec"]["connections"] = {"default": "lab"}
    return made


@pytest.fixture(scope="module")
def host(installed: Any) -> str:
    """An address of this machine that pods reach."""
    address = node_address(installed)
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            pytest.skip("pods do not reach this machine")
    return address


@pytest.fixture(scope="module")
def moto(host: str) -> Iterator[str]:
    """All services at one address."""
    with running_moto(host) as endpoint:
        yield endpoint


@contextmanager
def a_server_that_never_answers(host: str) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the addresses of all who have called it, which grow by each call."""
    callers: list[str] = []
    held: list[socket.socket] = []
    with socket.create_server((host, 0)) as server:

        def take() -> None:
            with suppress(OSError):
                while True:
                    connection, (address, _) = server.accept()
                    held.append(connection)
                    callers.append(address)

        threading.Thread(target=take, daemon=True).start()
        yield f"http://{host}:{server.getsockname()[1]}", callers
        server.shutdown(socket.SHUT_RDWR)
    for each in held:
        each.close()


def connectors(space: Space) -> list[Object]:
    """The pods that make calls.

    Kubernetes may have more than are wanted: one that the node refused stays, and one that its
    controller made too many goes a little later. None of them makes a call.
    """
    return space.all("pods", "--selector=asw.dev/connection=lab")


def caller(space: Space, addresses: list[str], *, but: str = "") -> Object | None:
    """A connector that called from one of the addresses, as soon as its address is known.

    ``but`` is the uid of one that does not count: a client may call again by itself.
    """
    pods = [it for it in connectors(space) if it["metadata"]["uid"] != but]
    return next((it for it in pods if it["status"].get("podIP") in addresses), None)


def test_items_are_put_and_got(space: Space, host: str, tmp_path: Path) -> None:
    """A chain of calls goes through one pod, without a Job; a condition that fails is caught."""
    caught = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Get"}
    definition = {
        "StartAt": "Table",
        "States": {
            "Table": call("aws-sdk:dynamodb:createTable", TABLE, Next="Put"),
            "Put": call("dynamodb:putItem", PUT, Next="Again"),
            "Again": call("dynamodb:putItem", PUT, Next="Wrong", Catch=[caught]),
            "Wrong": {"Type": "Fail", "Error": "NotRefused"},
            "Get": call("dynamodb:getItem", GET, OutputPath="$.Item.state.S"),
        },
    }
    log = tmp_path / "moto.log"
    with running_moto(host, log=log) as endpoint:
        space.apply(secret(**KEYS), connection(endpoint), by_lab("order", definition))
        status = space.run("order-1", "order")
    assert (status["phase"], status.get("output")) == ("Succeeded", "paid"), status
    assert space.jobs("order-1") == []
    calls = [line for line in log.read_text().splitlines() if "POST / HTTP" in line]
    assert len(calls) >= 4, log.read_text()
    assert len({line.partition(" ")[0] for line in calls}) == 1, calls
    assert {it["metadata"]["labels"]["asw.dev/kind"] for it in connectors(space)} == {"pool"}
    assert "AKIDEXAMPLE" not in space.logs_of_running("asw.dev/connection=lab")
    found = space.kubectl("get", "workflow", "order", "--output=jsonpath={.status.conditions}")
    assert '"reason":"ResolvedRefs"' in found


def test_a_job_is_followed_to_its_end(space: Space, moto: str) -> None:
    """The call's answer is only noted; the result is the job as the service shows it in the end."""
    job = {"Name": "etl", "Role": "etl", "Command": {"Name": "glueetl"}}
    definition = {
        "StartAt": "Job",
        "States": {
            "Job": call("aws-sdk:glue:createJob", job, Next="Run"),
            "Run": call("glue:startJobRun.sync", {"JobName": "etl"}, OutputPath="$.JobRunState"),
        },
    }
    space.apply(secret(**KEYS), connection(moto), by_lab("etl", definition))
    status = space.run("etl-1", "etl")
    assert (status["phase"], status.get("output")) == ("Succeeded", "SUCCEEDED"), status
    (submitted,) = events(status, "TaskSubmitted")
    assert "JobRunId" in space.payload(submitted, "output")


def test_a_secret_that_is_missing_or_wrong_is_told_by_the_call(space: Space, host: str) -> None:
    """First there is none, then one that the service refuses: both by name."""
    listing = one_call("aws-sdk:dynamodb:listTables", {})
    with running_moto(host, knows_nobody=True) as strict:
        space.apply(connection(strict), by_lab("list", listing))
        status = space.run("list-1", "list")
        assert status["error"] == "Asw.NoCredentials", status
        assert "aws" in status["cause"]
        space.apply(secret(**KEYS))

        def is_refused() -> bool:
            space.kubectl("delete", "execution", "list-2", "--ignore-not-found", "--wait=true")
            found = space.run("list-2", "list")
            return "InvalidClientTokenId" in found["cause"] or "Unrecognized" in found["cause"]

        space.until("the kubelet to show the Secret", is_refused)


def ready(space: Space) -> Object:
    """The condition Ready of the Connection; empty before there is one."""
    conditions = space.get("connection", "lab").get("status", {}).get("conditions", [])
    return next((it for it in conditions if it["type"] == "Ready"), {})


def test_a_connection_tells_which_secret_it_lacks(space: Space, moto: str) -> None:
    """Accepted before any call; then what the call fails with; once mended, ready by itself."""
    listing = one_call("aws-sdk:dynamodb:listTables", {})
    space.apply(connection(moto), by_lab("list", listing))
    space.until("the status", lambda: ready(space).get("reason") == "Accepted")
    failed = space.run("list-1", "list")
    assert failed["error"] == "Asw.NoCredentials", failed
    space.until("the condition", lambda: ready(space).get("reason") == "NoCredentials")
    told = ready(space)
    assert told["status"] == "False"
    assert told["message"] == failed["cause"]
    assert "Secret aws has no key AWS_ACCESS_KEY_ID" in told["message"]
    shown = run_asw(ROOT, "get", "connections", "-o", "wide", "-n", space.namespace)
    assert "Secret aws has no key AWS_ACCESS_KEY_ID" in shown.stdout
    space.apply(secret(**KEYS))
    space.kubectl("wait", "connection/lab", "--for=condition=Ready", "--timeout=240s")
    assert ready(space)["reason"] == "Valid"
    assert space.run("list-2", "list")["phase"] == "Succeeded"
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in json.dumps(space.get("connection", "lab")["status"])


def test_a_connection_that_comes_late_is_waited_for(space: Space, moto: str) -> None:
    """The Execution runs, the Workflow says what is missing, and the call is made in the end."""
    space.apply(secret(**KEYS), by_lab("list", one_call("aws-sdk:dynamodb:listTables", {})))
    space.apply(execution("list-1", "list"))

    def is_told() -> bool:
        conditions = space.get("workflow", "list").get("status", {}).get("conditions", [])
        return any(it["reason"] == "ConnectionNotFound" for it in conditions)

    space.until("the condition", is_told)
    space.apply(connection(moto))
    status = space.finished("list-1")["status"]
    assert status["phase"] == "Succeeded", status


def test_who_gets_the_token_from_a_queue_ends_the_task(space: Space, moto: str) -> None:
    """The service passes the token on; the report of whoever reads it is the Task's result."""
    message = {"QueueUrl.$": "$.QueueUrl", "MessageBody": {"token.$": "$$.Task.Token"}}
    asking = {
        "StartAt": "Queue",
        "States": {
            "Queue": call("aws-sdk:sqs:createQueue", {"QueueName": "asked"}, Next="Ask"),
            "Ask": call("sqs:sendMessage.waitForTaskToken", message),
        },
    }
    hearing = {
        "StartAt": "Queue",
        "States": {
            "Queue": call("aws-sdk:sqs:getQueueUrl", {"QueueName": "asked"}, Next="Hear"),
            "Hear": call("aws-sdk:sqs:receiveMessage", {"QueueUrl.$": "$.QueueUrl"}),
        },
    }
    space.apply(secret(**KEYS), connection(moto), by_lab("ask", asking), by_lab("hear", hearing))
    space.apply(execution("ask-1", "ask"))

    def is_submitted() -> bool:
        return bool(events(space.get("execution", "ask-1").get("status", {}), "TaskSubmitted"))

    space.until("the answer of the queue", is_submitted)
    (heard,) = space.run("hear-1", "hear")["output"]["Messages"]
    token = json.loads(heard["Body"])["token"]
    words = (
        "callback",
        "success",
        token,
        "--output",
        '{"ok": true}',
        "--operator-namespace",
        SYSTEM,
    )
    assert run_asw(ROOT, *words).returncode == 0
    status = space.finished("ask-1")["status"]
    assert (status["phase"], status.get("output")) == ("Succeeded", {"ok": True}), status


@pytest.mark.parametrize(
    ("action", "parameters", "is_made_again"),
    [("dynamodb:putItem", PUT, False), ("dynamodb:getItem", GET, True)],
    ids=["a write", "a read"],
)
def test_a_connector_that_is_killed_takes_its_call_with_it(
    space: Space, host: str, action: str, parameters: Object, *, is_made_again: bool
) -> None:
    """A write may have been made: the state fails by name. A read is made again, by another pod."""
    with a_server_that_never_answers(host) as (endpoint, callers):
        space.apply(
            secret(**KEYS), connection(endpoint), by_lab("one", one_call(action, parameters))
        )
        space.apply(execution("one-1", "one"))
        pod = space.until("the call", lambda: caller(space, callers))["metadata"]
        space.kubectl("delete", "pod", pod["name"], "--grace-period=1", "--wait=false")
        if is_made_again:
            space.until("another pod's call", lambda: caller(space, callers, but=pod["uid"]))
            space.patch("one-1", stop={})
            return
        status = space.finished("one-1")["status"]
        assert (status["phase"], status["error"]) == ("Failed", "Asw.CallOutcomeUnknown"), status
