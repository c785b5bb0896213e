"""Tests of ``asw.asl.parse``: whole definitions, in and out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.definition.place import MOST_PROBLEMS
from asw.asl.definition.readers import anything
from asw.asl.definition.state_fields import state_shapes
from asw.asl.definition.states import STATE_TYPES
from asw.asl.model import (
    And,
    Catcher,
    ChoiceRule,
    ChoiceState,
    Comparison,
    Expression,
    FailState,
    MapState,
    Not,
    ParallelState,
    PassState,
    Retrier,
    SucceedState,
    TaskState,
    WaitState,
)
from asw.asl.parse import find_problems, parse, parse_state
from asw.asl.problems import InvalidDefinition
from asw.asl.resources import FunctionInvocation, FunctionResource, LambdaInvokeResource
from tests.unit.asl.definitions import (
    FUNCTION,
    a_machine,
    a_map,
    a_pass,
    a_task,
    parsed,
    problems,
    told,
)
from tests.unit.asl.test_values import JSON

QUICK_START = """
    {
      "Comment": "",
      "StartAt": "sum",
      "States": {
        "sum": {
          "Type": "Task",
          "Comment": "调用求和函数",
          "Resource": "qrn:qcs:asw:ap-guangzhou:123456789:sdk:json:qcloud:scf:Invoke/sum/$DEFAULT/default",
          "End": true
        }
      }
    }
