"""Cases of kind ``test_state``: one state, asked as AWS's TestState API asks."""

from collections.abc import Mapping
from typing import Any

from asw.asl.values import to_text
from asw.teststate import TestStateRefused, try_state
from tests.conformance.functions import ACCOUNT, Functions

Case = Mapping[str, Any]

ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"


class NotThereYet(Exception):
    """What the case needs does not exist yet."""


def run_test_state(case: Case) -> dict[str, Any]:
    """What we answer: ``{"response": ...}``, or ``{"api_error": {code, message, http_status}}``."""
    try:
        return {"response": try_state(_request(case), outside=Functions(case["functions"]))}
    except TestStateRefused as refused:
        error = {"code": refused.code, "message": refused.message}
        return {"api_error": {**error, "http_status": refused.http_status}}


def _request(case: Case) -> dict[str, Any]:
    """The request as AWS's clients send it: the input and the definition as texts."""
    asked = {key: value for key, value in case["request"].items() if key != "roleArn_given"}
    asked["definition"] = case.get("definition_text") or to_text(case["definition"])
    if case["request"].get("roleArn_given"):
        asked["roleArn"] = ROLE
    if case.get("input_given", True):
        asked["input"] = to_text(case["input"])
    return asked
