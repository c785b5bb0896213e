"""Tests of ``asw.asl.definition.tasks``."""

import json

import pytest

from asw.asl.parse import find_problems
from tests.unit.asl.definitions import a_machine, a_task, problems, told

INVOKE = "arn:aws:states:::lambda:invoke"
LIST = "arn:aws:states:::aws-sdk:s3:listBuckets"
START = "arn:aws:states:::states:startExecution"


def _invoke(**parameters):
    return a_task(Resource=INVOKE, Parameters=parameters)


def _put(**parameters):
    return a_task(Resource="arn:aws:states:::dynamodb:putItem", Parameters=parameters)


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("sum", "SCHEMA_VALIDATION_FAILED"),
        ("arn:aws:lambda:x", "SCHEMA_VALIDATION_FAILED"),
        (5, "SCHEMA_VALIDATION_FAILED"),
        ("qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage", "NotSupported"),
        ("qrn:qcs:asw:gz:1:sdk:json:qcloud:mps:ProcessMedia", "NotSupported"),
        ("qrn:qcs:asw:gz:1:http:json:flowmachine:name:id", "NotSupported"),
        ("asw:job:run", "NotSupported"),
        ("arn:aws:states:::dynamodb:query", "SCHEMA_VALIDATION_FAILED"),
        ("arn:aws:states:::lambda:invoke.sync", "SCHEMA_VALIDATION_FAILED"),
    ],
)
def test_unknown_resources_are_told(resource, code):
    """A Resource of AWS's or Tencent's that is missing here is told from a wrong one."""
    assert told(a_task(Resource=resource)) == [(code, "/States/S/Resource")]


@pytest.mark.parametrize("dialect", ["ASL", "TCSL"])
def test_calls_of_kubernetes_are_checked(dialect):
    """A verb and fields that are misspelt are told with the nearest ones."""

    def found(state):
        return [it.message for it in find_problems(json.dumps(a_machine(S=state)), dialect)]

    fields = {"ApiVersion": "v1", "Kind": "Pod", "Name": "p"}
    assert found(a_task(Resource="asw:k8s:get", Parameters=fields)) == []
    [told] = found(a_task(Resource="asw:k8s:aply", Parameters=fields))
    assert "did you mean 'apply'?" in told
    [told] = found(a_task(Resource="asw:k8s:destroy", Parameters=fields))
    assert "it has apply, patch, delete, get, wait, rollout" in told
    [told] = found(a_task(Resource="asw:k8s:get", Parameters={**fields, "LabelSelectr": "a"}))
    assert "did you mean 'LabelSelector'?" in told
    [told] = found(a_task(Resource="asw:k8s:wait", Parameters={"Kind": "Pod", "Name": "p"}))
    assert "ApiVersion" in told
    [told] = found(a_task(Resource="arn:aws:states:::eks:call", Parameters={"Path": "/"}))
    assert "Method" in told


def test_calls_of_api_gateway_are_checked():
    """What is needed, and what is misspelt, is told with the definition."""
    invoke = "arn:aws:states:::apigateway:invoke"
    given = {"ApiEndpoint.$": "$.host", "Method": "GET", "Stage": "prod", "AllowNullValues": True}
    assert problems(a_task(Resource=invoke, Parameters=given)) == []
    [told] = problems(a_task(Resource=invoke, Parameters={"Method": "GET"}))
    assert "ApiEndpoint" in told.message
    [told] = problems(a_task(Resource=invoke, Parameters={**given, "Querys": {}}))
    assert '"Querys" is not supported' in told.message


@pytest.mark.parametrize("resource", ["sum", "qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage"])
def test_accepted_forms_are_listed(resource):
    """The message shows what a Resource may look like."""
    [problem] = problems(a_task(Resource=resource))
    assert resource in problem.message
    assert "scf:Invoke/{function}" in problem.message
    assert "asw:function:{name}" in problem.message


@pytest.mark.parametrize(
    ("resource", "summary", "hint"),
    [
        (
            "sum",
            "Value is not a valid resource ARN",
            "sum is not one; did you mean 'asw:function:sum'?",
        ),
        (
            "asw:functon:sum",
            "Value is not a valid resource ARN",
            "asw:functon:sum is not one; did you mean 'asw:function:sum'?",
        ),
        (
            "http://x/sum",
            "Value is not a valid resource ARN",
            "http://x/sum is not one; supported forms",
        ),
        (
            "arn:aws:states:::dynamodb:putIten",
            (
                "The resource provided arn:aws:states:::dynamodb:putIten is not recognized. The "
                "value is not a valid resource ARN, or the resource is not available in this "
                "region."
            ),
            "did you mean 'dynamodb:putItem'?",
        ),
        (
            "qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage",
            "The resource qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage is not supported yet",
            "supported forms: qrn:",
        ),
    ],
    ids=["no arn", "a slip in ours", "not like ours", "misspelt", "missing here"],
)
def test_resources_are_told_in_words_of_aws(resource, summary, hint):
    """A misspelt integration is AWS's fault, with the nearest; one that AWS has is ours."""
    [problem] = problems(a_task(Resource=resource))
    assert problem.summary == summary
    assert problem.hint.startswith(hint)


