"""Functions in a wide table: their code, who calls them, and how the newest call went."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from asw.api.names import digest12
from asw.asl.values import JsonObject, to_text
from asw.cli.objects.tables import PHASE_STYLES, Cell, age_text, trouble
from asw.draw.boxes import shorten
from asw.executions.functions import poolless
from asw.executions.port import LastCall, Runs
from asw.failures import Failure

_CALLERS_CELLS: Final = 40
_MESSAGE_CELLS: Final = 80


class Usage:
    """What Functions are used for; read by ``read_usage``."""

    head: Sequence[str] = ("MODE", "CODE", "IMAGE", "USED BY", "LAST CALL", "MESSAGE")

    def __init__(self, callers: Mapping[str, Sequence[str]], calls: Mapping[str, LastCall]) -> None:
        self._callers = callers
        self._calls = calls

    def cells(self, item: JsonObject, now: datetime) -> list[Cell]:
        """Mode, code, image, callers, the newest call, and why it is not ready."""
        metadata, spec = item["metadata"], item["spec"]
        callers = self._callers.get(spec.get("name") or metadata["name"], ())
        return [
            Cell(spec.get("mode") or "Job"),
            Cell(code_digest(item)),
            Cell(spec.get("image") or ""),
            Cell(shorten(", ".join(callers), _CALLERS_CELLS)),
            self._last(item, now),
            Cell(shorten(trouble(item) or poolless(item) or "", _MESSAGE_CELLS)),
        ]

    def _last(self, item: JsonObject, now: datetime) -> Cell:
        call = self._calls.get(item["metadata"]["name"])
        if call is None:
            return Cell("")
        text = f"{call.phase} {age_text(now - call.at)} {call.execution}"
        code = (call.code or "").rpartition("-c-")[2]
        if code and code != code_digest(item):
            text += f" ({code})"  # it ran other code than the next one will
        return Cell(text, PHASE_STYLES.get(call.phase))


async def read_usage(runs: Runs, items: Sequence[JsonObject]) -> Usage:
    """What the place knows; without the right to read Jobs or Workflows, less."""
    try:
        calls = await runs.last_calls([item["metadata"]["name"] for item in items])
    except Failure:
        calls = {}
    callers: dict[str, list[str]] = {}
    try:
        workflows = await runs.workflows()
    except Failure:
        workflows = []
    for workflow in workflows:
        for name in functions_of(workflow):
            callers.setdefault(name, []).append(workflow["metadata"]["name"])
    return Usage(callers, calls)


def functions_of(workflow: JsonObject) -> Sequence[str]:
    """Names of the Functions that the current revision calls; a store does not keep them."""
    status, spec = workflow.get("status") or {}, workflow["spec"]
    if "functions" in status or "conditions" in status:
        return list(status.get("functions", ()))
    from asw.asl.parse import read_definition  # noqa: PLC0415 -- a cluster has them at hand

    text = to_text(spec["definition"]) if "definition" in spec else spec["definitionText"]
    machine, _ = read_definition(text, spec.get("dialect", "ASL"))
    return [] if machine is None else sorted(machine.functions)


def code_digest(item: JsonObject) -> str:
    """The digest of the code that its next task runs; empty for an image."""
    pinned = str((item.get("status") or {}).get("codeRef") or "")
    if "-c-" in pinned:
        return pinned.rpartition("-c-")[2]
    inline = (item["spec"].get("code") or {}).get("inline")
    return pinned if inline is None else digest12(to_text(dict(sorted(inline.items()))))
