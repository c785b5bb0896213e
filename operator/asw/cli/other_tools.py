"""Verbs of other tools: what somebody who comes from one of them looks for. Pure."""

from collections.abc import Mapping
from typing import Final

from asw.failures import nearest
from asw.messages import t

_OURS: Final[Mapping[str, str]] = {
    word: ours
    for ours, words in {
        "init": ("new",),
        "validate": ("lint", "check"),
        "plan": ("diff",),
        "start": ("submit", "trigger"),
        "stop": ("terminate", "cancel", "abort", "kill"),
        "redrive": ("retry",),
        "rerun": ("resubmit", "restart"),
        "list": ("ls", "ps"),
        "get": ("describe", "show", "status"),
        "history": ("events",),
        "logs": ("tail",),
        "watch": ("follow",),
        "why": ("explain",),
        "graph": ("draw",),
    }.items()
    for word in words
}
"""argo, tkn, temporal, terraform, kubectl, Step Functions: by their word, the verb of asw."""
_KUBECTLS: Final = ("create", "delete", "edit")


def remedy_for(word: str, verbs: Mapping[str, object]) -> str:
    """What to type instead of a word that is no verb."""
    if word in _OURS:
        return t("asw {verb} is what does that here", verb=_OURS[word])
    if word in _KUBECTLS:
        return t("kubectl {word} does that: they are objects of the cluster", word=word)
    return nearest(word, verbs) or t("asw --help lists all")
