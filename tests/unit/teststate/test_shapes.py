"""A mocked result against the form that the API's model says."""

import pytest

from asw.asl.values import Json
from asw.teststate import TestStateRefused
from asw.teststate.api_models import Message
from asw.teststate.shapes import check_result, pascal_case

SHAPES = {
    "Out": {
        "type": "structure",
        "required": ["jobId"],
        "members": {
            "jobId": {"shape": "Id"},
            "Parts": {"shape": "Parts"},
            "Tags": {"shape": "Tags"},
            "Body": {"shape": "Body"},
            "Size": {"shape": "Size"},
            "Cost": {"shape": "Cost"},
            "IsDone": {"shape": "IsDone"},
            "StartedAt": {"shape": "Time"},
            "Any": {"shape": "Any"},
            "Colour": {"shape": "Colour"},
            "Inner": {"shape": "Out"},
        },
    },
    "Id": {"type": "string", "min": 2, "max": 4},
    "Parts": {"type": "list", "member": {"shape": "Out"}, "max": 2},
    "Tags": {"type": "map", "key": {"shape": "Id"}, "value": {"shape": "Id"}},
    "Body": {"type": "blob", "min": 1},
    "Size": {"type": "integer", "min": 1, "max": 9},
    "Cost": {"type": "double"},
    "IsDone": {"type": "boolean"},
    "Time": {"type": "timestamp"},
    "Any": {"type": "structure", "members": {}, "document": True},
    "Colour": {"type": "string", "enum": ["red", "blue"]},
}
ANSWER = Message(SHAPES, "Out")


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({"JobId": 1}, "Field 'JobId' must be a string"),
        ({"JobId": "1"}, "Field 'JobId' is smaller than the minimum length"),
        ({"JobId": "12345"}, "Field 'JobId' exceeds the maximum length"),
        ({"Parts": {}}, "Field 'Parts' must be an array"),
        ({"Parts": [{"JobId": "id", "Size": "1"}]}, "Field 'Size' must be a number"),
        ({"Parts": [1]}, "Field 'Parts' must be an object"),
        ({"Parts": [None, None, None]}, "Field 'Parts' exceeds the maximum length"),
        ({"Tags": []}, "Field 'Tags' must be an object"),
        ({"Tags": {"a": 1}}, "Field 'Tags' must be a string"),
        ({"Body": {}}, "Field 'Body' must be a string"),
        ({"Body": ""}, "Field 'Body' is smaller than the minimum length"),
        ({"Size": True}, "Field 'Size' must be a number"),
        ({"Size": 0}, "Field 'Size' is less than the minimum value"),
        ({"Size": 10}, "Field 'Size' exceeds the maximum value"),
        ({"Cost": "1.5"}, "Field 'Cost' must be a number"),
        ({"IsDone": "true"}, "Field 'IsDone' must be a boolean"),
        ({"StartedAt": 1764103483}, "Field 'StartedAt' must be a string"),
        ({"Colour": "green"}, "Field 'Colour' is not an expected value"),
        ({"Inner": []}, "Field 'Inner' must be an object"),
    ],
)
def test_wrong_fields(result: Json, told: str) -> None:
    """A field that is there must be what the model says, in either mode that checks."""
    for is_strict, whole in ((False, result), (True, {"JobId": "id", **result})):
        with pytest.raises(TestStateRefused) as refused:
            check_result(whole, ANSWER, is_strict=is_strict)
        assert refused.value.message == f"Mock result schema validation error: {told}"


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"Unknown": [1]},
        {"jobId": 1},
        {"JobId": None},
        {"Any": 1, "Cost": 1, "Colour": "red", "StartedAt": "any text", "Tags": {"a": "id"}},
    ],
    ids=["nothing", "unknown", "other spelling", "null", "right"],
)
def test_right_fields(result: Json) -> None:
    """Fields that the model does not know are let pass, and what is required may be missing."""
    check_result(result, ANSWER, is_strict=False)


def test_required_fields() -> None:
    """STRICT wants what the model requires, under the name that Step Functions gives it."""
    with pytest.raises(TestStateRefused, match="Required field 'JobId' is missing"):
        check_result({"jobId": "id"}, ANSWER, is_strict=True)
    check_result({"JobId": "id"}, ANSWER, is_strict=True)


def test_no_object() -> None:
    """An operation answers an object."""
    with pytest.raises(TestStateRefused, match="must be a JSON object"):
        check_result([1], ANSWER, is_strict=False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("executionArn", "ExecutionArn"),
        ("ETag", "ETag"),
        ("MD5OfMessageBody", "Md5OfMessageBody"),
        ("DBInstanceIdentifier", "DbInstanceIdentifier"),
        ("SSEKMSKeyId", "SsekmsKeyId"),
        ("CodeSha256", "CodeSha256"),
        ("MessageId", "MessageId"),
        ("content-type", "ContentType"),
    ],
)
def test_pascal_case(name: str, expected: str) -> None:
    """Names of fields are spelt as the SDK for Java spells them."""
    assert pascal_case(name) == expected
