"""Connections in a wide table: for which region and Workflows they are, and what is wrong."""

from collections.abc import Sequence
from datetime import datetime

from asw.asl.values import JsonObject
from asw.cli.objects.tables import NARROW_CELLS, Cell, trouble
from asw.draw.boxes import shorten

_MESSAGE_CELLS = 160
"""The names of a Secret and its key stand at the end of a sentence."""


class Reach:
    """Further columns, from the objects alone."""

    head: Sequence[str] = ("REGION", "WORKFLOWS", "MESSAGE")

    def cells(self, item: JsonObject, now: datetime) -> list[Cell]:  # noqa: ARG002 -- MoreCells
        """Region, the Workflows that alone may use it, and why it is not ready."""
        spec = item["spec"]
        return [
            Cell(spec.get("region") or ""),
            Cell(shorten(", ".join(spec.get("workflows") or ()), NARROW_CELLS)),
            Cell(shorten(trouble(item), _MESSAGE_CELLS)),
        ]
