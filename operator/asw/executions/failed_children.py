"""Children of distributed Maps that did not succeed."""

from asw.api.names import LABEL_CHILD, LABEL_PARENT_UID
from asw.api.phases import UNSUCCESSFUL_PHASES
from asw.executions.port import Query, Runs
from asw.executions.run import Run


async def failed_children(runs: Runs, run: Run, most: int) -> tuple[list[Run], int]:
    """Children that did not succeed, the first ones by number, and how many there are in all.

    There may be thousands: only those that are handed out are read whole.
    """
    query = Query(
        selector=f"{LABEL_PARENT_UID}={run.uid}",
        phases=UNSUCCESSFUL_PHASES,
        with_children=True,
    )
    found = sorted(await runs.list(query, "row"), key=_ordinal)
    return [await runs.get(each.name) for each in found[:most]], len(found)


def _ordinal(child: Run) -> int:
    """The number that its parent knows it by; a row of a table has it in a label alone."""
    parent = child.spec.get("parent")
    return int(child.labels[LABEL_CHILD] if parent is None else parent["ordinal"])