def test_a_task_has_a_resource():
    """Resource is required."""
    [problem] = problems({"Type": "Task", "End": True})
    assert problem.path == "/States/S"
    assert problem.message == "These fields are required: [Resource]"


@pytest.mark.parametrize(
    ("task", "path"),
    [
        (a_task(TimeoutSeconds=5, TimeoutSecondsPath="$.t"), "/States/S"),
        (a_task(HeartbeatSeconds=5, HeartbeatSecondsPath="$.t"), "/States/S"),
        (a_task(TimeoutSeconds=5, HeartbeatSeconds=5), "/States/S/HeartbeatSeconds"),
        (a_task(TimeoutSeconds=0), "/States/S/TimeoutSeconds"),
        (a_task(HeartbeatSecondsPath="$.a[*]"), "/States/S/HeartbeatSecondsPath"),
        (_invoke(), "/States/S/Parameters"),
        (a_task(Resource=INVOKE), "/States/S"),
        (_invoke(Payload={}), "/States/S/Parameters"),
        (_invoke(FunctionName="f", Paylod=1), "/States/S/Parameters/Paylod"),
        (_invoke(**{"FunctionName": "f", "Body.$": "$"}), "/States/S/Parameters/Body"),
        (a_task(Resource=INVOKE, Parameters=[]), "/States/S/Parameters"),
        (_put(), "/States/S/Parameters"),
        (_put(TableName="t", Item={}, Itm={}), "/States/S/Parameters/Itm"),
        (a_task(Resource=LIST), "/States/S"),
        (a_task(Credentials={}), "/States/S/Credentials"),
        (a_task(Credentials=5), "/States/S/Credentials"),
    ],
)
def test_fields_of_a_task_fit_together(task, path):
    """Exclusive fields, the heartbeat within the timeout, what a request takes."""
    assert set(told(task)) == {("SCHEMA_VALIDATION_FAILED", path)}


@pytest.mark.parametrize(
    "task",
    [
        a_task(TimeoutSeconds=5, HeartbeatSeconds=4),
        a_task(TimeoutSecondsPath="$.t", HeartbeatSecondsPath="$$.h"),
        _invoke(**{"FunctionName.$": "$.f", "Payload.$": "$", "Qualifier": "1"}),
        _invoke(FunctionName="f", InvocationType="Event", LogType="None", ClientContext="e30="),
        _put(**{"TableName.$": "$.t", "Item.$": "$.i", "ReturnValues": "ALL_OLD"}),
        a_task(Resource=LIST, Parameters={}),
        a_task(Resource=LIST, Arguments="{% $states.input %}", QueryLanguage="JSONata"),
    ],
)
def test_what_a_task_may_have(task):
    """What AWS takes is taken."""
    assert told(task) == []


@pytest.mark.parametrize(
    ("task", "location", "summary"),
    [
        (
            _invoke(Payload={}),
            "/Parameters",
            "The field 'FunctionName' is required but was missing",
        ),
        (
            _invoke(FunctionName="f", TaskToken="t"),
            "/Parameters",
            'The field "TaskToken" is not supported by Step Functions',
        ),
        (
            _put(TableName="t"),
            "/Parameters",
            "The field 'Item' is required but was missing",
        ),
        (
            _put(TableName="t", Item={}, Query="q"),
            "/Parameters",
            'The field "Query" is not supported by Step Functions',
        ),
        (a_task(Credentials={}), "/Credentials", "The field 'RoleArn' is required but was missing"),
    ],
)
def test_integrations_have_fields_of_their_own(task, location, summary):
    """AWS tells them at the object that they are or should be in."""
    [problem] = problems(task)
    assert (problem.location, problem.summary) == (f"/States/S{location}", summary)


