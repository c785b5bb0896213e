"""Asks the cluster, or the store, for existing objects and compares the manifests with them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.objects import CustomResource, InvalidObject
from asw.api.workflow import Workflow
from asw.asl.model import StateMachine
from asw.asl.values import Json, JsonObject
from asw.executions.local.manifests import function_manifest, workflow_manifest
from asw.executions.port import DryRun, Query, Runs
from asw.executions.run import Run
from asw.exits import NOT_FOUND
from asw.failures import Denied, Failure
from asw.lint.manifests import Manifests, Placed
from asw.lint.plan import definition_text
from asw.messages import t
from asw.planning.in_flight import InFlightRun, flight_of
from asw.planning.objects import (
    WorkflowChange,
    as_manifest,
    code_maps_of,
    compare_functions,
    compare_workflows,
    files_of,
    summary_of_function,
)
from asw.planning.result import Fate, Kind, ObjectOutlook, PlanResult
from asw.planning.values import Difference, compare_objects
from asw.platforms.local.functions import to_local
from asw.reconciler.platform import Revision

MOST_FLIGHTS = 20
"""Executions of a Workflow that are read: each costs its record and its whole history."""
IN_FLIGHT = ("Pending", "Running")
NOBODY: Mapping[str, Sequence[Run]] = {}

_Object = TypeVar("_Object", bound=CustomResource)


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Valid manifests, and the state machines of their Workflows."""

    manifests: Manifests
    machines: Mapping[str, StateMachine]


def as_stored(files: Files) -> Files:
    """The files' objects as this machine's store would hold them, so that only that is compared.

    It has no pods, so no accounts, images or resources, and it knows Functions by public name.
    """
    manifests = files.manifests
    functions = {
        placed.object.public_name: _stored_function(placed, files)
        for placed in manifests.functions.values()
        if placed.object.spec.runtime != "image"
    }
    workflows = {name: _stored_workflow(placed) for name, placed in manifests.workflows.items()}
    return replace(files, manifests=replace(manifests, functions=functions, workflows=workflows))


def _stored_function(placed: Placed[Function], files: Files) -> Placed[Function]:
    local = to_local(placed.object, files.manifests.config_maps)
    return Placed(placed.origin, Function.parse(function_manifest(local)))


def _stored_workflow(placed: Placed[Workflow]) -> Placed[Workflow]:
    workflow = placed.object
    revision = Revision(
        name="",
        workflow_name=workflow.public_name,
        text=definition_text(workflow),
        dialect=workflow.spec.dialect,
    )
    stored = Workflow.parse(workflow_manifest(workflow.metadata.name, revision))
    return Placed(placed.origin, stored)


async def foresee(runs: Runs, files: Files) -> PlanResult:
    """What applying the files would change."""
    workflows = {_name(plain): plain for plain in await runs.workflows()}
    functions = {_name(plain): plain for plain in await runs.functions()}
    manifests = files.manifests
    objects = [
        await _function(runs, placed.object, functions.get(name), manifests)
        for name, placed in manifests.functions.items()
    ]
    is_empty = not (workflows or functions)  # the namespace may not exist
    is_known = bool(manifests.workflows.keys() & workflows.keys())
    is_other = any(map(_is_other_function, objects))
    is_asked = is_known or is_other or is_empty
    flying, gap = await _in_flight(runs) if is_asked else (NOBODY, None)
    objects = await _with_callers(runs, objects, manifests, flying) if is_other else objects
    objects += [
        await _workflow(runs, placed.object, workflows.get(name), files, flying.get(name, ()))
        for name, placed in manifests.workflows.items()
    ]
    known = workflows.keys() | manifests.workflows.keys()
    objects += [
        await _execution(runs, placed.object, known) for placed in manifests.executions.values()
    ]
    dry_runs = [await _dry_run(runs, files, each) for each in objects]
    objects = [
        replace(each, refusal=each.refusal or dry_run.refusal)
        for each, dry_run in zip(objects, dry_runs, strict=True)
    ]
    only_there: Mapping[Kind, tuple[str, ...]] = {
        "Workflow": tuple(sorted(workflows.keys() - manifests.workflows.keys())),
        "Function": tuple(sorted(functions.keys() - manifests.functions.keys())),
    }
    return PlanResult(
        place=runs.namespace,
        objects=tuple(objects),
        only_there=only_there,
        missing_functions=_missing(files, functions.values()),
        gaps=_gaps(gap, dry_runs),
    )


