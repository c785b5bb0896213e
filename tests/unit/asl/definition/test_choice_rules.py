"""Tests of ``asw.asl.definition.choice_rules``."""

import pytest

from asw.asl.definition.choice_rules import OPERATORS
from asw.asl.model import Comparison, Expression, Or
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
    assert (problem.path, problem.message) == (RULE, "These fields are required: [Next]")


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
    assert problem.hint == "JSONPath has Variable and an operator"
    assert problem.location == "/States/Choose/Choices[0]"


@pytest.mark.parametrize("field", ["Variable", "Not", "NumericEquals", "StringEqualsPath"])
def test_jsonata_rules_have_a_condition(field):
    """What JSONPath has for it is told as JSONPath's."""
    definition = {"QueryLanguage": "JSONata", **a_choice({field: 1}, Default="Done")}
    [problem] = problems(definition)
    assert problem.path == f"{RULE}/{field}"
    assert problem.summary == (
        f"The QueryLanguage is set to 'JSONata', but field '{field}' is only supported "
        "for the 'JSONPath' QueryLanguage"
    )
    assert problem.hint == "JSONata has Condition"


def test_a_jsonata_rule_is_read():
    """The condition loses its marks; Output and Assign stay templates."""
    rule = {"Condition": "{% $x > 1 %}", "Output": "{% $x %}", "Assign": {"x": 1}}
    definition = {"QueryLanguage": "JSONata", **a_choice(rule, Default="Done")}
    [read] = only_state(definition).choices
    assert read.condition == Expression("$x > 1")
    assert (read.output, read.assign, read.next) == ("{% $x %}", {"x": 1}, "Done")


@pytest.mark.parametrize(
    ("rule", "summary"),
    [
        ({}, "The object must have only one of the following fields, [And, Or, Not, Variable, "),
        (
            {"Variable": "$.a", "Not": YES},
            "The object must have only one of the following fields, [And, Or, Not, Variable, ",
        ),
        (
            {"Variable": "$.a"},
            "This object should have only one of the following fields: [",
        ),
        (
            {"Variable": "$.a", "IsNull": True, "IsString": True},
            "There should only be one of the following fields: [IsNull, IsString]",
        ),
        (
            {"Variable": "a", "IsNull": True},
            "Value is not a Reference Path: Reference path didn't start with '$'",
        ),
        ({"Variable": "$.a[*]", "IsNull": True}, "Value is not a Reference Path"),
        ({"Not": {**YES, "Next": "Done"}}, "Field 'Next' is not supported"),
    ],
    ids=["nothing", "two kinds", "no operator", "two operators", "no path", "many", "inner next"],
)
def test_rules_are_told_in_words_of_aws(rule, summary):
    """AWS's sentence comes first, ours after it."""
    [problem] = problems(a_choice(rule, Default="Done"))
    assert problem.summary.startswith(summary)


@pytest.mark.parametrize("operand", ["$.b", "$$.Execution.Id", "States.Format('x')"])
def test_constants_that_look_like_paths_are_warned_of(operand):
    """A path to compare with belongs into the operator's Path twin."""
    [problem] = problems(a_choice({"Variable": "$.a", "StringEquals": operand}, Default="Done"))
    assert (problem.severity, problem.code) == ("WARNING", "NO_PATH")
    assert problem.hint.endswith("to have it evaluated, use StringEqualsPath")


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
