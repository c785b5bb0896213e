"""The parameters of TestState, each by itself."""

import pytest

from asw.teststate import TestStateRefused
from asw.teststate.request import read_request
from tests.unit.teststate.requests import answer, refusal

PASS = {"Type": "Pass", "End": True}


@pytest.mark.parametrize(
    ("name", "value", "text", "field"),
    [
        ("input", {"a": 1}, '{"a": 1}', "input"),
        ("input", "plain", '"plain"', None),
        ("variables", {"a": 1}, '{"a": 1}', "variables"),
        ("context", {"Execution": {}}, '{"Execution": {}}', "context"),
    ],
    ids=["input", "text as input", "variables", "context"],
)
def test_texts_and_values(name: str, value: object, text: str, field: str | None) -> None:
    """What AWS takes as the text of JSON may be given as its value as well."""
    by_text = read_request({"definition": PASS, name: text})
    assert getattr(by_text, name) == value
    if field is not None:
        assert read_request({"definition": PASS, name: value}) == by_text


def test_defaults() -> None:
    """Without an input the state gets an empty object, and the level is INFO."""
    request = read_request({"definition": PASS})
    assert (request.input, request.level, request.variables) == ({}, "INFO", {})


def test_definition_as_text() -> None:
    """The definition is AWS's text, or the value that it spells."""
    assert answer('{"Type": "Pass", "End": true}') == answer(PASS)


@pytest.mark.parametrize(
    ("parameters", "code", "message"),
    [
        ({"input": "{"}, "InvalidExecutionInput", "Invalid State Machine Execution Input: '"),
        ({"variables": "{"}, "ValidationException", "Variables must be valid JSON"),
        ({"variables": [1]}, "ValidationException", "Variables must be a JSON object"),
        ({"context": "{"}, "ValidationException", "Context object must be valid JSON"),
        (
            {"inspectionLevel": "ALL"},
            "ValidationException",
            (
                "1 validation error detected: Value 'ALL' at 'inspectionLevel' failed to satisfy "
                "constraint: Member must satisfy enum value set: [INFO, DEBUG, TRACE]"
            ),
        ),
        (
            {"mock": {"result": "1", "fieldValidationMode": "LAX"}},
            "ValidationException",
            (
                "1 validation error detected: Value 'LAX' at 'fieldValidationMode' failed to "
                "satisfy constraint: Member must satisfy enum value set: [STRICT, PRESENT, NONE]"
            ),
        ),
        (
            {"stateName": "x" * 81},
            "ValidationException",
            (
                f"1 validation error detected: Value '{'x' * 81}' at 'stateName' failed to satisfy "
                "constraint: Member must have length less than or equal to 80"
            ),
        ),
        (
            {"mock": {"errorOutput": {"cause": "why"}}},
            "ValidationException",
            "An error was not specified in the mocked error output.",
        ),
    ],
    ids=["input", "variables", "no object", "context", "level", "mode", "long name", "no error"],
)
def test_wrong_parameters(parameters: dict[str, object], code: str, message: str) -> None:
    """A parameter that is wrong in itself is refused, whatever the state is."""
    found = refusal(PASS, **parameters)
    assert found[0] == code
    assert found[1].startswith(message)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"stateName": ""},
            "Invalid length for parameter stateName, value: 0, valid min length: 1",
        ),
        (
            {"stateConfiguration": {"retrierRetryCount": -1}},
            "Invalid value for parameter retrierRetryCount, value: -1, valid min value: 0",
        ),
        (
            {"stateConfiguration": {"retrierRetryCount": True}},
            (
                "Invalid type for parameter retrierRetryCount, value: True, type: <class 'bool'>, "
                "valid types: <class 'int'>"
            ),
        ),
        (
            {"mock": "{}"},
            (
                "Invalid type for parameter mock, value: {}, type: <class 'str'>, "
                "valid types: <class 'dict'>"
            ),
        ),
    ],
    ids=["empty name", "negative count", "no number", "no object"],
)
def test_what_clients_refuse(parameters: dict[str, object], message: str) -> None:
    """AWS's clients do not even send some requests, so that there is no HTTP status."""
    with pytest.raises(TestStateRefused) as refused:
        answer(PASS, **parameters)
    assert refused.value.code == "ParamValidationError"
    assert refused.value.message == f"Parameter validation failed:\n{message}"
    assert refused.value.http_status is None


def test_no_definition() -> None:
    """Without a definition there is nothing to test."""
    with pytest.raises(TestStateRefused, match='Missing required parameter in input: "definition"'):
        read_request({})
