"""Where runs start by themselves: for Schedules and Triggers alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """``may_act`` says in which namespaces, ``namespaces`` are those that are watched.

    ``grace``: how long a Workflow may be missing. ``prefixes`` are those of labels and annotations
    that runs take from what starts them.
    """

    may_act: Callable[[str], bool]
    grace: timedelta
    namespaces: Sequence[str | None] = (None,)
    prefixes: tuple[str, ...] = ()
