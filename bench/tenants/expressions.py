"""Attacks by what an expression costs: of processor, of memory, or of depth."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from asw.asl.values import Json
from bench.tenants.attack import Attack, jsonata, machine, runs

_DOUBLE = "$d := function($s, $n) {$n = 0 ? $s : $d($s & $s, $n - 1)}"
_RANGE = "[1..870000]"

# name, sentence, expression, states in a row, runs
_JSONATA: tuple[tuple[str, str, str, int, int], ...] = (
    (
        "jsonata-memory",
        "800 arrays as long as may be, all kept: 1.1 GiB before the count of them is known.",
        "$count($map([1..800], function($i) {[1..873782]}))",
        1,
        2,
    ),
    (
        "jsonata-merge",
        "Merges 100,000 objects of one field each, which takes the square of their number.",
        "$count($keys($merge([1..100000].{$string($): $})))",
        1,
        2,
    ),
    (
        "jsonata-distinct",
        "Compares 30,000 numbers with each other.",
        "$count($distinct([1..30000]))",
        1,
        20,
    ),
    (
        "jsonata-chain",
        "Four states in a row that compare 30,000 numbers with each other.",
        "$count($distinct([1..30000]))",
        4,
        10,
    ),
    (
        "jsonata-split",
        "Splits strings of 1.6 million characters into as many pieces as an array may have.",
        "$sum($map([1..40], function($i) {$count($split($pad('', 1600000, 'a,'), ','))}))",
        1,
        20,
    ),
    (
        "jsonata-pad",
        "Pads a hundred strings to four million characters.",
        "$sum($map([1..100], function($i) {$length($pad('x', 4000000))}))",
        1,
        20,
    ),
    (
        "jsonata-doubling",
        "Doubles a string 22 times, 400 times over.",
        f"({_DOUBLE}; $sum($map([1..400], function($i) {{$length($d('x', 22))}})))",
        1,
        20,
    ),
    (
        "jsonata-strings",
        "Keeps 300 strings of four million characters.",
        "$count($map([1..300], function($i) {$pad('x', 4000000)}))",
        1,
        20,
    ),
    (
        "jsonata-ranges",
        "Eight arrays as long as may be, side by side.",
        f"$count([{', '.join([_RANGE] * 8)}])",
        4,
        20,
    ),
    (
        "jsonata-zip",
        "Zips four arrays as long as may be.",
        f"$count($zip({', '.join([_RANGE] * 4)}))",
        4,
        20,
    ),
    (
        "jsonata-sort",
        "Sorts 100,000 numbers by a comparator.",
        "$count($sort([1..100000], function($a, $b) {$a < $b}))",
        10,
        20,
    ),
    (
        "jsonata-maps",
        "A map of 700 within a map of 700.",
        "$sum($map([1..700], function($i) {$count($map([1..700], function($j) {$i * $j}))}))",
        10,
        20,
    ),
    (
        "jsonata-regex",
        "A regular expression that goes back and forth for ever.",
        "$match($pad('', 40, 'a') & '!', /^(a+)+$/)",
        1,
        20,
    ),
    (
        "jsonata-recursion",
        "A function that calls itself for ever.",
        "($f := function($n) {$f($n + 1)}; $f(0))",
        1,
        40,
    ),
    (
        "jsonata-parse",
        "Reads a JSON text of 400,000 characters 400 times, and keeps what it says.",
        "$count($map([1..400], function($i) {$parse('[' & $pad('', 400000, '1,') & '1]')}))",
        1,
        20,
    ),
    (
        "jsonata-replace",
        "Replaces half of a string of a million characters by what is longer.",
        "$length($replace($pad('', 1000000, 'ab'), /a/, 'bbbbb'))",
        1,
        20,
    ),
    (
        "jsonata-append",
        "Appends one number at a time, 30,000 times.",
        "$count($reduce([1..30000], function($a, $b) {$append($a, $b)}, []))",
        1,
        20,
    ),
)


def _nested(width: int, depth: int) -> Json:
    return [_nested(width, depth - 1) for _ in range(width)] if depth else 1


def _deep(levels: int) -> Json:
    value: Json = {"a": 1}
    for number in range(levels):
        value = {"n": value, "a": number}
    return value


def _path(path: str) -> Mapping[str, Any]:
    return {"Type": "Pass", "InputPath": path, "ResultPath": "$.found"}


def _call(text: str, path: str = "$.found") -> Mapping[str, Any]:
    return {"Type": "Pass", "Parameters": {"found.$": text}, "ResultPath": path}


def _searched(items: int, length: int) -> Json:
    """A text that never holds what is looked for in it, once for each item."""
    return {"a": [1] * items, "x": "a" * length, "n": "a" * (length // 2) + "b"}


def _choice(times: int) -> dict[str, Any]:
    pattern = "*".join("a" * 20) + "*b"
    rule = {"Variable": "$.x", "StringMatches": pattern, "Next": "End"}
    states = {"Choose": {"Type": "Choice", "Choices": [rule] * times, "Default": "End"}}
    return {"StartAt": "Choose", "States": {**states, "End": {"Type": "Succeed"}}}


def _intrinsics() -> dict[str, Any]:
    numbers = "States.ArrayUnique(States.ArrayRange(1, 1000, 1))"
    encoded = "States.Hash(States.Base64Encode(States.JsonToString($.numbers)), 'SHA-512')"
    return machine(*[_call(numbers, "$.numbers"), _call(encoded)] * 100)


_PATHS: tuple[Attack, ...] = (
    runs(
        "jsonpath-filter",
        "A filter looks for a text in another one, once for each of 55,000 items: 220 KB.",
        lambda: machine(_path("$.a[?($.x contains $.n)]")),
        times=5,
        given=lambda: _searched(55_000, 73_000),
    ),
    runs(
        "jsonpath-contains",
        "The same filter over 3,000 items, in ten states.",
        lambda: machine(*[_path("$.a[?($.x contains $.n)]")] * 10),
        given=lambda: _searched(3_000, 140_000),
    ),
    runs(
        "jsonpath-descent",
        "Descents within descents, of 390 levels, in twenty states.",
        lambda: machine(*[_path("$..n..a")] * 20),
        given=lambda: _deep(390),
    ),
    runs(
        "jsonpath-many",
        "A filter in a descent that ends after a million values, in ten states that catch nothing.",
        lambda: machine(*[_path("$..[?(@..a)]..a")] * 10),
        given=lambda: _nested(3, 9),
    ),
    runs(
        "choice-wildcards",
        "A Choice of 500 rules with twenty wildcards each, over a text of 250,000 characters.",
        lambda: _choice(500),
        given=lambda: {"x": "a" * 250_000},
    ),
    runs(
        "intrinsics",
        "Two hundred states that make, sift, encode and hash arrays of a thousand.",
        _intrinsics,
    ),
    runs(
        "intrinsic-deep",
        "Reads a JSON text of 390 levels, in a hundred states.",
        lambda: machine(*[_call("States.StringToJson($.text)")] * 100),
        given=lambda: {"text": '{"n":[' * 195 + "1" + "]}" * 195},
    ),
    runs(
        "intrinsic-merge",
        "Merges an object of 100 KB with itself, in two hundred states.",
        lambda: machine(*[_call("States.JsonMerge($.big, $.big, false)")] * 200),
        given=lambda: {"big": {f"key-{n:06}": n for n in range(5_000)}},
    ),
)


def attacks() -> tuple[Attack, ...]:
    """Those by JSONata, then those by paths and intrinsic functions."""
    by_jsonata = (
        runs(name, says, partial(jsonata, expression, times=states), times=times)
        for name, says, expression, states, times in _JSONATA
    )
    return (*by_jsonata, *_PATHS)
