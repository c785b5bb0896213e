"""The plan that files describe, checked before anything is written or started. Pure.

``asw run`` starts it, other verbs only look; all get it from ``asw.lint.checking``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.asl.parse import read_definition
from asw.asl.problems import to_fix
from asw.asl.values import DEEPEST_PAYLOAD, Json, from_text, is_too_deep, to_text
from asw.failures import nearest
from asw.lint.connecting import missing_connections, unheeded_roles
from asw.lint.faults import json_fault
from asw.lint.findings import Finding, Origin
from asw.lint.manifests import Manifests, Placed
from asw.lint.placing import finding_of, steps_to_call
from asw.lint.planned import PlannedWorkflow
from asw.lint.rules import (
    AMBIGUOUS_WORKFLOW,
    INVALID_ARGUMENT,
    INVALID_FIELD,
    INVALID_INPUT,
    MISSING_FUNCTION,
    MISSING_WORKFLOW,
    UNUSABLE_FUNCTION,
)
from asw.lint.sources import Source
from asw.messages import t

if TYPE_CHECKING:
    from asw.api.execution import Execution
    from asw.api.schedule import Schedule
    from asw.api.trigger import Trigger
    from asw.api.workflow import Retention, Workflow
    from asw.platforms.local.functions import LocalFunction
    from asw.platforms.local.services import LocalConnection

OBJECTS_FOLDER = "objects"
"""Folder beside a Workflow's manifest; each folder in it is a bucket of distributed Maps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """An Execution to start, with its input."""

    name: str
    execution_name: str
    workflow: str
    input: Json
    ttl_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to store in the data folder, and what to start then."""

    workflows: dict[str, PlannedWorkflow] = field(default_factory=dict)
    functions: "dict[str, LocalFunction]" = field(default_factory=dict)
    connections: "dict[str, LocalConnection]" = field(default_factory=dict)
    runs: list[PlannedRun] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOptions:
    """What the command line says about the runs.

    ``has_input`` tells a null from no input. ``place`` is where the input is: a file, or the
    option.
    """

    name: str | None = None
    has_input: bool = False
    input: Json = None
    place: str = "--input"


class _Unusable(Exception):
    """An input is not available; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def make_plan(
    manifests: Manifests, options: InputOptions, *, is_local: bool = True
) -> tuple[Plan, list[Finding]]:
    """The plan and its findings; with an error among them the plan must not run.

    Unless ``is_local``, nothing runs on this machine and the plan has no functions.
    """
    plan = Plan()
    findings: list[Finding] = []
    if is_local:
        _plan_functions(manifests, plan)
        _plan_connections(manifests, plan)
    known = {function.object.public_name for function in manifests.functions.values()}
    known |= {name for kind, name in manifests.refused if kind == "Function"}
    for placed in manifests.loose:
        findings += _plan_workflow(placed, Path(), Plan())
    for name, placed in manifests.workflows.items():
        objects = manifests.folders[name] / OBJECTS_FOLDER
        findings += _plan_workflow(placed, objects, plan)
        if name in plan.workflows:
            findings += _missing_functions(plan.workflows[name], known, plan.functions)
            findings += missing_connections(plan.workflows[name], manifests.connections)
            findings += unheeded_roles(plan.workflows[name])
    for placed_execution in manifests.executions.values():
        findings += _plan_execution(placed_execution, manifests, options, plan)
    findings += _lost_starters(manifests)
    findings += _mistaken_triggers(manifests)
    if options.name and len(manifests.executions) > 1:
        message = t("there is more than one Execution to name")
        findings.append(Finding(file="--name", code=INVALID_ARGUMENT, message=message))
    return plan, findings


def _plan_functions(manifests: Manifests, plan: Plan) -> None:
    if not manifests.functions:
        return
    from asw.platforms.local.functions import to_local  # noqa: PLC0415 -- loads SQLite, which validate does not need

    for function in manifests.functions.values():
        local = to_local(function.object, manifests.config_maps)
        plan.functions[local.name] = local


def _plan_connections(manifests: Manifests, plan: Plan) -> None:
    if not manifests.connections:
        return
    from asw.platforms.local.services import to_local_connection  # noqa: PLC0415 -- the same

    for connection in manifests.connections.values():
        local = to_local_connection(connection.object, manifests.config_maps)
        plan.connections[local.name] = local


