"""Tests of ``asw.asl.definition.queries``: JSONata in a definition."""

import pytest

from asw.asl.model import Expression
from tests.unit.asl.definitions import a_machine, a_map, a_pass, a_task, parsed, problems, told

UNSUPPORTED = "UNSUPPORTED_JSONATA_EXPRESSION"
RESULT = "{% $states.result %}"
ERROR_OUTPUT = "{% $states.errorOutput %}"


def _query(**states):
    return {"QueryLanguage": "JSONata", **a_machine(**states)}


def _parallel(**fields):
    return {"Type": "Parallel", "Branches": [a_machine(B=a_pass())], "End": True, **fields}


def _choice(**rule):
    rules = [{"Condition": "{% true %}", "Next": "Done", **rule}]
    return _query(C={"Type": "Choice", "Choices": rules}, Done={"Type": "Succeed"})


def _caught(**catcher):
    catchers = [{"ErrorEquals": ["States.ALL"], "Next": "Done", **catcher}]
    return _query(T=a_task(Catch=catchers), Done={"Type": "Succeed"})


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        (_query(S=a_pass(Output=RESULT)), "/States/S/Output"),
        (_query(S=a_pass(Assign={"v": RESULT})), "/States/S/Assign/v"),
        (_query(S={"Type": "Succeed", "Output": [RESULT]}), "/States/S/Output/0"),
        (_query(S={"Type": "Fail", "Cause": RESULT}), "/States/S/Cause"),
        (_query(S={"Type": "Wait", "Seconds": RESULT, "End": True}), "/States/S/Seconds"),
        (_query(S=a_task(Arguments={"a": RESULT})), "/States/S/Arguments/a"),
        (_query(S=a_map(Items=RESULT)), "/States/S/Items"),
        (_query(S=a_map(ItemSelector={"a": RESULT})), "/States/S/ItemSelector/a"),
        (_choice(Condition=RESULT), "/States/C/Choices/0/Condition"),
        (_choice(Output=RESULT), "/States/C/Choices/0/Output"),
        (_caught(Output=RESULT), "/States/T/Catch/0/Output"),
        (_query(S=a_task(Output=ERROR_OUTPUT)), "/States/S/Output"),
        (_query(S=a_task(Assign={"v": ERROR_OUTPUT})), "/States/S/Assign/v"),
        (_query(S=a_pass(Output="{% $states.inputs %}")), "/States/S/Output"),
    ],
)
def test_what_states_lacks_is_refused(definition, path):
    """AWS refuses to read a result where there is none yet, and an error where none was caught."""
    assert told(definition) == [(UNSUPPORTED, path)]


@pytest.mark.parametrize(
    "definition",
    [
        _query(S=a_task(Output=RESULT, Assign={"v": RESULT})),
        _query(S=a_map(Output=RESULT)),
        _query(S=_parallel(Output=RESULT)),
        _caught(Output=ERROR_OUTPUT, Assign={"v": "{% $states . errorOutput.Cause %}"}),
        _query(S=a_pass(Output="{% $states.context.Execution.Id & '$states.result' %}")),
        _query(S=a_pass(Output="{% $states.input.result %}")),
        _query(S=a_pass(Output=[" {% $states.result %} "])),
    ],
    ids=["task", "map", "parallel", "catcher", "in-quotes", "of-the-input", "no-expression"],
)
def test_what_states_has_may_be_read(definition):
    """Output and Assign see the result or what was caught; texts and other paths do no harm."""
    assert told(definition) == []


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            RESULT,
            (
                "Field '$states.result' does not exist: "
                "it is available in Output and Assign of a Task, Parallel or Map state"
            ),
        ),
        (
            "{% $states.inptu %}",
            "Field '$states.inptu' does not exist: did you mean 'input'?",
        ),
        ("{% $states.zzz %}", "Field '$states.zzz' does not exist: it has input, context"),
    ],
)
def test_the_remedy_is_named(expression, message):
    """The hint says where the field is to be had, or which one was meant."""
    [problem] = problems(_query(S=a_pass(Output=expression)))
    assert problem.message == message


@pytest.mark.parametrize("text", ["{% 1", "{% 1 %} ", "{%"])
def test_an_expression_must_end(text):
    """AWS: a string that begins as an expression must be one."""
    [problem] = problems(_query(S=a_pass(Output={"a": text})))
    assert problem.summary == "JSONata string must start with {% and end with %}"
    assert problem.location == "/States/S/Output/a"


@pytest.mark.parametrize(
    ("state", "path", "summary"),
    [
        ({"Type": "Wait", "Seconds": "5", "End": True}, "Seconds", "Expected value of type Int"),
        (a_task(Arguments=5), "Arguments", "Expected value of type [OBJECT]"),
        (a_map(Items={}), "Items", "Expected value of type [ARRAY]"),
    ],
)
def test_constants_have_a_type(state, path, summary):
    """What is not an expression must be what the field wants."""
    [problem] = problems(_query(S=state))
    assert problem.path == f"/States/S/{path}"
    assert problem.summary.startswith(summary)


@pytest.mark.parametrize("text", ["$.a", "$$.Execution.Id", "States.UUID()"])
def test_jsonpath_in_jsonata_is_warned_of(text):
    """A path that came along from JSONPath is passed on as a text."""
    [problem] = problems(_query(S=a_pass(Output={"a": text})))
    assert (problem.code, problem.path) == ("OtherQueryLanguage", "/States/S/Output/a")
    assert "write it as {% $states.input... %}" in problem.hint


def test_whole_fields_become_expressions():
    """Where a field is one expression the model has its source; templates stay as written."""
    states = parsed(
        _query(
            W={"Type": "Wait", "Timestamp": "{% $states.input.at %}", "Next": "T"},
            T=a_task(Arguments={"a": "{% 1 %}"}, TimeoutSeconds="{%5%}"),
        )
    ).block.states
    assert states["W"].timestamp == Expression("$states.input.at")
    assert states["T"].timeout_seconds == Expression("5")
    assert states["T"].arguments == {"a": "{% 1 %}"}


@pytest.mark.parametrize(
    ("state", "path"),
    [
        (a_pass(Output="10 %}"), "Output"),
        (a_pass(Output=" {% 10 %}"), "Output"),
        (a_pass(Output="x {% 10 %} y"), "Output"),
        (a_pass(Output={"a": ["10 %}"]}), "Output/a/0"),
        (a_task(TimeoutSeconds="10 %}"), "TimeoutSeconds"),
        ({"Type": "Fail", "Cause": "it is {% 1 %}"}, "Cause"),
    ],
)
def test_wrongly_opened_or_closed_expressions_are_refused(state, path):
    """AWS: improperly opening or closing an expression is a validation error."""
    [problem] = problems(_query(S=state))
    assert (problem.code, problem.path) == ("SCHEMA_VALIDATION_FAILED", f"/States/S/{path}")
    assert problem.summary == "JSONata string must start with {% and end with %}"


def test_marks_amid_a_text_within_a_field_are_text():
    """AWS's recorded answer: with something on both sides, such a text is constant."""
    assert told(_query(S=a_pass(Output=[" {% states.input %} ", "x {% 1 %} y"]))) == []
