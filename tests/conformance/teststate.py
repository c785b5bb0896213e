"""Cases of kind ``test_state``: one state, asked as AWS's TestState API asks."""

from collections.abc import Mapping
from typing import Any

Case = Mapping[str, Any]


class NotThereYet(Exception):
    """What the case needs does not exist yet."""


def run_test_state(case: Case) -> dict[str, Any]:
    """What we answer: ``{"response": ...}``, or ``{"api_error": {code, message, http_status}}``."""
    try:
        from asw.testing import TestStateRefused, test_state  # noqa: PLC0415 - it may be missing
    except ImportError as missing:
        raise NotThereYet(f"TestState is not there yet: {missing}") from missing
    try:
        return {"response": test_state(_request(case))}
    except TestStateRefused as refused:
        error = {"code": refused.code, "message": refused.message}
        return {"api_error": {**error, "http_status": refused.http_status}}


def _request(case: Case) -> dict[str, Any]:
    asked = {key: value for key, value in case["request"].items() if key != "roleArn_given"}
    if case["request"].get("roleArn_given"):
        asked["roleArn"] = "arn:aws:iam::111111111111:role/role"
    if case.get("input_given", True):
        asked["input"] = case["input"]
    return {**asked, "definition": case.get("definition_text") or case["definition"]}