def _plan_workflow(placed: "Placed[Workflow]", objects: Path, plan: Plan) -> Iterator[Finding]:
    workflow = placed.object
    spec = workflow.spec
    text = definition_text(workflow)
    origin = definition_origin(placed)
    machine, problems = read_definition(text, spec.dialect)
    yield from (finding_of(problem, origin, text) for problem in to_fix(problems))
    if machine is None:
        return
    plan.workflows[workflow.metadata.name] = PlannedWorkflow(
        name=workflow.metadata.name,
        public_name=workflow.public_name,
        text=text,
        machine=machine,
        objects=objects,
        origin=origin,
        default_input=to_text(spec.default_input) if spec.has_default_input else None,
        on_lost=spec.on_lost or "Retry",
        connections=spec.connections,
        retention=_retention_text(spec.retention),
    )


def _retention_text(retention: "Retention | None") -> str | None:
    return None if retention is None else retention.model_dump_json(exclude_none=True)


def definition_text(workflow: "Workflow") -> str:
    """The definition as JSON text, from either field."""
    spec = workflow.spec
    return to_text(spec.definition) if spec.definition_text is None else spec.definition_text


def definition_origin(placed: "Placed[Workflow]") -> Origin:
    """The place of the definition of a Workflow; a bare one is the whole document."""
    if not placed.origin.subject:
        return placed.origin
    has_text = placed.object.spec.definition_text is not None
    return placed.origin.at("spec", "definitionText" if has_text else "definition")


def _missing_functions(
    workflow: PlannedWorkflow, known: Collection[str], functions: "Mapping[str, LocalFunction]"
) -> Iterator[Finding]:
    for name in sorted(workflow.machine.functions):
        function = functions.get(name)
        if name not in known:
            message = t(
                "no manifest of Function {name} here: Tasks that call it fail unless it"
                " exists already",
                name=name,
            )
            yield _about_function(workflow, name, MISSING_FUNCTION, message, nearest(name, known))
        elif function is not None and function.problem is not None:
            yield _about_function(workflow, name, UNUSABLE_FUNCTION, function.problem)


def _about_function(
    workflow: PlannedWorkflow, name: str, code: str, message: str, remedy: str = ""
) -> Finding:
    """A warning at the first Task that calls the function."""
    steps = steps_to_call(from_text(workflow.text), name)
    found = workflow.origin.finding(code, message, remedy, at=steps)
    return replace(found, severity="WARNING")


def _mistaken_triggers(manifests: Manifests) -> Iterator[Finding]:
    """A finding for each Trigger whose filter or template cannot be read."""
    if not manifests.triggers:
        return
    from asw.triggers.judging import check  # noqa: PLC0415 -- loads what only Triggers need

    for placed in manifests.triggers.values():
        try:
            check(placed.object.spec.wish)
        except ValueError as error:
            place, _, reason = str(error).partition(": ")
            steps = tuple(place.split("[")[0].split(".")[:2])
            message = t("{place}: {reason}", place=place, reason=reason)
            yield placed.origin.finding(INVALID_FIELD, message, at=steps)


def _lost_starters(manifests: Manifests) -> Iterator[Finding]:
    """A warning for each Schedule or Trigger whose Workflow is not among those of the files."""
    starters: Iterable[Placed[Schedule] | Placed[Trigger]] = (
        *manifests.schedules.values(),
        *manifests.triggers.values(),
    )
    for placed in starters:
        name = placed.object.spec.workflow_ref.name
        is_known = name in manifests.workflows or ("Workflow", name) in manifests.refused
        if manifests.workflows and not is_known:
            found = _missing_workflow(placed.origin, name, manifests)
            yield replace(found, severity="WARNING")


def _missing_workflow(origin: Origin, name: str, manifests: Manifests) -> Finding:
    known = ", ".join(sorted(manifests.workflows)) or t("none")
    return origin.finding(
        MISSING_WORKFLOW,
        t("no Workflow {name!r} here; available: {known}", name=name, known=known),
        nearest(name, manifests.workflows),
        at=("spec", "workflowRef", "name"),
    )


