"""Every state type where it speaks JSONata: fields, bounds, failures, and what Catch gets."""

import pytest

from asw.asl.values import Json
from tests.support.play import Play, Raised, definition, later, play, task


def run(start_at: str, given: Json = None, /, functions: Json = None, **states: Json) -> Play:
    """A play of a machine that speaks JSONata."""
    machine = {**definition(start_at, **states), "QueryLanguage": "JSONata"}
    return play(machine, given, functions)


def failed(seen: Play) -> tuple[str | None, str]:
    """Error and cause of a play that failed."""
    assert seen.outcome.failure is not None
    return seen.outcome.failure.error, seen.outcome.failure.cause or ""


@pytest.mark.parametrize(
    ("state", "output"),
    [
        ({"Type": "Pass"}, {"a": 1}),
        ({"Type": "Pass", "Output": {"b": "{% $states.input.a + 1 %}"}}, {"b": 2}),
        ({"Type": "Wait", "Seconds": 0, "Output": "{% $states.input.a %}"}, 1),
        ({"Type": "Succeed", "Output": "{% [$states.input.a] %}"}, [1]),
    ],
    ids=["Pass", "Pass with Output", "Wait", "Succeed"],
)
def test_output(state: Json, output: Json) -> None:
    """Output stands for the state's output, which is its input where there is none."""
    ending = {} if state["Type"] == "Succeed" else {"End": True}
    assert run("s", {"a": 1}, s={**state, **ending}).outcome.output == output


def test_task() -> None:
    """Arguments make the event, Output and Assign read the result, side by side."""
    state = task(
        Arguments={"n": "{% $states.input.n * 2 %}"},
        Assign={"double": "{% $states.result %}"},
        Output={"got": "{% $states.result + 1 %}"},
        TimeoutSeconds="{% 5 + 5 %}",
        HeartbeatSeconds="{% 2 %}",
        Next="end",
    )
    end = {"Type": "Succeed", "Output": "{% [$states.input.got, $double] %}"}
    seen = run("t", {"n": 4}, {"work": lambda event: event["n"]}, t=state, end=end)
    assert seen.outcome.output == [9, 8]
    assert seen.details("LambdaFunctionScheduled")[0]["timeoutInSeconds"] == 10
    assert seen.details("TaskStateExited")[0]["assignedVariables"] == {"double": 8}


def _raise(_event: Json) -> Json:
    raise Raised("Oops", "spilt")


def test_catch() -> None:
    """A Catcher's Output and Assign read ``$states.errorOutput``; the state's own stay unused."""
    catch = {
        "ErrorEquals": ["Oops"],
        "Assign": {"cause": "{% $states.errorOutput.Cause %}"},
        "Output": {"error": "{% $states.errorOutput.Error %}"},
        "Next": "end",
    }
    state = task(Catch=[catch], Output="{% $states.result %}", Assign={"x": 1})
    end = {"Type": "Succeed", "Output": "{% $states.input.error & ' ' & $cause %}"}
    assert run("t", {}, {"work": _raise}, t=state, end=end).outcome.output == "Oops spilt"


def test_catch_without_output() -> None:
    """The error output goes on whole."""
    state = task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "end"}])
    seen = run("t", {}, {"work": _raise}, t=state, end={"Type": "Succeed"})
    assert seen.outcome.output == {"Error": "Oops", "Cause": "spilt"}


def test_a_failing_catcher() -> None:
    """A Catcher whose Output fails fails the state, told with the Catcher's place."""
    catch = {"ErrorEquals": ["Oops"], "Output": "{% $error('no') %}", "Next": "end"}
    seen = run("t", {}, {"work": _raise}, t=task(Catch=[catch]), end={"Type": "Succeed"})
    assert failed(seen)[0] == "States.QueryEvaluationError"
    assert seen.details("EvaluationFailed")[0]["location"] == "Catch[0]/Output"


def test_a_failing_catcher_of_a_parallel() -> None:
    """The Parallel's own failure is noted before the execution's."""
    inner = definition("f", f={"Type": "Fail", "Error": "Oops"})
    catch = {"ErrorEquals": ["Oops"], "Output": "{% $error('no') %}", "Next": "end"}
    both = {"Type": "Parallel", "Branches": [inner], "Catch": [catch], "End": True}
    seen = run("p", {}, p=both, end={"Type": "Succeed"})
    assert seen.types()[-3:] == ["EvaluationFailed", "ParallelStateFailed", "ExecutionFailed"]