def _gaps(flights: str | None, dry_runs: Iterable[DryRun]) -> tuple[str, ...]:
    """What could not be asked, without repetition."""
    admission = (
        t("admission was not asked whether it would accept this: {denial}", denial=it.denial)
        for it in dry_runs
        if it.denial is not None
    )
    return tuple(dict.fromkeys(filter(None, (flights, *admission))))


def _is_other_function(each: ObjectOutlook) -> bool:
    """Whether calls of the Function would change: labels do not matter."""
    return (
        each.kind == "Function"
        and any(difference.name.startswith("spec.") for difference in each.differences)
        and each.fate == "changed"
    )


async def _with_callers(
    runs: Runs,
    functions: Sequence[ObjectOutlook],
    manifests: Manifests,
    flying: Mapping[str, Sequence[Run]],
) -> list[ObjectOutlook]:
    """The Functions, with the runs that call a changed one: a Function has no revisions."""
    called = await _called(runs, [run for of_one in flying.values() for run in of_one])
    public = {name: it.object.public_name for name, it in manifests.functions.items()}
    return [
        replace(each, callers=tuple(run for run, names in called if public[each.name] in names))
        if _is_other_function(each)
        else each
        for each in functions
    ]


async def _called(runs: Runs, flying: Sequence[Run]) -> Sequence[tuple[str, Collection[str]]]:
    """The Functions that each execution's revision calls; each revision is read once."""
    read: dict[str, Collection[str]] = {}
    for run in flying:
        revision = run.status.get("revision")
        if revision is not None and revision not in read:
            definition = await runs.definition(run)
            read[revision] = () if definition is None else definition.machine.functions
    return [(run.name, read.get(run.status.get("revision") or "", ())) for run in flying]


def _missing(files: Files, there: Iterable[JsonObject]) -> Mapping[str, str]:
    """Functions that the files' Workflows call and that do not exist, by public name."""
    known = {str(plain["spec"].get("name") or _name(plain)) for plain in there}
    known |= {placed.object.public_name for placed in files.manifests.functions.values()}
    return {
        function: f"Workflow {workflow}"
        for workflow, machine in files.machines.items()
        for function in sorted(machine.functions - known)
    }


def _name(plain: JsonObject) -> str:
    return str(plain["metadata"]["name"])


def _read(model: type[_Object], plain: JsonObject) -> _Object | None:
    """The existing object; None if an older schema accepted what ours does not."""
    try:
        return model.parse(plain)
    except InvalidObject:
        return None


def _unreadable() -> str:
    return t("the existing object cannot be read, so it is replaced as a whole")


def _fate(differences: Sequence[Difference]) -> Fate:
    return "changed" if differences else "same"


async def _dry_run(runs: Runs, files: Files, each: ObjectOutlook) -> DryRun:
    """What admission says about it; not asked if it stays the same or is refused anyway."""
    if each.fate == "same" or each.refusal is not None:
        return DryRun()
    manifests = files.manifests
    known: Mapping[Kind, Mapping[str, Placed[Any]]] = {
        "Workflow": manifests.workflows,
        "Function": manifests.functions,
        "Execution": manifests.executions,
    }
    return await runs.dry_run(as_manifest(known[each.kind][each.name].object))


async def _function(
    runs: Runs, new: Function, plain: JsonObject | None, manifests: Manifests
) -> ObjectOutlook:
    name = new.metadata.name
    if plain is None:
        summary = summary_of_function(new, manifests.config_maps)
        return ObjectOutlook(kind="Function", name=name, fate="added", differences=summary)
    old = _read(Function, plain)
    if old is None:
        return ObjectOutlook(kind="Function", name=name, fate="changed", notes=(_unreadable(),))
    there = await _config_maps(runs, (old, new))
    files = files_of(old, there), files_of(new, {**there, **manifests.config_maps})
    differences = compare_functions(old, new, *files)
    return ObjectOutlook(
        kind="Function", name=name, fate=_fate(differences), differences=differences
    )


async def _config_maps(
    runs: Runs, functions: Iterable[Function]
) -> Mapping[str, Mapping[str, str]]:
    """The ConfigMaps that hold their code, if readable."""
    named = {name for function in functions for name in code_maps_of(function)}
    found = {name: await runs.config_map(name) for name in named}
    return {name: data for name, data in found.items() if data is not None}


