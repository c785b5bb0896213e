"""What was made of texts that authors wrote, kept as long as the texts are not too long in all.

A bound on their number alone is none: what is made of one may take a hundred times its length.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Makes what a text is worth once; the oldest go when all texts have more than ``most``."""

    def __init__(self, make: Callable[[str], T], most: int) -> None:
        self._make = make
        self._most = most
        self._made: dict[str, T] = {}
        self._length = 0
        self._lock = Lock()

    def __call__(self, text: str) -> T:
        """What the text is worth. Raises what making it raises, each time."""
        found = self._made.get(text)
        return self._add(text, self._make(text)) if found is None else found

    def _add(self, text: str, made: T) -> T:
        if len(text) > self._most:
            return made
        with self._lock:
            if text not in self._made:
                self._length += len(text)
            self._made[text] = made
            while self._length > self._most:
                oldest = next(iter(self._made))
                del self._made[oldest]
                self._length -= len(oldest)
        return made
