"""Inputs of scheduled runs."""

from datetime import UTC, datetime

import pytest

from asw.schedules.cron import zone_named
from asw.schedules.input import Occasion, check_input, input_of

OCCASION = Occasion(
    name="nightly",
    scheduled=datetime(2026, 7, 1, 0, 30, tzinfo=UTC),
    succeeded=datetime(2026, 6, 30, 0, 30, tzinfo=UTC),
    zone=zone_named("Europe/Berlin"),
)


def test_input_tells_for_which_instant_it_is():
    """Scheduled time, local time and the last success can be used."""
    template = {
        "at.$": "$$.Schedule.ScheduledTime",
        "local.$": "$$.Schedule.LocalTime",
        "since.$": "$$.Schedule.LastSuccessTime",
        "key.$": "States.Format('runs/{}', $$.Schedule.Name)",
        "mode": "full",
    }
    assert input_of(template, OCCASION) == {
        "at": "2026-07-01T00:30:00.000Z",
        "local": "2026-07-01T02:30:00+02:00",
        "since": "2026-06-30T00:30:00.000Z",
        "key": "runs/nightly",
        "mode": "full",
    }


@pytest.mark.parametrize("template", [None, 7, "text", [1, {"a": None}], {}])
def test_what_has_no_expressions_stays_as_it_is(template):
    """Any JSON value is an input, null included."""
    check_input(template)
    assert input_of(template, OCCASION) == template


def test_chance_is_the_same_for_the_same_instant():
    """A run that is created again after a crash gets the input that it would have had."""
    template = {"id.$": "States.UUID()"}
    assert input_of(template, OCCASION) == input_of(template, OCCASION)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"a.$": "$$.Schedule.Nothing"}, "could not be found"),
        ({"a.$": "$.x"}, "could not be found"),
        ({"a": [{"b.$": "States.Nothing("}]}, r"a\[0\]\.b\.\$"),
        ({"a.$": 7}, r"a\.\$: it is no text"),
        ({"a": "x" * 20_000}, "16384 bytes"),
        ({f"a{n}.$": "$$.Schedule.Name" for n in range(65)}, "64 expressions"),
    ],
)
def test_template_that_can_make_no_input_is_refused(template, told):
    """A mistake is told before the first run, with its place."""
    with pytest.raises(ValueError, match=told):
        check_input(template)


def test_expression_that_takes_long_is_refused():
    """Expressions are evaluated while others wait, so a costly one is none."""
    numbers = "States.ArrayRange(1, 1000, 1)"
    nested = f"States.Array({', '.join([numbers] * 30)})"
    with pytest.raises(ValueError, match=r"takes too long|larger than"):
        check_input({"a.$": nested})
