"""What a Connection may say, and which one a service gets."""

import pytest

from asw.api.connection import Connection
from asw.api.names import connection_of
from asw.api.objects import InvalidObject
from asw.api.workflow import Workflow

LAB = {"kind": "aws", "region": "eu-central-1"}


def connection(**spec):
    """A Connection with these fields besides what it needs."""
    return Connection.parse({"metadata": {"name": "lab"}, "spec": {**LAB, **spec}})


def test_little_is_needed():
    """Kind and region are enough for AWS itself."""
    spec = connection().spec
    assert (spec.endpoint, spec.timeout_seconds, spec.credentials) == (None, 60, None)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"kind": "ftp"}, "kind"),
        ({"region": "EU"}, "region"),
        ({"endpoint": "minio:9000"}, "endpoint"),
        ({"endpoint": "http://user:secret@minio"}, "endpoint"),
        ({"endpoint": "http://minio/path"}, "endpoint"),
        ({"allowedAddresses": ["10.0.0.1/8"]}, "has host bits set"),
        ({"allowedAddresses": ["minio"]}, "minio"),
        ({"timeoutSeconds": 0}, "timeoutSeconds"),
        ({"maxCallsPerSecond": 0}, "maxCallsPerSecond"),
        ({"credentials": {}}, "exactly one of secretRef and webIdentity"),
        (
            {"credentials": {"secretRef": {"name": "s"}, "webIdentity": {"roleArn": "r"}}},
            "roleArn",
        ),
        ({"credentials": {"accessKeyId": "AKIA"}}, "accessKeyId"),
        ({"ca": {}}, "exactly one of secretKeyRef and configMapKeyRef"),
    ],
)
def test_what_makes_no_sense_is_refused(spec, told):
    """A mistake is told with its field, and no field takes a secret itself."""
    with pytest.raises(InvalidObject, match=told):
        connection(**spec)


@pytest.mark.parametrize(
    "http",
    [
        {},
        {"basic": {"secretRef": {"name": "s"}}},
        {"apiKey": {"header": "X-Api-Key", "secretKeyRef": {"name": "s", "key": "k"}}},
        {"oauth": {"endpoint": "https://auth/token", "secretRef": {"name": "s"}}},
        {"oauth": {"endpoint": "http://127.0.0.1:80/token", "secretRef": {"name": "s"}}},
        {"url": {"secretKeyRef": {"name": "s", "key": "k"}}},
    ],
)
def test_a_connection_for_apis(http):
    """It needs no region, and shows who it is in one way at most."""
    spec = {"kind": "http", "http": http}
    parsed = Connection.parse({"metadata": {"name": "api"}, "spec": spec})
    assert (parsed.spec.kind, parsed.spec.region) == ("http", None)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"kind": "aws"}, "kind aws needs a region"),
        ({**LAB, "http": {}}, "http is for kind http"),
        ({"kind": "http", "region": "eu-central-1"}, "region is for kind aws"),
        ({"kind": "http", "credentials": {"secretRef": {"name": "s"}}}, "is for kind aws"),
        ({"kind": "http", "pathStyle": True}, "pathStyle is for kind aws"),
        (
            {
                "kind": "http",
                "http": {
                    "basic": {"secretRef": {"name": "s"}},
                    "oauth": {"endpoint": "https://auth/token", "secretRef": {"name": "s"}},
                },
            },
            "at most one of basic, apiKey, oauth and url",
        ),
        (
            {
                "kind": "http",
                "http": {"oauth": {"endpoint": "http://auth/token", "secretRef": {"name": "s"}}},
            },
            "endpoint",
        ),
        ({"kind": "http", "http": {"basic": {"password": "s"}}}, "password"),
        ({"kind": "http", "http": {"url": "https://hooks/secret"}}, "url"),
        ({"kind": "kubernetes", "region": "eu"}, "region is for kind aws"),
        ({"kind": "kubernetes", "credentials": {"secretRef": {"name": "s"}}}, "is for kind aws"),
        ({"kind": "kubernetes", "pathStyle": True}, "pathStyle is for kind aws"),
        ({"kind": "aws", "region": "eu", "kubernetes": {}}, "kubernetes is for kind kubernetes"),
        ({"kind": "kubernetes", "endpoint": "https://far"}, "secretKeyRef with an endpoint"),
        (
            {"kind": "kubernetes", "kubernetes": {"secretKeyRef": {"name": "s", "key": "k"}}},
            "secretKeyRef with an endpoint",
        ),
        (
            {
                "kind": "kubernetes",
                "endpoint": "http://far",
                "kubernetes": {"secretKeyRef": {"name": "s", "key": "k"}},
            },
            "an endpoint by https",
        ),
    ],
)
def test_each_kind_has_its_own_fields(spec, told):
    """A field without effect is refused, and a token is never asked for in the clear."""
    with pytest.raises(InvalidObject, match=told):
        Connection.parse({"metadata": {"name": "c"}, "spec": spec})


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"kubernetes": {"context": "lab", "namespace": "team"}},
        {
            "endpoint": "https://far:6443",
            "kubernetes": {"secretKeyRef": {"name": "s", "key": "token"}},
        },
    ],
)
def test_a_cluster_needs_little(spec):
    """The own cluster needs nothing, another one an endpoint and a token."""
    made = {"metadata": {"name": "lab"}, "spec": {"kind": "kubernetes", **spec}}
    assert Connection.parse(made).spec.kind == "kubernetes"


def test_a_connection_may_be_for_some_workflows_only():
    """Without a list it is for all of the namespace."""
    assert connection().is_for("any")
    assert connection(workflows=["pay"]).is_for("pay")
    assert not connection(workflows=["pay"]).is_for("other")


@pytest.mark.parametrize(
    ("service", "name"), [("dynamodb", "prod"), ("sqs", "lab"), ("default", "lab")]
)
def test_a_workflow_maps_services_to_connections(service, name):
    """What is not listed gets the default."""
    spec = {"definition": {}, "connections": {"dynamodb": "prod", "default": "lab"}}
    workflow = Workflow.parse({"metadata": {"name": "w"}, "spec": spec})
    assert connection_of(service, workflow.spec.connections) == name
    assert connection_of(service, {"s3": "other"}) is None
