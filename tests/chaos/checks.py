"""What is looked at after a play: what may never be, and what must be as in the undisturbed one."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from asw.asl.values import Json
from asw.engine.history import Event
from asw.engine.record import Outcome
from asw.reconciler.platform import ExecutionKey
from tests.chaos.stage import Stage
from tests.support.fake_platform import FakePlatform
from tests.support.fake_state import FakeExecution

VOLATILE = frozenset({"executionArn", "mapRunArn"})
"""Details that name ordinals, which are drawn in the order in which things happen."""


STARTS = frozenset({"LambdaFunctionStarted"})
"""Whether these are there, for a task that is aborted, is a question of time."""
OPENINGS = frozenset({"ParallelStateStarted", "MapStateStarted"})
EXITS = frozenset({"ParallelStateExited", "MapStateExited"})
JOINS = EXITS | {"ParallelStateSucceeded", "MapStateSucceeded", "MapIterationStarted"}
ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What must not depend on faults.

    ``outcomes`` of the execution and its children; ``paths``, each event with all that led to it,
    without ids and instants; ``starts``, by state, event and attempt; ``runs`` of functions.
    """

    outcomes: Counter[str]
    paths: Counter[str]
    starts: Counter[str]
    runs: Counter[str]

    def differences(self, model: "Seen") -> list[str]:
        """What is otherwise than in the model."""
        return [
            f"{sign} {name}: {text}"
            for name in ("outcomes", "paths", "starts", "runs")
            for sign, text in _differences(getattr(self, name), getattr(model, name))
        ]


def look_at(
    platform: FakePlatform, key: ExecutionKey, runs: Counter[str], *, has_starts: bool
) -> Seen:
    """What is to be compared; without starts where tasks are aborted."""
    executions = [it for it in platform.executions.values() if key in platform.executions]
    return Seen(
        outcomes=Counter(_outcome(it) for it in executions),
        paths=Counter(
            path for it in executions for path in paths_of(it.history, has_starts=has_starts)
        ),
        starts=Counter(
            f"{it.command.state} {_text(it.command.payload)} attempt {it.command.attempt}"
            for it in platform.tasks.values()
        ),
        runs=runs,
    )


def complaints_of(stage: Stage) -> list[str]:
    """What may never be, whatever was played."""
    platform = stage.platform
    found = list(stage.lies)
    for execution in platform.executions.values():
        found += [f"{execution.key.name}: {it}" for it in _of_history(execution)]
    found += [f"task {id_} runs on" for id_, it in platform.tasks.items() if it.is_running]
    found += [
        f"{len(it.reconciler._workers)} workers are left"
        for it in stage.processes
        if not it.is_empty
    ]
    if entries := stage.slots._entries:
        found.append(f"{len(entries)} executions are left in the book of slots")
    return [*found, *_of_ordinals(platform)]


def _of_history(execution: FakeExecution) -> Iterable[str]:
    events = execution.history
    if [event.id for event in events] != list(range(1, len(events) + 1)):
        yield f"the history has gaps or doubles: {[event.id for event in events]}"
    if any(event.previous_event_id >= event.id for event in events):
        yield "an event follows one that is not before it"
    ends = [event.type for event in events if event.type in ENDS]
    redrives = sum(event.type == "ExecutionRedriven" for event in events)
    if execution.failed is None and (len(ends) != 1 + redrives or events[-1].type not in ENDS):
        yield f"the history does not have one end: {ends}"


def _of_ordinals(platform: FakePlatform) -> Iterable[str]:
    """Nothing runs that no record drew a number for: it was saved before it was started."""
    drawn = {
        key.uid: it.record.next_ordinal
        for key, it in platform.executions.items()
        if it.record is not None
    }
    for task_id in (*platform.tasks, *platform.maps.children):
        if task_id.ordinal >= drawn.get(task_id.execution_uid, NO_BOUND):
            yield f"{task_id} was started and never saved"


NO_BOUND = 1 << 64
"""Express children draw none: ids of their tasks follow from the work."""


def _outcome(execution: FakeExecution) -> str:
    record = execution.record
    kind = "child" if execution.birth else "execution"
    if record is None or record.outcome is None:
        return f"{kind} {execution.failed}"
    end: Outcome = record.outcome
    failure = None if end.failure is None else (end.failure.error, end.failure.cause)
    return f"{kind} of {_text(record.input)} {end.status} {_text(end.output)} {failure}"


def paths_of(events: Iterable[Event], *, has_starts: bool) -> Iterable[str]:
    """Each event with all that led to it: an order that holds however branches are interleaved.

    What joins branches and iterations, or begins another one, follows whichever event came last;
    here it follows the event that opened them.
    """
    places = {0: _Place(digest=b"", opened=())}
    for event in events:
        before = places.get(event.previous_event_id, places[0])
        if event.type in STARTS and not has_starts:
            places[event.id] = before
            continue
        text = f"{event.type} {_text(_lasting(event.details))}"
        places[event.id] = before.followed_by(event.type, text)
        yield f"{text} by way of {places[event.id].digest[:4].hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where in a history an event is; ``opened`` are the Maps and Parallels around it."""

    digest: bytes
    opened: tuple[bytes, ...]

    def followed_by(self, type_: str, text: str) -> "_Place":
        base = self.opened[-1] if type_ in JOINS else self.digest
        digest = sha256(base + text.encode()).digest()
        opened = self.opened[:-1] if type_ in EXITS else self.opened
        if type_ in OPENINGS:
            opened = (*opened, digest)
        return _Place(digest=digest, opened=opened)


def _lasting(details: Mapping[str, Json]) -> Json:
    return {name: _timeless(it) for name, it in details.items() if name not in VOLATILE}


def _timeless(value: Json) -> Json:
    """The description of an execution that a Task started, without its times."""
    if not isinstance(value, dict) or "ExecutionArn" not in value:
        return value
    return {name: it for name, it in value.items() if name not in ("StartDate", "StopDate")}


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _differences(found: Counter[str], model: Counter[str]) -> Iterable[tuple[str, str]]:
    for text, count in (found - model).items():
        yield f"{count} too many", text
    for text, count in (model - found).items():
        yield f"{count} missing", text
