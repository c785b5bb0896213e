"""A call as the event of a task, and back."""

import subprocess
import sys
from dataclasses import fields, replace

import pytest

from asw.asl.values import from_text, to_text
from asw.connector.calls import Call, NoCall, from_event, to_event

CALL = Call(
    service="dynamodb",
    action="putItem",
    sdk=False,
    parameters={"TableName": "t", "Item": {"id": {"S": "ü"}}, "n": [1.0, None]},
    task_id="4f0c1f6e-7a44-4a3c-9d0e-2f3e5a6b7c8d-7",
    origin=("arn:execution", "arn:machine"),
)


@pytest.mark.parametrize(
    "call",
    [
        CALL,
        replace(CALL, sdk=True, origin=()),
        replace(CALL, parameters=None, is_job=True, role="arn"),
    ],
    ids=["whole", "without origin", "of a job, as a role, without parameters"],
)
def test_an_event_says_all_of_a_call(call):
    """What the operator writes is what the connector reads."""
    assert from_event(from_text(to_text(to_event(call)))) == call
    assert len(to_event(call)) == len(fields(call))


def test_an_event_has_the_names_of_the_contract():
    """docs/reference/connector-contract.md names them."""
    assert to_event(CALL) == {
        "service": "dynamodb",
        "action": "putItem",
        "sdk": False,
        "parameters": CALL.parameters,
        "taskId": "4f0c1f6e-7a44-4a3c-9d0e-2f3e5a6b7c8d-7",
        "origin": ["arn:execution", "arn:machine"],
        "isJob": False,
        "role": "",
    }


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (None, "it is no JSON object"),
        ([], "it is no JSON object"),
        ({"service": 7}, "service is not a text"),
        ({"service": ""}, "service is not a text"),
        ({"action": ["x"]}, "action is not a text"),
        ({"sdk": "true"}, "sdk is not true or false"),
        ({"isJob": 1}, "isJob is not true or false"),
        ({"role": 1}, "role is not a text"),
        ({"taskId": None}, "taskId is not a text"),
        ({"origin": "arn"}, "origin is not a list of texts"),
        ({"origin": [1]}, "origin is not a list of texts"),
    ],
)
def test_what_is_no_call_is_told_by_its_member(event, why):
    """The reason names what is wrong, and quotes nothing."""
    given = {**to_event(CALL), **event} if isinstance(event, dict) else event
    with pytest.raises(NoCall) as error:
        from_event(given)
    assert str(error.value) == why


@pytest.mark.parametrize("name", ["service", "action", "sdk", "parameters", "taskId"])
def test_what_is_missing_is_told(name):
    """All but the origin has to be there."""
    event = {key: value for key, value in to_event(CALL).items() if key != name}
    with pytest.raises(NoCall, match=f"{name} is missing"):
        from_event(event)


def test_the_operator_needs_no_models_for_it():
    """Who writes events imports neither botocore nor an HTTP client."""
    code = (
        "import sys, asw.connector.calls;"
        "sys.exit(any(it in sys.modules for it in ('botocore', 'aiobotocore', 'aiohttp')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
