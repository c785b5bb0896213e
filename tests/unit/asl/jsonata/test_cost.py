"""Which JSONata expressions are not even tried where others wait."""

import pytest

from asw.asl.jsonata.engine import parse

SMALL = {"input": {"id": "o-1", "items": [{"p": 1, "k": "a"}] * 5, "note": "x" * 200}}
LARGE = {"input": {"items": [{"p": number, "k": "a"} for number in range(9_000)]}}
DOUBLE = '$reduce([1..40], function($a, $b){{"l": $a, "r": $a}}, {})'


def is_costly(source, states=SMALL) -> bool:
    """Whether it is judged so over these values."""
    expression = parse(source)
    growth = expression.growth
    return growth is None or growth.is_costly(expression.cut({"states": states}))


@pytest.mark.parametrize(
    "source",
    [
        "$distinct($states.input.items.k)",
        "$count($map([1..800], function($i){[1..873782]}))",
        "$range(1, 360145, 1)",
        "$replace($states.input.note, 'x', $states.input.note)",
        "$match($states.input.note, /(x+)+y/)",
        "($f := function($x){ $f($x) }; $f(1))",
        f"$number({DOUBLE})",
        f"{DOUBLE} = {DOUBLE}",
        "$reduce($states.input.items, $zip)",
        "$states.input.**",
        "$states.input ~> |**|{'a': $$}|",
        "$states.input.items@$a.$states.input.items@$b.{'x': $a}",
        "$map($states.input.items, $append(?, 1))",
        *(
            f"$number($states.input{step * 12})"
            for step in (".{'l':$,'r':$}", ".[$,$]", ".($map($, $zip($, $)))")
        ),
        "{'a':" * 12 + "[$states.input,$states.input]" + "}" * 12,
        "[[[[[[[[[[[[$states.input, $states.input]]]]]]]]]]]]",
        "$count([[1..2000], [1..2000]].[$, [1..2000]].[$, [1..2000]])",
    ],
)
def test_what_may_cost_without_bound_is_costly(source):
    """Whatever the engine could not stop in time is told by the tokens alone, or nearly."""
    assert is_costly(source)


@pytest.mark.parametrize(
    "source",
    [
        "$states.input.items.p",
        "$sum($states.input.items.p) * 1.19",
        "$states.input.items[p > 0 and k = 'a'].p",
        "{'id': $states.input.id, 'total': $sum($states.input.items.p), 'first': [1, 2]}",
        "$states.input.items.{'price': p, 'kind': k}",
        "$states.input.id in ['o-1', 'o-2']",
        "$states.input.items[0].k = 'a' ? $uppercase($states.input.id) : 'none'",
        "$replace($states.input.id, '-', '')",
        "$pad($string($states.input.items[0].p), -8, '0')",
        "$states.input.items^(>p)[0]",
        "$count($states.input.items) / 2",
        "$merge([$states.input, {'seen': true}])",
        "$map($states.input.items, $string)",
        "$states.input.items{k: $sum(p)}",
    ],
)
def test_what_most_states_say_is_not(source):
    """It would cost a way to another process."""
    assert not is_costly(source)


@pytest.mark.parametrize(
    "source", ["$sum($states.input.items.p)", "$states.input.items.{'a': $states.input.items}"]
)
def test_what_reads_much_is_costly(source):
    """To hand over, to sort and to search a large value takes long, whatever is done with it."""
    assert is_costly(source, LARGE)
