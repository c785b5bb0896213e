"""Tests of ``asw.asl.definition.retry_catch``."""

import pytest

from tests.unit.asl.definitions import a_machine, a_pass, a_task, only_state, problems, told


def _with_retrier(**fields):
    return a_task(Retry=[{"ErrorEquals": ["A"], **fields}])


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("IntervalSeconds", [-1, 1.5, "1", None, True, 100_000_000]),
        ("MaxAttempts", [-1, 0.5, "3", 100_000_000]),
        ("BackoffRate", [0.99, "2", True]),
        ("MaxDelaySeconds", [0, 31_622_401, "1"]),
        ("JitterStrategy", ["full", "SOME", 1, []]),
        ("ErrorEquals", [[], "A", None]),
        ("Comment", [1]),
    ],
)
def test_ranges_of_a_retrier(field, wrong):
    """Every number of a Retrier has its range, every field its type."""
    for value in wrong:
        assert f"/States/S/Retry/0/{field}" in [
            path for _, path in told(_with_retrier(**{field: value}))
        ]


@pytest.mark.parametrize(
    ("field", "right"),
    [
        ("IntervalSeconds", [0, 1, 1.0, 99_999_999]),
        ("MaxAttempts", [0, 99_999_999]),
        ("BackoffRate", [1, 1.0, 2.5]),
        ("MaxDelaySeconds", [1, 31_622_400]),
        ("JitterStrategy", ["FULL", "NONE"]),
    ],
)
def test_what_a_retrier_may_have(field, right):
    """The ends of every range are in it."""
    for value in right:
        assert told(_with_retrier(**{field: value})) == []


def test_numbers_become_integers():
    """The API server makes 2 of 2.0 or the other way round; the model has integers."""
    [retrier] = only_state(_with_retrier(IntervalSeconds=2.0, MaxAttempts=0.0)).retry
    assert (repr(retrier.interval_seconds), repr(retrier.max_attempts)) == ("2", "0")


@pytest.mark.parametrize("field", ["Retry", "Catch"])
@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({}, "/States/S/{}"),
        ([5], "/States/S/{}/0"),
        ([{}], "/States/S/{}/0"),
        ([{"ErrorEquals": ["A", 1]}], "/States/S/{}/0/ErrorEquals/1"),
        ([{"ErrorEquals": ["A"], "Nxt": "S"}], "/States/S/{}/0/Nxt"),
    ],
)
def test_shapes_are_checked(field, value, path):
    """Retry and Catch are arrays of objects with known fields."""
    assert path.format(field) in [where for _, where in told(a_task(**{field: value}))]


@pytest.mark.parametrize("field", ["Retry", "Catch"])
def test_they_may_be_empty(field):
    """AWS takes an empty array."""
    assert told(a_task(**{field: []})) == []


@pytest.mark.parametrize(
    ("names", "paths"),
    [
        ([["A"], ["States.ALL"]], []),
        ([["States.ALL", "A"]], ["/States/S/Retry/0/ErrorEquals/0"]),
        ([["States.ALL"], ["A"]], ["/States/S/Retry/0/ErrorEquals/0"]),
        ([["StatesALL"], ["A"]], ["/States/S/Retry/0/ErrorEquals/0"]),
        ([["A", "States.ALL"], ["B"]], ["/States/S/Retry/0/ErrorEquals/1"]),
    ],
)
def test_the_wildcard_stands_alone_and_last(names, paths):
    """ASL: States.ALL takes everything, so nothing stands beside or behind it."""
    task = a_task(Retry=[{"ErrorEquals": group} for group in names])
    assert [path for _, path in told(task)] == paths


def test_unknown_names_of_the_language_are_warned_of():
    """Names beginning with States. belong to the language; a near one is suggested."""
    [problem] = problems(_with_retrier(ErrorEquals=["Mine", "States.TaskFialed"]))
    assert (problem.severity, problem.path) == ("WARNING", "/States/S/Retry/0/ErrorEquals/1")
    assert problem.message.endswith("did you mean 'States.TaskFailed'?")


@pytest.mark.parametrize(
    ("catcher", "path"),
    [
        ({"Next": "B", "ResultPath": "$$.x"}, "/States/A/Catch/0/ResultPath"),
        ({"Next": "B", "ResultPath": "$.x[*]"}, "/States/A/Catch/0/ResultPath"),
        ({"Next": 5}, "/States/A/Catch/0/Next"),
        ({"Next": "B", "Output": "{% 1 %}"}, "/States/A/Catch/0/Output"),
    ],
)
def test_catchers_lead_on(catcher, path):
    """A Catcher names a state, and may put the error output somewhere into the input."""
    task = a_task(Catch=[{"ErrorEquals": ["A"], **catcher}], Next="B")
    assert path in [where for _, where in told(a_machine(A=task, B=a_pass()))]
