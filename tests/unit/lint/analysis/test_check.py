"""What the data-flow check finds, a sentence each, and what it keeps quiet about."""

from typing import Any

import pytest

from asw.asl.problems import Problem
from asw.asl.values import Json
from asw.lint.analysis.check import Assumptions, check_flow
from asw.lint.analysis.codes import UNHANDLED_ERRORS
from asw.lint.analysis.schema import of_sample, of_schema
from asw.lint.analysis.shapes import ANY
from tests.unit.asl.definitions import a_choice, a_machine, a_map, a_pass, a_task, parsed

CAUGHT = [{"ErrorEquals": ["States.ALL"], "Next": "Sorry", "ResultPath": "$.error"}]
ORDER = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "maxLength": 20},
        "total": {"type": "number", "minimum": 0},
        "kind": {"enum": ["book", "film"]},
        "note": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "object"}, "minItems": 1, "maxItems": 40},
    },
    "required": ["id", "total", "kind", "lines"],
    "additionalProperties": False,
}

LINE = {
    "type": "object",
    "properties": {"id": {"type": "string"}},
    "required": ["id"],
    "additionalProperties": False,
}
LINES = {
    "type": "object",
    "properties": {"lines": {"type": "array", "items": LINE, "minItems": 1}},
    "required": ["lines"],
}


def found(definition: Json, schema: Json = None, sample: Json = None) -> list[Problem]:
    """All but the unhandled errors, which most Tasks here have."""
    known = Assumptions()
    if schema is not None:
        known = Assumptions(input=of_schema(schema)[0], source="schema")
    elif sample is not None:
        known = Assumptions(input=of_sample(sample), source="samples")
    told = check_flow(parsed(definition), definition, known)
    return [it for it in told if it.code != UNHANDLED_ERRORS]


def only(definition: Json, **known: Json) -> Problem:
    """The one problem of the definition."""
    told = found(definition, **known)
    assert len(told) == 1, told
    return told[0]


def a_parallel(*branches: Json, **fields: Json) -> dict[str, Json]:
    """A Parallel that ends, unless the fields lead on."""
    ending = {} if "Next" in fields else {"End": True}
    return {"Type": "Parallel", "Branches": list(branches), **ending, **fields}


def a_handled_task(**fields: Json) -> dict[str, Json]:
    """A Task and the state that its Catcher leads to."""
    return a_machine(Call=a_task(Catch=CAUGHT, **fields), Sorry=a_pass())


