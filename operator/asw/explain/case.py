"""Everything that is known of an execution, as one value to be explained."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from asw.api.arns import Location
from asw.asl.blocks import walk
from asw.asl.errors import StatesError
from asw.asl.model import MapState, State, StateMachine
from asw.asl.scope import Scope
from asw.asl.timestamps import format_timestamp
from asw.asl.values import Json, JsonObject
from asw.engine.context import with_item
from asw.engine.history import Event
from asw.engine.map_items import map_items
from asw.engine.record import Frame, Header, Record
from asw.engine.redrive import StatePosition, places
from asw.executions.port import LogLine, TaskSnapshot
from asw.executions.run import Run
from asw.executions.snapshots import has_distributed_map
from asw.executions.visits import Call, Visit, Visits


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An execution to be explained.

    ``lines`` are what the failing state's tasks printed; ``first_child`` is the first child of its
    distributed Map that did not succeed. ``now`` is the instant at which all of this was seen.
    ``functions`` are the names of those that exist, looked up if one was missing; ``poolless`` says
    why warm pods of a Function do not start, looked up while tasks of the execution wait.
    """

    run: Run
    events: Sequence[Event]
    visits: Visits
    machine: StateMachine | None
    record: Record | None
    now: datetime
    tasks: Sequence[TaskSnapshot] = ()
    lines: Sequence[LogLine] = ()
    first_child: "Case | None" = None
    functions: Sequence[str] | None = None
    poolless: Mapping[str, str] = field(default_factory=dict)
    is_redacted: bool = False
    where: str = ""
    """The options by which commands reach the place of the execution."""
    missing: Sequence[str] = field(default_factory=tuple)
    """What could not be read, a sentence each."""

    def state(self, name: str) -> State | None:
        """The state of that name, on any level; None if no definition is left."""
        return None if self.machine is None else find_state(self.machine, name)

    def frame(self, visit: Visit) -> Frame | None:
        """The line of control that is in this visit now, as the engine remembers it."""
        frames = self.record.frames.values() if self.record else ()
        return next((it for it in frames if it.state_event == visit.entered.id), None)

    def header(self) -> Header:
        """The header: as the engine remembers it, else made from the object."""
        return self.record.header if self.record else _header_of(self.run, self.events)

    def snapshot(self, call: Call) -> TaskSnapshot | None:
        """The call's task, if its place still knows it."""
        number = self.number_of(call)
        return next((task for task in self.tasks if task.number == number), None)

    def number_of(self, call: Call) -> int | None:
        """The ordinal of the call's task.

        Ordinals count what an execution starts; distributed Maps draw some for their children.
        There the order tells which task is the call's, as long as its place knows them.
        """
        if self.machine is None or not has_distributed_map(self.machine.block):
            scheduled = (each.scheduled.id for visit in self.visits.all for each in visit.calls)
            return sorted(scheduled).index(call.scheduled.id) + 1
        name = self.visits.of_event[call.scheduled.id].name
        calls = [it for visit in self.visits.of_state(name) for it in visit.calls]
        calls.sort(key=lambda it: it.scheduled.id)
        known = [task.number for task in self.tasks if task.state == name]
        at = calls.index(call) - len(calls)
        return known[at] if -at <= len(known) else None

    def scope(self, visit: Visit) -> Scope:
        """What expressions of the visited state may read, except chance."""
        at = visit.exited.id - 1 if visit.exited is not None else None
        context = context_of(self.header(), self.events, visit, at=at)
        item = self.item_around(visit)
        return Scope(
            context=context if item is None else with_item(context, *item),
            chance=lambda: 0.5,
            variables=visit.variables,
            now=visit.entered.at,
        )

    def item_around(self, visit: Visit) -> tuple[int, Json] | None:
        """The item of the innermost Map around the visit. No event has it."""
        while visit.outer is not None:
            outer, index = visit.outer, visit.index
            state = self.state(outer.name)
            if isinstance(state, MapState) and index is not None:
                with suppress(StatesError, IndexError):
                    return index, map_items(state, outer.input, self.scope(outer))[index]
                return None
            visit = outer
        return None


def find_state(machine: StateMachine, name: str) -> State | None:
    """The state of that name, which no other state of the machine has."""
    return next((state for state in walk(machine.block) if state.name == name), None)


def place_of(machine: StateMachine | None, name: str) -> StatePosition | None:
    """Where the state is in the machine."""
    return None if machine is None else places(machine).get(name)


def context_of(
    header: Header,
    events: Sequence[Event],
    visit: Visit,
    *,
    retries: int | None = None,
    at: int | None = None,
) -> JsonObject:
    """The context object that the visited state saw, according to history.

    It is the one right after the event ``at``, by default the last one. ``retries`` are those of a
    Task until then. A Map's item is left out: no event has it.
    """
    started = events[0] if events else None
    redrives = sum(
        event.type == "ExecutionRedriven" and (at is None or event.id <= at) for event in events
    )
    context: dict[str, Json] = {
        "Execution": {
            "Id": header.arn,
            "Input": started.details.get("input") if started else None,
            "Name": header.name,
            "RoleArn": header.role_arn,
            "StartTime": format_timestamp(header.started_at),
            "RedriveCount": redrives,
        },
        "StateMachine": {"Id": header.workflow_arn, "Name": header.workflow_name},
        "State": {"Name": visit.name, "EnteredTime": format_timestamp(visit.entered.at)},
    }
    if visit.kind == "Task":
        context["State"]["RetryCount"] = retries or 0
    return context


def _header_of(run: Run, events: Sequence[Event]) -> Header:
    """The header as the object has it; an installation may have other words in its ARNs."""
    header = Location().header(
        uid=run.uid,
        workflow=run.workflow,
        name=str(run.spec.get("name") or run.name),
        started_at=events[0].at if events else run.created_at,
    )
    role = events[0].details.get("roleArn") if events else None
    return header if role is None else replace(header, role_arn=str(role))
