"""What happened to a state, as whoever follows an execution is told. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from asw.engine.history import Event

ChangeKind: TypeAlias = Literal["entered", "left", "failed", "retried"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a state, worth a line of its own.

    ``took`` is the visit's time where it was left; ``is_inner`` says that it belongs to one of a
    Map's iterations, of which there may be very many.
    """

    kind: ChangeKind
    state: str
    event: Event
    took: timedelta | None = None
    is_inner: bool = False