"""  # noqa: E501 - as Tencent prints it

EVERYTHING = {
    "Comment": "all fields",
    "Version": "1.0",
    "QueryLanguage": "JSONPath",
    "TimeoutSeconds": 3600,
    "StartAt": "Pass",
    "States": {
        "Pass": {
            "Type": "Pass",
            "QueryLanguage": "JSONPath",
            "Comment": "c",
            "InputPath": "$.in",
            "Parameters": {"x.$": "$.a"},
            "Result": None,
            "ResultPath": "$.r",
            "OutputPath": None,
            "Next": "Task",
            "End": False,
        },
        "Task": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "double:prod", "Payload.$": "$"},
            "ResultSelector": {"y.$": "$.Payload"},
            "ResultPath": None,
            "TimeoutSeconds": 60,
            "HeartbeatSeconds": 10,
            "Retry": [
                {
                    "ErrorEquals": ["A", "StatesTimeout"],
                    "IntervalSeconds": 2,
                    "MaxAttempts": 0,
                    "BackoffRate": 1.5,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL",
                    "Comment": "c",
                },
                {"ErrorEquals": ["States.ALL"]},
            ],
            "Catch": [
                {"ErrorEquals": ["B"], "Next": "Fail", "ResultPath": None, "Comment": "c"},
                {"ErrorEquals": ["States.ALL"], "Next": "Fail"},
            ],
            "Next": "Choice",
        },
        "Choice": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.a", "NumericGreaterThanPath": "$.b", "Next": "Wait"},
                {
                    "And": [
                        {"Variable": "$.c", "IsPresent": True},
                        {"Not": {"Variable": "$.c", "StringEquals": "x"}},
                    ],
                    "Next": "Map",
                },
            ],
            "Default": "Succeed",
        },
        "Wait": {"Type": "Wait", "Seconds": 5.0, "Next": "Parallel"},
        "Parallel": {
            "Type": "Parallel",
            "Branches": [
                {"Comment": "one", "StartAt": "P1", "States": {"P1": a_task()}},
                a_machine(P2=a_task(Resource="asw:function:other:3")),
            ],
            "Parameters": {"z": 1},
            "End": True,
        },
        "Map": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {"v.$": "$$.Map.Item.Value"},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                **a_machine(M=a_task(Resource="asw:function:each")),
            },
            "MaxConcurrency": 3,
            "ToleratedFailurePercentage": 12.5,
            "ToleratedFailureCountPath": "$.n",
            "End": True,
        },
        "Succeed": {"Type": "Succeed", "InputPath": "$.x"},
        "Fail": {"Type": "Fail", "ErrorPath": "$.Error", "Cause": "because"},
    },
}


def test_every_field_reaches_the_model():
    """A definition with all there is becomes the model, field by field."""
    machine = parsed(EVERYTHING)
    assert machine.comment == machine.block.comment == "all fields"
    assert machine.timeout_seconds == 3600
    assert machine.dialect == "ASL"
    assert machine.block.start_at == "Pass"
    sum_function = FunctionResource(invocation=FunctionInvocation(name="sum"))
    other = FunctionResource(invocation=FunctionInvocation(name="other", qualifier="3"))
    states = machine.block.states
    assert list(states) == list(EVERYTHING["States"])
    assert states["Pass"] == PassState(
        name="Pass",
        comment="c",
        next="Task",
        input_path="$.in",
        output_path=None,
        parameters={"x.$": "$.a"},
        result=None,
        result_path="$.r",
    )
    assert states["Task"] == TaskState(
        name="Task",
        next="Choice",
        resource=LambdaInvokeResource(),
        resource_text="arn:aws:states:::lambda:invoke",
        parameters={"FunctionName": "double:prod", "Payload.$": "$"},
        result_selector={"y.$": "$.Payload"},
        result_path=None,
        timeout_seconds=60,
        heartbeat_seconds=10,
        retry=(
            Retrier(
                error_equals=("A", "States.Timeout"),
                interval_seconds=2,
                max_attempts=0,
                backoff_rate=1.5,
                max_delay_seconds=60,
                jitter_strategy="FULL",
            ),
            Retrier(error_equals=("States.ALL",)),
        ),
        catch=(
            Catcher(error_equals=("B",), next="Fail", result_path=None),
            Catcher(error_equals=("States.ALL",), next="Fail"),
        ),
    )
    greater = Comparison(variable="$.a", operator="NumericGreaterThan", operand="$.b", is_path=True)
    present = Comparison(variable="$.c", operator="IsPresent", operand=True)
    equal = Comparison(variable="$.c", operator="StringEquals", operand="x")
    assert states["Choice"] == ChoiceState(
        name="Choice",
        choices=(
            ChoiceRule(condition=greater, next="Wait"),
            ChoiceRule(condition=And((present, Not(equal))), next="Map"),
        ),
        default="Succeed",
    )
    assert states["Wait"] == WaitState(name="Wait", seconds=5, next="Parallel")
    parallel = states["Parallel"]
    assert isinstance(parallel, ParallelState)
    assert parallel.parameters == {"z": 1}
    assert [branch.comment for branch in parallel.branches] == ["one", None]
    assert parallel.branches[0].states["P1"].resource == sum_function
    assert parallel.branches[1].states["P2"].resource == other
    mapping = states["Map"]
    assert isinstance(mapping, MapState)
    assert (mapping.items_path, mapping.max_concurrency) == ("$.items", 3)
    assert mapping.item_selector == {"v.$": "$$.Map.Item.Value"}
    assert mapping.tolerated_failure_percentage == 12.5
    assert mapping.tolerated_failure_count_path == "$.n"
    assert mapping.item_processor.start_at == "M"
    assert states["Succeed"] == SucceedState(name="Succeed", input_path="$.x")
    assert states["Fail"] == FailState(name="Fail", error_path="$.Error", cause="because")


def test_the_functions_of_a_machine_are_known():
    """Functions named outright are listed from every depth, by Resource and by FunctionName."""
    assert parsed(EVERYTHING).functions == {"sum", "other", "each", "double"}
    by_path = a_task(
        Resource="arn:aws:states:::lambda:invoke", Parameters={"FunctionName.$": "$.f"}
    )
    assert parsed(a_machine(A=by_path)).functions == frozenset()


@pytest.mark.parametrize("dialect", ["ASL", "TCSL"])
def test_the_quick_start_is_understood(dialect):
    """Tencent's quick start works as it is printed, in both dialects."""
    assert find_problems(QUICK_START, dialect) == ()
    machine = parse(QUICK_START, dialect)
    assert machine.comment == ""
    assert machine.functions == {"sum"}
    assert machine.block.states["sum"].comment == "调用求和函数"


