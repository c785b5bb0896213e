"""Tests of ``asw.asl.integrations``: what AWS's Resources may name."""

import pytest

from asw.asl.integrations import (
    INTEGRATIONS,
    integration_of,
    is_integration,
    likely_integrations,
)


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("arn:aws:states:::sqs:sendMessage", "sqs:sendMessage"),
        ("arn:aws-cn:states:::ecs:runTask.sync", "ecs:runTask.sync"),
        ("arn:aws:states:us-east-1:111111111111:activity:a", "activity:a"),
        ("arn:aws:lambda:us-east-1:111111111111:function:f", None),
        ("asw:function:f", None),
    ],
)
def test_an_integration_has_an_arn(resource, name):
    """All of Step Functions' own ARNs name one, no other Resource does."""
    assert integration_of(resource) == name


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("lambda:invoke", True),
        ("lambda:invoke.waitForTaskToken", True),
        ("lambda:invoke.sync", False),
        ("states:startExecution.sync:2", True),
        ("glue:startJobRun.sync", True),
        ("glue:startJobRun.sync:2", False),
        ("dynamodb:query", False),
        ("dynamodb:putItem.waitForTaskToken", False),
        ("aws-sdk:dynamodb:query", True),
        ("aws-sdk:sqs:sendMessage.waitForTaskToken", True),
        ("aws-sdk:sqs:sendMessage.sync", False),
        ("aws-sdk:sqs:SendMessage", False),
        ("activity:name", True),
        ("nosuch:action", False),
    ],
)
def test_what_aws_knows(name, known):
    """Optimized integrations with their patterns, the SDK's actions, activities."""
    assert is_integration(name) is known


def test_the_services_own_are_likely():
    """Of a known service its actions may have been meant, else any."""
    assert list(likely_integrations("dynamodb:query")) == [
        "dynamodb:deleteItem",
        "dynamodb:getItem",
        "dynamodb:putItem",
        "dynamodb:updateItem",
    ]
    assert list(likely_integrations("sq:send")) == sorted(INTEGRATIONS)
