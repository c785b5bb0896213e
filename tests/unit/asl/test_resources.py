"""Tests of ``asw.asl.resources``."""

import pytest

from asw.asl.resources import (
    ActivityInvocation,
    ActivityResource,
    FunctionInvocation,
    FunctionResource,
    LambdaInvokeResource,
    ServiceInvocation,
    ServiceResource,
    parse_function_name,
    parse_resource,
)

SCF = "qrn:qcs:asw:ap-guangzhou:123456789:sdk:json:qcloud:scf:Invoke/"
LAMBDA = "arn:aws:lambda:us-east-1:111111111111:function:"


def _function(name, qualifier=None, namespace=None):
    invocation = FunctionInvocation(name=name, qualifier=qualifier, namespace=namespace)
    return FunctionResource(invocation=invocation)


def _service(service, action, *, sdk=False, pattern=""):
    invocation = ServiceInvocation(service=service, action=action, sdk=sdk, pattern=pattern)
    return ServiceResource(invocation=invocation)


def _activity(name):
    return ActivityResource(invocation=ActivityInvocation(activity=name))


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        (f"{SCF}sum", _function("sum")),
        (f"{SCF}sum/$DEFAULT/default", _function("sum")),
        (f"{SCF}sum/3", _function("sum", "3")),
        (f"{SCF}sum/prod/maths", _function("sum", "prod", "maths")),
        (f"{LAMBDA}sum", _function("sum")),
        (f"{LAMBDA}sum:$LATEST", _function("sum")),
        (f"{LAMBDA}sum:prod", _function("sum", "prod")),
        ("arn:aws-cn:lambda:cn-north-1:1:function:sum", _function("sum")),
        ("asw:function:求和", _function("求和")),
        ("asw:function:sum:2", _function("sum", "2")),
        ("arn:aws:states:::lambda:invoke", LambdaInvokeResource()),
        (
            "arn:aws:states:::lambda:invoke.waitForTaskToken",
            LambdaInvokeResource(pattern=".waitForTaskToken"),
        ),
        ("asw:approval", _service("asw", "approval", pattern=".waitForTaskToken")),
        (
            "arn:aws:states:::asw:approval",
            _service("asw", "approval", pattern=".waitForTaskToken"),
        ),
        ("arn:aws:states:::sqs:sendMessage", _service("sqs", "sendMessage")),
        ("arn:aws-cn:states:::sqs:sendMessage", _service("sqs", "sendMessage")),
        ("arn:aws:states:::aws-sdk:s3:listObjectsV2", _service("s3", "listObjectsV2", sdk=True)),
        ("arn:aws:states:::aws-sdk:lambda:invoke", _service("lambda", "invoke", sdk=True)),
        ("arn:aws:states:us-east-1:1:aws-sdk:s3:getObject", _service("s3", "getObject", sdk=True)),
        ("arn:aws:states:::ecs:runTask", _service("ecs", "runTask")),
        ("arn:aws:states:::ecs:runTask.sync", _service("ecs", "runTask", pattern=".sync")),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            _service("sqs", "sendMessage", pattern=".waitForTaskToken"),
        ),
        (
            "arn:aws:states:::aws-sdk:s3:putObject.waitForTaskToken",
            _service("s3", "putObject", sdk=True, pattern=".waitForTaskToken"),
        ),
        (
            "arn:aws:states:::states:startExecution.waitForTaskToken",
            _service("states", "startExecution", pattern=".waitForTaskToken"),
        ),
        ("arn:aws:states:::aws-sdk:s3:putObject.sync", None),
        ("arn:aws:states:::sqs:sendMessage.sync", None),
        ("arn:aws:states:::states:startExecution", _service("states", "startExecution")),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            _service("states", "startExecution", pattern=".sync:2"),
        ),
        ("arn:aws:states:::dynamodb:query", None),
        ("arn:aws:states:::eks:call", _service("eks", "call")),
        ("arn:aws:states:::http:invoke", _service("http", "invoke")),
        ("arn:aws:states:us-east-1:1:activity:a", _activity("a")),
        ("asw:activity:盖章", _activity("盖章")),
        ("asw:activity:a:b", None),
        (f"{SCF}sum/1/ns/more", None),
        (f"{LAMBDA}", None),
        ("sum", None),
        ("", None),
    ],
)
def test_what_a_resource_names(text, resource):
    """Every accepted form names a function or an action of a service; others name nothing."""
    assert parse_resource(text) == resource


@pytest.mark.parametrize(
    ("text", "invocation"),
    [
        ("sum", FunctionInvocation(name="sum")),
        ("sum:prod", FunctionInvocation(name="sum", qualifier="prod")),
        ("sum:$LATEST", FunctionInvocation(name="sum")),
        (f"{LAMBDA}sum:prod", FunctionInvocation(name="sum", qualifier="prod")),
    ],
)
def test_function_names_may_be_arns(text, invocation):
    """FunctionName of lambda:invoke is a name, with or without qualifier, or an ARN."""
    assert parse_function_name(text) == invocation


@pytest.mark.parametrize(
    "text", ["dynamodb:putItem", "aws-sdk:s3:listObjectsV2", "aws-sdk:emrserverless:startJobRun"]
)
def test_an_action_is_named_as_in_its_resource(text):
    """The name of a call is what follows AWS's prefix; history has it in two parts."""
    invocation = parse_resource(f"arn:aws:states:::{text}").invocation
    assert invocation.name == text
    assert f"{invocation.resource_type}:{invocation.resource}" == text


@pytest.mark.parametrize(
    ("name", "is_nested"),
    [
        ("states:startExecution", True),
        ("states:startExecution.sync", True),
        ("states:startExecution.sync:2", True),
        ("states:startExecution.waitForTaskToken", True),
        ("aws-sdk:sfn:startExecution", False),
        ("ecs:runTask.sync", False),
    ],
)
def test_what_starts_an_execution_of_another_workflow(name, is_nested):
    """However the Task waits for it; one by the SDK is a call of the service like any other."""
    invocation = parse_resource(f"arn:aws:states:::{name}").invocation
    assert invocation.is_nested is is_nested


def test_a_pattern_is_part_of_the_action():
    """How a task waits belongs to what it calls, as in AWS's history."""
    job = ServiceInvocation(service="glue", action="startJobRun", pattern=".sync")
    assert (job.resource, job.name) == ("startJobRun.sync", "glue:startJobRun.sync")
