"""Runs as the destinations of telemetry are told of them, step by step."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.values import Json, to_text
from asw.engine.commands import StartTask
from asw.engine.facts import Fact, RedriveRequested, TaskFailed, TaskStarted, TaskSucceeded
from asw.engine.record import Record
from asw.engine.step import begin, step
from asw.engine.task_ids import TaskId
from asw.reconciler.telling import SavedStep, Told
from asw.telemetry.spans import Span, spans_of
from tests.support.play import START, Raised, header

STARTS_AFTER = timedelta(seconds=1)
"""After its command a task of these runs starts so much later, and ends as much later again."""

Functions = Mapping[str, Callable[[Json], Json]]
_PASSES = 200


def run_of(
    machine: Json,
    input_value: Json = None,
    functions: Functions | None = None,
    *,
    redrives: int = 0,
) -> list[Told]:
    """All that is told of a run.

    A task starts and ends a second after the other, and never starts if it has no function.
    """
    parsed, record = parse(to_text(machine)), begin(header(), input_value)
    life = _Life(parsed, record, functions or {})
    life.play(())
    for number in range(1, redrives + 1):
        life.play((RedriveRequested(number=number),))
    return [
        Told(
            header=saved.before.header,
            redrive_count=saved.step.record.redrive_count,
            events=saved.step.history,
            saved=saved,
        )
        for saved in life.saved
    ]


def spans_in(told: Iterable[Told]) -> dict[str, list[Span]]:
    """The spans of such a run, by name."""
    found: dict[str, list[Span]] = {}
    for each in told:
        assert each.saved is not None
        for span in spans_of(each.saved):
            found.setdefault(span.name, []).append(span)
    return found


class _Life:
    def __init__(self, machine: StateMachine, record: Record, functions: Functions) -> None:
        self.saved: list[SavedStep] = []
        self._machine, self._record, self._functions = machine, record, functions
        self._now = START
        self._facts: dict[TaskId, list[Fact]] = {}

    def play(self, orders: tuple[Fact, ...]) -> None:
        """To the next outcome."""
        for _ in range(_PASSES):
            shown = [it for id_ in self._record.open_tasks() for it in self._facts.get(id_, ())]
            facts = [*orders, *shown]
            made = step(self._machine, self._record, facts, self._now)
            if made.record is not self._record:
                self.saved.append(SavedStep(self._machine, self._record, made, facts, self._now))
            self._record = made.record
            if made.record.outcome is not None:
                return
            for command in made.commands:
                if isinstance(command, StartTask):
                    self._facts[command.task_id] = list(self._shown(command))
            self._now += 3 * STARTS_AFTER
        raise AssertionError("the run does not end")

    def _shown(self, command: StartTask) -> Iterable[Fact]:
        task_id, started_at = command.task_id, self._now + STARTS_AFTER
        at = started_at + STARTS_AFTER
        function = self._functions.get(command.function.name)
        if function is None:  # it hangs
            return
        yield TaskStarted(task_id=task_id, at=started_at)
        try:
            output = function(command.payload)
        except Raised as raised:
            yield TaskFailed(
                task_id=task_id,
                at=at,
                error=raised.error,
                cause=raised.cause,
                started_at=started_at,
            )
        else:
            yield TaskSucceeded(task_id=task_id, at=at, output=output, started_at=started_at)
