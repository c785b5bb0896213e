"""What an expression may read besides its document: the context object and a source of chance."""

from collections.abc import Callable
from dataclasses import dataclass

from asw.asl.values import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything an expression sees.

    ``context`` is the context object (``$$``). ``chance`` returns the next float in [0, 1): the
    engine seeds it, so that the same step draws the same UUIDs and numbers (law: pure).
    """

    context: JsonObject
    chance: Callable[[], float]
