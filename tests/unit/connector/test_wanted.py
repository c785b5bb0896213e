"""Which Connection a call needs, by what it says itself and by what its Workflow says."""

from dataclasses import replace

import pytest

from asw.asl.resources import ServiceInvocation
from asw.connector.wanted import Wanted, wanted_by, wanted_in

HTTP = ServiceInvocation(service="http", action="invoke")
ARN = "arn:aws:events:us-east-2:123456789012:connection/stripe/81210c42"


def authorized(arn):
    """Parameters of a call by a Connection."""
    return {"ApiEndpoint": "https://x", "Method": "GET", "Authentication": {"ConnectionArn": arn}}


def name_of(wanted, connections, *there):
    """The Connection of the call, where there are these."""
    return wanted.name(connections, there.__contains__)


def test_a_service_of_aws_goes_by_the_workflow():
    """Its own entry comes before the one for all others."""
    wanted = wanted_by(ServiceInvocation(service="s3", action="x", sdk=True), {"ClusterName": "c"})
    assert wanted == Wanted("s3", "aws")
    assert name_of(wanted, {"default": "lab", "s3": "minio"}) == "minio"
    assert name_of(wanted, {"default": "lab"}) == "lab"
    assert name_of(wanted, {}) is None


def test_an_api_goes_by_its_arn_if_that_names_a_connection():
    """Else by the Workflow; without an entry of its own the ARN's is the one that is missing."""
    wanted = wanted_by(HTTP, authorized(ARN))
    assert wanted == Wanted("http", "http", "stripe")
    assert name_of(wanted, {"http": "mine"}, "stripe", "mine") == "stripe"
    assert name_of(wanted, {"http": "mine"}, "mine") == "mine"
    assert name_of(wanted, {"default": "lab"}, "lab") == "stripe"
    assert wanted.names({"http": "mine"}) == {"stripe", "mine"}


def test_an_api_without_an_arn_goes_by_the_workflow():
    """By the entry for APIs, or the one for all."""
    wanted = wanted_by(HTTP, {"Method": "GET"})
    assert name_of(wanted, {"http": "mine"}) == "mine"
    assert name_of(wanted, {"default": "lab"}) == "lab"
    assert wanted.names({}) == set()


def test_no_text_is_longer_than_a_name():
    """What a run puts there is no name if none can be so long."""
    assert wanted_by(HTTP, authorized(ARN.replace("stripe", "s" * 300))).named == ""


@pytest.mark.parametrize(
    ("service", "action", "named"),
    [("eks", "call", "prod"), ("eks", "runJob", "prod"), ("k8s", "apply", "")],
)
def test_a_cluster_goes_by_its_name_if_that_is_a_connections(service, action, named):
    """ClusterName is AWS's; the short forms have none."""
    wanted = wanted_by(ServiceInvocation(service=service, action=action), {"ClusterName": "prod"})
    assert wanted == Wanted(service, "kubernetes", named)
    assert name_of(wanted, {service: "here"}, "here") == "here"
    assert name_of(wanted, {"default": "here"}, "prod") == (named or "here")
    assert name_of(wanted, {}) is None


def test_other_actions_of_eks_are_aws():
    """They go to AWS's own API, whatever cluster they name."""
    created = ServiceInvocation(service="eks", action="createCluster")
    assert wanted_by(created, {"ClusterName": "prod"}) == Wanted("eks", "aws")


@pytest.mark.parametrize(
    "template", [{"ClusterName.$": "$.c"}, {"ClusterName": "{% $c %}"}, "{% $c %}"], ids=repr
)
def test_a_cluster_that_only_a_run_knows_is_not_guessed(template):
    """The short forms are always known."""
    assert wanted_in(ServiceInvocation(service="eks", action="call"), template) is None
    assert wanted_in(ServiceInvocation(service="k8s", action="get"), template) is not None


@pytest.mark.parametrize(
    ("template", "named"),
    [
        (authorized(ARN), "stripe"),
        ({"Method": "GET"}, ""),
        (None, ""),
        ({"Authentication": {"ConnectionArn.$": "$.arn"}}, None),
        ({"Authentication": {"ConnectionArn": "{% $arn %}"}}, None),
        ("{% $states.input %}", None),
    ],
    ids=repr,
)
def test_what_only_a_run_knows_is_not_guessed(template, named):
    """A Workflow is not refused for what it may put there."""
    wanted = wanted_in(HTTP, template)
    assert (None if wanted is None else wanted.named) == named


ROLE = "arn:aws:iam::222222222222:role/trusted"
PUT = ServiceInvocation(service="dynamodb", action="putItem", role=ROLE)


def test_a_role_goes_by_its_connection():
    """It says as whom the call is made, and so does a Connection."""
    wanted = wanted_by(PUT, {})
    assert name_of(wanted, {"dynamodb": "own", ROLE: "theirs"}) == "theirs"
    assert wanted.names({"dynamodb": "own", ROLE: "theirs"}) == {"theirs"}


def test_a_role_without_connection_is_nobody_else():
    """Where roles are told apart, a call is not made as another one."""
    wanted = wanted_by(PUT, {})
    others = {"default": "own", f"{ROLE}-2": "theirs"}
    assert name_of(wanted, others) is None
    assert wanted.lacking(others) == f"the role {ROLE}"
    assert name_of(wanted_by(replace(PUT, role="default"), {}), others) is None


def test_roles_have_no_effect_where_none_is_told():
    """As long as a Workflow maps services alone, Credentials change nothing."""
    assert name_of(wanted_by(PUT, {}), {"default": "own"}) == "own"
    assert wanted_by(PUT, {}).lacking({}) == "dynamodb"


def test_messages_do_not_repeat_long_roles():
    """A run may make a role of anything."""
    wanted = wanted_by(replace(PUT, role=f"arn:{'r' * 2000}"), {})
    assert len(wanted.lacking({ROLE: "theirs"})) < 150


@pytest.mark.parametrize("role", ["{% $states.input.role %}", "$.role", "States.Format('{}', $.r)"])
def test_a_role_that_a_run_decides_is_not_known_before(role):
    """Nothing can be said about its Connection."""
    assert wanted_in(replace(PUT, role=role), {}) is None
    assert wanted_in(PUT, {}) == Wanted("dynamodb", "aws", role=ROLE)