def _plan_execution(
    placed: "Placed[Execution]", manifests: Manifests, options: InputOptions, plan: Plan
) -> Iterator[Finding]:
    execution = placed.object
    workflow = execution.spec.workflow_ref.name
    if ("Workflow", workflow) in manifests.refused:
        return
    if workflow not in manifests.workflows:
        yield _missing_workflow(placed.origin, workflow, manifests)
        return
    try:
        value = options.input if options.has_input else _input_of(placed, manifests)
    except _Unusable as error:
        yield error.finding
        return
    yield from _too_large(placed.origin, value, options)
    plan.runs.append(
        PlannedRun(
            name=options.name or execution.metadata.name,
            execution_name=options.name or execution.public_name,
            workflow=workflow,
            input=value,
            ttl_seconds=execution.spec.ttl_seconds_after_finished,
        )
    )


def plan_bare_run(manifests: Manifests, options: InputOptions, plan: Plan) -> Iterator[Finding]:
    """Without an Execution, run the only Workflow."""
    if len(manifests.workflows) != 1:
        if manifests.workflows:
            names = ", ".join(sorted(manifests.workflows))
            message = t("there is no Execution, and more than one Workflow ({names})", names=names)
            first = next(iter(manifests.workflows.values()))
            yield first.origin.finding(AMBIGUOUS_WORKFLOW, message, t("name one file"))
        return
    ((name, placed),) = manifests.workflows.items()
    value = options.input if options.has_input else _default_input(placed.object)
    yield from _too_large(placed.origin, value, options)
    run_name = options.name or f"{name}-1"
    plan.runs.append(PlannedRun(name=run_name, execution_name=run_name, workflow=name, input=value))


def _input_of(placed: "Placed[Execution]", manifests: Manifests) -> Json:
    """The Execution's input, from wherever it is kept. Raises _Unusable."""
    spec = placed.object.spec
    if spec.has_input:
        return spec.input
    if spec.input_text is not None:
        return _parse_input(placed.origin, spec.input_text, "spec.inputText")
    if spec.input_from is not None:
        kind, reference = spec.input_from.kind, spec.input_from.reference
        known = manifests.payloads if kind == "Payload" else manifests.config_maps
        text = known.get(reference.name, {}).get(reference.key)
        if text is None:
            message = t(
                "no {kind} {name!r} with key {key!r} here, which spec.inputFrom names",
                kind=kind,
                name=reference.name,
                key=reference.key,
            )
            remedy = t("add its manifest to the path")
            at = ("spec", "inputFrom")
            raise _Unusable(placed.origin.finding(INVALID_INPUT, message, remedy, at=at))
        where = t(
            "key {key!r} of {kind} {name!r}", key=reference.key, kind=kind, name=reference.name
        )
        return _parse_input(placed.origin, text, where)
    return _default_input(manifests.workflows[spec.workflow_ref.name].object)


def _default_input(workflow: "Workflow") -> Json:
    return workflow.spec.default_input if workflow.spec.has_default_input else {}


def _parse_input(origin: Origin, text: str, where: str) -> Json:
    try:
        return from_text(text)
    except ValueError as error:
        fault = json_fault(error, Source(where, text, is_json=True))
        line = "" if fault.position is None else f"{fault.position}: "
        message = t("{where} is not JSON: {reason}", where=where, reason=f"{line}{fault.message}")
        at = ("spec", "inputText" if where == "spec.inputText" else "inputFrom")
        raise _Unusable(origin.finding(INVALID_INPUT, message, fault.remedy, at=at)) from error


def _too_large(origin: Origin, value: Json, options: InputOptions) -> Iterator[Finding]:
    text = to_text(value)
    size = len(text.encode(errors="surrogatepass"))
    if size > PAYLOAD_LIMIT_BYTES:
        message = t(
            "the input has {size} bytes; the limit is {most}", size=size, most=PAYLOAD_LIMIT_BYTES
        )
    elif is_too_deep(value, text):
        message = t("the input is nested more than {most} deep", most=DEEPEST_PAYLOAD)
    else:
        return
    yield (
        Finding(file=options.place, code=INVALID_INPUT, message=message)
        if options.has_input
        else origin.finding(INVALID_INPUT, message)
    )
