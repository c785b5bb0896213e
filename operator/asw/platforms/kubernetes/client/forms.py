"""In which form a server hands out objects: whole, or as rows of its own tables. Pure.

A row is much less to send and to hold: an Execution may have 300 KiB, of which a table shows one.
Source of the rules: Kubernetes, "Receiving resources as Tables".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

Object = Mapping[str, Any]

TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Form(Protocol):
    """How lists and watches are asked for, and what objects are made of their answers."""

    @property
    def accept(self) -> str | None:
        """Media types; None for the server's own choice, which is whole objects."""

    def listed(self, page: Object) -> Iterable[Object]:
        """The objects of a page of a list. Those of a watch have to have metadata."""

    def told(self, item: Object) -> Object:
        """The object that an event of a watch brought."""


class Whole:
    """Objects as they are stored; ``keep`` makes of each what is held of it."""

    accept = None

    def __init__(self, keep: Callable[[Object], Object] = dict) -> None:
        self._keep = keep

    def listed(self, page: Object) -> Iterable[Object]:
        """See Form."""
        return map(self._keep, page["items"] or ())  # null where there are none

    def told(self, item: Object) -> Object:
        """See Form."""
        return self._keep(item)


class Row(NamedTuple):
    """A row of the API server's table: cells by the names of their columns."""

    cells: Mapping[str, Any]
    metadata: dict[str, Any]


class OlderColumns(Exception):
    """The table lacks a column that is needed: the CRDs are older than we are."""


class Rows:
    """Rows of tables that have these ``columns``; ``keep`` makes an object of each.

    The names of columns come with the first event of a watch alone, and with each page of a list.
    Reading raises OlderColumns.
    """

    accept = TABLE

    def __init__(self, columns: Iterable[str], keep: Callable[[Row], Object]) -> None:
        self._wanted = frozenset(columns)
        self._keep = keep
        self._names: Sequence[str] = ()

    def listed(self, page: Object) -> Iterable[Object]:
        """See Form."""
        if definitions := page.get("columnDefinitions"):
            self._names = [column["name"] for column in definitions]
        if not self._wanted.issubset(self._names):
            raise OlderColumns
        return [self._keep(self._row(row)) for row in page["rows"] or ()]

    def told(self, item: Object) -> Object:
        """See Form. An event's table has one row."""
        (made,) = self.listed(item)
        return made

    def _row(self, row: Object) -> Row:
        cells = dict(zip(self._names, row["cells"], strict=True))
        return Row(cells, row["object"]["metadata"])
