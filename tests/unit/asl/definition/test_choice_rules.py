"""Tests of ``asw.asl.definition.choice_rules``."""

import pytest

from asw.asl.definition.choice_rules import OPERATORS
from asw.asl.model import Comparison, Or
from tests.unit.asl.definitions import a_choice, only_state, problems, told

RULE = "/States/Choose/Choices/0"
YES = {"Variable": "$.a", "IsPresent": True}
OPERANDS = {
    "String": "x",
    "Numeric": 1.5,
    "Boolean": True,
    "Timestamp": "2026-11-24T10:00:00Z",
    "Is": False,
}


def _operand(operator):
    if operator.endswith("Path"):
        return "$.b"
    return next(value for kind, value in OPERANDS.items() if operator.startswith(kind))


def test_there_are_39_operators():
    """ASL's list is complete."""
    assert len(OPERATORS) == 39


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators_are_read(operator):
    """Each operator becomes a comparison, its Path twin one with a path for an operand."""
    operand = _operand(operator)
    state = only_state(a_choice({"Variable": "$.a", operator: operand}))
    assert state.choices[0].condition == Comparison(
        variable="$.a",
        operator=operator.removesuffix("Path"),
        operand=operand,
        is_path=operator.endswith("Path"),
    )


@pytest.mark.parametrize("operator", OPERATORS)
def test_operands_have_a_type(operator):
    """An operand of another type could never be equal: it is refused."""
    for wrong in (None, [], {}, "$.a[*]" if operator.endswith("Path") else None):
        assert told(a_choice({"Variable": "$.a", operator: wrong})) == [
            ("SCHEMA_VALIDATION_FAILED", f"{RULE}/{operator}")
        ]


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({}, RULE),
        ({"Variable": "$.a"}, RULE),
        ({"Variable": "$.a", "IsNull": True, "IsString": True}, RULE),
        ({"IsNull": True}, RULE),
        ({"Variable": "$.a", "IsNull": True, "And": [YES]}, RULE),
        ({"And": [YES], "Or": [YES]}, RULE),
        ({"And": []}, f"{RULE}/And"),
        ({"And": YES}, f"{RULE}/And"),
        ({"Not": [YES]}, f"{RULE}/Not"),
        ({"Not": {**YES, "Next": "Done"}}, f"{RULE}/Not/Next"),
        ({"Or": [{"And": [{"Variable": "$.a"}]}]}, f"{RULE}/Or/0/And/0"),
        ({"Variable": "a", "IsNull": True}, f"{RULE}/Variable"),
        ({"Variable": "$.a[*]", "IsNull": True}, f"{RULE}/Variable"),
        ({**YES, "Next": 5}, f"{RULE}/Next"),
        ({**YES, "Comment": 5}, f"{RULE}/Comment"),
    ],
)
def test_rules_have_one_condition(rule, path):
    """A rule is one comparison or one combination, and only the outermost leads on."""
    assert told(a_choice(rule, Default="Done")) == [("SCHEMA_VALIDATION_FAILED", path)]


def test_a_rule_leads_on():
    """Next is required of a rule."""
    definition = a_choice(YES, Default="Done")
    del definition["States"]["Choose"]["Choices"][0]["Next"]
    [problem] = problems(definition)
    assert (problem.path, problem.message) == (RULE, "The field 'Next' is required but was missing")


def test_a_misspelt_operator_is_suggested():
    """The nearest of the 39 is named."""
    told_problems = problems(a_choice({"Variable": "$.a", "NumericEqual": 1}))
    assert told_problems[0].message.endswith("did you mean 'NumericEquals'?")


def test_rules_may_have_comments_at_any_depth():
    """Comments are read over, and combinations nest."""
    state = only_state(a_choice({"Comment": "c", "Or": [{"Comment": "d", **YES}]}))
    assert state.choices[0].condition == Or(
        (Comparison(variable="$.a", operator="IsPresent", operand=True),)
    )


def test_jsonata_conditions_are_told_as_such():
    """A rule with a Condition is not blamed for having no Variable."""
    [problem] = problems(a_choice({"Condition": "{% true %}"}))
    assert problem.path == f"{RULE}/Condition"
    assert problem.hint == "JSONata has it, JSONPath has Variable and an operator"


@pytest.mark.parametrize("choices", [None, {}, [], [5]])
def test_choices_are_an_array_of_rules(choices):
    """A Choice has at least one rule."""
    definition = a_choice(YES, Default="Done")
    definition["States"]["Choose"]["Choices"] = choices
    assert told(definition)[0][1].startswith("/States/Choose/Choices")


def test_tcsl_documents_five_operators():
    """The rest works in TCSL too, with a warning."""
    plain = a_choice({"Variable": "$.a", "NumericEquals": 1})
    beyond = a_choice({"And": [{"Variable": "$.a", "NumericLessThan": 1}]})
    assert told(plain, "TCSL") == []
    assert told(beyond, "TCSL") == [
        ("BeyondDialect", f"{RULE}/And/0/NumericLessThan"),
        ("BeyondDialect", f"{RULE}/And"),
    ]
