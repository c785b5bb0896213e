"""What became of all calls, and which of it must not be. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.soak.calls import Call

LOSSES = {"Asw.TaskLost", "Asw.NodeLost", "Asw.TaskDeleted"}
NOTICED_SECONDS = 1.0
"""How much later than it happened something may be heard of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An execution that ended; instants are of the steady clock."""

    name: str
    repeats: bool
    phase: str
    output: object
    error: str | None
    begun_at: float
    ended_at: float
    losses: tuple[str, ...] = ()
    """What its history says of failed calls."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """All that happened.

    ``killed`` holds from when to when a pod's processes may have been killed, by its name.
    """

    states: Sequence[str]
    calls: Sequence[Call] = ()
    runs: list[Run] = field(default_factory=list)
    killed: defaultdict[str, list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def was_killed(self, call: Call, until: float) -> bool:
        """Whether somebody killed the call's pod by then.

        A call that has ended is lost too, if nobody was there yet to take its outcome.
        """
        end = until + NOTICED_SECONDS
        return any(
            first <= end and call.begun_at - NOTICED_SECONDS <= last
            for first, last in self.killed[call.host]
        )

    def was_hit(self, run: Run) -> bool:
        """Whether any pod was killed while the execution ran."""
        spans = [span for each in self.killed.values() for span in each]
        return any(first <= run.ended_at and run.begun_at <= last for first, last in spans)

    @property
    def repeated(self) -> int:
        """How many calls were made again."""
        return len(self.calls) - len({(it.execution, it.state) for it in self.calls})


def faults(seen: Seen) -> list[str]:
    """Everything that is wrong; nothing where all is well."""
    tries: defaultdict[tuple[str, str], list[Call]] = defaultdict(list)
    begun: set[str] = set()
    found = []
    for call in sorted(seen.calls, key=lambda it: it.begun_at):
        if call.task_id in begun:
            found.append(f"{call.execution} {call.state}: start {call.task_id} took effect again")
        begun.add(call.task_id)
        tries[call.execution, call.state].append(call)
    for run in seen.runs:
        for state in seen.states:
            found += _of_state(seen, run, state, tries[run.name, state])
        found += _of_run(seen, run, tries)
    return found


def _of_state(seen: Seen, run: Run, state: str, tries: Sequence[Call]) -> Iterator[str]:
    """Only what was lost with its pod is tried again, and never beside what is left of it."""
    if len(tries) > 1 and not run.repeats:
        yield f"{run.name} {state}: ran {len(tries)} times, and must not be repeated"
    for earlier, later in pairwise(tries):
        if not seen.was_killed(earlier, later.begun_at):
            yield (
                f"{run.name} {state}: tried again, though nobody killed {earlier.host}, where it "
                f"ran to its end: {earlier.is_complete}; {run.losses}"
            )
        if earlier.ended_at is None or earlier.ended_at > later.begun_at:
            yield f"{run.name} {state}: ran in {earlier.host} and {later.host} at the same time"


def _of_run(seen: Seen, run: Run, tries: defaultdict[tuple[str, str], list[Call]]) -> Iterator[str]:
    if run.phase == "Succeeded":
        if run.output != len(seen.states):
            yield f"{run.name}: returned {run.output}"
        for state in seen.states:
            if not tries[run.name, state] or not tries[run.name, state][-1].is_complete:
                yield f"{run.name} {state}: has no effect, and the run succeeded"
        return
    own = [call for state in seen.states for call in tries[run.name, state]]
    last = max(own, key=lambda it: it.begun_at, default=None)
    if run.repeats or run.error not in LOSSES:
        yield f"{run.name}: {run.phase} {run.error}"
    elif not seen.was_hit(run):
        yield f"{run.name}: {run.error}, though no pod was killed meanwhile; last {last}"