def test_a_failing_expression_is_retried_and_caught() -> None:
    """States.QueryEvaluationError is an error like others."""
    state = task(
        Arguments="{% $error('no') %}",
        Retry=[{"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "end"}],
    )
    seen = run("t", {}, t=state, end={"Type": "Succeed"})
    assert seen.outcome.status == "SUCCEEDED"
    assert seen.types().count("EvaluationFailed") == 2
    assert seen.now == later(1)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"TimeoutSeconds": "{% -1 %}"}, "TimeoutSeconds must be between"),
        ({"TimeoutSeconds": "{% 'x' %}"}, "Expected 'number'"),
    ],
)
def test_timeouts(fields: Json, cause: str) -> None:
    """TimeoutSeconds is held to its bounds."""
    assert cause in failed(run("t", {}, t=task(**fields)))[1]


RULES = [
    {"Condition": "{% $states.input.n > 2 %}", "Next": "end", "Output": "large"},
    {
        "Condition": "{% $states.input.n > 1 %}",
        "Next": "end",
        "Assign": {"v": "{% $states.input.n %}"},
    },
]


@pytest.mark.parametrize(
    ("number", "output"),
    [(3, ["large", 0]), (2, [{"n": 2}, 2]), (1, ["none", 7])],
    ids=["first rule", "second rule", "default"],
)
def test_choice(number: int, output: Json) -> None:
    """A rule's Output and Assign are used where it holds, the state's own where none does."""
    states = {
        "set": {"Type": "Pass", "Assign": {"v": 0}, "Next": "choice"},
        "choice": {
            "Type": "Choice",
            "Choices": RULES,
            "Default": "end",
            "Output": "none",
            "Assign": {"v": 7},
        },
        "end": {"Type": "Succeed", "Output": "{% [$states.input, $v] %}"},
    }
    assert run("set", {"n": number}, **states).outcome.output == output


def test_choice_without_an_answer() -> None:
    """A Condition must be true or false; without a rule and Default the state fails."""
    rule = {"Condition": "{% $states.input %}", "Next": "end"}
    states = {"c": {"Type": "Choice", "Choices": [rule]}, "end": {"Type": "Succeed"}}
    error, cause = failed(run("c", 1, **states))
    assert error == "States.QueryEvaluationError"
    assert "'Choices[0]/Condition' returned an unexpected result type" in cause
    assert failed(run("c", False, **states))[0] == "States.Runtime"


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 3}, 3),
        ({"Seconds": "{% $states.input %}"}, 5),
        ({"Timestamp": "2026-01-01T00:00:07Z"}, 7),
        ({"Timestamp": "{% '2026-01-01T00:00:08Z' %}"}, 8),
    ],
)
def test_wait(fields: Json, seconds: int) -> None:
    """A Wait lasts for its Seconds or until its Timestamp."""
    seen = run("w", 5, w={"Type": "Wait", "End": True, **fields})
    assert seen.now == later(seconds)


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"Seconds": "{% -1 %}"}, "Seconds must be between"),
        ({"Timestamp": "{% 'soon' %}"}, "cannot be parsed as an ISO-8601"),
        ({"Timestamp": "{% 1 %}"}, "Expected 'string'"),
    ],
)
def test_wait_for_nothing(fields: Json, cause: str) -> None:
    """What is no span and no instant fails the state."""
    assert cause in failed(run("w", 5, w={"Type": "Wait", "End": True, **fields}))[1]


def test_fail() -> None:
    """Error and Cause may be expressions, which must give strings."""
    state = {"Type": "Fail", "Error": "{% 'E' & 1 %}", "Cause": "{% $states.input %}"}
    assert failed(run("f", "why", f=state)) == ("E1", "why")
    assert failed(run("f", 1, f=state))[0] == "States.QueryEvaluationError"


def test_parallel_and_map() -> None:
    """Arguments and Items feed the branches and iterations, Output reads the result."""
    inner = definition("p", p={"Type": "Pass", "End": True})
    states = {
        "both": {
            "Type": "Parallel",
            "Arguments": "{% $states.input.items %}",
            "Branches": [inner, definition("q", q={"Type": "Pass", "End": True})],
            "Output": "{% $states.result[1] %}",
            "Next": "each",
        },
        "each": {
            "Type": "Map",
            "ItemSelector": "{% $states.context.Map.Item.Index %}",
            "ItemProcessor": definition("r", r={"Type": "Pass", "End": True}),
            "Output": "{% $sum($states.result) %}",
            "End": True,
        },
    }
    assert run("both", {"items": [9, 9, 9]}, **states).outcome.output == 3


def test_a_jsonata_state_in_a_jsonpath_machine() -> None:
    """A state may speak JSONata alone; paths elsewhere read what it assigned."""
    states = {
        "a": {
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Assign": {"v": "{% 6 * 7 %}"},
            "Next": "b",
        },
        "b": {"Type": "Pass", "Parameters": {"v.$": "$v"}, "End": True},
    }
    assert play(definition("a", **states), {}).outcome.output == {"v": 42}
