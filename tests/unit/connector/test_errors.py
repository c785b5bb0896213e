"""Failures in AWS's words: error names and causes as they were recorded from AWS."""

import pytest

from asw.connector import errors
from asw.connector.calls import Call, Failed
from asw.connector.services import operation_of

ID = "59R9G1B0"


def call(resource):
    """A call of that Resource."""
    service, _, action = resource.removeprefix("aws-sdk:").rpartition(":")
    sdk = resource.startswith("aws-sdk:")
    return Call(service=service, action=action, sdk=sdk, parameters={}, task_id="uid-1")


def answer(code, message, status, **metadata):
    """An answer that botocore parsed as an error."""
    known = {"HTTPStatusCode": status, "RequestId": ID, **metadata}
    return {"Error": {"Code": code, "Message": message}, "ResponseMetadata": known}


@pytest.mark.parametrize(
    ("resource", "code", "error", "label"),
    [
        (
            "dynamodb:putItem",
            "ValidationException",
            "DynamoDB.AmazonDynamoDBException",
            "AmazonDynamoDBv2",
        ),
        (
            "dynamodb:putItem",
            "ResourceNotFoundException",
            "DynamoDB.ResourceNotFoundException",
            "AmazonDynamoDBv2",
        ),
        ("sns:publish", "NotFound", "SNS.NotFoundException", "AmazonSNS"),
        ("sqs:sendMessage", "MissingParameter", "SQS.AmazonSQSException", "AmazonSQS"),
        (
            "states:startExecution",
            "StateMachineDoesNotExist",
            "StepFunctions.StateMachineDoesNotExistException",
            "AWSStepFunctions",
        ),
        (
            "lambda:invoke",
            "ResourceNotFoundException",
            "Lambda.ResourceNotFoundException",
            "AWSLambda",
        ),
    ],
)
def test_a_refusal_of_an_optimized_call(resource, code, error, label):
    """Name, message and brackets are those of version 1 of the SDK for Java."""
    found = errors.refused(operation_of(call(resource)), answer(code, "No.", 400))
    brackets = f"Service: {label}; Status Code: 400; Error Code: {code}; Request ID: {ID}"
    assert found == Failed(error=error, cause=f"No. ({brackets}; Proxy: null)")


@pytest.mark.parametrize(
    ("resource", "code", "error", "label"),
    [
        ("aws-sdk:sfn:sendTaskSuccess", "InvalidToken", "Sfn.InvalidTokenException", "Sfn"),
        (
            "aws-sdk:dynamodb:putItem",
            "ValidationException",
            "DynamoDb.DynamoDbException",
            "DynamoDb",
        ),
    ],
)
def test_a_refusal_of_a_call_of_the_sdk(resource, code, error, label):
    """They are those of version 2."""
    found = errors.refused(operation_of(call(resource)), answer(code, "No.", 400))
    brackets = f"(Service: {label}, Status Code: 400, Request ID: {ID}) (SDK Attempt Count: 1)"
    assert found == Failed(error=error, cause=f"No. {brackets}")


def test_s3_has_a_second_id():
    """S3 alone gives two of them, and both are shown."""
    refusal = answer("NoSuchBucket", "The specified bucket does not exist", 404, HostId="abc=")
    found = errors.refused(operation_of(call("aws-sdk:s3:listObjects")), refusal)
    assert found.error == "S3.NoSuchBucketException"
    assert found.cause == (
        f"The specified bucket does not exist (Service: S3, Status Code: 404, Request ID: {ID},"
        " Extended Request ID: abc=) (SDK Attempt Count: 1)"
    )


def test_silence_has_the_names_of_the_sdk():
    """Users retry these names, so that they are those of AWS."""
    slow, legacy = operation_of(call("aws-sdk:s3:getObject")), operation_of(call("sqs:sendMessage"))
    assert errors.no_answer(slow, "gone").error == "S3.SdkClientException"
    assert errors.no_answer(legacy, "gone").error == "SQS.SdkClientException"
    assert errors.timed_out(slow, 60).error == "S3.ApiCallTimeoutException"
    assert errors.timed_out(legacy, 60).error == "SQS.ClientExecutionTimeoutException"
    assert errors.timed_out(slow, 0.5).cause.endswith("configuration: 500 millis")


def test_a_large_answer_is_told_as_by_aws():
    """AWS names the service and not the ARN."""
    found = errors.too_large(call("aws-sdk:s3:getObject"))
    assert found.error == "States.DataLimitExceeded"
    assert found.cause.startswith("The state/task 'aws-sdk:s3' returned a result with a size")
