"""The one rule by which ended executions go."""

from math import inf

import pytest

from asw.api.retention import DEFAULT_RETENTION, FOR_EVER, due_at, rule_of
from asw.api.workflow import OutcomeRetention, Retention

YEAR = OutcomeRetention(ttl_seconds=365 * 86_400)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (None, DEFAULT_RETENTION.failed),
        (FOR_EVER, DEFAULT_RETENTION.failed),
        (Retention(succeeded=YEAR), DEFAULT_RETENTION.failed),
        (Retention(failed=OutcomeRetention()), DEFAULT_RETENTION.failed),
        (Retention(failed=YEAR), YEAR),
        (Retention(failed=OutcomeRetention(limit=0)), OutcomeRetention(limit=0)),
    ],
    ids=["no-workflow", "silent", "another-outcome", "empty", "a-year", "none"],
)
def test_a_workflow_says_all_of_an_outcome_or_nothing(own, expected):
    """A year is a year, though the default has a limit as well."""
    assert rule_of("Failed", own, DEFAULT_RETENTION) == expected


@pytest.mark.parametrize(
    ("seconds", "limit", "count", "expected"),
    [
        (None, None, 1000, inf),
        (60, None, 1000, 160),
        (None, 3, 3, inf),
        (None, 3, 4, 100),
        (60, 3, 3, 160),
        (60, 3, 4, 100),
    ],
)
def test_whichever_comes_first(seconds, limit, count, expected):
    """The oldest goes once it is too old, and at once if there are too many."""
    assert due_at(OutcomeRetention(ttl_seconds=seconds, limit=limit), 100, count) == expected
