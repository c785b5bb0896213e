"""Parameters and results, between a state's JSON and the types of a service."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from asw.connector.calls import Call
from asw.connector.services import operation_of
from asw.connector.shaping import BadParameters, arguments, instant_text, result, text_of


def operation(resource, parameters=None):
    """The operation that a Resource names, without its ``arn:aws:states:::``."""
    service, _, action = resource.removeprefix("aws-sdk:").rpartition(":")
    sdk = resource.startswith("aws-sdk:")
    return operation_of(
        Call(service=service, action=action, sdk=sdk, parameters=parameters, task_id="u-1")
    )


def given(resource, parameters):
    """What the serializer would be given."""
    return arguments(parameters, operation(resource).model.input_shape)


@pytest.mark.parametrize(
    ("resource", "parameters", "wanted"),
    {
        "names of the SDK": (
            "aws-sdk:sfn:startExecution",
            {"StateMachineArn": "a", "Input": {"k": [1]}},
            {"stateMachineArn": "a", "input": '{"k":[1]}'},
        ),
        "names of the model": ("aws-sdk:sfn:startExecution", {"name": "n"}, {"name": "n"}),
        "acronyms": (
            "aws-sdk:rds:describeDBInstances",
            {"DbInstanceIdentifier": "d", "MaxRecords": "20"},
            {"DBInstanceIdentifier": "d", "MaxRecords": 20},
        ),
        "an object as body": (
            "aws-sdk:s3:putObject",
            {"Bucket": "b", "Key": "k", "Body": {"Dict": "Value"}},
            {"Bucket": "b", "Key": "k", "Body": b'{"Dict":"Value"}'},
        ),
        "a text as body": (
            "aws-sdk:lambda:invoke",
            {"FunctionName": "f", "Payload": "{}"},
            {"FunctionName": "f", "Payload": b"{}"},
        ),
        "an object as message": (
            "sqs:sendMessage",
            {"QueueUrl": "q", "MessageBody": {"a": "ü"}, "DelaySeconds": 5},
            {"QueueUrl": "q", "MessageBody": '{"a":"ü"}', "DelaySeconds": 5},
        ),
        "a nested object as detail": (
            "events:putEvents",
            {"Entries": [{"Detail": {"a": 1}, "Source": "s"}]},
            {"Entries": [{"Detail": '{"a":1}', "Source": "s"}]},
        ),
        "a number as text": (
            "dynamodb:putItem",
            {"TableName": "t", "Item": {"n": {"N": 1.5}, "b": {"BOOL": "true"}, "l": {"L": []}}},
            {"TableName": "t", "Item": {"n": {"N": "1.5"}, "b": {"BOOL": True}, "l": {"L": []}}},
        ),
        "null is left out": (
            "aws-sdk:dynamodb:putItem",
            {"TableName": "t", "Item": None},
            {"TableName": "t"},
        ),
        "no parameters": ("aws-sdk:secretsmanager:listSecrets", None, {}),
    }.values(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_parameters_become_arguments(resource, parameters, wanted):
    """A service gets the names and types of its own, whatever JSON stands for them in a state."""
    assert given(resource, parameters) == wanted


@pytest.mark.parametrize(
    ("resource", "parameters", "told"),
    [
        ("aws-sdk:sqs:sendMessage", {"QueueURL": "q"}, '"QueueURL" is not supported'),
        ("aws-sdk:sqs:receiveMessage", {"MaxNumberOfMessages": "x"}, "a whole number"),
        ("aws-sdk:sqs:receiveMessage", {"MaxNumberOfMessages": 1.5}, "a whole number"),
        ("aws-sdk:sqs:receiveMessage", {"MaxNumberOfMessages": True}, "a whole number"),
        ("events:putEvents", {"Entries": {}}, "Entries must be an array"),
        ("events:putEvents", {"Entries": ["x"]}, r"Entries\[0\] must be an object"),
        ("events:putEvents", {"Entries": [{"Time": [1]}]}, r"Entries\[0\].Time must be a time"),
        ("dynamodb:putItem", {"Item": {"a": {"BOOL": 1}}}, "Item.a.BOOL must be true or false"),
        ("dynamodb:putItem", "text", "the whole must be an object"),
    ],
)
def test_what_does_not_fit_is_named(resource, parameters, told):
    """Parameters that no request can be made of are refused with their place."""
    with pytest.raises(BadParameters, match=told):
        given(resource, parameters)


def spelling(found):
    """How results of the operation's integration are spelt."""
    return found.dialect.member, found.dialect.instant


def test_a_result_has_the_names_of_its_integration():
    """SDK calls spell acronyms as Java's properties, optimized ones as the model does."""
    answer = {"MD5OfMessageBody": "m", "MessageId": "i", "ResponseMetadata": {"RetryAttempts": 0}}
    for resource, name in (
        ("aws-sdk:sqs:sendMessage", "Md5OfMessageBody"),
        ("sqs:sendMessage", "MD5OfMessageBody"),
    ):
        found = operation(resource)
        spelt = result(answer, found.model.output_shape, *spelling(found))
        assert spelt == {name: "m", "MessageId": "i"}


def test_a_result_is_json():
    """Bytes become text, instants ISO text, and what the answer lacks stays absent."""
    found = operation("aws-sdk:s3:getObject")
    answer = {
        "Body": b"text data",
        "LastModified": datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        "Metadata": {},
        "ETag": None,
    }
    assert result(answer, found.model.output_shape, *spelling(found)) == {
        "Body": "text data",
        "LastModified": "2024-05-06T07:08:09Z",
        "Metadata": {},
    }


def test_optimized_integrations_count_milliseconds():
    """AWS: version 1 of the SDK has instants as numbers."""
    found = operation("glue:startJobRun")
    shape = found.service_model.operation_model("GetJobRun").output_shape
    at = datetime(2021, 11, 18, 4, 40, 28, 964_999, tzinfo=UTC)
    answer = {"JobRun": {"CompletedOn": at}}
    assert result(answer, shape, *spelling(found)) == {"JobRun": {"CompletedOn": 1637210428964}}


def test_an_operation_without_answer_gives_an_empty_object():
    """AWS: the result of an action that returns nothing is {}."""
    found = operation("aws-sdk:sqs:deleteMessage")
    assert result({"ResponseMetadata": {}}, found.model.output_shape, *spelling(found)) == {}


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2024, 5, 6, 7, 8, 9, 120_000, UTC), "2024-05-06T07:08:09.120Z"),
        (
            datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=8))),
            "2024-05-05T23:08:09Z",
        ),
    ],
)
def test_instants_are_utc(instant, text):
    """Whatever zone a service writes."""
    assert instant_text(instant) == text


def test_bytes_that_are_no_text_are_base64():
    """A result is JSON, so that bytes have to become text one way or the other."""
    assert text_of(b"\xff\x00") == "/wA="
