"""Whether an execution can be replayed, and whether the engine made the same history. Pure."""

from dataclasses import dataclass

from asw.explain.case import Case
from asw.explain.failed import redriven_before
from asw.explain.replay.playback import Playback, play_back
from asw.messages import t


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the engine reproduced the history; ``obstacle`` says why it could not be tried.

    The definition at hand took over with event ``defined_from``: it says nothing of earlier ones.
    """

    playback: Playback | None
    obstacle: str = ""
    defined_from: int = 0

    @property
    def is_refuted(self) -> bool:
        """Whether the engine made another history than the recorded one."""
        return self.playback is not None and not self.playback.is_proven


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
    obstacle = t("a redrive continued with another revision, and the one before it is not known")
    return Proof(None, obstacle, defined_from=later)


def _defined_from(case: Case) -> int:
    """The redrive with which the definition at hand may have taken over; 0 for none."""
    order = case.run.spec.get("redrive") or {}
    return redriven_before(case, case.events[-1].id) if order.get("revision") else 0
