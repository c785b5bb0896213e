"""Nothing lost, nothing doubled, over the fake platform: every crash point, and seeded faults."""

from collections.abc import Iterable

import pytest

from asw.reconciler.settings import Settings
from tests.chaos.flows import FLOWS
from tests.chaos.plans import ERRORS, NEWS_KINDS, Plan, at_all_news, at_every_call
from tests.chaos.play import undisturbed
from tests.chaos.seeds import report

RESYNC_SECONDS = 0.8 * Settings().resync.total_seconds()
"""After how long an execution is read again at the earliest."""
MANY = 20
"""More plans of a kind than this, for one flow, are thinned out: seeds find the rest."""

pytestmark = [pytest.mark.parametrize("flow", FLOWS), pytest.mark.usefixtures("quiet")]


def test_undisturbed(flow: str) -> None:
    """Without a fault every execution ends in good order, at once and with few calls."""
    played = undisturbed(flow)
    assert played.complaints == []
    begun = sum(played.seen.outcomes.values()) + (FLOWS[flow].redriven_at is not None)
    resyncs = int(played.seconds // RESYNC_SECONDS)
    assert played.calls["load"] <= 2 * begun + played.calls["reload"] + resyncs


def test_the_operator_dies_at_every_call(flow: str) -> None:
    """A crash before or after any call of the platform changes nothing that a user sees.

    In a second play what the dead process had sent is carried out when its successor is at work.
    """
    _all_is_well(at_every_call(flow, undisturbed(flow).calls, ("crash", "ghost")))


@pytest.mark.parametrize("kind", [*ERRORS, "timeout", "pause", "split"])
def test_any_call_fails(flow: str, kind: str) -> None:
    """No error, no lost answer and no second holder at any call changes what a user sees."""
    plans = list(at_every_call(flow, undisturbed(flow).calls, (kind,)))
    _all_is_well(plans[:: 1 + len(plans) // MANY])


@pytest.mark.parametrize("kind", NEWS_KINDS)
def test_any_news_comes_late_or_twice(flow: str, kind: str) -> None:
    """No piece of news is needed at its time, or once only, and no report is lost with it."""
    plans = [it for it in at_all_news(flow, undisturbed(flow).calls) if it.faults[0].kind == kind]
    _all_is_well(plans[:: 1 + len(plans) // MANY])


def _all_is_well(plans: Iterable[Plan]) -> None:
    reports = [text for plan in plans if (text := report(plan))]
    assert not reports, "\n\n".join(reports)
