"""The most recently used values, bounded in number and weight."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The one used last stays, whatever it weighs; the others go, the least recent first."""

    def __init__(self, most: int, most_weight: int) -> None:
        self._most = most
        self._most_weight = most_weight
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._weight = 0

    def __contains__(self, key: K) -> bool:
        return key in self._held

    def get(self, key: K) -> V | None:
        """The value, which counts as used; None if it is not held."""
        if key not in self._held:
            return None
        self._held.move_to_end(key)
        return self._held[key][0]

    def put(self, key: K, value: V, weight: int) -> V:
        """Hold the value, in place of an earlier one; returns the value."""
        self.drop(key)
        self._held[key] = value, weight
        self._weight += weight
        while len(self._held) > self._most or (
            self._weight > self._most_weight and len(self._held) > 1
        ):
            self.drop(next(iter(self._held)))
        return value

    def drop(self, key: K) -> None:
        """Forget the value, if it was held."""
        self._weight -= self._held.pop(key, (None, 0))[1]
