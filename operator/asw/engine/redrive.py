"""Redrive: an unsuccessful execution goes on where it failed or was interrupted. Pure.

AWS "Redriving state machine executions": what has finished is kept, states that failed or were
interrupted run again with fresh retries, and the history continues. Beyond AWS, another revision
of the definition may take over if it still has every state that the run has been through.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from asw.asl.model import Block, MapState, ParallelState, StateMachine
from asw.engine.limits import HISTORY_LIMIT
from asw.engine.record import Record, changed
from asw.engine.run import Run
from asw.engine.transitions import attempt


def redrive(run: Run) -> bool:
    """Start the requested redrive unless it has been carried out; returns whether it did."""
    number = max(run.redrives, default=0)
    if number <= run.redrive_count or why_final(run.before) is not None:
        return False
    run.redrive_count = number
    run.outcome = None
    run.timeout_at = None
    if run.machine.timeout_seconds is not None:
        run.timeout_at = run.now + timedelta(seconds=run.machine.timeout_seconds)
    run.emit("ExecutionRedriven", after=0, redriveCount=number)
    for frame_id in list(run.frames):
        _take_up(run, frame_id)
    return True


def why_final(record: Record) -> str | None:
    """Why a record with an outcome can never be redriven, as a sentence; None if it can."""
    assert record.outcome is not None
    if record.outcome.status == "SUCCEEDED":
        return "it succeeded; start a new execution"
    if not record.frames:
        return "its state was too large to be saved; start a new execution"
    if record.next_event >= HISTORY_LIMIT - 1:
        return (
            f"its history has {record.next_event - 1} events, so only the last of "
            f"{HISTORY_LIMIT} would fit; start a new execution"
        )
    return None


def misfit(
    old: StateMachine, new: StateMachine, record: Record, finished: Collection[str]
) -> str | None:
    """Why ``new`` cannot take over a run of ``old``, as a sentence that names a state.

    It must have every state that the run has ``finished``, and every state that an open line of
    control is in, in the same place and of the same type. None if it does.
    """
    before, after = places(old), places(new)
    current = [frame.state for frame in record.frames.values()]
    for name in (*current, *sorted(finished)):
        was, now = before[name], after.get(name)
        doing = "is in" if name in current else "has finished"
        if now is None:
            return f"it has no state {name!r}, which the run {doing}"
        if now.kind != was.kind:
            return f"state {name!r}, which the run {doing}, is a {now.kind} in it, not a {was.kind}"
        if now.around != was.around:
            return f"state {name!r}, which the run {doing}, is in another place in it"
        if name in current and now.branches != was.branches:
            return (
                f"Parallel {name!r}, which the run is in, has {now.branches} branches in it, "
                f"not {was.branches}"
            )
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePosition:
    """Where a state is: the states ``around`` it, outermost first, with branch numbers."""

    kind: str
    around: tuple[tuple[str, int], ...]
    branches: int = 0


def places(machine: StateMachine) -> Mapping[str, StatePosition]:
    """The place of every state, by its unique name."""
    return dict(_places(machine.block, ()))


def _places(
    block: Block, around: tuple[tuple[str, int], ...]
) -> Iterator[tuple[str, StatePosition]]:
    for name, state in block.states.items():
        inner: tuple[Block, ...] = ()
        kind = type(state).__name__.removesuffix("State")
        if isinstance(state, ParallelState):
            inner = state.branches
        elif isinstance(state, MapState):
            inner = (state.item_processor,)
            kind = "distributed Map" if state.distribution else kind
        yield name, StatePosition(kind=kind, around=around, branches=len(inner))
        for index, within in enumerate(inner):
            yield from _places(within, (*around, (name, index)))


def _take_up(run: Run, frame_id: int) -> None:
    frame = run.frames.get(frame_id)
    if frame is None or run.outcome is not None:
        return
    frame = run.put(changed(frame, attempts=(), retry_count=0, free_retries={}))
    behaviour, state = run.behaviour_of(frame), run.state_of(frame)
    attempt(run, frame, lambda: behaviour.redrive(run, frame, state))
