"""What optimized integrations do besides calling."""

import pytest

from asw.connector.calls import Call, Done, Failed
from asw.connector.optimized import finished, prepared
from asw.connector.shaping import BadParameters

METADATA = {
    "HTTPStatusCode": 200,
    "RequestId": "r-1",
    "HTTPHeaders": {"content-length": "2", "x-amzn-requestid": "r-1", "x-amz-crc32": "7"},
}
TRANSPORT = {
    "SdkHttpMetadata": {
        "AllHttpHeaders": {
            "Content-Length": ["2"],
            "x-amzn-RequestId": ["r-1"],
            "x-amz-crc32": ["7"],
        },
        "HttpHeaders": {"Content-Length": "2", "x-amzn-RequestId": "r-1", "x-amz-crc32": "7"},
        "HttpStatusCode": 200,
    },
    "SdkResponseMetadata": {"RequestId": "r-1"},
}


def call(resource, **parameters):
    """A call of an execution with an ARN, and of a machine with one."""
    service, _, action = resource.partition(":")
    return Call(
        service=service,
        action=action,
        sdk=False,
        parameters=parameters,
        task_id="uid-1",
        origin=("arn:execution", "arn:machine"),
    )


def test_most_results_have_what_belongs_to_transport():
    """AWS: results of version 1 of the SDK carry the HTTP answer's headers and the request's id."""
    found = finished(call("sqs:sendMessage"), {"MessageId": "m"}, METADATA)
    assert found == Done(output={"MessageId": "m", **TRANSPORT})


def test_events_name_the_execution_and_its_machine():
    """Developer Guide: both ARNs are among the resources of each event, after those given."""
    entries = [{"Source": "s"}, {"Source": "s", "Resources": ["mine"]}, "no entry"]
    assert prepared(call("events:putEvents", Entries=entries)) == {
        "Entries": [
            {"Source": "s", "Resources": ["arn:execution", "arn:machine"]},
            {"Source": "s", "Resources": ["mine", "arn:execution", "arn:machine"]},
            "no entry",
        ]
    }


def test_a_refused_event_fails_the_state():
    """AWS: one of several is enough, and the cause is the answer."""
    answer = {"Entries": [{"EventId": "e"}, {"ErrorCode": "x"}], "FailedEntryCount": 1}
    assert finished(call("events:putEvents"), answer, METADATA) == Failed(
        error="EventBridge.FailedEntry",
        cause='{"Entries":[{"EventId":"e"},{"ErrorCode":"x"}],"FailedEntryCount":1}',
    )
    accepted = {"Entries": [{"EventId": "e"}], "FailedEntryCount": 0}
    assert finished(call("events:putEvents"), accepted, METADATA) == Done(
        output={**accepted, **TRANSPORT}
    )


def test_a_function_of_lambda_answers_json():
    """The Payload of lambda:invoke is a value, not its text."""
    answer = {"StatusCode": 200, "ExecutedVersion": "3", "Payload": '{"a":[1]}'}
    found = finished(call("lambda:invoke"), answer, METADATA)
    assert found == Done(
        output={"StatusCode": 200, "ExecutedVersion": "3", "Payload": {"a": [1]}, **TRANSPORT}
    )


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ('{"errorType":"ValueError","errorMessage":"no"}', "ValueError"),
        ('{"errorMessage":"Task timed out"}', "Lambda.Unknown"),
        ("oh", "Lambda.Unknown"),
    ],
)
def test_a_function_that_failed_fails_the_state(payload, error):
    """The error is the function's own, and the cause what it answered."""
    answer = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload}
    assert finished(call("lambda:invoke"), answer, METADATA) == Failed(error=error, cause=payload)


def test_a_model_of_bedrock_answers_json():
    """The result has two members, and the body is a value."""
    answer = {"Body": '{"completion":"hi"}', "ContentType": "application/json"}
    assert finished(call("bedrock:invokeModel"), answer, METADATA) == Done(
        output={"Body": {"completion": "hi"}, "ContentType": "application/json"}
    )
    with pytest.raises(BadParameters, match="Input"):
        prepared(call("bedrock:invokeModel", ModelId="m", Input={"S3Uri": "s3://b/k"}))


def test_parameters_that_are_no_object_are_left_as_they_are():
    """What does not fit is told where all parameters are checked."""
    odd = Call(service="events", action="putEvents", sdk=False, parameters=[1], task_id="u")
    assert prepared(odd) == [1]
    assert prepared(call("events:putEvents", Entries="x")) == {"Entries": "x"}


@pytest.mark.parametrize(
    ("resource", "given", "sent"),
    [
        (
            "elasticmapreduce:addStep",
            {"ClusterId": "j-1", "Step": {"Name": "s"}, "ExecutionRoleArn": "r"},
            {"JobFlowId": "j-1", "Steps": [{"Name": "s"}], "ExecutionRoleArn": "r"},
        ),
        (
            "elasticmapreduce:cancelStep",
            {"ClusterId": "j-1", "StepId": "s-1"},
            {"ClusterId": "j-1", "StepIds": ["s-1"]},
        ),
        ("elasticmapreduce:terminateCluster", {"ClusterId": "j-1"}, {"JobFlowIds": ["j-1"]}),
        (
            "elasticmapreduce:setClusterTerminationProtection",
            {"ClusterId": "j-1", "TerminationProtected": True},
            {"JobFlowIds": ["j-1"], "TerminationProtected": True},
        ),
    ],
)
def test_emr_is_asked_for_one_cluster_and_one_step(resource, given, sent):
    """Developer Guide: requests that name one thing, where the API takes many."""
    assert prepared(call(resource, **given)) == sent


@pytest.mark.parametrize(
    ("resource", "answer", "result"),
    [
        ("addStep", {"StepIds": ["s-1"]}, {"StepId": "s-1"}),
        (
            "createCluster",
            {"JobFlowId": "j-1", "ClusterArn": "a"},
            {"ClusterId": "j-1", "ClusterArn": "a"},
        ),
        (
            "cancelStep",
            {"CancelStepsInfoList": [{"StepId": "s-1"}]},
            {"CancelStepsInfo": {"StepId": "s-1"}},
        ),
    ],
)
def test_emr_answers_by_the_same_names(resource, answer, result):
    """Developer Guide: so do its results."""
    found = finished(call(f"elasticmapreduce:{resource}"), answer, METADATA)
    assert found == Done(output={**result, **TRANSPORT})
