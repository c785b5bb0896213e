"""Which Connection a call of a service gets on this machine."""

import json
from ipaddress import ip_network
from pathlib import Path

import pytest

from asw.api.connection import Connection
from asw.asl.resources import ServiceInvocation
from asw.connector.kubernetes.access import NoCluster
from asw.engine.commands import StartTask
from asw.engine.task_ids import TaskId
from asw.platforms.local.apis import NoConnection
from asw.platforms.local.services import LocalServices, call_of, to_local_connection

UID = "uid-1"


def connection(name="lab", config_maps=None, **spec):
    """A Connection as this machine uses it."""
    spec = {"kind": "aws", "region": "eu-central-1", **spec}
    parsed = Connection.parse({"metadata": {"name": name}, "spec": spec})
    return to_local_connection(parsed, config_maps or {})


@pytest.fixture
def services(store, key):
    """The calls of an execution of Workflow ``Flow``, which maps dynamodb to ``prod``."""
    store.catalogue.put_workflow("flow", public_name="Flow", text="{}")
    store.catalogue.configure(
        "flow",
        on_lost="Retry",
        objects=Path("objects"),
        connections={"dynamodb": "prod", "default": "lab"},
    )
    return LocalServices(store.catalogue)


def put(store, *connections):
    """Store them."""
    for each in connections:
        store.catalogue.put_connection(each.name, each.to_plain())


def request(services, service, action="call", role=""):
    """A call of the service."""
    asked = ServiceInvocation(service=service, action=action, role=role)
    command = StartTask(
        task_id=TaskId("uid-1", 1), invocation=asked, payload={}, state="Call", frame=0, attempt=0
    )
    return services.request(UID, command, asked)


def access(services, service):
    """Where a call of the service goes."""
    return request(services, service).access


@pytest.mark.parametrize(
    ("said", "action", "on_lost"),
    [
        (None, "getItem", None),
        (None, "putItem", "Fail"),
        ("Retry", "putItem", None),
        ("Fail", "getItem", "Fail"),
    ],
)
def test_a_connection_says_what_happens_to_lost_calls(store, services, said, action, on_lost):
    """None is: it is made again, as the same task. By itself that is so of what only reads."""
    put(store, connection("prod", onLost=said) if said else connection("prod"))
    assert request(services, "dynamodb", action).on_lost == on_lost


def test_a_service_gets_its_connection_or_the_default_one(store, services):
    """The same map serves optimized integrations and calls of the SDK."""
    put(store, connection("prod", region="us-east-1"), connection("lab"))
    assert access(services, "dynamodb").region == "us-east-1"
    assert access(services, "sqs").region == "eu-central-1"


def test_a_call_as_a_role_gets_the_roles_connection(store, services):
    """So does the same call made again, of an asw that was killed; other roles are refused."""
    role = "arn:aws:iam::222222222222:role/trusted"
    put(store, connection("prod"), connection("theirs", region="us-east-1"))
    mapped = {"dynamodb": "prod", role: "theirs"}
    store.catalogue.configure("flow", on_lost="Retry", objects=Path("objects"), connections=mapped)
    made = request(services, "dynamodb", role=role)
    assert made.access.name == "theirs"
    assert call_of(made.text).role == role
    with pytest.raises(NoConnection, match="No Connection for the role arn:other: add it to"):
        request(services, "dynamodb", role="arn:other")


def test_what_a_connection_says_reaches_the_call(store, services):
    """Every field, through the store and back, and no credentials."""
    put(
        store,
        connection(
            endpoint="http://minio.storage.svc:9000",
            pathStyle=True,
            ca={"configMapKeyRef": {"name": "ca", "key": "ca.crt"}},
            config_maps={"ca": {"ca.crt": "PEM"}},
            connectTimeoutSeconds=2,
            timeoutSeconds=9,
            maxCallsPerSecond=50,
            credentials={"secretRef": {"name": "keys"}},
            allowedAddresses=["10.96.0.0/12"],
            workflows=["Flow"],
        ),
    )
    made = access(services, "s3")
    assert (made.endpoint, made.path_style) == ("http://minio.storage.svc:9000", True)
    assert (made.ca, made.allowed) == ("PEM", (ip_network("10.96.0.0/12"),))
    assert (made.connect_seconds, made.call_seconds, made.calls_per_second) == (2, 9, 50)
    assert made.credentials is None


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((), "No Connection lab, which is for sqs: add its manifest"),
        ((connection(workflows=["Other"]),), "Connection lab is not for Workflow Flow"),
        (
            (connection(ca={"configMapKeyRef": {"name": "ca", "key": "k"}}),),
            "ConfigMap ca, key k: add its manifest",
        ),
        (
            (connection(ca={"secretKeyRef": {"name": "ca", "key": "k"}}),),
            "put them into a ConfigMap",
        ),
    ],
)
def test_what_is_missing_is_named(store, services, made, told):
    """A call that cannot be made says what to add."""
    put(store, *made)
    with pytest.raises(NoConnection, match=told):
        access(services, "sqs")


def test_a_workflow_without_connections(store, services):
    """So does a Workflow that maps nothing."""
    store.catalogue.configure("flow", on_lost="Retry", objects=Path("objects"))
    with pytest.raises(NoConnection, match=r"No Connection for s3.*spec.connections of Workflow"):
        access(services, "s3")


def test_an_address_is_a_network_too(store, services):
    """A single address may be allowed without its prefix."""
    put(store, connection(allowedAddresses=["10.0.0.7"]))
    assert access(services, "s3").allowed == (ip_network("10.0.0.7/32"),)


async def test_a_call_of_a_cluster_that_was_left_behind(store, services):
    """It is made again where the Connection of its cluster says, with what the kubeconfig has."""
    made = {"metadata": {"name": "prod"}, "spec": {"kind": "kubernetes"}}
    made["spec"]["kubernetes"] = {"context": "lab", "namespace": "team"}
    put(store, to_local_connection(Connection.parse(made), {}))
    contexts = []

    def reach(context):
        contexts.append(context)
        raise NoCluster("it is gone")

    services.clusters.reach = reach
    call = {
        "service": "eks",
        "action": "call",
        "sdk": False,
        "parameters": {"ClusterName": "prod", "Method": "GET", "Path": "/version"},
        "task_id": "uid-1:1",
        "origin": [],
    }
    outcome = await services.make_again(UID, call_of(json.dumps(call)))
    assert contexts == ["lab"]
    assert outcome.error == "Asw.NoConnection"
    assert outcome.cause == "Connection prod, context lab: it is gone"
