"""What JSONPath, intrinsic functions and Choice may look at: the attacks, and honest ones."""

import pytest

from asw.asl.budget import FULL, SMALL, Budget, OverBudgetError
from asw.asl.elsewhere import Evaluations, Interrupted
from asw.asl.errors import INTRINSIC_FAILURE, RUNTIME, StatesError
from asw.asl.scope import MOST_MADE, Scope
from asw.asl.templates import evaluate_expression

LONG = "a" * 200_000
DOUBLED = "$"
for _ in range(4):
    DOUBLED = f"States.Array({','.join([DOUBLED] * 6)})"
ITEMS = {"a": [1] * 3000, "x": LONG, "n": "a" * 500 + "b", "b": list(range(20_000))}
ATTACKS = [
    pytest.param("$.a[?($.x contains $.n)]", RUNTIME, id="contains in a long text"),
    pytest.param("$.a[?($.x == $.x)]", RUNTIME, id="a long text compared"),
    pytest.param("$.a[?($.x < $.n)]", RUNTIME, id="a long text ordered"),
    pytest.param("$.a[?($.x in $.b)]", RUNTIME, id="a long text looked for"),
    pytest.param("$.a[?($.b.sum() == 1)]", RUNTIME, id="sum for each item"),
    pytest.param("$.a[?($.b.stddev() == 1)]", RUNTIME, id="deviation for each item"),
    pytest.param("$.a[?($.b[0:].length() == 1)]", RUNTIME, id="a slice for each item"),
    pytest.param("$.a[?(@ in $.b[?(@ in $.b)])]", RUNTIME, id="filter in filter"),
    pytest.param("$.a[?($.b subsetof $.b)]", RUNTIME, id="subset"),
    pytest.param("$.a[?($.b anyof $.b)]", RUNTIME, id="any of"),
    pytest.param(
        "$..[" + ",".join(["2000000"] * 900) + "]", RUNTIME, id="a union that finds nothing"
    ),
    pytest.param(f"States.ArrayUnique({DOUBLED})", INTRINSIC_FAILURE, id="unique of the doubled"),
    pytest.param(
        f"States.ArrayContains({DOUBLED}, {DOUBLED})", INTRINSIC_FAILURE, id="contains the doubled"
    ),
    pytest.param(f"States.JsonToString({DOUBLED})", INTRINSIC_FAILURE, id="text of the doubled"),
    pytest.param(f"States.Format('{{}}', {DOUBLED})", INTRINSIC_FAILURE, id="doubled in a text"),
    pytest.param(DOUBLED, INTRINSIC_FAILURE, id="the doubled itself"),
]


def scope() -> Scope:
    return Scope(context={}, chance=lambda: 0.5)


@pytest.mark.parametrize(("text", "error"), ATTACKS)
def test_an_attack_is_not_finished_here(text, error):
    """Where others wait it is asked elsewhere, and there it ends in an error for its author."""
    with pytest.raises(Interrupted) as caught:
        Evaluations().run(lambda: evaluate_expression(text, ITEMS, scope(), field="a.$"))
    question = caught.value.question
    assert question is not None
    with pytest.raises(StatesError) as failed:
        question.evaluate(question.chance)
    assert failed.value.failure.error == error
    exhausted = question.exhausted("memory")
    assert isinstance(exhausted, StatesError)
    assert exhausted.failure.error == error


@pytest.mark.parametrize(
    "text",
    [
        "$.b[?(@ > 5)]",
        "$.a[*]",
        "$..n",
        "States.ArrayLength($.b)",
        "States.ArrayContains($.a, 2)",
        "States.Format('{} {}', $.x, $.n)",
        "States.Array($.n, $.a)",
    ],
)
def test_honest_work_over_a_large_input_is_allowed(text):
    """What looks at the whole of a large input once, or twice, does so."""
    evaluate_expression(text, ITEMS, scope(), field="a.$")


def test_small_work_is_done_here():
    """Nobody is asked for what looks at a few hundred values."""
    value = {"items": [{"k": n, "v": "x" * 50} for n in range(200)]}
    texts = ("$.items[?(@.k > 5)].v", "States.JsonToString($.items)", "$..k")
    for text in texts:
        Evaluations().run(lambda text=text: evaluate_expression(text, value, scope(), field="a.$"))


def test_all_results_of_one_moment_have_room_together():
    """A thousand results, each of them allowed, do not fill the memory before one looks at all."""
    place, text = scope(), "States.Format('{}{}', $.x, $.x)"
    for _ in range(MOST_MADE // (2 * len(LONG))):
        evaluate_expression(text, ITEMS, place, field="a.$")
    with pytest.raises(StatesError, match="too large together"):
        evaluate_expression(text, ITEMS, place, field="a.$")
    place.renew()
    evaluate_expression(text, ITEMS, place, field="a.$")


def test_looking_at_a_value_costs_by_its_length():
    """Texts by their characters, and what is shared as often as it is met."""
    budget = Budget(1000)
    budget.weigh(["x" * 640, {"a": 1}], times=2)
    assert budget.left == 1000 - 2 * (1 + 11 + 2 + 1)
    shared = ["x"]
    for _ in range(60):
        shared = [shared, shared]
    with pytest.raises(OverBudgetError):
        Budget(FULL).weigh(shared)
    assert SMALL < FULL


@pytest.mark.parametrize(
    "text", ["$[?(@ =~ /a/)]", "States.ArrayLength($[?(@ =~ /a/)])"], ids=["path", "call"]
)
def test_regular_expressions_are_matched_elsewhere(text: str) -> None:
    """Not even a short one is tried where others wait: nothing could stop it in time."""
    with pytest.raises(Interrupted) as caught:
        Evaluations().run(lambda: evaluate_expression(text, ["a"], scope(), field="a.$"))
    assert caught.value.question is not None


def test_a_regular_expression_that_takes_too_long_fails_the_state() -> None:
    """It is the path's own error, which a Catch of States.ALL or States.Runtime sees."""
    text = "$[?(@ =~ /(a+)+b/)]"
    with pytest.raises(StatesError) as caught:
        evaluate_expression(text, ["a" * 60], scope(), field="a.$")
    assert caught.value.failure.error == "States.Runtime"
