"""What is at work in an execution now: a row for each state, with the progress of Maps.

Pure: from progress, waits and the time to rows; the command line gives them their looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asw.asl.model import Block, MapState, ParallelState, StateMachine
from asw.executions.port import Children, TaskSnapshot, Wait
from asw.executions.progress import Progress
from asw.messages import t
from asw.messages.spans import span_text

_SHORTEST_TIMER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveRow:
    """A state at work: ``lines`` lines of control are in it, the first of them for ``elapsed``.

    ``note`` says what it waits for, empty if it just works. ``elapsed`` is None for states of child
    executions: their histories are not read.
    """

    state: str
    depth: int
    lines: int
    elapsed: timedelta | None
    children: Children | None
    note: str


def active_rows(
    machine: StateMachine | None,
    progress: Mapping[str, Progress],
    waits: Sequence[Wait],
    tasks: Sequence[TaskSnapshot],
    now: datetime,
) -> list[ActiveRow]:
    """The states at work, outer ones before those inside.

    A Parallel adds nothing to its branches: it has no row while one of its states has.
    """
    notes = _notes(progress, waits, tasks, now)
    depths = dict(_depths(machine.block, 0)) if machine else {}
    parallels = _parallels(machine.block) if machine else {}
    working = [name for name in (*depths, *progress) if _is_open(progress.get(name))]
    rows = []
    for name in dict.fromkeys(working):
        if any(_is_open(progress.get(inner)) for inner in parallels.get(name, ())):
            continue
        each = progress[name]
        rows.append(
            ActiveRow(
                state=name,
                depth=depths.get(name, 0),
                lines=each.open,
                elapsed=None if each.since is None else max(now - each.since, timedelta()),
                children=each.children,
                note=notes.get(name, ""),
            )
        )
    return rows


def states_done(progress: Mapping[str, Progress]) -> int:
    """How many visits of states are over."""
    return sum(each.visits - each.open for each in progress.values())


def _is_open(progress: Progress | None) -> bool:
    return progress is not None and progress.open > 0


def _depths(block: Block, depth: int) -> Iterable[tuple[str, int]]:
    """Every state, with how many Maps it is inside of, in the order of the definition."""
    for name, state in block.states.items():
        yield name, depth
        if isinstance(state, MapState):
            yield from _depths(state.item_processor, depth + 1)
        elif isinstance(state, ParallelState):
            for branch in state.branches:
                yield from _depths(branch, depth)


def _parallels(block: Block) -> dict[str, list[str]]:
    """Of each Parallel, all states inside of it."""
    found: dict[str, list[str]] = {}
    for name, state in block.states.items():
        if isinstance(state, MapState):
            found |= _parallels(state.item_processor)
        elif isinstance(state, ParallelState):
            inside: list[str] = []
            for branch in state.branches:
                found |= _parallels(branch)
                inside += [inner for inner, _ in _depths(branch, 0)]
            found[name] = inside
    return found


def _notes(
    progress: Mapping[str, Progress],
    waits: Sequence[Wait],
    tasks: Sequence[TaskSnapshot],
    now: datetime,
) -> dict[str, str]:
    """By state, what it waits for, and the trouble of its newest task."""
    by_state: dict[str, list[Wait]] = {}
    for wait in waits:
        by_state.setdefault(wait.state, []).append(wait)
    notes = {state: _wait_note(waiting, now) for state, waiting in by_state.items()}
    newest = {task.state: task for task in sorted(tasks, key=lambda task: task.number)}
    for state, task in newest.items():
        if task.trouble:
            notes[state] = ": ".join(filter(None, (notes.get(state), task.trouble)))
    for state, each in progress.items():
        if each.open == 1 and each.visits == 1 and each.attempts > 1:
            notes.setdefault(state, t("try {number}", number=each.attempts))
    return notes


def _wait_note(waits: Sequence[Wait], now: datetime) -> str:
    """What lines of control in one state wait for; the earliest instant counts."""
    until = min((wait.until for wait in waits if wait.until is not None), default=None)
    if until is None:
        return t("waits for a callback")
    left = max(until - now, timedelta())
    if waits[0].kind == "retry":
        if len(waits) > 1:
            values = {"count": len(waits), "left": _coarse(left)}
            return t("{count} try again, the first in {left}", **values)
        return t("tries again in {left}", left=_coarse(left))
    clock = until.astimezone().strftime("%Y-%m-%d %H:%M:%S" if left.days else "%H:%M:%S")
    return t("until {clock}, in {left}", clock=clock, left=_coarse(left))


def _coarse(span: timedelta) -> str:
    """A countdown in whole seconds: tenths would only flicker."""
    seconds = timedelta(seconds=-(-span // _SHORTEST_TIMER))
    return f"{seconds.seconds} s" if seconds < timedelta(minutes=1) else span_text(seconds)
