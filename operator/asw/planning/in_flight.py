"""What happens to executions in flight when their Workflow gets another definition. Pure.

Each keeps the revision that it started with. After it failed or was stopped, a redrive could move
it to the new revision.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from asw.asl.model import StateMachine
from asw.asl.values import Json
from asw.engine.history import Event
from asw.engine.record import Record
from asw.engine.redrive import misfit, places
from asw.executions.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlightRun:
    """An unfinished execution.

    Without a ``revision`` it has not started, and takes the new one. ``misfit`` is a sentence on
    why the new revision could not take it over; ``is_known`` is False if that is unknown.
    """

    name: str
    phase: str
    states: str
    revision: str | None
    misfit: str | None = None
    is_known: bool = True

    @property
    def could_move(self) -> bool:
        """Whether a redrive could continue with the new revision."""
        return self.is_known and self.misfit is None

    def to_plain(self) -> Json:
        """For programs."""
        plain: dict[str, Json] = {"name": self.name, "phase": self.phase, "states": self.states}
        if self.revision is None:
            return {**plain, "keepsRevision": None}
        moves = {"couldMove": self.could_move if self.is_known else None}
        why = {} if self.misfit is None else {"reason": self.misfit}
        return {**plain, "keepsRevision": self.revision, **moves, **why}


def flight_of(
    run: Run,
    new: StateMachine,
    *,
    old: StateMachine | None = None,
    record: Record | None = None,
    events: Iterable[Event] = (),
) -> InFlightRun:
    """Whether ``new`` fits the run, which runs ``old`` and has had these events."""
    reason, is_known = None, True
    if run.status.get("revision") is not None:
        if old is None or record is None or not _is_of(record, old):
            is_known = False
        else:
            reason = misfit(old, new, record, finished_states(events))
    return InFlightRun(
        name=run.name,
        phase=run.phase,
        states=run.states,
        revision=run.status.get("revision"),
        misfit=reason,
        is_known=is_known,
    )


def finished_states(events: Iterable[Event]) -> frozenset[str]:
    """The states that a run has left."""
    return frozenset(
        str(event.details["name"]) for event in events if event.type.endswith("StateExited")
    )


def _is_of(record: Record, machine: StateMachine) -> bool:
    return {frame.state for frame in record.frames.values()} <= places(machine).keys()
