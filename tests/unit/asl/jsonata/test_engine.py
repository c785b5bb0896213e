"""The engine keeps to its limits, and reads no more than it must."""

import time
from dataclasses import replace

import pytest

from asw.asl.jsonata import JSONataError, engine
from asw.asl.jsonata.engine import Kept, parse
from asw.asl.jsonata.errors import MEMORY, STACK_OVERFLOW, TIMEOUT
from asw.asl.jsonata.functions import FUNCTIONS, Function

RECURSION = "($f := function($x){ $x <= 0 ? 0 : 1 + $f($x - 1) }; $f(%d))"
DOUBLING = "($f := function($s, $n){ $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', %d)))"
NESTING = "($f := function($s, $n){ $n = 0 ? $s : $f({'a': $s}, $n - 1) }; $f(1, 5000))"


def run(source, **bindings):
    """The value of the source over these variables."""
    return parse(source).run(bindings, None)


def deep(levels):
    """Lists in lists."""
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("1" + "+1" * 99, 100),
        ("(" * 99 + "1" + ")" * 99, 1),
        ("$count(" + "[" * 98 + "1" + "]" * 98 + ")", 1),
        ("1" + "~>$string" * 99, "1"),
        (RECURSION % 31, 31),
        (DOUBLING % 22, 4_194_304),
        ("[1..873782] ~> $count()", 873_782),
        ("$sum($map([1..200000], function($v){ $v * 2 }))", 40_000_200_000),
    ],
    ids=range(8),
)
def test_just_within(source, value):
    """What AWS was seen to evaluate evaluates."""
    assert run(source) == value


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1" + "+1" * 100, STACK_OVERFLOW),
        ("(" * 100 + "1" + ")" * 100, STACK_OVERFLOW),
        ("(" * 998 + "1" + ")" * 998, STACK_OVERFLOW),
        ("[" * 100 + "1" + "]" * 100, STACK_OVERFLOW),
        ("1" + "~>$string" * 100, STACK_OVERFLOW),
        (RECURSION % 32, STACK_OVERFLOW),
        (RECURSION % 1_000_000, STACK_OVERFLOW),
        (NESTING, STACK_OVERFLOW),
        ("$parse($join($map([1..5000], function(){ '[' })))", "D3137: Invalid JSON"),
        (DOUBLING % 23, MEMORY),
        ("[1..873783] ~> $count()", MEMORY),
        ("$pad('x', 9000000)", MEMORY),
        ("$pad('x', 1000000000)", MEMORY),
        ("$pad('x', 2000000)", MEMORY),
        ("($f := function($x){ $f($x + 1) }; $f(1))", TIMEOUT),
        (r"$contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', /^(a+)+b/)", TIMEOUT),
    ],
    ids=range(16),
)
def test_just_beyond(source, message):
    """What is too deep, too long or too large is told so in AWS's words, without a code."""
    with pytest.raises(JSONataError) as caught:
        run(source)
    assert caught.value.message == message


CALLING = "($x := $called(); $map([1..50000], function($v){ $v }); $x)"
"""The library looks at its clock now and then: not after the call alone."""


@pytest.fixture
def called(monkeypatch):
    """Adds a function ``$called``; how often it was called."""
    calls: list = []

    def add(call):
        def counted():
            calls.append(None)
            return call(len(calls))

        functions = {**FUNCTIONS, "called": Function(counted, "<:n>")}
        monkeypatch.setattr("asw.asl.jsonata.engine.FUNCTIONS", functions)
        monkeypatch.setattr(engine, "_parse_short", Kept(engine._parse, 1000))
        return calls

    return add


def test_a_busy_machine_ends_no_expression(called):
    """A second counts that it had the processor: what others took of it is not its fault."""
    calls = called(lambda number: time.sleep(1.1 if number == 1 else 0) or number)
    assert run(CALLING) == 2
    assert len(calls) == 2


def test_what_took_its_second_is_not_tried_again(called):
    """An endless computation is also ended the second time."""

    def compute(number):
        until = time.thread_time() + 1.1
        while time.thread_time() < until:
            pass
        return number

    calls = called(compute)
    with pytest.raises(JSONataError) as caught:
        run(CALLING)
    assert (caught.value.message, len(calls)) == (TIMEOUT, 1)


def test_too_large_a_range():
    """JSONata itself refuses a range that is far too large, at once."""
    with pytest.raises(JSONataError, match="D2014: The size of the sequence"):
        run("[1..1e9]")


@pytest.mark.parametrize(
    ("value", "message"),
    [(deep(5000), STACK_OVERFLOW), (10**400, "too large")],
    ids=["deep", "large"],
)
def test_what_cannot_be_bound(value, message):
    """A variable that the library does not take is an error of the expression."""
    with pytest.raises(JSONataError, match=message):
        run("$count($x)", x=value)


@pytest.mark.parametrize(
    "source",
    [
        "$x.a & 'b'",
        "$x.a.b + 1",
        "$x.items.c",
        "$x.items[c > $y].c",
        "$x.*",
        "$x.**.c",
        "$keys($x)",
        "$count($x.items)",
        "$exists($x.a)",
        "$lookup($x, 'a')",
        "[$x].a",
        "($z := $x; $z.a.b)",
        "($x := $x.a; $x.b)",
        "(($x := $x.a); $x.items)",
        "($f := function($x){ $x.b }; $f($x.a) + $count($x.items))",
        "$x ~> |a|{'b': 2}|",
        "$x.items#$i.{'i': $i, 'c': c}",
        "$x.items.(c * $y)",
        "$x.items^(>c)",
        "$x.items{$string(c): $}",
        "$map($x.items, function($v, $i){ $v.c + $i })",
        "$string($x)",
        "$merge([$x, {'z': $y}])",
        "$x.items[0].%.a",
        "$x['a']",
        "$partition($x.items, 1)",
        "$type($x.items[c = 2])",
        "$x.items@$e.{'e': $e.c}",
        "$each($x, function($v, $k){ $k })",
        "$x.nothing.a",
    ],
)
def test_cutting(source):
    """The library is given only what the source reads, and says the same as given everything."""
    bindings = {"x": {"a": {"b": 1}, "items": [{"c": 3}, {"c": 2}], "d": "more"}, "y": 2}
    expression = parse(source)
    everything = replace(expression, reads={"x": True, "y": True})
    assert expression.run(bindings, None) == everything.run(bindings, None)


def test_long_sources():
    """A source too long to be kept evaluates all the same."""
    assert run(f"[{','.join(['1'] * 20_000)}] ~> $sum()") == 20_000


def test_what_is_kept_is_bounded_by_its_length():
    """Few long texts push out as much as many short ones; a text over the bound is not kept."""
    made: list[str] = []

    def make(text: str) -> int:
        made.append(text)
        return len(text)

    kept = Kept(make, 10)
    assert [kept(text) for text in ("aaaa", "bbbb", "aaaa")] == [4, 4, 4]
    assert made == ["aaaa", "bbbb"]
    assert [kept(text) for text in ("cccc", "bbbb", "aaaa", "d" * 11, "aaaa")] == [4, 4, 4, 11, 4]
    assert made == ["aaaa", "bbbb", "cccc", "aaaa", "d" * 11]
