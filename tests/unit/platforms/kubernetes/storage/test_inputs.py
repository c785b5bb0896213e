"""Inputs that an Execution cannot run with."""

import pytest

from asw.platforms.kubernetes.storage.inputs import parsed_input


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "spec.inputText is not JSON"),
        ('"\\ud800"', "not UTF-8"),
        (f'"{"x" * 262_144}"', "more than the 262144 that are allowed"),
        ("[" * 402 + "]" * 402, "nested more than 400 deep"),
    ],
    ids=["no JSON", "half a surrogate pair", "too large", "too deep"],
)
def test_what_no_record_holds_is_told(text: str, problem: str) -> None:
    """An input that could not be kept is a problem that says which, never an input."""
    given = parsed_input(text, "spec.inputText", is_kept=True)
    assert given.problem is not None
    assert problem in given.problem


def test_a_deep_input_is_kept() -> None:
    """An input as deep as values may be is taken as it is."""
    given = parsed_input("[" * 401 + "]" * 401, "spec.inputText", is_kept=True)
    assert given.problem is None
