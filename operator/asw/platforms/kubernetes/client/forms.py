"""The form in which a server returns objects: whole, or as rows of its own tables. Pure.

A row is much less to send and to hold: of an Execution of 300 KiB a table shows one.
Source of the rules: Kubernetes, "Receiving resources as Tables".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

Object = Mapping[str, Any]

TABLE: Final = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
METADATA: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
METADATA_LIST: Final = (
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
)


class Form(Protocol):
    """How lists and watches are requested, and how their answers are turned into objects."""

    @property
    def accept(self) -> str | None:
        """Media types; None for the server's own choice, which is whole objects."""

    def listed(self, page: Object) -> Iterable[Object]:
        """The objects of a page of a list. Those of a watch must have metadata."""

    def told(self, item: Object) -> Object:
        """The object that an event of a watch brought."""


class Whole:
    """Objects as they are stored; ``keep`` reduces each to what is held of it."""

    accept = None

    def __init__(self, keep: Callable[[Object], Object] = dict) -> None:
        self._keep = keep

    def listed(self, page: Object) -> Iterable[Object]:
        """The items of the page."""
        return map(self._keep, page["items"] or ())  # null where there are none

    def told(self, item: Object) -> Object:
        """The object itself."""
        return self._keep(item)


class Row(NamedTuple):
    """A row of the API server's table: cells by the names of their columns."""

    cells: Mapping[str, Any]
    metadata: dict[str, Any]


class OlderColumns(Exception):
    """The table lacks a column that is needed: the CRDs are older than this asw."""


class Rows:
    """Rows of tables that have these ``columns``; ``keep`` makes an object of each.

    Only the first event of a watch carries the names of columns; every page of a list does.
    Reading raises OlderColumns.
    """

    accept = TABLE

    def __init__(self, columns: Iterable[str], keep: Callable[[Row], Object]) -> None:
        self._wanted = frozenset(columns)
        self._keep = keep
        self._names: Sequence[str] = ()

    def listed(self, page: Object) -> Iterable[Object]:
        """The rows of the page's table."""
        if definitions := page.get("columnDefinitions"):
            self._names = [column["name"] for column in definitions]
        if not self._wanted.issubset(self._names):
            raise OlderColumns
        return [self._keep(self._row(row)) for row in page["rows"] or ()]

    def told(self, item: Object) -> Object:
        """The row of the event's table, which has one."""
        (made,) = self.listed(item)
        return made

    def _row(self, row: Object) -> Row:
        cells = dict(zip(self._names, row["cells"], strict=True))
        return Row(cells, row["object"]["metadata"])
