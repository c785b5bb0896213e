"""JSONata in a state's fields: templates, typed fields, and AWS's words for what fails."""

from datetime import UTC, datetime

import pytest

from asw.asl.errors import StatesError
from asw.asl.model import Expression
from asw.asl.queries import Query, query_error
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json


def a_query(value: Json = None, result: Json = ABSENT, error_output: Json = ABSENT) -> Query:
    """A query over this input, with a variable ``v`` and a small context object."""
    scope = Scope(
        context={"Execution": {"Name": "run"}},
        chance=lambda: 0.5,
        variables={"v": [1, 2]},
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Query(scope, value, result=result, error_output=error_output)


def failure_of(query: Query, source: str, location: str = "Output") -> tuple[str, str, str | None]:
    """Error, cause and location of an expression that fails."""
    with pytest.raises(StatesError) as raised:
        query.value(Expression(source), location)
    failure = raised.value.failure
    return failure.error or "", failure.cause or "", raised.value.location


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{% $states.input.a %}", 1),
        ("plain", "plain"),
        ({"x": ["{% $v[1] %}", {"y": "{% 'text' %}"}, 5]}, {"x": [2, {"y": "text"}, 5]}),
        ("{% $states.context.Execution.Name %}", "run"),
        ("{% $now() %}", "2026-01-01T00:00:00.000Z"),
        (None, None),
        ("{% null %}", None),
    ],
)
def test_templates(template: Json, value: Json) -> None:
    """Expressions anywhere in a template are evaluated, all else stays as it is."""
    assert a_query({"a": 1}).expand(template, "Output") == value


def test_results_and_errors_are_seen_where_there_are() -> None:
    """``$states`` has result and errorOutput only where the state has them."""
    query = a_query({}, result={"r": 1}, error_output={"Error": "E"})
    assert query.expand(["{% $states.result.r %}", "{% $states.errorOutput.Error %}"], "O") == [
        1,
        "E",
    ]
    assert "undefined" in failure_of(a_query({}), "$states.result")[1]


def test_undefined() -> None:
    """AWS: an undefined result fails the state, told with the place of the expression."""
    assert failure_of(a_query({}), "$states.input.none", "Output/list[0]") == (
        "States.QueryEvaluationError",
        (
            "The JSONata expression '$states.input.none' specified for the field 'Output/list[0]' "
            "returned nothing (undefined)."
        ),
        "Output/list[0]",
    )


def test_places_within_templates() -> None:
    """The place names the field and the steps into it."""
    with pytest.raises(StatesError) as raised:
        a_query({}).expand({"a": [0, "{% $error('no') %}"]}, "Assign")
    assert raised.value.location == "Assign/a[1]"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("function($x){$x}", "returned an unsupported result type."),
        ("$error('broken')", "threw an error during evaluation. D3137: broken"),
        ("[1..1000000]", "threw an error during evaluation: "),
    ],
    ids=["function", "error", "limit"],
)
def test_failures(source: str, reason: str) -> None:
    """AWS tells errors with a code after a full stop, limits after a colon."""
    assert reason in failure_of(a_query({}), source)[1]


@pytest.mark.parametrize(
    ("kind", "source", "value"),
    [
        ("array", "[1]", [1]),
        ("boolean", "true", True),
        ("number", "1.5", 1.5),
        ("string", "'s'", "s"),
    ],
)
def test_typed(kind: str, source: str, value: Json) -> None:
    """A field of a type takes values of that type."""
    assert a_query({}).typed(Expression(source), "F", kind) == value


@pytest.mark.parametrize(
    ("kind", "source", "found"),
    [
        ("array", "'s'", "string"),
        ("boolean", "1", "number"),
        ("number", "true", "boolean"),
        ("string", "{}", "object"),
        ("number", "0/0", "string"),
        ("string", "null", "null"),
    ],
)
def test_other_types(kind: str, source: str, found: str) -> None:
    """Values of other types fail the state; true is not a number."""
    with pytest.raises(StatesError) as raised:
        a_query({}).typed(Expression(source), "F", kind)
    cause = raised.value.failure.cause or ""
    if "threw an error" not in cause:
        assert f"Expected '{kind}', but was '{found}'" in cause


def test_integers() -> None:
    """A whole number within the bounds, also one that is written as 2.0; constants pass."""
    query = a_query({})
    assert query.integer(Expression("4/2"), "F", 0, 5) == 2
    assert query.integer(7, "F", 0, 5) == 7


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("1.5", "The Most field cannot be parsed as an integer: 1.5"),
        ("-1", "Most must be between 0 and 5 but was: -1"),
        ("6", "Most must be between 0 and 5 but was: 6"),
    ],
)
def test_integers_out_of_bounds(source: str, cause: str) -> None:
    """Only the field's own name is told, not those around it."""
    with pytest.raises(StatesError) as raised:
        a_query({}).integer(Expression(source), "Around/Most", 0, 5)
    assert raised.value.failure.cause == cause
    assert raised.value.location == "Around/Most"


def test_texts() -> None:
    """A constant or absent text is as it is, an expression must give a string."""
    query = a_query({})
    assert query.text(None, "F") is None
    assert query.text("s", "F") == "s"
    assert query.text(Expression("'a' & 'b'"), "F") == "ab"


def test_query_error() -> None:
    """The error has AWS's name and may have no place."""
    error = query_error("why")
    assert (error.failure.error, error.location) == ("States.QueryEvaluationError", None)
