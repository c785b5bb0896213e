"""Verdicts on events: filters in CEL, inputs in JSONata, and what is wrong with either."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from asw.asl.values import ABSENT
from asw.sandbox.sandbox import Sandbox
from asw.triggers.judge import MODULES, judged
from asw.triggers.judging import LONGEST_TEMPLATE, Judging, Wish, read_verdict

EVENT = {"type": "t", "data": {"status": "FAILED", "rows": 3, "who": None, "tags": ["a", "b"]}}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def verdict(condition="", template=ABSENT, event=EVENT):
    """The verdict of a job on the event."""
    text = None if template is ABSENT else json.dumps(template)
    wish = Wish(filter=condition, input=text)
    return read_verdict(Judging(wish=wish, event=json.dumps(event), now=NOW).run())


@pytest.mark.parametrize(
    ("condition", "passes"),
    [
        ("event.data.status == 'FAILED'", True),
        ("event.data.status in ['TIMED_OUT', 'ABORTED']", False),
        ("event.data.rows > 2 && event.type.startsWith('t')", True),
        ("has(event.data.error) && event.data.error == 'x'", False),
        ("event.data.who == null", True),
        ("event.data.tags.exists(tag, tag == 'b')", True),
    ],
)
def test_a_filter_lets_events_through_for_which_it_is_true(condition, passes):
    """Any other event is held back without a word."""
    found = verdict(condition)
    assert (found.input is not ABSENT, found.problem) == (passes, "")


def test_without_a_template_the_event_is_the_input():
    """The whole CloudEvent."""
    assert verdict().input == EVENT


@pytest.mark.parametrize(
    ("template", "made"),
    [
        ({"rows": "{% $event.data.rows + 1 %}", "fixed": [1]}, {"rows": 4, "fixed": [1]}),
        ("{% $event.data %}", EVENT["data"]),
        ("{% $states.input.type %}", "t"),
        (["{% $now() %}"], ["2026-01-01T00:00:00.000Z"]),
        (None, None),
    ],
)
def test_a_template_makes_the_input(template, made):
    """Texts of the form {% ... %} are JSONata, all else is as it stands."""
    assert verdict(template=template).input == made


@pytest.mark.parametrize(
    ("condition", "template", "told"),
    [
        ("event.data.nope == 1", ABSENT, "spec.filter: the event has no 'nope': ask with has()"),
        ("evnt.data", ABSENT, "spec.filter: there is no 'evnt': read the event by event.data"),
        ("event.data.rows = 3", ABSENT, "spec.filter: <input>:1:17: Syntax error"),
        ("event.data.rows", ABSENT, "spec.filter: gives int, not true or false"),
        ("event.data.rows > 'x'", ABSENT, "spec.filter: No such overload"),
        ("nope(1)", ABSENT, "spec.filter: Undefined variable or function: 'nope'"),
        ("", {"a": ["{% 1 + %}"]}, "spec.input.a[0]: "),
        ("", {"a": "{% $evnt.data %}"}, "'$evnt.data' specified for the field 'input/a'"),
        ("", "x" * LONGEST_TEMPLATE, "spec.input: up to 16384 bytes"),
        ("", ["{% 1 %}"] * 65, "spec.input: a template may have 64 expressions"),
        ("", "{% $event.data.tags ~> $map(function($t) { $pad($t, 200000) }) %}", "262144 bytes"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(condition, template, told):
    """Nothing is started, and the sentence says where to look."""
    found = verdict(condition, template)
    assert found.input is ABSENT
    assert told in found.problem


def test_a_wish_can_be_checked_without_an_event():
    """Only what can never work is wrong with it."""
    fine = Judging(wish=Wish(filter="event.data.x == 1", input='"{% $event.data.x %}"'), event=None)
    assert read_verdict(fine.run()).problem == ""
    wrong = Judging(wish=Wish(filter="event.data.x =="), event=None)
    assert "spec.filter: " in read_verdict(wrong.run()).problem


ENDLESS = {"tags": list(range(300))}
SLOW = (
    "event.tags.all(a, event.tags.all(b, event.tags.all(c, event.tags.all(d, a + b + c + d >= 0))))"
)


@pytest.mark.parametrize(
    "wish",
    [
        Wish(filter=SLOW),
        Wish(input='"{% ($f := function($n) { $f($n + 1) }; $f(0)) %}"'),
        Wish(filter="(" * 1000 + "true" + ")" * 1000),
        Wish(filter="!" * 2000 + "true"),
        Wish(input=json.dumps("{% [1..9999999] %}")),
    ],
    ids=["loops", "recursion", "parentheses", "nots", "memory"],
)
async def test_no_expression_holds_others_up(wish):
    """Whatever a tenant writes has an end within seconds, and the next event is judged."""
    fine = Judging(wish=Wish(filter="event.ok"), event='{"ok": true}')
    async with aclosing(Sandbox(workers=1, modules=MODULES)) as sandbox:
        async with asyncio.timeout(30):
            found = await judged(sandbox, "team", Judging(wish=wish, event=json.dumps(ENDLESS)))
            assert found.problem or wish.filter.startswith("!")
            assert (await judged(sandbox, "team", fine)).input == {"ok": True}


async def test_a_sandbox_gives_what_is_given_here():
    """A process that has loaded the engines before evaluates filter and template alike."""
    wish = Wish(filter="event.rows > 2", input='{"rows": "{% $event.rows + 1 %}"}')
    job = Judging(wish=wish, event='{"rows": 3}')
    async with aclosing(Sandbox(workers=1, modules=MODULES)) as sandbox:
        assert await judged(sandbox, "team", job) == read_verdict(job.run())
    assert read_verdict(job.run()).input == {"rows": 4}
