"""Whether an execution can be played again at all, and what came of it. Pure."""

from asw.cli.views.moment_text import Proof
from asw.explain.case import Case
from asw.explain.failed import redriven_before
from asw.explain.replay.playback import play_back
from asw.messages import t


def prove(case: Case) -> Proof:
    """Play the history again, or say what is missing for that."""
    obstacle = _obstacle(case)
    return Proof(None, obstacle) if obstacle else _proof(case)


def _obstacle(case: Case) -> str:
    """What is missing from the start, as a sentence; empty for nothing."""
    if case.is_redacted:
        return t("its values were redacted")
    if not case.events or case.events[0].id != 1:
        return t("the beginning of its history was removed")
    if any(event.id != number for number, event in enumerate(case.events, start=1)):
        return t("its history has gaps")
    if case.machine is None:
        return t("the definition that it ran was removed")
    return t("retention emptied it") if case.run.status.get("emptied") else ""


def _proof(case: Case) -> Proof:
    assert case.machine is not None
    playback, later = play_back(case.machine, case.header(), case.events), _defined_from(case)
    difference = playback.difference
    if difference is None or difference.recorded.id >= later:
        return Proof(playback)
    obstacle = t("a redrive went on with another revision, and the one of before is not known")
    return Proof(None, obstacle, defined_from=later)


def _defined_from(case: Case) -> int:
    """The redrive with which the definition at hand may have taken over; 0 for none."""
    order = case.run.spec.get("redrive") or {}
    return redriven_before(case, case.events[-1].id) if order.get("revision") else 0
