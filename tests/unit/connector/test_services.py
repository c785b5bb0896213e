"""Which operation a call means."""

import pytest

from asw.connector.calls import Call
from asw.connector.services import OPTIMIZED, UnknownCall, folders, operation_of


def call(service, action, *, sdk=True):
    """A call without parameters."""
    return Call(service=service, action=action, sdk=sdk, parameters={}, task_id="u-1")


@pytest.mark.parametrize(
    ("service", "action", "sdk", "folder", "operation", "prefix"),
    [
        ("sfn", "startExecution", True, "stepfunctions", "StartExecution", "Sfn"),
        ("states", "startExecution", False, "stepfunctions", "StartExecution", "StepFunctions"),
        ("eventbridge", "putEvents", True, "events", "PutEvents", "EventBridge"),
        ("cloudwatchlogs", "putLogEvents", True, "logs", "PutLogEvents", "CloudWatchLogs"),
        ("elasticloadbalancingv2", "describeRules", True, "elbv2", "DescribeRules", None),
        ("rds", "describeDBInstances", True, "rds", "DescribeDBInstances", "Rds"),
        ("bedrock", "invokeModel", False, "bedrock-runtime", "InvokeModel", "Bedrock"),
        ("elasticmapreduce", "cancelStep", False, "emr", "CancelSteps", "ElasticMapReduce"),
        ("elasticmapreduce", "modifyInstanceGroupByName", False, "emr", None, None),
    ],
)
def test_a_call_names_an_operation(service, action, sdk, folder, operation, prefix):  # noqa: PLR0917
    """Services go by the names of AWS's SDK for Java, actions by those of its methods."""
    if operation is None:  # Step Functions' own action
        with pytest.raises(UnknownCall, match="has no action modifyInstanceGroupByName"):
            operation_of(call(service, action, sdk=sdk))
        return
    found = operation_of(call(service, action, sdk=sdk))
    assert (found.folder, found.model.name) == (folder, operation)
    assert prefix is None or found.dialect.prefix == prefix


@pytest.mark.parametrize(
    ("service", "action", "sdk", "told"),
    [
        ("nothing", "getItem", True, "AWS has no service nothing"),
        ("dynamodb", "GetItem", True, "dynamodb has no action GetItem"),
        ("apigateway", "invoke", False, "apigateway is no optimized integration"),
        ("lambda", "invokeWithResponseStream", True, "stream of events"),
    ],
)
def test_what_nobody_has_is_named(service, action, sdk, told):
    """A call that means nothing is refused with what is wrong."""
    with pytest.raises(UnknownCall, match=told):
        operation_of(call(service, action, sdk=sdk))


def test_every_optimized_service_is_one_of_botocore():
    """No row of the table leads nowhere."""
    assert {it.service for it in OPTIMIZED.values()} <= folders().keys()
