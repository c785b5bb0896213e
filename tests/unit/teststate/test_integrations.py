"""What a Resource calls, and whose answer its result is."""

import pytest

from asw.teststate.integrations import answering, has_token, integration_of, is_activity, needs_mock

STATES = "arn:aws:states:::"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("lambda:invoke", ("lambda", "Invoke")),
        ("events:putEvents", ("eventbridge", "PutEvents")),
        ("states:startExecution", ("sfn", "StartExecution")),
        ("states:startExecution.sync", ("sfn", "DescribeExecution")),
        ("states:startExecution.sync:2", ("sfn", "DescribeExecution")),
        ("states:startExecution.waitForTaskToken", None),
        ("ecs:runTask.sync", ("ecs", "DescribeTasks")),
        ("glue:startJobRun", ("glue", "StartJobRun")),
        ("someday:startJob.sync", None),
        ("aws-sdk:sfn:startExecution", ("sfn", "StartExecution")),
        ("aws-sdk:cloudwatchlogs:getLogEvents", ("cloudwatchlogs", "GetLogEvents")),
        ("apigateway:invoke", None),
        ("http:invoke", None),
        ("eks:call", None),
    ],
)
def test_answering(resource: str, expected: tuple[str, str] | None) -> None:
    """The result is the operation's answer, with .sync that of what is polled for the end."""
    integration = integration_of(STATES + resource)
    assert integration is not None
    assert answering(integration) == expected


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:lambda:us-east-1:111111111111:function:pay",
        "arn:aws:states:us-east-1:111111111111:activity:ask",
        "asw:function:pay",
    ],
)
def test_no_integration(resource: str) -> None:
    """Functions and activities are no operations of an API."""
    assert integration_of(resource) is None


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("lambda:invoke", False),
        ("lambda:invoke.waitForTaskToken", True),
        ("states:startExecution.sync:2", True),
        ("aws-sdk:s3:getObject", False),
    ],
)
def test_needs_mock(resource: str, expected: bool) -> None:
    """A test waits neither for jobs nor for tokens, whose context object has a token."""
    assert needs_mock(STATES + resource) is expected
    assert has_token(STATES + resource) is expected


def test_activities_need_a_mock() -> None:
    """A test waits for no worker either."""
    activity = "arn:aws:states:us-east-1:111111111111:activity:ask"
    assert is_activity(activity)
    assert needs_mock(activity)
    assert not has_token(activity)
