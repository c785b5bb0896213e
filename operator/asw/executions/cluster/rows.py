"""Which Executions a list or a watch reads, and how much of each (``Detail``). Pure.

An Execution may have 300 KiB, and tables show little of it; a row of the API server's own table
has one KiB. Its cells are our CRD's printer columns (``asw.api.crd``).
"""

from collections.abc import Sequence
from typing import Final

from asw.api.names import LABEL_PARENT_UID
from asw.api.phases import FINAL_PHASES, SUSPENDED, UNFINISHED_PHASES
from asw.executions.port import Detail, Query
from asw.platforms.kubernetes.client.forms import Form, Object, Row, Rows, Whole

_COLUMNS: Final = (
    "Phase", "Workflow", "States", "Error", "Started", "Completed", "Suspended", "Revision"
)  # fmt: skip
_BULK: Final = {
    "metadata": ("managedFields",),
    "spec": ("input", "inputText"),
    "status": ("history", "record"),
}
_COPIES: Final = ("managedFields", "annotations")
"""Metadata that repeat the object: kubectl's annotation has its whole input."""


def form_of(detail: Detail) -> Form:
    """How to ask for as much as that. Rows raise OlderColumns."""
    match detail:
        case "row":
            return Rows(_COLUMNS, _row)
        case "wide":
            return Whole(_without_bulk)
    return Whole()


def labels_of(query: Query) -> str:
    """The label selector of the query."""
    labels = [] if query.selector is None else [query.selector]
    if not query.with_children:
        labels.append(f"!{LABEL_PARENT_UID}")
    return ",".join(labels)


def fields_of(query: Query, *, has_phases: bool = True) -> str:
    """The field selector. A namespace is full of finished executions: only what may match is read.

    A new execution has no phase yet; a suspended one has any that is not final. A watch does
    without ``has_phases``: it would show an object that leaves its selector as deleted.
    """
    fields = []
    if query.phases and has_phases:
        fields += _phase_fields(query.phases)
    if query.workflow is not None:
        fields.append(f"spec.workflowRef.name={query.workflow}")
    return ",".join(fields)


def _phase_fields(phases: Sequence[str]) -> list[str]:
    if len(phases) == 1 and phases[0] not in ("Pending", SUSPENDED):
        return [f"status.phase={phases[0]}"]
    never = [phase for phase in FINAL_PHASES if phase not in phases]
    if {*UNFINISHED_PHASES, SUSPENDED}.isdisjoint(phases):
        never.append("Running")
    return [f"status.phase!={phase}" for phase in never]


def _row(row: Row) -> Object:
    """What a row of a table needs of the execution."""
    status = {
        "phase": row.cells["Phase"],
        "states": row.cells["States"],
        "error": row.cells["Error"],
        "startTime": row.cells["Started"],
        "completionTime": row.cells["Completed"],
        "revision": row.cells["Revision"],
    }
    return {
        "metadata": {name: it for name, it in row.metadata.items() if name not in _COPIES},
        "spec": {
            "workflowRef": {"name": row.cells["Workflow"]},
            "suspend": bool(row.cells["Suspended"]),
        },
        "status": status,
    }


def _without_bulk(item: Object) -> Object:
    """The object without its input and what the engine keeps."""
    slim = dict(item)
    for part, names in _BULK.items():
        slim[part] = {name: it for name, it in item.get(part, {}).items() if name not in names}
    return slim
