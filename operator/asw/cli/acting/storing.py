"""Puts what files describe into this machine's store: for ``asw apply`` and ``asw run``."""

from asw.api.names import GROUP
from asw.executions.port import Change
from asw.lint.plan import Plan
from asw.platforms.local.catalogue import Catalogue


def store_plan(plan: Plan, catalogue: Catalogue) -> list[tuple[str, Change]]:
    """Store its objects: the name of each, and what became of it."""
    changes: list[tuple[str, Change]] = []
    for function in plan.functions.values():
        old = catalogue.function(function.name)
        catalogue.put_function(function)
        changes.append((f"function.{GROUP}/{function.name}", _change(old, function)))
    for name, connection in plan.connections.items():
        known, new = catalogue.connection(name), connection.to_plain()
        catalogue.put_connection(name, new)
        changes.append((f"connection.{GROUP}/{name}", _change(known, new)))
    for workflow in plan.workflows.values():
        before = catalogue.entry(workflow.name)
        catalogue.put_workflow(
            workflow.name,
            public_name=workflow.public_name,
            text=workflow.text,
            dialect=workflow.machine.dialect,
            default_input=workflow.default_input,
        )
        objects = workflow.objects.absolute()
        catalogue.configure(
            workflow.name,
            on_lost=workflow.on_lost,
            objects=objects,
            connections=workflow.connections,
        )
        catalogue.keep(workflow.name, workflow.retention)
        change = _change(before, catalogue.entry(workflow.name))
        changes.append((f"workflow.{GROUP}/{workflow.name}", change))
    return changes


def _change(old: object, new: object) -> Change:
    if old is None:
        return "created"
    return "unchanged" if old == new else "configured"
