"""AWS's API models: found by the names that Resources use."""

import sys
from collections.abc import Iterator

import pytest

from asw.teststate import api_models
from asw.teststate.api_models import ModelsMissingError, answer_of
from tests.unit.teststate.requests import answer, put_events


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installation without the optional package."""
    monkeypatch.setitem(sys.modules, "botocore", None)
    _forget()
    yield
    _forget()


def _forget() -> None:
    api_models._model.cache_clear()
    api_models._paths.cache_clear()


@pytest.mark.parametrize(
    ("service", "operation", "field"),
    [
        ("sfn", "StartExecution", "executionArn"),
        ("dynamodb", "PutItem", "ConsumedCapacity"),
        ("eventbridge", "PutEvents", "Entries"),
        ("cloudwatchlogs", "GetLogEvents", "nextForwardToken"),
        ("cognitoidentityprovider", "ListUsers", "Users"),
    ],
)
def test_answers(service: str, operation: str, field: str) -> None:
    """A service is known by its id without spaces, an operation by its name."""
    found = answer_of(service, operation)
    assert found is not None
    assert field in found.shape(found.name)["members"]


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sqs", "DeleteMessage"), ("sqs", "Nothing"), ("nobody", "Nothing")],
    ids=["no answer", "no operation", "no service"],
)
def test_nothing_to_check(service: str, operation: str) -> None:
    """What answers nothing, and what no model knows, has no form."""
    assert answer_of(service, operation) is None


@pytest.mark.usefixtures("no_models")
def test_missing_package() -> None:
    """Without the optional package a mocked result cannot be checked, and the error says how."""
    with pytest.raises(ModelsMissingError, match=r"install asw\[testing\]"):
        answer(put_events(), mock={"result": "{}"})


@pytest.mark.usefixtures("no_models")
def test_unchecked_without_package() -> None:
    """A mock that wants no check works without the optional package."""
    mock = {"result": '{"Entries": 1}', "fieldValidationMode": "NONE"}
    assert answer(put_events(), mock=mock)["output"] == {"Entries": 1}
