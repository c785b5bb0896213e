"""Which calls may be made again where no model of their service is at hand."""

import re

import botocore.session
import pytest

from asw.asl.resources import ServiceInvocation
from asw.connector.reads import gives_token, may_repeat

_TOKEN = re.compile(r"idempot|dedup|retry|unique|once|multiple|client.{0,3}token", re.IGNORECASE)
"""How AWS's own texts speak of tokens of idempotency."""


def call(service, action):
    """A call of an action of the SDK."""
    return ServiceInvocation(service=service, action=action, sdk=True, pattern="")


@pytest.mark.parametrize(
    ("action", "parameters", "may"),
    [
        ("getItem", {}, True),
        ("putItem", {}, False),
        ("transactWriteItems", {"ClientRequestToken": "order-7"}, True),
        ("transactWriteItems", {"ClientRequestToken": ""}, False),
        ("transactWriteItems", {"ClientRequestToken": None}, False),
        ("transactWriteItems", {"Token": "order-7"}, False),
        ("transactWriteItems", ["ClientRequestToken"], False),
    ],
)
def test_a_call_may_be_repeated_if_it_reads_or_its_state_names_it(action, parameters, may):
    """Whatever else it says, once more might be once too often."""
    assert may_repeat(call("dynamodb", action), parameters) is may


def test_a_codepipeline_clienttoken_is_no_token_of_idempotency():
    """It shows who calls: the same one stands in many calls."""
    assert not gives_token("codepipeline", {"ClientToken": "x"})


@pytest.mark.parametrize("service", ["dynamodb", "ecs", "ec2", "glue", "sqs", "athena", "omics"])
def test_members_of_such_a_name_are_tokens_in_the_models_of_aws(service):
    """Marked as tokens of idempotency, or called so in words."""
    model = botocore.session.get_session().get_service_model(service)
    found = 0
    for name in model.operation_names:
        operation = model.operation_model(name)
        members = {} if operation.input_shape is None else operation.input_shape.members
        for member, shape in members.items():
            if gives_token(service, {member: "x"}):
                found += 1
                is_marked = member in operation.idempotent_members
                assert is_marked or _TOKEN.search(shape.documentation), (name, member)
    assert found
