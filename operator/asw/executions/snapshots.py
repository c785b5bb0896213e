"""What pictures of an execution need besides its history. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from asw.asl.blocks import walk
from asw.asl.model import Block, MapState, StateMachine
from asw.asl.parse import parse
from asw.asl.values import JsonObject
from asw.engine.children import NoSuchMap, child_machine
from asw.engine.history import Event
from asw.engine.nested import is_awaited_child
from asw.engine.record import OnMapRun, OnRetry, OnTask, OnTimer, Record
from asw.executions.port import Children, Definition, RunSnapshot, Wait
from asw.executions.run import Run
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t
from asw.reconciler.platform import Revision


def machine_of(revision: Revision, map_state: str | None) -> StateMachine:
    """What an execution of this definition runs; a child of a distributed Map its ItemProcessor.

    Raises Failure if it has no such Map: the user who makes an Execution may write anything.
    """
    machine = parse(revision.text, revision.dialect)
    try:
        return machine if map_state is None else child_machine(machine, map_state)
    except NoSuchMap as error:
        raise Failure(
            t(
                "revision {name!r} has no distributed Map {state!r}",
                name=revision.name,
                state=map_state,
            )
        ) from error


def defined(revision: Revision | None, run: Run, name: str) -> Definition:
    """The named revision of the run's Workflow. Raises Failure if there is none."""
    if revision is None:
        raise Failure(
            t("no revision {name!r} of Workflow {workflow}", name=name, workflow=run.workflow),
            remedy=t("name the current one: --revision current"),
            code=NOT_FOUND,
        )
    machine = parse(revision.text, revision.dialect)
    return Definition(text=revision.text, dialect=revision.dialect, machine=machine)


def map_runs(record: Record) -> Iterator[tuple[str, Children]]:
    """Counts of children of each distributed Map that is at work, or failed with the run."""
    for frame in record.frames.values():
        waiting = frame.waiting
        if isinstance(waiting, OnMapRun):
            ended = len(waiting.outputs) + len(waiting.failures)
            yield frame.state, Children(ended, len(waiting.items), len(waiting.failures))


def snapshot_of(
    run: Run,
    events: Sequence[Event],
    machine: StateMachine | None,
    record: Record | None,
    visits: Mapping[str, tuple[int, int]] | None = None,
) -> RunSnapshot:
    """Everything together; nothing of a run that is over waits."""
    return RunSnapshot(
        run=run,
        events=tuple(events),
        machine=machine,
        map_runs={} if record is None else dict(map_runs(record)),
        visits=visits or {},
        waits=() if record is None or run.is_over else tuple(waits(record)),
    )


def remembers_more(run: Run, machine: StateMachine | None) -> bool:
    """Whether its record has what its history lacks: what waits, and how children ended.

    For a run that is over, only if it has distributed Maps and did not succeed.
    """
    if not run.is_over:
        return True
    has_maps = machine is not None and has_distributed_map(machine.block)
    return has_maps and run.phase != "Succeeded"


def visits(histories: Iterable[Iterable[Event]]) -> Mapping[str, tuple[int, int]]:
    """How often these histories entered and left each state."""
    counts: dict[str, tuple[int, int]] = {}
    for history in histories:
        for event in history:
            is_entry = event.type.endswith("StateEntered")
            if is_entry or event.type.endswith("StateExited"):
                name = event.details["name"]
                entered, left = counts.get(name, (0, 0))
                counts[name] = (entered + is_entry, left + (not is_entry))
    return counts


def waits(record: Record) -> Iterator[Wait]:
    """The lines of control that wait for an instant, or for a callback."""
    for frame in record.frames.values():
        match frame.waiting:
            case OnTimer(until=until):
                yield Wait(state=frame.state, kind="timer", until=until)
            case OnRetry(until=until):
                yield Wait(state=frame.state, kind="retry", until=until)
            case OnTask(is_submitted=True) as task if not is_awaited_child(task):
                yield Wait(state=frame.state, kind="callback")


def has_distributed_map(block: Block) -> bool:
    """Whether executions of this may have children."""
    return any(
        isinstance(state, MapState) and state.distribution is not None for state in walk(block)
    )


def public_name(manifest: JsonObject) -> str:
    """The name by which definitions call the Function of this manifest."""
    spec = manifest.get("spec") or {}
    return str(spec.get("name") or manifest["metadata"]["name"])
