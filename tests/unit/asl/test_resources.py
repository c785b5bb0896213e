"""Tests of ``asw.asl.resources``."""

import pytest

from asw.asl.resources import (
    FunctionInvocation,
    FunctionResource,
    LambdaInvokeResource,
    parse_function_name,
    parse_resource,
)

SCF = "qrn:qcs:asw:ap-guangzhou:123456789:sdk:json:qcloud:scf:Invoke/"
LAMBDA = "arn:aws:lambda:us-east-1:111111111111:function:"


def _function(name, qualifier=None, namespace=None):
    invocation = FunctionInvocation(name=name, qualifier=qualifier, namespace=namespace)
    return FunctionResource(invocation=invocation)


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
        ("arn:aws:states:::lambda:invoke.waitForTaskToken", None),
        ("arn:aws:states:::sqs:sendMessage", None),
        (f"{SCF}sum/1/ns/more", None),
        (f"{LAMBDA}", None),
        ("sum", None),
        ("", None),
    ],
)
def test_what_a_resource_names(text, resource):
    """Every accepted form names a function; other texts name nothing."""
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