async def _workflow(
    runs: Runs, new: Workflow, plain: JsonObject | None, files: Files, flying: Sequence[Run]
) -> ObjectOutlook:
    name = new.metadata.name
    machine = files.machines[name]
    if plain is None:
        note = t(
            "{count} states, starts with {state}",
            count=len(machine.block.states),
            state=machine.block.start_at,
        )
        return ObjectOutlook(kind="Workflow", name=name, fate="added", notes=(note,))
    old = _read(Workflow, plain)
    if old is None:
        return ObjectOutlook(kind="Workflow", name=name, fate="changed", notes=(_unreadable(),))
    change = compare_workflows(old, new, machine)
    differences = (*change.states, *change.fields)
    flights = flying[:MOST_FLIGHTS] if change.has_new_definition else ()
    return ObjectOutlook(
        kind="Workflow",
        name=name,
        fate="changed" if differences or change.has_new_definition else "same",
        differences=differences,
        notes=tuple(_notes(change)),
        flights=tuple([await _flight(runs, run, machine) for run in flights]),
        more_flights=len(flying) - len(flights) if flights else 0,
    )


def _notes(change: WorkflowChange) -> Sequence[str]:
    if change.is_unreadable:
        return [t("the existing definition cannot run, so it is replaced as a whole")]
    notes = []
    if change.is_rewritten:
        notes.append(t("the definition is written differently and means the same"))
    if change.has_lost_nulls:
        notes.append(
            t(
                "the existing object lacks its nulls: a merge patch, as Helm sends it,"
                " cannot add any;"
                " write spec.definitionText, or apply with --server-side"
            )
        )
    return notes


async def _in_flight(runs: Runs) -> tuple[Mapping[str, Sequence[Run]], str | None]:
    """Unfinished executions by Workflow; or a sentence on why they are unknown."""
    by_workflow: dict[str, list[Run]] = {}
    try:
        for run in await runs.list(Query(phases=IN_FLIGHT), "row"):
            by_workflow.setdefault(run.workflow, []).append(run)
    except Denied as denied:
        return NOBODY, t("the executions in flight are unknown: {denial}", denial=denied)
    return by_workflow, None


async def _flight(runs: Runs, row: Run, machine: StateMachine) -> InFlightRun:
    """Whether the machine fits the run; ``row`` is the run as listed."""
    if row.status.get("revision") is None or (run := await _found(runs, row.name)) is None:
        return flight_of(row, machine)
    definition = await runs.definition(run)
    return flight_of(
        run,
        machine,
        old=None if definition is None else definition.machine,
        record=await runs.record(run),
        events=await runs.history(run),
    )


async def _execution(runs: Runs, new: Execution, known: Collection[str]) -> ObjectOutlook:
    """An existing Execution never changes: its input is what it ran on."""
    name, workflow = new.metadata.name, new.spec.workflow_ref.name
    old = await _found(runs, name)
    if old is None:
        starts = t("starts a run of Workflow {workflow}", workflow=workflow)
        waits = t("waits: there is no Workflow {workflow}", workflow=workflow)
        note = starts if workflow in known else waits
        return ObjectOutlook(kind="Execution", name=name, fate="added", notes=(note,))
    before, after = _order(Execution.parse(old.manifest)), _order(new)
    differences = tuple(compare_objects("spec", before, after))
    refusal = t("what an Execution runs never changes: give it another name")
    return ObjectOutlook(
        kind="Execution",
        name=name,
        fate=_fate(differences),
        differences=differences,
        refusal=refusal if differences else None,
    )


async def _found(runs: Runs, name: str) -> Run | None:
    try:
        return await runs.get(name)
    except Failure as failure:
        if failure.code == NOT_FOUND:
            return None
        raise


def _order(execution: Execution) -> Mapping[str, Json]:
    """What the Execution runs, without stop, suspend and redrive."""
    spec = execution.spec
    plain: dict[str, Json] = spec.model_dump(
        mode="json",
        by_alias=True,
        exclude_none=True,
        include={"workflow_ref", "input_text", "input_from"},
    )
    given = {"input": spec.input} if spec.has_input else {}
    return {"name": execution.public_name, **plain, **given}
