"""The laws of shapes: nothing that may come is ever lost."""

import random
from collections.abc import Callable

import pytest

from asw.asl.paths import apply_result_path, evaluate_path
from asw.asl.values import Json, to_text
from asw.lint.analysis.describing import described
from asw.lint.analysis.growth import most_bytes
from asw.lint.analysis.places import find, keeping, lacking, put
from asw.lint.analysis.shapes import (
    ANY,
    DEEPEST,
    HEAVIEST,
    NOTHING,
    Shape,
    array,
    join,
    joined,
    number,
    of_value,
    record,
    text,
    trimmed,
    widen,
)
from tests.support.flows import any_value
from tests.support.shapes import contains
from tests.unit.asl.definitions import a_scope

ROUNDS = 300


def some_values(seed: str) -> list[Json]:
    """A few values of the same names."""
    chance = random.Random(seed)
    return [any_value(chance, 3) for _ in range(chance.randint(1, 4))]


@pytest.mark.parametrize("group", range(3))
def test_join_and_widening_lose_nothing(group: int) -> None:
    """What either shape has, their join has, their widening has, and each trimming."""
    for at in range(ROUNDS):
        one, other = some_values(f"{group}/{at}/a"), some_values(f"{group}/{at}/b")
        left, right = joined(map(of_value, one)), joined(map(of_value, other))
        both, wide = join(left, right), widen(left, right)
        for value in (*one, *other):
            assert contains(both, value)
            assert contains(wide, value)
            assert all(contains(trimmed(both, depth), value) for depth in range(4))


GROWING: dict[str, Callable[[Shape, int], Shape]] = {
    "a count": lambda _old, at: of_value({"n": at}),
    "a text": lambda _old, at: of_value({"s": "x" * at}),
    "a list": lambda _old, at: of_value([1] * at),
    "a list of more kinds": lambda _old, at: of_value([1, "a", None, {}, []][: at % 6]),
    "one within another": lambda old, _at: record({"before": old}),
    "one in a list of others": lambda old, _at: array(old, 1, 2),
}


@pytest.mark.parametrize("grow", GROWING.values(), ids=GROWING)
def test_widening_comes_to_an_end(grow: Callable[[Shape, int], Shape]) -> None:
    """What a loop makes larger each round soon is a shape that holds all rounds."""
    shape, changed_at = NOTHING, 0
    for at in range(40):
        grown = widen(shape, grow(shape, at))
        changed_at = changed_at if grown == shape else at
        shape = grown
    assert changed_at <= DEEPEST


def test_places_are_those_of_values() -> None:
    """What is found, put, kept and taken away in a shape is what happens to its values."""
    chance = random.Random("places")
    steps = [["a"], ["b", "c"], ["list", 0], ["a", "list", -1], ["list", 1, "a"], ["c", "a", "b"]]
    for _ in range(ROUNDS * 3):
        values = [any_value(chance, 3) for _ in range(3)]
        shape, place = joined(map(of_value, values)), chance.choice(steps)
        path = "$" + "".join(f"[{it}]" if isinstance(it, int) else f".{it}" for it in place)
        for value in values:
            _check_place(shape, value, place, path)


def _check_place(shape: Shape, value: Json, steps: list[str | int], path: str) -> None:
    try:
        item = evaluate_path(path, value, a_scope())
    except Exception:  # noqa: BLE001 - it is not there
        assert contains(lacking(shape, steps), value)
    else:
        assert contains(find(shape, steps).shape, item)
        assert contains(keeping(shape, steps, lambda it: it), value)
    try:
        made = apply_result_path(path, value, "made")
    except Exception:  # noqa: BLE001 - there is no place
        return
    assert contains(put(shape, steps, text("made")), made)


def test_a_shape_stays_small() -> None:
    """What doubles with every step is trimmed, and so is what grows deeper."""
    doubled = deeper = of_value({"x": 1})
    for _ in range(40):
        doubled = record({"a": doubled, "b": doubled})
        deeper = array(deeper)
        assert doubled.weight <= HEAVIEST
        assert deeper.depth <= DEEPEST


def test_large_constants_are_looked_at_in_part() -> None:
    """Of very many fields or items some are known, and none is ruled out."""
    many = {f"k{at}": at for at in range(5000)}
    assert contains(of_value(many), many)
    assert contains(of_value(list(range(5000))), list(range(5000)))


@pytest.mark.parametrize("value", [2**60, 0.018526653042547192, -1e308], ids=str)
def test_numbers_that_jsonata_rounds_are_not_told_apart(value: float) -> None:
    """What a state leaves may be another number than the one that it read."""
    assert of_value(value) == number()


def test_half_a_letter_is_any_text() -> None:
    """JSONata puts another letter for it, in values and in names."""
    assert of_value("a\ud800") == text()
    assert contains(of_value({"a\ud800": 1}), {"a\ufffd": 1})
    assert of_value("语音") != text()


def test_sizes_bound_the_text() -> None:
    """The text of a value is never longer than its shape says."""
    chance = random.Random("sizes")
    for _ in range(ROUNDS):
        values = [any_value(chance, 3) for _ in range(3)]
        most = most_bytes(joined(map(of_value, values)))
        assert most is None or all(len(to_text(it).encode()) <= most for it in values)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (ANY, "anything"),
        (NOTHING, "nothing"),
        (number(1), "a number from 1"),
        (number(most=5), "a number to 5"),
        (of_value(None), "null"),
        (joined([text("b"), text("a"), of_value(True)]), "'a' or 'b' or true"),
        (of_value([]), "an empty array"),
        (joined([text(), number(), of_value({})]), "a text, a number or an object"),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_shapes_in_words(shape: Shape, words: str) -> None:
    """People read what may come, not how it is kept."""
    assert described(shape) == words
