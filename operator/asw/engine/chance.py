"""Chance that is the same when a step is repeated."""

import random


class Chance:
    """A reproducible source of numbers in [0, 1), created with the first draw.

    Its seed is the execution, the state's entry and the number of the next event.
    """

    __slots__ = ("_next", "_random", "_state", "_uid")

    def __init__(self, uid: str, state_event: int, next_event: int) -> None:
        self._uid = uid
        self.move(state_event, next_event)

    def move(self, state_event: int, next_event: int) -> None:
        """Become the source of another moment."""
        self._state = state_event
        self._next = next_event
        self._random: random.Random | None = None

    def __call__(self) -> float:
        """The next number."""
        if self._random is None:
            seed = f"{self._uid}/{self._state}/{self._next}"
            self._random = random.Random(seed)  # noqa: S311  reproducible on purpose
        return self._random.random()
