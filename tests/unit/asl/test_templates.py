"""Tests of ``asw.asl.templates``."""

import copy

import pytest

from asw.asl.errors import INTRINSIC_FAILURE, RUNTIME, StatesError
from asw.asl.jsonpath import LONGEST_KEPT
from asw.asl.templates import check_expression, evaluate_expression, expand
from tests.unit.asl.definitions import a_scope

DOCUMENT = {"a": 1, "list": [{"n": 1}, {"n": 2}], "name": "Ada"}
SCOPE = a_scope({"Execution": {"Id": "arn:x"}})


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ({"x.$": "$.a"}, {"x": 1}),
        ({"x.$": "$"}, {"x": DOCUMENT}),
        ({"x.$": "$$.Execution.Id"}, {"x": "arn:x"}),
        ({"x.$": "$.list[*].n"}, {"x": [1, 2]}),
        ({"x.$": "States.Format('Hi {}', $.name)"}, {"x": "Hi Ada"}),
        ({"x": {"y": [{"z.$": "$.a"}, "$.a"]}}, {"x": {"y": [{"z": 1}, "$.a"]}}),
        ({"x": "$.a", "$": 1, "x$": 2}, {"x": "$.a", "$": 1, "x$": 2}),
        ({"x": None, "y": True, "z": [[]]}, {"x": None, "y": True, "z": [[]]}),
        ({}, {}),
        ([{"x.$": "$.a"}], [{"x": 1}]),
        ("$.a", "$.a"),
    ],
)
def test_marked_fields_are_evaluated(template, expanded):
    """Fields ending in ``.$`` become what they find, at any depth; all else stands as it is."""
    before = copy.deepcopy((template, DOCUMENT))
    assert expand(template, DOCUMENT, SCOPE) == expanded
    assert (template, DOCUMENT) == before


def test_fields_keep_their_order():
    """The output lists its fields as the template does."""
    assert list(expand({"b.$": "$.a", "a": 1, "c.$": "$.a"}, DOCUMENT, SCOPE)) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "error", "cause"),
    [
        ("$.nope", RUNTIME, "The JSONPath '$.nope' specified for the field 'x.$' could not"),
        ("States.Format('{}', $.nope)", RUNTIME, "The function 'States.Format('{}', $.nope)' had"),
        ("States.ArrayLength($.a)", INTRINSIC_FAILURE, "The function 'States.ArrayLength($.a)'"),
    ],
)
def test_failures_name_field_or_call(text, error, cause):
    """AWS names the field of a path, and the call of an intrinsic."""
    with pytest.raises(StatesError) as caught:
        expand({"deep": [{"x.$": text}]}, DOCUMENT, SCOPE)
    assert caught.value.failure.error == error
    assert caught.value.failure.cause.startswith(cause)


def test_an_expression_stands_alone_too():
    """ErrorPath and CausePath are expressions without a template."""
    assert evaluate_expression("$.name", DOCUMENT, SCOPE, field="ErrorPath") == "Ada"
    with pytest.raises(StatesError, match="for the field 'ErrorPath'"):
        evaluate_expression("$.nope", DOCUMENT, SCOPE, field="ErrorPath")


def test_long_expressions_are_evaluated():
    """An expression too long to be kept is read each time."""
    text = f"States.Format('{'x' * LONGEST_KEPT}{{}}', $.a)"
    assert evaluate_expression(text, DOCUMENT, SCOPE, field="x.$") == "x" * LONGEST_KEPT + "1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$.a", None),
        ("States.UUID()", None),
        ("$a.b", None),
        ("$1", "expected '.' or '['"),
        ("", "expected a path such as $.name or a call"),
        ("plain text", "'plain' is not an intrinsic function"),
    ],
)
def test_expressions_are_checked(text, problem):
    """A text that is neither path nor call is told before it runs."""
    told = check_expression(text)
    assert told is problem or problem in told
