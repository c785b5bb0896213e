"""What production stores outlives faults, reloads and changes of the holder; nothing else stays."""

from collections.abc import Iterable

import pytest

from asw.asl.values import from_text
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.storage.reading import references_of
from asw.platforms.kubernetes.storage.storage import Garbage
from asw.platforms.kubernetes.storage.stored_names import Naming, by_digest
from asw.platforms.kubernetes.watch.taking_over import Succession
from tests.chaos.plans import Plan
from tests.chaos.stored_flows import STORED_FLOWS
from tests.chaos.stored_play import (
    KINDS,
    at_every_request,
    drawn_stored,
    judge_stored,
    report_stored,
    undisturbed_stored,
)
from tests.chaos.stored_stage import Parts

MANY = 6
"""More plans of a kind than this, for one flow, are thinned out: seeds find the rest."""
CHUNKS, SEEDS = 8, 15

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.mark.parametrize("flow", STORED_FLOWS)
def test_undisturbed(flow: str) -> None:
    """Without a fault everything ends well, can be read, and leaves nothing over."""
    played = undisturbed_stored(flow)
    assert played.complaints == []
    assert all("Succeeded" in outcome for outcome in played.seen.outcomes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("flow", STORED_FLOWS)
def test_any_request_fails(flow: str, kind: str) -> None:
    """No error, loss, delay, crash, reload or flap of the Lease at any request loses a value.

    No stored status ever refers to what is not there, outcome and history are those of the
    undisturbed play, all of it can be read, limits hold, and sweeps leave nothing unreferenced.
    """
    plans = list(at_every_request(flow, kind))
    _all_is_well(plans[:: 1 + len(plans) // MANY])


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds(chunk: int) -> None:
    """The same whatever goes wrong together."""
    _all_is_well(drawn_stored(seed) for seed in range(chunk * SEEDS, (chunk + 1) * SEEDS))


def _all_is_well(plans: Iterable[Plan]) -> None:
    reports = [text for plan in plans if (text := report_stored(plan))]
    assert not reports, "\n\n".join(reports)


# Faults that there were, put back


class _Hoarding(Garbage):
    """Outlives a term; takes back what is needed again, as far as it knows."""

    def clear(self):
        pass

    def keep(self, name):
        self._waiting.pop(name, None)


class _ContentNaming(Naming):
    """Names return: they do not say by which save they were made."""

    def __init__(self, uid, known, garbage):
        super().__init__(uid, "", known)
        self._garbage = garbage

    def of_record(self, digest):
        name, is_new = super().of_record(digest)
        if is_new:
            self._garbage.keep(name)
        return name, is_new


class _NamedByContent(Executions):
    """A holder that comes back deletes what came back meanwhile."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.garbage = _Hoarding()

    def naming(self, uid, fence, held):
        return _ContentNaming(uid, held.known(), self.garbage)


class _SharedNaming(Naming):
    """Pages of the history are called as the record's."""

    def of_event(self, text):
        name = super().of_event(text)
        if name not in self.pages:
            return name
        named = name.replace("-e-", "-p-")
        self.pages[named] = self.pages.pop(name)
        self._made[named[-12:]] = named
        return named


class _OneKindOfPage(Executions):
    """Memory of the newest events alone tells what the history needs."""

    def naming(self, uid, fence, held):
        return _SharedNaming(uid, fence, held.known())

    def _note(self, held, save, made):
        tails = map(from_text, [*made.history.tail, *held.before.history.tail])
        shown = references_of([made.status, *tails])
        held.events |= by_digest(shown)
        dropped = super()._note(held, save, made)
        return [name for name in dropped if name not in held.events.values()]


class _Adopting(Succession):
    """Nobody: tasks that run have no slots."""

    def adopt(self):
        self.is_current = True
        self.reconciler.take_up(())


CONTENT = Parts(executions=_NamedByContent)
SHARED = Parts(executions=_OneKindOfPage)
ADOPTING = Parts(succession=_Adopting)


# A Lease whose thread dies is no fault of this stage, which gives and takes the Lease itself.
@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (CONTENT, "twice echo=0.01 lag=2; after post_jobs 6: flap 3"),
        (CONTENT, "twice echo=0.01 lag=2; before delete_configmaps 1: late 6"),
        (SHARED, "sealed echo=0.01 lag=2; after put_executions 5: reload"),
        (ADOPTING, "limited echo=0.01 lag=2; before list_jobs 2: flap 3"),
    ],
)
def test_a_fault_that_there_was_is_found(parts: Parts, text: str) -> None:
    """Each fault that was mended is found by a play, were it put back, and by no quiet one."""
    plan = Plan.parse(text)
    assert judge_stored(Plan(flow=plan.flow), parts) == []
    assert judge_stored(plan, parts)
    assert judge_stored(plan) == []