def test_defaults_are_those_of_the_dialect():
    """TCSL retries twice where ASL retries three times, and maps one item at a time."""
    definition = a_machine(
        T=a_task(Retry=[{"ErrorEquals": ["StatesALL"]}], Next="M", ResultPath="$.t"), M=a_map()
    )
    asl, tcsl = (parsed(definition, dialect).block.states for dialect in ("ASL", "TCSL"))
    assert [states["T"].retry[0].max_attempts for states in (asl, tcsl)] == [3, 2]
    assert [states["M"].max_concurrency for states in (asl, tcsl)] == [0, 1]
    given_numbers = a_machine(
        T=a_task(Retry=[{"ErrorEquals": ["A"], "MaxAttempts": 5}], Next="M"),
        M=a_map(MaxConcurrency=7),
    )
    states = parsed(given_numbers, "TCSL").block.states
    assert (states["T"].retry[0].max_attempts, states["M"].max_concurrency) == (5, 7)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({}, None),
        ({"TimeoutSeconds": 60}, 60),
        ({"TimeoutMilliseconds": 1500}, 1.5),
        ({"TimeoutSeconds": 60, "TimeoutMilliseconds": 1500}, 1.5),
    ],
)
def test_milliseconds_win_in_tcsl(fields, seconds):
    """TCSL: TimeoutMilliseconds wins over TimeoutSeconds."""
    machine = parsed({**a_machine(A=a_pass()), **fields}, "TCSL")
    assert machine.timeout_seconds == seconds
    assert machine.dialect == "TCSL"


def test_milliseconds_are_not_asl():
    """In ASL the field is unknown, and the nearest known one is suggested."""
    [problem] = problems({**a_machine(A=a_pass()), "TimeoutMilliseconds": 5})
    assert problem.path == "/TimeoutMilliseconds"
    assert "TimeoutSeconds" in problem.message


def test_all_problems_are_told_at_once():
    """One look shows everything that is wrong, warnings too."""
    definition = {
        "StartAt": "A",
        "Cmment": "",
        "States": {
            "A": a_task(Resorce="x", TimeoutSeconds=0, Next="Nope"),
            "B": {"Type": "Fial"},
            "C": {
                "Type": "Parallel",
                "Branches": [a_machine(D=a_pass(InputPath="$["))],
                "Catch": [{"ErrorEquals": ["States.Tiemout"], "Next": "A"}],
                "End": True,
            },
        },
    }
    with pytest.raises(InvalidDefinition) as caught:
        parse(json.dumps(definition))
    assert sorted(problem.path for problem in caught.value.problems) == [
        "/Cmment",
        "/States/A/Next",
        "/States/A/Resorce",
        "/States/A/TimeoutSeconds",
        "/States/B",
        "/States/B/Type",
        "/States/C",
        "/States/C/Branches/0/States/D/InputPath",
        "/States/C/Catch/0/ErrorEquals/0",
    ]
    assert all(problem.path in str(caught.value) for problem in caught.value.problems)


def test_there_is_an_end_to_problems():
    """A definition with problems without end does not hold up everybody else."""
    many = a_task(Parameters={f"x{n}.$": "States.Fromat()" for n in range(MOST_PROBLEMS + 1)})
    assert len(problems(many)) == MOST_PROBLEMS
    warnings = [{"ErrorEquals": [f"States.X{n}"]} for n in range(MOST_PROBLEMS + 1)]
    assert len(problems(a_task(Retry=warnings))) == MOST_PROBLEMS + 1
    assert parsed(a_machine(A=a_task(Retry=warnings)))


def test_warnings_do_not_keep_it_from_running():
    """A machine with warnings only is parsed, and the warnings can be had."""
    definition = a_machine(A=a_task(Retry=[{"ErrorEquals": ["States.Unknown"]}]))
    assert parsed(definition).block.start_at == "A"
    assert told(definition) == [("UnknownErrorName", "/States/A/Retry/0/ErrorEquals/0")]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"Version": "2.0"}, "/Version"),
        ({"TimeoutSeconds": 0}, "/TimeoutSeconds"),
        ({"TimeoutSeconds": 100_000_000}, "/TimeoutSeconds"),
        ({"TimeoutSeconds": "60"}, "/TimeoutSeconds"),
        ({"Comment": 5}, "/Comment"),
        ({"QueryLanguage": "SQL"}, "/QueryLanguage"),
        ({"StartAt": 5}, "/StartAt"),
        ({"StartAt": "Nope"}, "/StartAt"),
        ({"States": []}, "/States"),
        ({"States": {}}, "/States"),
    ],
)
def test_the_top_level_is_checked(fields, path):
    """Fields of the machine have their types and ranges."""
    assert path in [where for _, where in told({**a_machine(A=a_pass()), **fields})]


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({}, "These fields are required: [States, StartAt]"),
        ({"States": {"A": a_pass()}}, "These fields are required: [StartAt]"),
    ],
)
def test_missing_top_level_fields_are_told_as_at_aws(definition, message):
    """AWS names all missing fields of the machine in one problem, at its top."""
    [problem] = problems(json.dumps(definition))
    assert (problem.code, problem.path) == ("SCHEMA_VALIDATION_FAILED", "/")
    assert problem.message == message


