"""Ended Executions that the archive may lack. Uids, and as many objects as there is room for.

The objects in the cluster are the queue: this only says which of them to look at. A process that
begins anew has all that ended in it, and asks the archive which of them it has. Holds no client,
and is used on the event loop only.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from asw.platforms.kubernetes.cache.retention_index import Agenda
from asw.platforms.kubernetes.cache.whole import MOST_OFFERED, Offers

Object = Mapping[str, Any]
RESERVED: Final = MOST_OFFERED
"""Characters of objects that are held, so that what just ended need not be read again."""


class Unarchived:
    """Each namespace has a line of its own, and they take turns: a full one delays only itself.

    ``is_holding``: objects are held, because this process is the one that archives.
    """

    def __init__(self, most: int = RESERVED) -> None:
        self.is_holding = False
        self._lines: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        self._namespaces: dict[str, str] = {}
        self._later: Agenda[str] = Agenda()
        self._items = Offers(most)

    def __len__(self) -> int:
        """How many may be missing from the archive, those that are being written included."""
        return len(self._namespaces)

    def ended(self, item: Object) -> None:
        """It has ended, or is seen for the first time and is over."""
        uid = item["metadata"]["uid"]
        self.add(uid, item["metadata"]["namespace"])
        if self.is_holding:
            self._items.put(uid, item)

    def add(self, uid: str, namespace: str) -> None:
        """The archive may lack it."""
        self._namespaces[uid] = namespace
        self._later.drop(uid)
        self._enter(uid)

    def want(self, uid: str, namespace: str) -> None:
        """The same, if it is not waiting already."""
        if uid not in self._namespaces:
            self.add(uid, namespace)

    def gone(self, uid: str) -> None:
        """It is archived, or there is nothing to archive: it is gone, or runs again."""
        namespace = self._namespaces.pop(uid, None)
        if namespace is not None:
            self._leave(namespace, uid)
        self._later.drop(uid)
        self._items.take(uid)

    def take(self, now: datetime, most: int) -> list[str]:
        """Uids to look at, each handed out once; the longest waiting of each namespace first."""
        while (uid := self._later.pop(now.timestamp())) is not None:
            self._enter(uid)
        taken: list[str] = []
        while self._lines and len(taken) < most:
            namespace, line = next(iter(self._lines.items()))
            uid = next(iter(line))
            self._leave(namespace, uid)
            if namespace in self._lines:
                self._lines.move_to_end(namespace)
            taken.append(uid)
        return taken

    def take_item(self, uid: str) -> Object | None:
        """Its object as it ended, if it is held; handed out once."""
        return self._items.take(uid)

    def put_back(self, uid: str, until: datetime) -> None:
        """It could not be archived: hand it out again, but not before then."""
        if uid in self._namespaces:
            self._later.put(uid, until.timestamp())

    def stand_down(self) -> None:
        """Another process archives from now on: hold no objects."""
        self.is_holding = False
        self._items.clear()

    def _enter(self, uid: str) -> None:
        self._lines.setdefault(self._namespaces[uid], OrderedDict())[uid] = None

    def _leave(self, namespace: str, uid: str) -> None:
        line = self._lines.get(namespace)
        if line is not None:
            line.pop(uid, None)
            if not line:
                del self._lines[namespace]
