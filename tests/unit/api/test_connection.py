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
