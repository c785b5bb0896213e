"""What a state type does, as a small table row; ``engine/states`` has one module per type.

A behaviour changes the run and never returns a decision: the run's frames say what is awaited.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from asw.asl.errors import Failure
from asw.asl.values import Json
from asw.engine.record import Frame
from asw.engine.run import Run

Work: TypeAlias = Callable[[Run, Frame, Any], None]
ChildDone: TypeAlias = Callable[[Run, Frame, Frame, Json], None]
ChildFailed: TypeAlias = Callable[[Run, Frame, Frame, Failure], None]


def _nothing(_run: Run, _frame: Frame, _state: Any) -> None:
    """Facts and time mean nothing to this state type."""


def _never(_frame: Frame, _state: Any) -> datetime | None:
    return None


def _no_child(_run: Run, frame: Frame, _child: Frame, _value: Any) -> None:
    raise AssertionError(f"state {frame.state!r} has no children")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One state type.

    ``kind`` begins its event names (``PassStateEntered``).
    ``work`` begins the state's work, after its entry and again for each retry. ``look`` compares
    what the frame waits for with facts and time; ``next_look_at`` is when time alone matters.
    ``child_done`` and ``child_failed`` hear of child frames; ``is_aborted`` tells whether
    siblings' failure leaves a ``...StateAborted`` event, ``is_failure_noted`` whether its own
    failure, once it has begun its work, leaves a ``...StateFailed`` event.
    """

    kind: str
    work: Work
    look: Work = _nothing
    next_look_at: Callable[[Frame, Any], datetime | None] = _never
    child_done: ChildDone = _no_child
    child_failed: ChildFailed = _no_child
    is_aborted: bool = False
    is_failure_noted: bool = False
