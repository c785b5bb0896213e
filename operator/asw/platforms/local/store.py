"""Everything that a data folder remembers, under one connection."""

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.database import StoreConnection, connect
from asw.platforms.local.executions import ExecutionTable
from asw.platforms.local.faults import OnFault
from asw.platforms.local.shown import ShownTable
from asw.platforms.local.tasks import TaskBook

if TYPE_CHECKING:
    from asw.platforms.local.children import ChildBook
    from asw.platforms.local.transfers import TransferBook


class Store:
    """Tables that share one connection; whoever opens it closes it."""

    def __init__(self, connection: StoreConnection) -> None:
        self.catalogue = Catalogue(connection)
        self.executions = ExecutionTable(connection)
        self.shown = ShownTable(connection)
        self.tasks = TaskBook(connection)
        self._connection = connection

    @cached_property
    def children(self) -> "ChildBook":
        """Children of distributed Maps, for who works on them: the engine comes with it."""
        from asw.platforms.local.children import ChildBook  # noqa: PLC0415 -- who only looks pays for none

        return ChildBook(self._connection)

    @cached_property
    def transfers(self) -> "TransferBook":
        """Reads and writes of distributed Maps, as ``children``."""
        from asw.platforms.local.transfers import TransferBook  # noqa: PLC0415 -- who only looks pays for none

        return TransferBook(self._connection)

    @property
    def version(self) -> int:
        """Changes whenever another process wrote to the file (SQLite: data_version)."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def reading(self, uid: str) -> AbstractContextManager[None]:
        """Read what a row of the execution holds as text. Raises UnusableFolder."""
        return self._connection.reading(uid)

    def tell(self, on_fault: OnFault) -> None:
        """Have the first sign that the folder cannot be used any more told to this."""
        self._connection.on_fault = on_fault

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def open_store(folder: Path) -> Store:
    """Open the folder's store, made anew where there is none. Raises UnusableFolder."""
    return Store(connect(folder))
