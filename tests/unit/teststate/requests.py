"""Requests of TestState for tests, and the answers or refusals that they get."""

from collections.abc import Mapping
from typing import Any

from asw import teststate as testing
from asw.asl.values import Json

ROLE = "arn:aws:iam::111111111111:role/role"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:pay"
PUT_EVENTS = "arn:aws:states:::events:putEvents"
CMQ = "qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage"
ITEMS = {"items": [1, 2, 3]}


def task(resource: str = FUNCTION, **fields: Json) -> dict[str, Json]:
    """A Task that ends, unless ``Next`` is among its fields."""
    return {
        "Type": "Task",
        "Resource": resource,
        **({} if "Next" in fields else {"End": True}),
        **fields,
    }


def put_events() -> dict[str, Json]:
    """A Task that calls a service, with all that its request needs."""
    return task(PUT_EVENTS, Parameters={"Entries": []})


def a_map(*, mode: str = "DISTRIBUTED", **fields: Json) -> dict[str, Json]:
    """A Map over ``$.items`` of one Pass; ``fields`` may add to it and change it."""
    config = {"Mode": mode, **({"ExecutionType": "STANDARD"} if mode == "DISTRIBUTED" else {})}
    processor = {
        "ProcessorConfig": config,
        "StartAt": "One",
        "States": {"One": {"Type": "Pass", "End": True}},
    }
    return {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemProcessor": processor,
        "End": True,
        **fields,
    }


def parallel(**fields: Json) -> dict[str, Json]:
    """A Parallel of two branches, A and B."""
    branches = [
        {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}} for name in ("A", "B")
    ]
    return {"Type": "Parallel", "Branches": branches, "End": True, **fields}


def failing(error: str, cause: str | None = None) -> dict[str, Json]:
    """A mock of an error."""
    texts = {"error": error} if cause is None else {"error": error, "cause": cause}
    return {"errorOutput": texts}


def answer(definition: Json, **parameters: Json) -> Mapping[str, Any]:
    """What TestState answers, at the level DEBUG."""
    request = {"definition": definition, "inspectionLevel": "DEBUG", **parameters}
    return testing.test_state(request)


def refusal(definition: Json, **parameters: Json) -> tuple[str, str]:
    """The code and the sentence with which TestState refuses."""
    try:
        seen = answer(definition, **parameters)
    except testing.TestStateRefused as refused:
        return refused.code, refused.message
    raise AssertionError(f"not refused: {seen}")