def test_a_machine_may_speak_jsonata():
    """Every state of a machine in JSONata is read so; expressions lose their marks."""
    states = parsed(
        {
            "QueryLanguage": "JSONata",
            **a_machine(
                A={"Type": "Task", "Resource": FUNCTION, "Arguments": "{% 1 %}", "Next": "B"},
                B={"Type": "Wait", "Seconds": "{% 5 %}", "End": True},
            ),
        }
    ).block.states
    assert (states["A"].language, states["A"].arguments) == ("JSONata", "{% 1 %}")
    assert states["B"].seconds == Expression("5")


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        (a_task(Resource="qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage", Next="Elsewhere"), "S"),
        (json.dumps(a_task(Resource="qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage")), "S"),
        (
            a_machine(
                A=a_pass(Next="S"),
                S=a_task(Resource="qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage"),
            ),
            "S",
        ),
    ],
    ids=["lone", "text", "of a machine"],
)
def test_one_state_may_name_any_resource(definition, name):
    """TestState mocks what executions cannot run; a lone state may lead anywhere."""
    state = parse_state(definition, name)
    assert (state.name, state.resource) == ("S", None)
    assert state.resource_text == "qrn:qcs:asw:r:1:sdk:json:qcloud:cmq:SendMessage"


@pytest.mark.parametrize(
    "definition",
    ["{", "[]", a_task(Resource=5), a_pass(Nxt=1), a_machine(S=a_pass(Next="Nope"))],
    ids=["no json", "no object", "no text", "unknown field", "no target"],
)
def test_one_state_must_be_right(definition):
    """All else is checked as in a machine."""
    with pytest.raises(InvalidDefinition):
        parse_state(definition, "S")


def test_one_state_has_too_many_problems():
    """A state with problems without end is refused as a machine is."""
    many = a_pass(Parameters={f"x{n}.$": "States.Fromat()" for n in range(MOST_PROBLEMS + 1)})
    with pytest.raises(InvalidDefinition) as caught:
        parse_state(many)
    assert len(caught.value.problems) == MOST_PROBLEMS


@given(JSON)
def test_any_json_is_parsed_or_refused(value):
    """No JSON makes the parser fail in another way than it says."""
    assert find_problems(json.dumps(value))


SHAPES = state_shapes(anything, anything)
FIELDS = st.sampled_from(
    [name for shapes in SHAPES.values() for shape in shapes.values() for name in shape.fields]
    + ["Variable", "And", "Not", "NumericEquals", "StringEqualsPath", "ErrorEquals"]
    + ["StartAt", "States"]
)
KINDS = st.sampled_from([*STATE_TYPES, "A", "$.a", "$$", "States.UUID()"])
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5) | KINDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS | KINDS, inner, max_size=5),
    max_leaves=20,
)


@given(st.dictionaries(KINDS, st.dictionaries(FIELDS, ODD, max_size=6), max_size=4), KINDS)
def test_any_states_are_parsed_or_refused(states, start):
    """Whatever stands where, every problem has a place and a text."""
    text = json.dumps({"StartAt": start, "States": states})
    for dialect in ("ASL", "TCSL"):
        found = find_problems(text, dialect)
        assert all(problem.path.startswith("/") and problem.message for problem in found)
        if not any(problem.severity == "ERROR" for problem in found):
            assert set(parse(text, dialect).block.states) == set(states)
