"""Calls that may be made twice."""

import pytest

from asw.connector.calls import Call
from asw.connector.connector import repetition_of
from asw.connector.services import operation_of
from asw.connector.tokens import add_token, repetition, token_of


def tokened(resource, arguments, task_id="uid-7"):
    """The arguments with the token, and when the call may be made again."""
    service, _, action = resource.removeprefix("aws-sdk:").rpartition(":")
    sdk = resource.startswith("aws-sdk:")
    call = Call(service=service, action=action, sdk=sdk, parameters={}, task_id=task_id)
    found = operation_of(call)
    given = dict(arguments)
    add_token(call, found, given)
    return given, repetition(found, given), token_of(call)


@pytest.mark.parametrize(
    ("resource", "arguments", "member"),
    [
        ("aws-sdk:athena:startQueryExecution", {"QueryString": "q"}, "ClientRequestToken"),
        ("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": []}, "ClientRequestToken"),
        ("ecs:runTask", {"taskDefinition": "t"}, "clientToken"),
        ("states:startExecution", {"stateMachineArn": "a"}, "name"),
        ("sqs:sendMessage", {"QueueUrl": "http://x/q.fifo"}, "MessageDeduplicationId"),
        ("sns:publish", {"TopicArn": "arn:aws:sns:::t.fifo"}, "MessageDeduplicationId"),
    ],
)
def test_a_service_that_takes_a_token_gets_the_task_id(resource, arguments, member):
    """The same task sends the same token however often it is made, so the service does it once."""
    given, again, token = tokened(resource, arguments)
    assert given == {**arguments, member: token}
    assert again == "SameTask"
    assert tokened(resource, arguments)[0] == given
    assert tokened(resource, arguments, "uid-8")[0] != given


def test_a_token_of_the_state_is_kept():
    """What the definition says wins, and is as good: it is the same at every try."""
    given, again, _ = tokened("states:startExecution", {"name": "mine"})
    assert given == {"name": "mine"}
    assert again == "SameTask"


@pytest.mark.parametrize(
    ("resource", "again"),
    {
        "aws-sdk:dynamodb:query": "Always",
        "dynamodb:getItem": "Always",
        "aws-sdk:dynamodb:batchGetItem": "Always",
        "aws-sdk:s3:headObject": "Always",
        "aws-sdk:ec2:describeVpcs": "Always",
        "dynamodb:putItem": "Never",
        "dynamodb:updateItem": "Never",
        "sqs:sendMessage": "Never",
        "aws-sdk:sqs:receiveMessage": "Never",
        "aws-sdk:sfn:getActivityTask": "Never",
        "aws-sdk:appconfigdata:getLatestConfiguration": "Never",
        "aws-sdk:s3:putObject": "Never",
        "lambda:invoke": "Never",
    }.items(),
)
def test_only_reads_are_made_again_without_a_token(resource, again):
    """A call that may have changed something is not made twice behind the state's back."""
    given, found, _ = tokened(resource, {"QueueUrl": "http://x/q"} if "sqs" in resource else {})
    assert found == again
    assert len(given) <= 1


def test_what_cannot_be_called_has_no_effect():
    """A call that no request can be made of fails the same way every time."""
    call = Call(service="s3", action="none", sdk=True, parameters={}, task_id="uid-7")
    assert repetition_of(call) == "Always"
    put = Call(service="dynamodb", action="putItem", sdk=False, parameters={}, task_id="uid-7")
    assert repetition_of(put) == "Never"
