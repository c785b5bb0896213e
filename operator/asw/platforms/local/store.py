"""Everything that a data folder remembers, under one connection."""

from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from asw.platforms.local.activities import ActivityBook
from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.database import StoreConnection, connect
from asw.platforms.local.executions import ExecutionTable
from asw.platforms.local.faults import OnFault
from asw.platforms.local.shown import ShownTable
from asw.platforms.local.tasks import TaskBook

if TYPE_CHECKING:
    from asw.platforms.local.children import ChildBook
    from asw.platforms.local.pruning import PruneTable
    from asw.platforms.local.transfers import TransferBook


class Store:
    """Tables that share one connection; whoever opens the store closes it.

    Tables that only running executions need import the engine, so they are imported on first
    use: commands that only read start faster (``tests/unit/cli/test_looking_cost.py``).
    """

    def __init__(self, connection: StoreConnection) -> None:
        self.catalogue = Catalogue(connection)
        self.executions = ExecutionTable(connection)
        self.shown = ShownTable(connection)
        self.tasks = TaskBook(connection)
        self.activities = ActivityBook(connection)
        self._connection = connection

    @cached_property
    def children(self) -> "ChildBook":
        """Children of distributed Maps."""
        from asw.platforms.local.children import ChildBook  # noqa: PLC0415

        return ChildBook(self._connection)

    @cached_property
    def transfers(self) -> "TransferBook":
        """Reads and writes of distributed Maps."""
        from asw.platforms.local.transfers import TransferBook  # noqa: PLC0415

        return TransferBook(self._connection)

    @cached_property
    def pruning(self) -> "PruneTable":
        """What is over, for deletion."""
        from asw.platforms.local.pruning import PruneTable  # noqa: PLC0415

        return PruneTable(self._connection)

    @property
    def version(self) -> int:
        """Changes whenever another process wrote to the file (SQLite: data_version)."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def reading(self, uid: str) -> AbstractContextManager[None]:
        """Read what a row of the execution holds as text. Raises UnusableFolder."""
        return self._connection.reading(uid)

    def tell(self, on_fault: OnFault) -> None:
        """Call this at the first sign that the folder has become unusable."""
        self._connection.on_fault = on_fault

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def open_store(folder: Path) -> Store:
    """Open the folder's store; create it if there is none. Raises UnusableFolder."""
    return Store(connect(folder))
