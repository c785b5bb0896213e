"""The order for one more execution like another. Pure."""

import re
from collections.abc import Mapping, Sequence

from asw.api.names import GROUP
from asw.asl.values import Json, from_text
from asw.engine.history import Event
from asw.executions.run import Run
from asw.failures import Failure
from asw.messages import t

LONGEST_NAME = 253
_NUMBERED = re.compile(r"-r(\d+)$")
_OTHERS_LABELS = (
    f"{GROUP}/",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
)
"""Beginnings of labels by which somebody knows what is theirs: they would delete a copy."""


def input_of(run: Run, events: Sequence[Event]) -> Json:
    """The input that it ran on. Raises Failure where nothing of it is left."""
    if "input" in run.spec:
        return run.spec["input"]
    if run.spec.get("inputText") is not None:
        try:
            return from_text(run.spec["inputText"])
        except ValueError as error:
            raise Failure(
                t("the input of {name} is not JSON: {fault}", name=run.name, fault=error),
                remedy=t("give another one with --input"),
            ) from error
    for event in events:
        if event.type == "ExecutionStarted":
            return event.details.get("input")
    raise Failure(
        t("nothing says which input {name} ran on", name=run.name),
        remedy=t("give it with --input"),
    )


def next_name(name: str, number: int) -> str:
    """The name with a number behind it; a number that it has already is left out."""
    suffix = f"-r{number}"
    return _stem(name)[: LONGEST_NAME - len(suffix)].rstrip("-.") + suffix


def first_number(name: str) -> int:
    """The number to try first: the one after its own."""
    found = _NUMBERED.search(name)
    return 1 if found is None else int(found[1]) + 1


def kept_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Its labels, but for those that would make the copy somebody's property."""
    return {name: value for name, value in labels.items() if not name.startswith(_OTHERS_LABELS)}


def _stem(name: str) -> str:
    return _NUMBERED.sub("", name)
