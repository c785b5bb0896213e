"""Requests to services are held beside the models of AWS's APIs."""

import sys
from collections.abc import Iterator

import pytest

from asw.asl.values import Json
from asw.lint.analysis.check import check_flow
from asw.lint.analysis.codes import DOUBTFUL_REQUEST
from asw.teststate import api_models
from tests.unit.asl.definitions import a_machine, a_task, parsed

SUBMIT = "aws-sdk:batch:submitJob"
JOB = {"JobName": "j", "JobQueue": "q", "JobDefinition": "d"}
PUT = "dynamodb:putItem"
LIST = "aws-sdk:s3:listBuckets"


def doubts(action: str, request: Json, field: str = "Parameters") -> list[tuple[str, str]]:
    """The place in the state and the sentence of each doubt about a request."""
    language = {"QueryLanguage": "JSONata"} if field == "Arguments" else {}
    task = a_task(Resource=f"arn:aws:states:::{action}", **{field: request}, **language)
    definition = a_machine(Ask=task)
    told = check_flow(parsed(definition), definition)
    return [
        (it.path.removeprefix("/States/Ask/"), it.message)
        for it in told
        if it.code == DOUBTFUL_REQUEST
    ]


@pytest.mark.parametrize(
    ("action", "request_", "place", "words"),
    [
        (
            "aws-sdk:ec2:describeSnapshots",
            {"Filter": []},
            "Parameters/Filter",
            "The field \"Filter\" is not supported by Step Functions: did you mean 'Filters'?",
        ),
        (
            SUBMIT,
            {**JOB, "RetryStrategy": {"EvaluateOnExit": [{"onReason": "x", "Action": "EXIT"}]}},
            "Parameters/RetryStrategy/EvaluateOnExit/0/onReason",
            "The field \"onReason\" is not supported by Step Functions: did you mean 'OnReason'?",
        ),
        (
            PUT,
            {"TableName": "t", "Item": {"id": {"Number": "1"}}},
            "Parameters/Item/id/Number",
            'The field "Number" is not supported by Step Functions',
        ),
        (
            SUBMIT,
            {"JobName": "j", "JobQueue": "q"},
            "Parameters",
            "The field 'JobDefinition' is required but was missing",
        ),
        (
            "aws-sdk:s3:lisBuckets",
            {},
            "Resource",
            "AWS's SDK has no action 'lisBuckets' of a service 's3'",
        ),
        ("aws-sdk:s4:list", {}, "Resource", "AWS's SDK has no action 'list' of a service 's4'"),
    ],
    ids=["list", "deep", "map", "lacking", "action", "service"],
)
def test_what_the_api_lacks(action: str, request_: Json, place: str, words: str) -> None:
    """A field that the API lacks or needs is told in AWS's words, at whatever depth it is."""
    [(at, sentence)] = doubts(action, request_)
    assert at == place
    assert sentence.startswith(words)


@pytest.mark.parametrize(
    ("action", "request_", "field"),
    [
        (SUBMIT, {"JobName.$": "$.n", "JobQueue": "q", "JobDefinition.$": "$.d"}, "Parameters"),
        (PUT, {"TableName": "t", "Item": {"a": {"BOOL": True}, "b": {"NS": ["1"]}}}, "Parameters"),
        (PUT, {"TableName": "t", "Item": {"a": {"BOOL.$": "$.a"}}}, "Parameters"),
        ("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Body": {"any": 1}}, "Parameters"),
        ("aws-sdk:s3:putObject", {"Bucket": "b", "Key": "k", "Acl": "private"}, "Parameters"),
        ("aws-sdk:rds:describeDBInstances", {"DbInstanceIdentifier": "d"}, "Parameters"),
        (SUBMIT, {**JOB, "Parameters": {"any": "x"}}, "Arguments"),
        (SUBMIT, "{% $states.input %}", "Arguments"),
        (LIST, {}, "Parameters"),
        ("apigateway:invoke", {"ApiEndpoint": "e", "Method": "GET"}, "Parameters"),
        ("elasticmapreduce:setClusterTerminationProtection", {"ClusterId": "c"}, "Parameters"),
    ],
)
def test_what_the_api_has(action: str, request_: Json, field: str) -> None:
    """What AWS takes, and what no model describes, is not doubted."""
    assert doubts(action, request_, field) == []


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation without the optional package."""
    monkeypatch.setitem(sys.modules, "botocore", None)
    for cached in (api_models._model, api_models._paths):
        cached.cache_clear()
    yield
    for cached in (api_models._model, api_models._paths):
        cached.cache_clear()


@pytest.mark.usefixtures("no_models")
def test_without_models_nothing_is_doubted() -> None:
    """Requests are checked only where the models of AWS's APIs are installed."""
    assert doubts(SUBMIT, {"Job": "j"}) == []
