"""Calls and expressions that fail in every run, whatever comes, and those that need not."""

import pytest

from asw.asl.jsonata.engine import Compiled
from asw.asl.problems import Problem
from asw.asl.values import Json
from asw.lint.analysis.check import Assumptions, check_flow
from asw.lint.analysis.codes import UNHANDLED_ERRORS
from asw.lint.analysis.schema import of_schema
from tests.unit.asl.definitions import a_machine, a_map, a_pass, a_task, parsed

PAIR = {
    "type": "object",
    "properties": {
        "pair": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "kind": {"const": "SHA2"},
        "kinds": {"enum": ["SHA-1", "SHA2"]},
        "below": {"type": "number", "maximum": -1},
        "any": {"type": "array"},
        "day": {"enum": ["Monday", "Tuesday"]},
        "when": {"enum": ["Monday", "2026-01-01T00:00:00Z"]},
    },
    "required": ["pair", "kind", "kinds", "below", "any", "day", "when"],
}


def found(definition: Json) -> list[Problem]:
    """What the check finds with the input above, but the errors that nothing handles."""
    known = Assumptions(input=of_schema(PAIR)[0], source="schema")
    told = check_flow(parsed(definition), definition, known)
    return [it for it in told if it.code != UNHANDLED_ERRORS]


def assert_fails(definition: Json, path: str, message: str) -> None:
    """The only problem is that the field fails always, for this reason."""
    [problem] = found(definition)
    assert (problem.severity, problem.code) == ("ERROR", "FieldAlwaysFails")
    assert problem.path == path
    assert message in problem.message


CALLS = {
    "States.Format('{} {}', $.any)": "do not match the occurrences of {}",
    "States.Format('none', $.any)": "do not match the occurrences of {}",
    r"States.Format('\{\}', $.any)": "do not match the occurrences of {}",
    "States.Format('{}', States.Format('{}'))": "'States.Format('{}')' always fails",
    "States.StringToJson('{a')": "no JSON",
    "States.ArrayPartition($.any, 0)": "the chunk size must be at least 1, not 0",
    "States.ArrayRange($.any[0], 9, 0)": "the step must not be 0",
    "States.ArrayRange(1, 1001, 1)": "more than 1000 items",
    "States.ArrayGetItem($.any, -1)": "there is no item -1: the first one is item 0",
    "States.ArrayGetItem($.pair, 2)": "the array has 2 items at most",
    "States.ArrayGetItem(States.Array(1), 1)": "the array has 1 items at most",
    "States.Base64Decode('%')": "not the Base64 form",
    "States.Hash($.any, 'SHA2')": "there is no algorithm 'SHA2'",
    "States.Hash($.any, $.kind)": "there is no algorithm 'SHA2'",
    "States.JsonMerge($$.State, $$.State, true)": "the third argument is false",
    "States.MathRandom(5, 5)": "the start 5 must be below the end 5",
    "States.MathRandom(1, 5, 'x')": "its argument 3 must be a number",
}
"""By the call, what is said of it."""


@pytest.mark.parametrize(("call", "message"), CALLS.items(), ids=CALLS)
def test_a_call_that_always_fails(call: str, message: str) -> None:
    """A call of an intrinsic function is told whose known arguments alone make it fail."""
    machine = a_machine(Go=a_pass(Parameters={"x.$": call}))
    assert_fails(machine, "/States/Go/Parameters/x.$", message)


CALLED_RIGHTLY = [
    r"States.Format('\{\} {} { }', $.any)",
    "States.Format($.day, 1)",
    "States.StringToJson('')",
    "States.ArrayPartition($.any, $.any[0])",
    "States.ArrayRange(-5000, $.any[0], 1)",
    "States.ArrayRange(5, 1, 1)",
    "States.ArrayGetItem($.any, 5000)",
    "States.ArrayGetItem($.pair, 1)",
    "States.ArrayGetItem($.any, -0.2)",
    "States.Hash($.any, $.kinds)",
    "States.MathRandom($.below, 0)",
    "States.MathAdd(-1, 1)",
]


@pytest.mark.parametrize("call", CALLED_RIGHTLY)
def test_a_call_that_may_succeed(call: str) -> None:
    """Nothing is said of a call that some value of an unknown argument makes right."""
    assert found(a_machine(Go=a_pass(Parameters={"x.$": call}))) == []


EXPRESSIONS = {
    "$uppercase(5)": 'Argument 1 of function "uppercase" does not match',
    "$substring('a')": 'Argument 2 of function "substring" does not match',
    "$hash('a', 'MD6')": "must be one of SHA-1",
    "$eval('1')": "Attempted to invoke a non-function",
    "1 + 'a'": 'The right side of the "+" operator must evaluate to a number',
    "$parse('{')": "Invalid JSON",
    "[1, 2] ~> $map(function($v) { $v & 1 + 'x' })": "must evaluate to a number",
    "$sum": "it is worth a function, which is no JSON value",
    "function($x) { $x }": "it is worth a function, which is no JSON value",
}


