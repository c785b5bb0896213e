"""Nulls of Workflows in files: those that may get lost on the way, and those already lost. Pure.

docs/reference/gitops.md says which ways of applying keep them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from asw.api.names import API_VERSION
from asw.api.nulls import NULLS_AT_RISK, NULLS_LOST, some_of, unlisted_nulls
from asw.asl.values import JsonObject
from asw.lint.documents import Document
from asw.lint.findings import Finding, Origin, steps_of
from asw.messages import t

if TYPE_CHECKING:
    from asw.api.workflow import Workflow

_DEFINITION: Final = "/definition"


def lost_nulls(workflow: "Workflow", origin: Origin) -> Iterator[Finding]:
    """An error for each place in ``spec.nulls`` without a null: the operator would refuse it."""
    lost = frozenset(workflow.lost_nulls)
    for at, pointer in enumerate(workflow.spec.nulls):
        if pointer in lost:
            yield origin.finding(
                NULLS_LOST,
                t("spec.nulls says that {pointer} is null, but it is not", pointer=pointer),
                t("write the null there, or remove it from spec.nulls"),
                at=("spec", "nulls", at),
            )


def nulls_at_risk(documents: Iterable[Document]) -> Iterator[Finding]:
    """A warning for each field of a Workflow with nulls that ``spec.nulls`` does not list."""
    for document in documents:
        content = document.content
        if not isinstance(content, dict):
            continue
        marks, spec = (content.get("apiVersion"), content.get("kind")), content.get("spec")
        if marks != (API_VERSION, "Workflow") or not isinstance(spec, dict):
            continue
        metadata = content.get("metadata")
        name = metadata.get("name", "") if isinstance(metadata, dict) else ""
        yield from _at_risk(spec, document.origin.about(f"Workflow {name}".rstrip()))


def _at_risk(spec: JsonObject, origin: Origin) -> Iterator[Finding]:
    given = spec.get("nulls")
    listed = [it for it in given if isinstance(it, str)] if isinstance(given, list) else []
    remedies = {
        "definition": t(
            "write spec.definitionText, or apply with --server-side; list them in spec.nulls so"
            " that a loss is noticed"
        ),
        "defaultInput": t(
            "apply with --server-side; list them in spec.nulls so that a loss is noticed"
        ),
    }
    for field, remedy in remedies.items():
        if not (pointers := list(unlisted_nulls(spec, (field,), listed))):
            continue
        found = origin.finding(
            NULLS_AT_RISK,
            t(
                "Helm, kubectl edit and other merge patches drop nulls, here {places}",
                places=some_of(pointers),
            ),
            remedy,
            at=("spec", *steps_of(pointers[0])),
        )
        path = pointers[0].removeprefix(_DEFINITION) if field == "definition" else ""
        yield replace(found, severity="WARNING", path=path)
