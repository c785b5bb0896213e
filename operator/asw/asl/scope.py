"""What an expression can read besides its document: context object, variables, chance and time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from asw.asl.values import Json, JsonObject, what_is_left

MOST_MADE: Final = 2 * 2**20
"""Characters that all expressions of one moment may make: more than may leave a state, but not
enough for thousands of expressions in one field to fill the memory."""

_NO_VARIABLES: Final[Mapping[str, Json]] = {}


class Scope:
    """Everything an expression sees at one moment of one state.

    ``context`` is the context object (``$$``), or makes it when it is first read, because most
    expressions do not read it. ``chance`` returns the next float in [0, 1): the engine seeds it, so
    the same step draws the same UUIDs and numbers (law: pure). ``variables`` are those that the
    state can read, without their ``$``; ``now`` is what JSONata's ``$now()`` returns.
    """

    __slots__ = ("_context", "_left", "_make_context", "chance", "now", "variables")

    def __init__(
        self,
        *,
        context: JsonObject | Callable[[], JsonObject],
        chance: Callable[[], float],
        variables: Mapping[str, Json] = _NO_VARIABLES,
        now: datetime | None = None,
    ) -> None:
        self._context = None if callable(context) else context
        self._make_context = context if callable(context) else None
        self._left = MOST_MADE
        self.chance = chance
        self.variables = variables
        self.now = now

    @property
    def context(self) -> JsonObject:
        """The context object."""
        if self._context is None:
            assert self._make_context is not None
            self._context = self._make_context()
        return self._context

    def renew(self) -> None:
        """Start another moment: the context object is made again when it is read."""
        self._left = MOST_MADE
        if self._make_context is not None:
            self._context = None

    def has_room(self, made: Json) -> bool:
        """Whether there is room for what an expression made, besides what the others made."""
        if isinstance(made, str | list | dict):
            self._left = what_is_left(made, self._left)
        return self._left >= 0

    def drawing(self, chance: Callable[[], float]) -> "Scope":
        """The same scope with this source of numbers."""
        if chance is self.chance:
            return self
        context = self._make_context if self._context is None else self._context
        assert context is not None
        return Scope(context=context, chance=chance, variables=self.variables, now=self.now)

    def showing(self, context: JsonObject) -> "Scope":
        """The same scope with this context object."""
        return Scope(context=context, chance=self.chance, variables=self.variables, now=self.now)
