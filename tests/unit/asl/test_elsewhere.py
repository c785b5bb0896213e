"""Evaluations that are made elsewhere: which are, and that it makes no difference."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.elsewhere import (
    LONGEST_RUN_SECONDS,
    Answer,
    Evaluations,
    Interrupted,
    read_answer,
    settle_here,
    write_answer,
)
from asw.asl.errors import StatesError
from asw.asl.jsonata import JSONataError, UnsupportedResultError, evaluate
from asw.asl.paths import evaluate_path
from asw.asl.scope import Scope
from asw.asl.templates import evaluate_expression
from asw.asl.values import ABSENT, Json
from asw.engine.run import Chance

NOW = datetime(2026, 1, 1, tzinfo=UTC)
INPUT: Mapping[str, Any] = {
    "n": 3,
    "big": 2**53 + 1,
    "text": "größer als '\\ud83d",
    "items": [{"p": 2.5, "k": "a"}, {"p": 1, "k": "b"}, None, {"k": "a"}],
    "nothing": None,
    "deep": {"a": [[{"b": 1}], {"b": [2]}]},
}


def with_all_elsewhere(action: Callable[[], Any]) -> tuple[Any, int]:
    """What the action gives where each evaluation is made by another process, and how many are."""
    evaluations = Evaluations(tries=False)
    for asked in count():
        try:
            return evaluations.run(action), asked
        except Interrupted as interrupted:
            question = interrupted.question
            assert question is not None
            evaluations.answer(read_answer(question, write_answer(question)))
    raise AssertionError("count has an end")


def told(action: Callable[[], Any]) -> Any:
    """What the action gives, or raises, as a value."""
    try:
        return action()
    except (StatesError, JSONataError) as error:
        return type(error), str(error), vars(error)


def scope() -> Scope:
    return Scope(
        context={"Execution": {"Name": "x"}},
        chance=Chance("uid", 1, 2),
        variables={"v": [1, 2, 2], "w": "x"},
        now=NOW,
    )


JSONATA = [
    "$states.input.items.p",
    "$sum($states.input.items.p)",
    "$states.input.items[k='a']",
    "$states.input.items{k: $count($)}",
    "$states.input.nothing",
    "$states.input.lacking.p + 1",
    "$states.input.big + 1",
    "$states.input.text & '!'",
    "$map([1..5], function($i){ $i * 1.5 })",
    "$now() & $string($millis())",
    "[$random(), $random()]",
    "$uuid()",
    "function($x){ $x }",
    "$number('x')",
    "1/0",
    "$error('mine')",
    "$assert(false, 'yours')",
    "$distinct($v)",
    "$parse('[1, {\"a\": null}]')",
    "$f(",
    "'\\ud83d\\ude00'",
    "0.1 + 0.2",
    "-0",
    "1e300",
    "($f := function($x){ $f($x) }; $f(1))",
]


@pytest.mark.parametrize("source", JSONATA)
def test_an_expression_is_worth_the_same_elsewhere(source):
    """The value, the error with its code and place, and the numbers drawn after it."""

    def action() -> Any:
        chance = Chance("uid", 1, 2)
        bindings = {"states": {"input": INPUT}, "v": [1, 2, 2]}
        return told(lambda: evaluate(source, bindings, chance, NOW)), chance()

    there, asked = with_all_elsewhere(action)
    assert there == action()
    assert asked == (source != "$states.input.nothing") - (source == "$f(")


@pytest.mark.parametrize(
    "text",
    [
        "$..b",
        "$.items[?(@.k == 'a')]",
        "$.items[*].p",
        "$.lacking[*]",
        "$.items.length()",
        "$.items[0,3]",
        "$$.Execution[*]",
        "$v[*]",
        "States.Format('{} of {}', $.n, $$.Execution.Name)",
        "States.ArrayUnique($v)",
        "States.Array(States.UUID(), States.MathRandom(1, 9), $w)",
        "States.StringToJson('{')",
        "States.JsonMerge($.deep, $.lacking, false)",
        "States.JsonToString($.items)",
        "States.Array(States.Array($.big), $.nothing)",
    ],
)
def test_a_path_or_call_is_worth_the_same_elsewhere(text):
    """What a path finds and a call returns, and how they fail."""

    def action() -> Any:
        place = scope()
        value = told(lambda: evaluate_expression(text, INPUT, place, field="a.$"))
        return value, place.chance()

    there, asked = with_all_elsewhere(action)
    assert (there, asked) == (action(), 1)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_value_comes_back_as_it_went(value: Json):
    """Integers of any size, strange texts and empty things survive the way there and back."""
    document = {"a": [value]}
    there, _ = with_all_elsewhere(lambda: evaluate_path("$.a[*]", document, scope()))
    assert repr(there) == repr([value])


def test_what_is_cheap_is_evaluated_here():
    """Nobody is asked for the expressions that most states have."""

    def action() -> list[Json]:
        bindings = {"states": {"input": INPUT}}
        chance = Chance("uid", 1, 2)
        sources = [it for it in JSONATA[:8] if it != "$states.input.lacking.p + 1"]
        return [evaluate(source, bindings, chance, NOW) for source in sources]

    assert Evaluations(clock=lambda: 0.0).run(action) == action()


def test_an_answer_is_used_again_in_each_run():
    """An action is run from its start; what was answered is not asked for again."""
    evaluations, asked = Evaluations(tries=False), []

    def action() -> list[Json]:
        return [evaluate_path(path, {"a": [1], "b": [2]}, scope()) for path in ("$.a[*]", "$.b[*]")]

    for value in ([10], [20]):
        with pytest.raises(Interrupted) as caught:
            evaluations.run(action)
        asked.append(caught.value.question)
        evaluations.answer(Answer(value))
    assert evaluations.run(action) == [[10], [20]]
    assert [question.text for question in asked] == ["$.a[*]", "$.b[*]"]


def test_many_cheap_evaluations_let_others_go_on():
    """After some time of the clock the action is broken off, and comes further in the next run."""
    seconds = count()
    evaluations = Evaluations(clock=lambda: 2 * LONGEST_RUN_SECONDS * next(seconds))
    made: list[int] = []

    def action() -> int:
        for number in range(6):
            settle_here(lambda number=number: made.append(number))
        return len(made)

    for number in range(1, 6):
        with pytest.raises(Interrupted) as caught:
            evaluations.run(action)
        assert (caught.value.question, len(made)) == (None, number)
    assert evaluations.run(action) == 6
    assert made == list(range(6))


def test_an_exhausted_question_has_an_error_of_its_own():
    """Each kind of expression tells that it took too much in the words of its limits."""
    with pytest.raises(Interrupted) as caught:
        Evaluations(tries=False).run(lambda: evaluate("1+1", {}, Chance("u", 1, 1), NOW))
    question = caught.value.question
    assert question is not None
    assert "timeout" in str(question.exhausted("time"))
    assert "memory" in str(question.exhausted("memory"))
    assert isinstance(question.error({}), UnsupportedResultError)
    assert read_answer(question, b'{"drawn":0}').value is ABSENT
