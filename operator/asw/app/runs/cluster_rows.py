"""How much of Executions a list of them holds: see ``Detail`` of the port. Pure.

An Execution may have 300 KiB, most of which no table shows; a row of the API server's own table
has one. Its cells are our CRD's printer columns (``asw.api.crd``).
"""

from collections.abc import Mapping
from typing import Any, Final

from asw.app.runs.access import Row
from asw.app.runs.port import Run
from asw.kubernetes.resources import EXECUTIONS

COLUMNS: Final = (
    "Phase", "Workflow", "States", "Error", "Started", "Completed", "Suspended"
)  # fmt: skip
_BULK: Final = {
    "metadata": ("managedFields",),
    "spec": ("input", "inputText"),
    "status": ("history", "record"),
}


def run_of_row(row: Row) -> Run:
    """The execution, as far as a row of a table needs it."""
    status = {
        "phase": row.cells["Phase"],
        "states": row.cells["States"],
        "error": row.cells["Error"],
        "startTime": row.cells["Started"],
        "completionTime": row.cells["Completed"],
    }
    return Run(
        {
            "apiVersion": EXECUTIONS.api_version,
            "kind": EXECUTIONS.kind,
            "metadata": row.metadata,
            "spec": {
                "workflowRef": {"name": row.cells["Workflow"]},
                "suspend": bool(row.cells["Suspended"]),
            },
            "status": status,
        }
    )


def without_bulk(item: Mapping[str, Any]) -> dict[str, Any]:
    """The object without its input and what the engine keeps."""
    slim = dict(item)
    for part, names in _BULK.items():
        slim[part] = {name: it for name, it in item.get(part, {}).items() if name not in names}
    return slim
