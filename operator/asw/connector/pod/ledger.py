"""Which tasks are here: the one place that says so, to operator and slots. Without I/O.

Nothing here waits, so what it says is true at one moment of the event loop.
"""

from collections import OrderedDict
from enum import Enum, auto
from typing import Final

REMEMBERED: Final = 1000


class Standing(Enum):
    """What a task is to us when it arrives."""

    NEW = auto()
    HELD = auto()
    """It is here already."""
    FINISHED = auto()
    """It has been here."""
    DRAINING = auto()
    """The operator was told that it is not here."""


class Ledger:
    """Tasks that run or whose outcome was not acknowledged, the last ones after that, the drain."""

    def __init__(self) -> None:
        self.is_draining = False
        self._held: dict[str, None] = {}
        self._finished: OrderedDict[str, None] = OrderedDict()

    def receive(self, task_id: str) -> Standing:
        """What the task is to us; from now on it is held if it is new or finished."""
        if task_id in self._held:
            return Standing.HELD
        if self.is_draining:
            return Standing.DRAINING
        self._held[task_id] = None
        return Standing.FINISHED if task_id in self._finished else Standing.NEW

    def finish(self, task_id: str) -> None:
        """Nothing more is to be said about the task."""
        self._held.pop(task_id, None)
        self._finished[task_id] = None
        self._finished.move_to_end(task_id)
        if len(self._finished) > REMEMBERED:
            self._finished.popitem(last=False)

    @property
    def held(self) -> list[str]:
        """Ids of the tasks that are here."""
        return list(self._held)
