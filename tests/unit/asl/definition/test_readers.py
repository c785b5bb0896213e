"""Tests of ``asw.asl.definition.readers``: values of fields."""

import pytest

from tests.unit.asl.definitions import a_machine, a_map, a_pass, a_task, only_state, problems, told

FAILED = "SCHEMA_VALIDATION_FAILED"
S = "/States/S"


def _wait(**fields):
    return {"Type": "Wait", "End": True, **fields}


@pytest.mark.parametrize(
    ("state", "field"),
    [
        (a_pass(Comment=None), "Comment"),
        (a_pass(Next=5), "Next"),
        (a_pass(End="true"), "End"),
        (a_pass(InputPath=5), "InputPath"),
        (a_pass(InputPath="a"), "InputPath"),
        (a_pass(OutputPath="$.a["), "OutputPath"),
        (a_pass(ResultPath="$.a[*]"), "ResultPath"),
        (a_pass(ResultPath="$$.a"), "ResultPath"),
        (a_pass(ResultPath=5), "ResultPath"),
        (a_map(ItemsPath=None), "ItemsPath"),
        (a_map(ItemsPath="$..a"), "ItemsPath"),
        (a_map(MaxConcurrency=-1), "MaxConcurrency"),
        (a_map(MaxConcurrency=True), "MaxConcurrency"),
        (a_map(ToleratedFailurePercentage=101), "ToleratedFailurePercentage"),
        (a_map(ToleratedFailurePercentage=-0.1), "ToleratedFailurePercentage"),
        (a_map(ToleratedFailureCount=0.5), "ToleratedFailureCount"),
        (_wait(Seconds=-1), "Seconds"),
        (_wait(Seconds=1.5), "Seconds"),
        (_wait(Timestamp="05-12-2016T21:29:29Z"), "Timestamp"),
        (_wait(Timestamp=5), "Timestamp"),
        (_wait(TimestampPath="$.a.length()"), "TimestampPath"),
        (a_task(Parameters=5), "Parameters"),
        (a_task(Parameters=None), "Parameters"),
        (a_task(ResultSelector=[]), "ResultSelector"),
        (a_task(ResultSelector=None), "ResultSelector"),
        ({"Type": "Fail", "Error": None}, "Error"),
        ({"Type": "Fail", "ErrorPath": 5}, "ErrorPath"),
        ({"Type": "Fail", "ErrorPath": "$.a[*]"}, "ErrorPath"),
        ({"Type": "Fail", "CausePath": "States.Fromat('x')"}, "CausePath"),
        ({"Type": "Parallel", "Branches": [], "End": True}, "Branches"),
        ({"Type": "Parallel", "Branches": {}, "End": True}, "Branches"),
    ],
)
def test_values_have_types_and_ranges(state, field):
    """A wrong value is told at its field."""
    assert (FAILED, f"{S}/{field}") in told(state)


@pytest.mark.parametrize(
    "state",
    [
        a_pass(InputPath=None, OutputPath=None, ResultPath=None),
        a_pass(InputPath="$$.Execution.Input", OutputPath="$.a[?(@.b)]"),
        a_pass(Result={"x": "no template"}),
        a_map(ItemsPath="$$.Execution.Input.list", ToleratedFailurePercentage=0),
        a_map(MaxConcurrencyPath="$.n", ToleratedFailurePercentagePath="$.p"),
        _wait(Seconds=0),
        _wait(SecondsPath="$.a['b']"),
        _wait(Timestamp="2026-11-24T10:00:00+01:00"),
        {"Type": "Fail"},
        {"Type": "Fail", "ErrorPath": "$$.State.Name", "CausePath": "States.Format('{}', $.c)"},
    ],
)
def test_what_values_may_be(state):
    """What AWS takes is taken."""
    assert told(state) == []


@pytest.mark.parametrize(
    ("template", "path", "summary"),
    [
        (
            {"x.$": "$.a["},
            "/x.$",
            "The value for the field 'x.$' must be a valid JSONPath or a valid",
        ),
        ({"x.$": 5}, "/x.$", "The value for the field 'x.$' must be a valid JSONPath or a valid"),
        (
            {"x.$": "text"},
            "/x.$",
            "The value for the field 'x.$' must be a valid JSONPath or a valid",
        ),
        ({"a": [{"b": {"x.$": "$["}}]}, "/a/0/b/x.$", "The value for the field 'x.$' must be"),
        ({"x": 1, "x.$": "$"}, "", "The field 'x' is there twice, as 'x' and as 'x.$'"),
    ],
)
def test_templates_are_checked(template, path, summary):
    """Expressions in templates are read before they run; AWS tells of them at their object."""
    [problem] = problems(a_task(Parameters=template))
    assert (problem.code, problem.path) == (FAILED, f"{S}/Parameters{path}")
    around = path.removesuffix("/x.$").replace("/0", "[0]")
    assert problem.location == f"{S}/Parameters{around}"
    assert problem.summary.startswith(summary)


@pytest.mark.parametrize(
    ("state", "variable"),
    [
        (a_pass(InputPath="$order.id"), "order"),
        (a_task(Parameters={"x.$": "$order"}), "order"),
        (a_task(Parameters={"x.$": "States.Format('{}', $order)"}), "order"),
        (_wait(SecondsPath="$seconds"), "seconds"),
    ],
)
def test_variables_are_noted(state, variable):
    """A variable that nobody assigns is warned of, wherever a path or a call reads it."""
    [problem] = problems(state)
    assert (problem.severity, problem.code) == ("WARNING", "POSSIBLY_UNDEFINED_VARIABLE")
    assert problem.summary == f"Variable '{variable}' is possibly not defined."