@pytest.mark.parametrize("resource", [INVOKE, LIST])
@pytest.mark.parametrize(
    ("language", "field"), [("JSONPath", "Parameters"), ("JSONata", "Arguments")]
)
def test_an_integration_has_a_payload(language, field, resource):
    """AWS asks for it by the name that it has in the state's language."""
    [problem] = problems(a_task(Resource=resource, QueryLanguage=language))
    assert problem.path == "/States/S"
    assert problem.summary == f"{field} field is required for resource ARN: {resource}"


def test_arguments_may_be_one_expression():
    """What it makes is checked when it runs."""
    state = a_task(Resource=INVOKE, Arguments="{% $states.input %}", QueryLanguage="JSONata")
    assert told(state) == []


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({"RoleArn": "{% role %}"}, "UNSUPPORTED_JSONATA_EXPRESSION"),
        (5, "SCHEMA_VALIDATION_FAILED"),
    ],
)
def test_credentials_may_be_expressions(credentials, code):
    """They are checked as everything else."""
    state = a_task(Resource=LIST, Arguments={}, QueryLanguage="JSONata")
    assert told({**state, "Credentials": {"RoleArn": "{% 'arn' & $states.input.r %}"}}) == []
    assert told({**state, "Credentials": credentials})[0][0] == code


@pytest.mark.parametrize("field", ["RoleArn", "RoleArn.$"])
@pytest.mark.parametrize(
    ("task", "whose"),
    [
        (a_task(), "of its Function"),
        (a_task(Resource=START, Parameters={"StateMachineArn": "flow"}), "of its Workflow"),
    ],
    ids=["function", "execution"],
)
def test_credentials_are_ignored_aloud(field, task, whose):
    """Whatever runs here has an account of its own; the author is told that the role is nothing."""
    value = "$.role" if field.endswith(".$") else "arn:aws:iam::111111111111:role/r"
    [problem] = problems({**task, "Credentials": {field: value}})
    assert (problem.severity, problem.code) == ("WARNING", "Ignored")
    assert problem.hint.endswith(whose)


@pytest.mark.parametrize("parameters", ["text", [{"FunctionName": "f"}]])
def test_lambda_invoke_takes_an_object(parameters):
    """An integration has fields, so that its Parameters are an object."""
    state = a_task(Resource=INVOKE, Parameters=parameters)
    assert told(state) == [("SCHEMA_VALIDATION_FAILED", "/States/S/Parameters")]


@pytest.mark.parametrize(
    ("resource", "what"),
    [
        ("arn:aws:states:us-east-1:123456789012:activity:a", "Activity ARN"),
        ("arn:aws:states:::batch:submitJob.sync", "'.sync' service integration"),
        ("arn:aws:states:::states:startExecution.sync:2", "'.sync' service integration"),
        (f"{INVOKE}.waitForTaskToken", "'.waitForTaskToken' service integration"),
    ],
)
def test_express_machines_do_not_wait_for_others(resource, what):
    """AWS refuses in an Express machine what waits for a job, a callback or an activity."""
    field = "StateMachineArn" if "startExecution" in resource else "FunctionName"
    request = {} if "activity" in resource else {"Parameters": {field: "f"}}
    text = json.dumps(a_machine(S=a_task(Resource=resource, **request)))
    [problem] = find_problems(text, is_express=True)
    assert (problem.code, problem.location) == ("SCHEMA_VALIDATION_FAILED", "/States/S/Resource")
    assert problem.summary == f"Express state machine does not support {what}"


def test_express_machines_call_functions():
    """What answers at once is theirs as well."""
    text = json.dumps(a_machine(S=a_task(Resource="arn:aws:lambda:us-east-1:1:function:sync")))
    assert find_problems(text, is_express=True) == ()


@pytest.mark.parametrize(
    ("parameters", "place"),
    [
        ({"Title": 5}, "Parameters/Title"),
        ({"Title": "t", "Choices": []}, "Parameters/Choices"),
        ({"Title": "t", "Approvers": {"Groups": []}}, "Parameters/Approvers"),
        ({"Title": "t", "NotStarter": True}, "NotStarter"),
    ],
)
def test_a_bad_question_is_found_offline(parameters, place):
    """What is constant in it is checked at its place."""
    task = a_task(Resource="asw:approval", Parameters=parameters)
    (problem,) = find_problems(json.dumps(a_machine(S=task)))
    assert place in f"{problem.path} {problem.summary} {problem.hint}"


def test_what_a_question_takes_from_data_is_not_judged():
    """Paths and templates are known when the Task starts."""
    asked = {"Title.$": "$.t", "Message": "m", "Approvers": {"Users.$": "$.u"}}
    task = a_task(Resource="asw:approval", Parameters=asked)
    assert list(find_problems(json.dumps(a_machine(S=task)))) == []