NEVER = {
    "a field that the schema does not have": (
        a_machine(Go=a_pass(InputPath="$.totl")),
        ORDER,
        "/States/Go/InputPath",
        "did you mean 'total'?",
    ),
    "a member of a text": (
        a_machine(Go=a_pass(Parameters={"x": {"y.$": "$.id.first"}})),
        ORDER,
        "/States/Go/Parameters/x/y.$",
        "there is no 'first'",
    ),
    "what an earlier state threw away": (
        a_machine(Go=a_pass(OutputPath="$.lines", Next="Look"), Look=a_pass(InputPath="$.id")),
        ORDER,
        "/States/Look/InputPath",
        "States.Runtime, which no Catch takes",
    ),
    "what a Catcher puts the error in the place of": (
        a_machine(
            Call=a_task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Undo"}]),
            Undo=a_task(Parameters={"id.$": "$.id"}),
        ),
        ORDER,
        "/States/Undo/Parameters/id.$",
        "the Catch of 'Call' puts the error output in the place of the whole input",
    ),
    "an item of a text in a Map's item": (
        a_machine(
            Each=a_map(ItemsPath="$.lines", ItemProcessor=a_machine(In=a_pass(InputPath="$.id[0]")))
        ),
        LINES,
        "/States/Each/ItemProcessor/States/In/InputPath",
        "there is no item [0]",
    ),
    "an item that a branch does not give": (
        a_machine(
            Both=a_parallel(a_machine(A=a_pass()), a_machine(B=a_pass()), Next="Third"),
            Third=a_pass(InputPath="$[2]"),
        ),
        ORDER,
        "/States/Third/InputPath",
        "there is no item [2]",
    ),
    "a variable that no state before assigns": (
        a_machine(Go=a_pass(Parameters={"x.$": "$total"}, Next="Set"),
                  Set=a_pass(Assign={"total": 1}, Next="Look"), Look=a_pass(InputPath="$total")),
        ORDER,
        "/States/Go/Parameters/x.$",
        "no state before this one assigns $total",
    ),
    "a path of a Choice": (
        a_choice({"Variable": "$.knd", "StringEquals": "x"}, Default="Done"),
        ORDER,
        "/States/Choose/Choices/0/Variable",
        "did you mean 'kind'?",
    ),
    "a query": (
        a_machine(Go=a_pass(QueryLanguage="JSONata", Output="{% $states.input.totl %}")),
        ORDER,
        "/States/Go/Output",
        "did you mean 'total'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("definition", "schema", "path", "hint"), NEVER.values(), ids=NEVER)
def test_path_never_found(definition: Json, schema: Json, path: str, hint: str) -> None:
    """What is never there is an error, with the place, the reason and the nearest name."""
    problem = only(definition, schema=schema)
    assert (problem.severity, problem.code, problem.path) == ("ERROR", "PathNeverFound", path)
    assert hint in problem.message


WARNED: dict[str, tuple[Any, Any, str, str, str]] = {
    "a field that the schema does not require": (
        a_machine(Go=a_pass(InputPath="$.note")),
        ORDER,
        "PathMayBeMissing",
        "/States/Go/InputPath",
        "the input may come without it; test it with a Choice (IsPresent) first",
    ),
    "a result that one way does not bring": (
        a_machine(
            Which={
                "Type": "Choice",
                "Choices": [{"Variable": "$.kind", "StringEquals": "book", "Next": "Mark"}],
                "Default": "Read",
            },
            Mark=a_pass(Result=1, ResultPath="$.mark", Next="Read"),
            Read=a_pass(InputPath="$.mark"),
        ),
        ORDER,
        "PathMayBeMissing",
        "/States/Read/InputPath",
        "the input may come without it, by way of 'Which' -> 'Read'",
    ),
    "a list that is always empty": (
        a_machine(Go=a_pass(InputPath="$.lines[*].sku.x[*]", Next="End"), End=a_pass()),
        {
            **ORDER,
            "properties": {
                **ORDER["properties"],
                "lines": {"type": "array", "items": {"type": "string"}},
            },
        },
        "PathNeverFound",
        "/States/Go/InputPath",
        "it is always an empty list",
    ),
    "a rule that contradicts the schema": (
        a_choice(
            {"Variable": "$.kind", "StringEquals": "game"},
            {"Variable": "$.total", "NumericGreaterThan": 5},
            Default="Done",
        ),
        ORDER,
        "RuleNeverMatches",
        "/States/Choose/Choices/0",
        "no value that may come here satisfies it",
    ),
    "a rule that an earlier one shadows": (
        a_choice(
            {"Variable": "$.total", "NumericGreaterThan": 5},
            {"Variable": "$.total", "NumericGreaterThanEquals": 100},
            Default="Done",
        ),
        ORDER,
        "RuleNeverMatches",
        "/States/Choose/Choices/1",
        "the rules before it match everything that it would match",
    ),
    "a rule that always matches": (
        a_machine(
            Choose={
                "Type": "Choice",
                "Choices": [{"Variable": "$.total", "NumericGreaterThanEquals": 0, "Next": "A"}],
                "Default": "A",
            },
            A=a_pass(),
        ),
        ORDER,
        "RuleAlwaysMatches",
        "/States/Choose/Choices/0",
        "Default 'A' will never be taken",
    ),
    "a Choice without a Default": (
        a_choice({"Variable": "$.kind", "StringEquals": "book"}),
        ORDER,
        "ChoiceWithoutDefault",
        "/States/Choose",
        "$.kind may be 'film'",
    ),
    "a Map that collects too much": (
        a_machine(
            Each=a_map(ItemsPath="$.lines", ItemProcessor=a_machine(In=a_task(Catch=[
                {"ErrorEquals": ["States.ALL"], "Next": "Out"}]), Out=a_pass())),
        ),
        ORDER,
        "DataLimitRisk",
        "/States/Each",
        "up to 40 outputs that nothing bounds: from 6.4 KiB each on",
    ),
    "a loop that adds to what it is given": (
        a_machine(
            Add=a_pass(ResultPath="$.before", Next="Again"),
            Again={
                "Type": "Choice",
                "Choices": [{"Variable": "$.kind", "StringEquals": "book", "Next": "Add"}],
                "Default": "Out",
            },
            Out=a_pass(),
        ),
        ORDER,
        "DataLimitRisk",
        "/States/Add",
        "its whole input goes into its output",
    ),
    "a variable that nothing reads": (
        a_machine(Go=a_pass(Assign={"x": 1})),
        ORDER,
        "ValueNeverRead",
        "/States/Go/Assign/x",
        "Nothing reads the variable $x",
    ),
    "a Pass whose result is dropped": (
        a_machine(Go=a_pass(Result=1, ResultPath=None)),
        ORDER,
        "ValueNeverRead",
        "/States/Go/ResultPath",
        "What this Pass makes is dropped",
    ),
    "a Catcher that a Catcher before it shadows": (
        a_handled_task(Retry=[
            {"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["Busy"]},
        ]),
        ORDER,
        "HandlerNeverMatches",
        "/States/Call/Retry/1",
        "'States.TaskFailed' before it takes the error first",
    ),
    "a Retrier for an error that nothing takes": (
        a_handled_task(Retry=[{"ErrorEquals": ["Busy", "States.Runtime"]}]),
        ORDER,
        "HandlerNeverMatches",
        "/States/Call/Retry/0/ErrorEquals/1",
        "nothing takes States.Runtime",
    ),
    "a Retrier for heartbeats that nobody waits for": (
        a_handled_task(Retry=[{"ErrorEquals": ["States.HeartbeatTimeout"]}]),
        ORDER,
        "HandlerNeverMatches",
        "/States/Call/Retry/0",
        "the Task has no HeartbeatSeconds",
    ),
    "a Retrier that never retries": (
        a_handled_task(Retry=[{"ErrorEquals": ["Busy"], "MaxAttempts": 0}]),
        ORDER,
        "RetrierNeverRetries",
        "/States/Call/Retry/0/MaxAttempts",
        "none of them would take any",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("definition", "schema", "code", "path", "hint"), WARNED.values(), ids=WARNED
)
def test_warning(definition: Json, schema: Json, code: str, path: str, hint: str) -> None:
    """What fails on some way only, or is for nothing, is a warning that says why."""
    problem = only(definition, schema=schema)
    assert (problem.severity, problem.code, problem.path) == ("WARNING", code, path)
    assert hint in problem.message


FAILS: dict[str, tuple[Any, str, str]] = {
    "items that are no array": (
        a_machine(Each=a_map(ItemsPath="$.total")),
        "/States/Each/ItemsPath",
        "What '$.total' finds is never an array: it is always a number from 0",
    ),
    "a call of the wrong type": (
        a_machine(Go=a_pass(Parameters={"n.$": "States.ArrayLength($.id)"})),
        "/States/Go/Parameters/n.$",
        "its argument 1 must be an array, and is always a text",
    ),
    "a result without a place": (
        a_machine(Go=a_pass(Result=1, ResultPath="$.id.x")),
        "/States/Go/ResultPath",
        "The result never finds a place at '$.id.x'",
    ),
    "a wait of no number": (
        a_machine(Go={"Type": "Wait", "SecondsPath": "$.kind", "End": True}),
        "/States/Go/SecondsPath",
        "it is always 'book' or 'film'",
    ),
    "a condition that is no boolean": (
        a_machine(
            Go={
                "Type": "Choice",
                "QueryLanguage": "JSONata",
                "Choices": [{"Condition": "{% $states.input.total %}", "Next": "Out"}],
                "Default": "Out",
            },
            Out=a_pass(),
        ),
        "/States/Go/Choices/0/Condition",
        "never a boolean",
    ),
}


@pytest.mark.parametrize(("definition", "path", "message"), FAILS.values(), ids=FAILS)
def test_field_always_fails(definition: Json, path: str, message: str) -> None:
    """A value of a type that the field never takes is an error."""
    problem = only(definition, schema=ORDER)
    assert (problem.severity, problem.code) == ("ERROR", "FieldAlwaysFails")
    assert problem.path == path
    assert message in problem.message


def test_rules_that_take_nothing_without_a_default_are_an_error() -> None:
    """Every run fails that gets to a Choice where no rule matches and no Default is."""
    told = found(a_choice({"Variable": "$.kind", "StringEquals": "game"}), schema=ORDER)
    assert [it.code for it in told if it.severity == "ERROR"] == ["ChoiceWithoutDefault"]


def test_a_state_that_only_dead_rules_lead_to_is_told_once() -> None:
    """The first state behind a dead rule is named, not those behind it."""
    machine = a_choice({"Variable": "$.kind", "StringEquals": "game", "Next": "Play"}, Default="Z")
    machine["States"] |= {"Play": a_pass(Next="Done"), "Z": a_pass()}
    told = [it for it in found(machine, schema=ORDER) if it.code == "StateNeverReached"]
    assert [it.path for it in told] == ["/States/Play"]


def test_what_no_run_passes_is_not_called_unreachable() -> None:
    """Behind a state that always fails nothing more is said: its error says it all."""
    machine = a_machine(Go=a_pass(InputPath="$.totl", Next="On"), On=a_pass())
    assert [it.code for it in found(machine, schema=ORDER)] == ["PathNeverFound"]


QUIET: dict[str, tuple[Any, Any]] = {
    "an unknown input": (a_machine(Go=a_pass(InputPath="$.anything.at[0].all")), None),
    "an unknown result": (a_handled_task(ResultSelector={"x.$": "$.a.b"}, ResultPath="$.r"), ORDER),
    "a field that a Choice has looked for": (
        a_machine(
            Look={
                "Type": "Choice",
                "Choices": [{"Variable": "$.note", "IsPresent": True, "Next": "Read"}],
                "Default": "Out",
            },
            Read=a_pass(InputPath="$.note"),
            Out=a_pass(),
        ),
        ORDER,
    ),
    "a field that an object of the schema may have besides": (
        a_machine(Go=a_pass(InputPath="$.more")),
        {**ORDER, "additionalProperties": True},
    ),
    "rules that take all that may come": (
        a_choice(
            {"Variable": "$.kind", "StringEquals": "book"},
            {"Variable": "$.kind", "StringEquals": "film"},
        ),
        ORDER,
    ),
    "an array through which JSONata looks": (
        a_machine(Go=a_pass(QueryLanguage="JSONata", Output="{% $states.input.lines.sku %}")),
        ORDER,
    ),
    "MaxAttempts 0 before a Retrier for all": (
        a_handled_task(Retry=[
            {"ErrorEquals": ["Fatal"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]},
        ]),
        ORDER,
    ),
    "a Map that keeps nothing": (
        a_machine(Each=a_map(ItemsPath="$.lines", ResultPath=None)), ORDER,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("definition", "schema"), QUIET.values(), ids=QUIET)
def test_nothing_is_said_of(definition: Json, schema: Json) -> None:
    """What is not known, and what is right, is not told of."""
    assert found(definition, schema=schema) == []


def test_the_second_reader_of_what_may_be_missing_is_not_warned() -> None:
    """Whoever gets past the first reader has it; one warning is enough."""
    machine = a_machine(
        One=a_pass(Parameters={"n.$": "$.note"}, ResultPath="$.r", Next="Two"),
        Two=a_pass(InputPath="$.note"),
    )
    told = found(machine, schema={**ORDER, "additionalProperties": True})
    assert [it.path for it in told] == ["/States/One/Parameters/n.$"]


def test_a_caught_failure_is_a_warning() -> None:
    """Where a Catcher takes what always fails, runs go on."""
    machine = a_handled_task(Parameters={"n.$": "States.ArrayLength($.id)"})
    problem = only(machine, schema=ORDER)
    assert problem.severity == "WARNING"
    assert "it is caught" in problem.message


def test_a_default_input_makes_no_errors() -> None:
    """Others may start the Workflow with another input than its own."""
    definition = a_machine(Go=a_pass(InputPath="$.b"))
    known = Assumptions(input=of_sample({"a": 1}), source="default input")
    told = check_flow(parsed(definition), definition, known)
    assert [it.severity for it in told] == ["WARNING"]
    assert "default input" in told[0].message


def test_given_results_are_followed() -> None:
    """What a Task is said to return is looked into as the input is."""
    definition = a_handled_task(ResultSelector={"x.$": "$.idd"}, ResultPath="$.r")
    known = Assumptions(results={"Call": of_sample({"id": "a"})})
    told = check_flow(parsed(definition), definition, known)
    assert [it.path for it in told] == ["/States/Call/ResultSelector/x.$"]
    assert known.input is ANY


UNHANDLED: dict[str, tuple[Any, list[str]]] = {
    "of a Task alone": (
        a_machine(Call=a_task(TimeoutSeconds=5)),
        ["any error of the function;", "States.Timeout", "Asw.OutOfMemory", "DataLimitExceeded"],
    ),
    "but for what is named": (
        a_machine(Call=a_task(Retry=[{"ErrorEquals": ["Busy"]}])),
        ["any error of the function but Busy"],
    ),
    "of a service": (
        a_machine(Call=a_task(Resource="arn:aws:states:::aws-sdk:s3:listBuckets", Parameters={})),
        ["any error of the service;"],
    ),
    "of which one is a timeout": (
        a_machine(
            Call=a_task(
                TimeoutSeconds=5, Catch=[{"ErrorEquals": ["States.TaskFailed"], "Next": "Sorry"}]
            ),
            Sorry=a_pass(),
        ),
        ["States.Timeout; add"],
    ),
}


@pytest.mark.parametrize(("definition", "names"), UNHANDLED.values(), ids=UNHANDLED)
def test_errors_that_nothing_handles(definition: Json, names: list[str]) -> None:
    """All errors of a Task that end the execution are told in one warning."""
    told = check_flow(parsed(definition), definition)
    assert [(it.severity, it.code, it.path) for it in told] == [
        ("WARNING", "UnhandledErrors", "/States/Call")
    ]
    for name in names:
        assert name in told[0].message


@pytest.mark.parametrize(
    "around",
    [
        {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}]},
        {"Retry": [{"ErrorEquals": ["States.ALL"]}]},
        {"ToleratedFailurePercentage": 100},
    ],
    ids=["a Catcher", "a Retrier", "tolerance"],
)
def test_a_map_handles_the_errors_of_its_items(around: Json) -> None:
    """What takes an error on its way out takes it for all that is inside."""
    each = a_map(ItemProcessor=a_machine(Call=a_task()), **around)
    each = {key: value for key, value in each.items() if key != "End"}
    definition = a_machine(Each={**each, "Next": "Sorry"}, Sorry=a_pass())
    told = check_flow(parsed(definition), definition)
    assert [it for it in told if it.code == UNHANDLED_ERRORS] == []


def test_problems_come_in_the_order_of_the_text_with_escaped_pointers() -> None:
    """A state's name may have any characters; an old name of a field is told as it is written."""
    definition = a_machine(
        **{
            "读/取~1": a_pass(InputPath="$.nope", Next="Each"),
            "Each": {
                "Type": "Map",
                "Iterator": a_machine(In=a_pass()),
                "ItemsPath": "$.a",
                "Parameters": {"x.$": "$.nope"},
                "End": True,
            },
        }
    )
    definition["States"]["读/取~1"]["ResultPath"] = "$.r"
    told = found(definition, sample={"a": [1]})
    assert [it.path for it in told] == ["/States/读~1取~01/InputPath"]
    definition["States"]["读/取~1"] = a_pass(Next="Each")
    told = found(definition, sample={"a": [1]})
    assert told[0].path == "/States/Each/Parameters/x.$"
    assert told[0].severity == "WARNING"
