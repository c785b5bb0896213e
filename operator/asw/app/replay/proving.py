"""Whether an execution can be played again at all, and what came of it. Pure."""

from asw.app.messages import t
from asw.app.replay.playback import play_back
from asw.app.replay.text import Proof
from asw.app.why.case import Case


def prove(case: Case) -> Proof:
    """Play the history again, or say what is missing for that."""
    if case.is_redacted:
        return Proof(None, t("its values were redacted"))
    if not case.events or case.events[0].id != 1:
        return Proof(None, t("the beginning of its history was removed"))
    if any(event.id != number for number, event in enumerate(case.events, start=1)):
        return Proof(None, t("its history has gaps"))
    if case.machine is None:
        return Proof(None, t("the definition that it ran was removed"))
    if case.run.status.get("emptied"):
        return Proof(None, t("retention emptied it"))
    return Proof(play_back(case.machine, case.header(), case.events))
