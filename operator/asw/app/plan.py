"""What ``asw run`` will do, worked out and checked before anything is written or started. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asw.api.execution import Execution
from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.api.workflow import Workflow
from asw.app.documents import Finding
from asw.app.manifests import Manifests, Placed
from asw.asl.model import StateMachine
from asw.asl.parse import read_definition
from asw.asl.problems import Problem
from asw.asl.values import DEEPEST_PAYLOAD, Json, from_text, is_too_deep, to_text
from asw.local.functions import LocalFunction, to_local

OBJECTS_FOLDER = "objects"
"""Beside a Workflow's manifest: each folder in it is a bucket of its distributed Maps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWorkflow:
    """A Workflow with its definition, parsed; ``objects`` is the folder of its buckets."""

    name: str
    public_name: str
    text: str
    machine: StateMachine
    objects: Path
    default_input: str | None = None
    """JSON text of what executions run on that bring no input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """An Execution to start, on this input."""

    name: str
    execution_name: str
    workflow: str
    input: Json


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to be put into the data folder, and what to start then."""

    workflows: dict[str, PlannedWorkflow] = field(default_factory=dict)
    functions: dict[str, LocalFunction] = field(default_factory=dict)
    runs: list[PlannedRun] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line says about the runs; ``has_input`` tells a null from none."""

    name: str | None = None
    has_input: bool = False
    input: Json = None


class _Unusable(Exception):
    """Why an input cannot be had."""


def make_plan(manifests: Manifests, wishes: Wishes) -> tuple[Plan, list[Finding]]:
    """The plan, and everything that is wrong; with an error among it the plan must not be run."""
    plan = Plan()
    findings: list[Finding] = []
    for function in manifests.functions.values():
        local = to_local(function.object, manifests.config_maps)
        plan.functions[local.name] = local
    for name, placed in manifests.workflows.items():
        objects = manifests.folders[name] / OBJECTS_FOLDER
        findings += _plan_workflow(placed, objects, plan)
        if name in plan.workflows:
            findings += _missing_functions(placed.place, plan.workflows[name], plan.functions)
    for placed_execution in manifests.executions.values():
        findings += _plan_execution(placed_execution, manifests, wishes, plan)
    if wishes.name and len(manifests.executions) > 1:
        findings.append(Finding("--name", "there is more than one Execution to name"))
    return plan, findings


def free_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first number that makes it free."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _plan_workflow(placed: Placed[Workflow], objects: Path, plan: Plan) -> Iterator[Finding]:
    workflow = placed.object
    spec = workflow.spec
    text = spec.definition_text or to_text(spec.definition)
    machine, problems = read_definition(text, spec.dialect)
    yield from (_finding(placed.place, problem) for problem in problems)
    if machine is None:
        return
    plan.workflows[workflow.metadata.name] = PlannedWorkflow(
        name=workflow.metadata.name,
        public_name=workflow.public_name,
        text=text,
        machine=machine,
        objects=objects,
        default_input=to_text(spec.default_input) if spec.has_default_input else None,
    )


def _finding(place: str, problem: Problem) -> Finding:
    where = f"{problem.code} at {problem.path}"
    return Finding(place, f"{where}: {problem.message}", is_warning=problem.severity == "WARNING")


def _missing_functions(
    place: str, workflow: PlannedWorkflow, functions: Mapping[str, LocalFunction]
) -> Iterator[Finding]:
    for name in sorted(workflow.machine.functions):
        function = functions.get(name)
        if function is None:
            message = (
                f"no manifest of Function {name} here: its Tasks fail unless it was run before"
            )
            yield Finding(place, message, is_warning=True)
        elif function.problem is not None:
            yield Finding(place, function.problem, is_warning=True)


def _plan_execution(
    placed: Placed[Execution], manifests: Manifests, wishes: Wishes, plan: Plan
) -> Iterator[Finding]:
    execution = placed.object
    workflow = execution.spec.workflow_ref.name
    if workflow not in manifests.workflows:
        known = ", ".join(sorted(manifests.workflows)) or "none"
        yield Finding(placed.place, f"no Workflow {workflow!r} here; there is: {known}")
        return
    try:
        value = wishes.input if wishes.has_input else _input_of(execution, manifests)
    except _Unusable as error:
        yield Finding(placed.place, str(error))
        return
    yield from _too_large(placed.place, value)
    plan.runs.append(
        PlannedRun(
            name=wishes.name or execution.metadata.name,
            execution_name=wishes.name or execution.public_name,
            workflow=workflow,
            input=value,
        )
    )


def plan_bare_run(manifests: Manifests, wishes: Wishes, plan: Plan) -> Iterator[Finding]:
    """Without an Execution, the only Workflow is run."""
    if len(manifests.workflows) != 1:
        if manifests.workflows:
            names = ", ".join(sorted(manifests.workflows))
            message = f"there is no Execution, and more than one Workflow ({names}): name one file"
            yield Finding(next(iter(manifests.workflows.values())).place, message)
        return
    ((name, placed),) = manifests.workflows.items()
    value = wishes.input if wishes.has_input else _default_input(placed.object)
    yield from _too_large(placed.place, value)
    run_name = wishes.name or f"{name}-1"
    plan.runs.append(PlannedRun(name=run_name, execution_name=run_name, workflow=name, input=value))


def _input_of(execution: Execution, manifests: Manifests) -> Json:
    """The Execution's input, looked up where it lies. Raises _Unusable."""
    spec = execution.spec
    if spec.has_input:
        return spec.input
    if spec.input_text is not None:
        return _parse_input(spec.input_text, "spec.inputText")
    if spec.input_from is not None:
        reference = spec.input_from.config_map_ref
        text = manifests.config_maps.get(reference.name, {}).get(reference.key)
        if text is None:
            raise _Unusable(
                f"no ConfigMap {reference.name!r} with key {reference.key!r} here, which"
                " spec.inputFrom names: add its manifest to the path"
            )
        return _parse_input(text, f"key {reference.key!r} of ConfigMap {reference.name!r}")
    return _default_input(manifests.workflows[spec.workflow_ref.name].object)


def _default_input(workflow: Workflow) -> Json:
    return workflow.spec.default_input if workflow.spec.has_default_input else {}


def _parse_input(text: str, source: str) -> Json:
    try:
        return from_text(text)
    except ValueError as error:
        raise _Unusable(f"{source} is not JSON: {error}") from error


def _too_large(place: str, value: Json) -> Iterator[Finding]:
    text = to_text(value)
    size = len(text.encode(errors="surrogatepass"))
    if size > PAYLOAD_LIMIT_BYTES:
        yield Finding(place, f"the input has {size} bytes; the limit is {PAYLOAD_LIMIT_BYTES}")
    elif is_too_deep(value, text):
        yield Finding(place, f"the input is nested more than {DEEPEST_PAYLOAD} deep")