@pytest.mark.parametrize(
    "state", [_wait(Seconds="{% 5 %}"), a_pass(InputPath="{% $x %}"), a_map(ItemsPath="{% $x %}")]
)
def test_jsonata_is_told_as_such(state):
    """A JSONata expression in a JSONPath field is not called a bad path."""
    [problem] = problems(state)
    assert problem.code == FAILED
    assert problem.hint.endswith("a state whose QueryLanguage is JSONata has expressions")


def test_numbers_with_a_zero_fraction_are_integers():
    """``5.0`` is 5, as it may come back from the API server."""
    assert repr(only_state(_wait(Seconds=5.0)).seconds) == "5"
    assert repr(only_state(a_map(MaxConcurrency=2.0)).max_concurrency) == "2"


@pytest.mark.parametrize(
    ("state", "summary"),
    [
        (a_pass(Comment=5), "Expected value of type [STRING]"),
        (a_pass(Next="S", End="true"), "Expected value of type [BOOLEAN]"),
        (a_pass(InputPath="a"), "Value must be a valid JSONPath."),
        (a_pass(ResultPath="$.a[*]"), "Value is not a Reference Path"),
        (a_pass(ResultPath="$$.a"), "Value is not a Reference Path"),
        (a_map(MaxConcurrency="1"), "Expected value of type Integer"),
        (a_map(MaxConcurrency=-1), "Minimum value is 0"),
        (a_map(ToleratedFailurePercentage=101), "Maximum value is 100.0"),
        (a_map(ToleratedFailurePercentage=-1), "Minimum value is 0.0"),
        (_wait(Seconds=100_000_000), "Maximum value is 99999999"),
        (_wait(Timestamp="x"), "String does not match RFC3339 timestamp"),
        (_wait(SecondsPath="a"), "Value must be a valid JSONPath."),
        ({"Type": "Fail", "CausePath": "x"}, "Value must be a valid JSONPath."),
        ({"Type": "Parallel", "Branches": [], "End": True}, "Value cannot be empty"),
        ({"Type": "Parallel", "Branches": {}, "End": True}, "Expected value of type [ARRAY]"),
        (a_task(ResultSelector=[]), "Expected value of type [OBJECT]"),
    ],
)
def test_values_are_told_in_words_of_aws(state, summary):
    """AWS's sentence comes first, the value after it."""
    assert problems(state)[0].summary == summary


@pytest.mark.parametrize("text", ["$", "$.a", "$$.Execution.Id", "$[0]", "States.UUID()"])
def test_texts_that_look_like_paths_are_warned_of(text):
    """A field of a template is evaluated only where its name ends in ``.$``."""
    [problem] = problems(a_task(Parameters={"a": {"b": text}}))
    assert (problem.code, problem.path) == ("NO_DOLLAR", "/States/S/Parameters/a/b")
    assert problem.hint.endswith("to have it evaluated, name the field 'b.$'")


@pytest.mark.parametrize("template", [{"a": {"b": "{% $x %}"}}, {"a": ["{% $x %}"]}])
def test_jsonata_in_a_template_is_warned_of(template):
    """A JSONPath state passes it on as a text; its author most likely meant something else."""
    [problem] = problems(a_task(Parameters=template))
    assert problem.code == "OtherQueryLanguage"
    assert problem.path.startswith("/States/S/Parameters/a/")
    assert problem.hint.endswith("to have it evaluated, set QueryLanguage to JSONata")


@pytest.mark.parametrize("text", ["$5 off", "5 $", "States.of.mind", " {% $x %}"])
def test_texts_that_only_begin_like_paths_are_not(text):
    """A price is not a path."""
    assert told(a_task(Parameters={"a": text})) == []


def test_the_reason_of_a_bad_path_is_told():
    """The message says where in the path."""
    [problem] = problems(a_machine(S=a_pass(InputPath="$.a]")))
    assert problem.message == "Value must be a valid JSONPath: unexpected ']' (at character 4)"


@pytest.mark.parametrize(
    "state",
    [
        a_task(Parameters=[{"a.$": "$.a"}, 1]),
        a_task(Parameters="text"),
        a_pass(Parameters=["text"]),
        a_map(Parameters=[{"a.$": "$.a"}]),
        {"Type": "Parallel", "Branches": [a_machine(B=a_pass())], "End": True, "Parameters": [1]},
    ],
)
def test_parameters_may_be_arrays_and_texts(state):
    """AWS accepts them in deployed definitions, whatever the specification says."""
    assert told(state) == []


def test_an_array_of_parameters_holds_templates():
    """What is in it is checked as anywhere else."""
    assert told(a_pass(Parameters=[{"a.$": "$.a["}])) == [(FAILED, f"{S}/Parameters/0/a.$")]


def test_a_text_in_parameters_is_literal():
    """One that looks like a path gets a warning: only a field ending in .$ is evaluated."""
    [problem] = problems(a_pass(Parameters="$.a"))
    assert (problem.code, problem.path) == ("NO_DOLLAR", f"{S}/Parameters")