def test_a_regular_expression_is_left_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only the clock can end is not worked out beforehand: a validation takes no second."""
    monkeypatch.setattr(Compiled, "run", lambda *_: pytest.fail("it was evaluated"))
    source = f"$match('{'a' * 35}b', /(a+)+$/)"
    assert found(a_machine(Go=a_pass(QueryLanguage="JSONata", Output=f"{{% {source} %}}"))) == []


@pytest.mark.parametrize(("source", "message"), EXPRESSIONS.items(), ids=EXPRESSIONS)
def test_an_expression_that_always_fails(source: str, message: str) -> None:
    """An expression that reads nothing is worked out beforehand: JSONata itself says why."""
    machine = a_machine(Go=a_pass(QueryLanguage="JSONata", Output={"x": f"{{% {source} %}}"}))
    assert_fails(machine, "/States/Go/Output/x", message)


MISCALLS = {
    "$max($states.input.below, 1)": "it takes 1 argument, not 2; hand it one array",
    "{'a': [$merge($states.input, {})]}": "it takes 1 argument, not 2",
    "1 + $uppercase($string($states.input.kind), 'x')": "it takes 0 to 1 arguments, not 2",
    "$states.input.below = $append($states.input.any)": "it takes 2 arguments, not 1",
    "$exists($uuid($states.input))": "it takes no arguments, not 1",
}


@pytest.mark.parametrize(("source", "message"), MISCALLS.items(), ids=MISCALLS)
def test_a_call_with_a_wrong_number_of_arguments(source: str, message: str) -> None:
    """A function that is handed more or less than it ever takes fails whatever is handed."""
    machine = a_machine(Go=a_pass(QueryLanguage="JSONata", Output={"x": f"{{% {source} %}}"}))
    assert_fails(machine, "/States/Go/Output/x", message)


AT_TIMES = [
    "$states.input.below < 0 ? $max(1, $states.input.below) : 1",
    "$states.input.any.($max(1, 2))",
    "$map($states.input.any, function($v) { $max(1, $v) })",
    "$exists($states.input.a) and $max(1, $states.input.below)",
    "$states.input.any ~> $max(1)",
]


@pytest.mark.parametrize("source", AT_TIMES)
def test_a_call_that_may_not_be_made(source: str) -> None:
    """Where it is not certain that the call is made at all, it is a warning."""
    machine = a_machine(Go=a_pass(QueryLanguage="JSONata", Output=f"{{% {source} %}}"))
    [problem] = found(machine)
    assert (problem.severity, problem.code) == ("WARNING", "FieldAlwaysFails")
    assert "it takes 1 argument, not 2" in problem.message


def test_a_condition_with_a_miscall() -> None:
    """A Choice whose condition always fails is told of that alone."""
    rule = {"Condition": "{% $count($states.input.any, 1) > 0 %}", "Next": "Out"}
    choice = {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [rule], "Default": "Out"}
    machine = a_machine(Go=choice, Out=a_pass())
    assert_fails(machine, "/States/Go/Choices/0/Condition", "it takes 1 argument, not 2")


CALLED_WELL = [
    "$states.input.any ~> $count()",
    "$states.input.pair.$uppercase()",
    "$substring(?, 0, 5)($states.input.kind)",
    "$states.input.pair ~> $map(function($v, $i, $a) { $v })",
    "$zip($states.input.any, [1], [2], [3])",
    "($max := function($a, $b) { $a }; $max(1, $states.input.below))",
    "$join($states.input.pair, $string({'a': [1, 2]}))",
    "'$max(1, 2)' & $states.input.kind",
]


@pytest.mark.parametrize("source", CALLED_WELL)
def test_a_call_with_as_many_arguments_as_it_takes(source: str) -> None:
    """Nothing is said of calls in a chain or a path, in parts, of own functions, in texts."""
    machine = a_machine(Go=a_pass(QueryLanguage="JSONata", Output=f"{{% {source} %}}"))
    assert found(machine) == []


def test_an_expression_that_is_always_undefined() -> None:
    """What is worth nothing in every run is never found."""
    machine = a_machine(Go=a_pass(QueryLanguage="JSONata", Output="{% $lookup({}, 'a') %}"))
    [problem] = found(machine)
    assert (problem.severity, problem.code) == ("ERROR", "PathNeverFound")
    assert "it is always undefined" in problem.message


SAID_NOTHING_OF = [
    "$error('on purpose')",
    "$assert(false, 'on purpose')",
    "$now() < 1",
    "$random() & $uuid()",
    "$sum($states.input.any)",
    "($again := function() { $again() }; $again())",
    "$map([1, 2], function($v) { $v + 1 })",
]


@pytest.mark.parametrize("source", SAID_NOTHING_OF)
def test_an_expression_that_is_left_alone(source: str) -> None:
    """Nothing is said of what fails on purpose, changes, reads, never ends, or is right."""
    machine = a_machine(Go=a_pass(QueryLanguage="JSONata", Output=f"{{% {source} %}}"))
    assert found(machine) == []


def test_a_variable_may_hide_a_function() -> None:
    """A name that some state assigns is not taken for the function of this name."""
    machine = a_machine(
        Set=a_pass(QueryLanguage="JSONata", Assign={"sum": 1}, Next="Go"),
        Go=a_pass(QueryLanguage="JSONata", Output="{% $sum %}"),
    )
    assert found(machine) == []


def a_wait(**fields: Json) -> Json:
    """A machine of one Wait."""
    return a_machine(Go={"Type": "Wait", "End": True, **fields})


def in_jsonata(state: Json, **fields: Json) -> Json:
    """A machine of this state, in JSONata."""
    return a_machine(Go={**state, **fields, "QueryLanguage": "JSONata"})


WRONG_VALUES = {
    "a wait of less than nothing": (
        a_wait(QueryLanguage="JSONata", Seconds="{% 1 - 2 %}"),
        "/States/Go/Seconds",
        "Seconds must be a number from 0 on, and is always -1",
    ),
    "a wait by a path for less than nothing": (
        a_wait(SecondsPath="$.below"),
        "/States/Go/SecondsPath",
        "SecondsPath must be a number from 0 on, and is always a number to -1",
    ),
    "a wait until no instant": (
        a_wait(QueryLanguage="JSONata", Timestamp="{% 'tomorrow' %}"),
        "/States/Go/Timestamp",
        "Timestamp must be a timestamp such as",
    ),
    "a wait by a path until no instant": (
        a_wait(TimestampPath="$.day"),
        "/States/Go/TimestampPath",
        "and is always 'Monday' or 'Tuesday'",
    ),
    "a timeout that no Task has": (
        a_machine(Go=a_task(TimeoutSecondsPath="$.below")),
        "/States/Go/TimeoutSecondsPath",
        "TimeoutSecondsPath must be a number from 1 on",
    ),
    "a percentage over 100": (
        in_jsonata(a_map(), Items=[1], ToleratedFailurePercentage="{% 150 %}"),
        "/States/Go/ToleratedFailurePercentage",
        "ToleratedFailurePercentage must be a number from 0 to 100, and is always 150",
    ),
    "a number of items that is none": (
        a_machine(Go=a_map(ItemsPath="$.any", MaxConcurrencyPath="$.any")),
        "/States/Go/MaxConcurrencyPath",
        "never a number: it is always an array",
    ),
    "a condition that is a text": (
        a_machine(
            Go={
                "Type": "Choice",
                "QueryLanguage": "JSONata",
                "Choices": [{"Condition": "{% 'yes' %}", "Next": "Out"}],
                "Default": "Out",
            },
            Out=a_pass(),
        ),
        "/States/Go/Choices/0/Condition",
        "never a boolean: it is always 'yes'",
    ),
}


@pytest.mark.parametrize(("definition", "path", "message"), WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_value_that_the_field_never_takes(definition: Json, path: str, message: str) -> None:
    """A value of the right type out of its bounds is told of, with what is allowed."""
    assert_fails(definition, path, message)


RIGHT_VALUES = {
    "a wait for nothing": a_wait(QueryLanguage="JSONata", Seconds="{% 0 %}"),
    "an instant among the texts": a_wait(TimestampPath="$.when"),
    "a Timeout of JSONata that is 0": in_jsonata(a_task(), TimeoutSeconds="{% 0 %}"),
    "a text for how many": a_machine(Go=a_map(ItemsPath="$.any", MaxConcurrencyPath="$.day")),
}


@pytest.mark.parametrize("definition", RIGHT_VALUES.values(), ids=RIGHT_VALUES)
def test_a_value_that_the_field_may_take(definition: Json) -> None:
    """Nothing is said of a value that the engine takes, or may take."""
    assert found(definition) == []


CONTEXT = {
    "$$.Execution.Nme": "did you mean 'Name'",
    "$$.State.Nam": "did you mean 'Name'",
    "$$.Map.Item.Value": "there is no 'Map'",
    "$$.Task.Token": "there is no 'Task'",
}


@pytest.mark.parametrize(("path", "hint"), CONTEXT.items(), ids=CONTEXT)
def test_what_the_context_object_does_not_have(path: str, hint: str) -> None:
    """A path into the context object that never finds anything is told of, with what is there."""
    [problem] = found(a_machine(Go=a_pass(Parameters={"x.$": path})))
    assert (problem.severity, problem.code) == ("ERROR", "PathNeverFound")
    assert hint in problem.message


def test_what_the_context_object_has() -> None:
    """Nothing is said of what is there, always or at times."""
    paths = (
        *("Execution.Id", "Execution.Input.kind", "Execution.RedriveTime", "Execution.StartTime"),
        *("State.Name", "State.RetryCount", "StateMachine.Name"),
    )
    parameters = {f"p{at}.$": f"$$.{path}" for at, path in enumerate(paths)}
    inner = a_pass(Parameters={"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"})
    machine = a_machine(
        Go=a_pass(Parameters=parameters, ResultPath="$.all", Next="Each"),
        Each=a_map(ItemsPath="$.pair", ItemProcessor=a_machine(In=inner)),
    )
    assert found(machine) == []
