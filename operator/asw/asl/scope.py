"""What an expression may read besides its document: context object, variables, chance and time."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from asw.asl.values import Json, JsonObject, what_is_left

MOST_MADE: Final = 2 * 2**20
"""Characters of all that the expressions of one moment make: more than may leave a state, and less
than what thousands of expressions of one field could fill a memory with."""

_NO_VARIABLES: Final[Mapping[str, Json]] = {}


class Scope:
    """Everything an expression sees; one lasts for one moment of one state.

    ``context`` is the context object (``$$``), or what makes it when first it is read: most
    expressions do not. ``chance`` returns the next float in [0, 1): the engine seeds it, so that
    the same step draws the same UUIDs and numbers (law: pure). ``variables`` are those that the
    state may read, without their ``$``; ``now`` is what JSONata's ``$now()`` tells.
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
        """Another moment: the context object is made anew when it is read."""
        self._left = MOST_MADE
        if self._make_context is not None:
            self._context = None

    def has_room(self, made: Json) -> bool:
        """Whether there is room for what an expression made, besides what others made."""
        if isinstance(made, str | list | dict):
            self._left = what_is_left(made, self._left)
        return self._left >= 0

    def drawing(self, chance: Callable[[], float]) -> "Scope":
        """The same scope, where numbers are drawn from this source."""
        if chance is self.chance:
            return self
        context = self._make_context if self._context is None else self._context
        assert context is not None
        return Scope(context=context, chance=chance, variables=self.variables, now=self.now)

    def showing(self, context: JsonObject) -> "Scope":
        """The same scope, where the context object is this one."""
        return Scope(context=context, chance=self.chance, variables=self.variables, now=self.now)
