"""Checks test files beyond YAML: fields, names of states, matchers. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from asw.asl.blocks import actions_of, activities_of, blocks_of
from asw.asl.model import Block, State, StateMachine, TaskState
from asw.asl.resources import LambdaInvokeResource
from asw.asl.values import Json
from asw.failures import nearest
from asw.lint.fields import missing_field, told_of, unknown_field, value_at
from asw.lint.findings import Finding, Origin
from asw.lint.rules import INVALID_FIELD
from asw.messages import t
from asw.testkit.expecting import duration_bounds
from asw.testkit.matchers import check_matchers
from asw.testkit.mocks import Table
from asw.testkit.model import (
    ANY_FUNCTION,
    Case,
    Context,
    Expect,
    Mock,
    Request,
    Stop,
    When,
    WorkflowTest,
)
from asw.testkit.suite import Subject
from asw.testkit.trails import containers, wrong_trail

Steps = tuple[str | int, ...]

_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "expect": Expect,
    "when": When,
    "context": Context,
    "stop": Stop,
    "requests": Request,
    "mocks": Mock,
    "functions": Mock,
    "cases": Case,
}
"""The models of objects below these fields."""


def shape_findings(error: ValidationError, origin: Origin, content: Json) -> Iterator[Finding]:
    """What the models say about a document or a case, in our words where we have some."""
    wrong: dict[Steps, list[tuple[str, str]]] = {}
    for each in error.errors(include_url=False, include_input=False):
        steps = _written(each["loc"], content)
        path = ".".join(str(step) for step in steps)
        match each["type"]:
            case "extra_forbidden":
                yield unknown_field(origin, path, steps, _fields_around(steps, content))
            case "missing":
                yield missing_field(origin, path, steps)
            case kind:
                told = told_of(kind, each["msg"], value_at(content, steps))
                wrong.setdefault(steps, []).append(told or (each["msg"], ""))
    for steps, ways in wrong.items():
        path = ".".join(str(step) for step in steps)
        what = t(", or ").join(dict.fromkeys(told for told, _ in ways))
        message = t("{path}: {what}", path=path, what=what) if path else what
        remedy = next((remedy for _, remedy in ways if remedy), "")
        yield origin.finding(INVALID_FIELD, message, remedy, at=steps)


def _written(location: tuple[str | int, ...], content: Json) -> Steps:
    """The steps in the text, where a single mock is not in a list.

    Steps below a string or number are only pydantic's names of alternatives.
    """
    steps: list[str | int] = []
    here: Any = content
    for step in location:
        if isinstance(step, int) and not isinstance(here, list):
            continue
        if isinstance(here, str | float | int):
            break
        steps.append(step)
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int):
            here = here[step] if step < len(here) else None
        else:
            here = None
    return tuple(steps)


def _fields_around(steps: Steps, content: Json) -> list[str]:
    """The fields of the object around the unknown field at the steps."""
    around = [step for step in steps[:-1] if isinstance(step, str) and step in _MODELS]
    is_top = isinstance(content, dict) and "kind" in content
    model = _MODELS[around[-1]] if around else WorkflowTest if is_top else Case
    return [field.alias or name for name, field in model.model_fields.items()]


def table_findings(top: WorkflowTest, subject: Subject, origin: Origin) -> Iterator[Finding]:
    """Findings on the mocks for all cases."""
    yield from _mock_findings(top.mocks, top.functions, subject.machines(), origin)


def case_findings(case: Case, subject: Subject, origin: Origin) -> Iterator[Finding]:
    """Findings on a case that has the right shape."""
    yield from _mock_findings(case.mocks, case.functions, subject.machines(), origin)
    if case.expect is not None:
        yield from _expect_findings(case.expect, subject.machine, origin.at("expect"))


def _mock_findings(
    states: Table, functions: Table, machines: Sequence[StateMachine], origin: Origin
) -> Iterator[Finding]:
    known = {name: it for each in reversed(machines) for name, it in states_of(each.block).items()}
    for name in states:
        yield from _task_finding(name, known, origin, ("mocks", name))
    yield from _function_findings(functions, _functions_of_all(machines), origin)
    yield from _action_findings(functions, machines, origin)
    for field, table in (("mocks", states), ("functions", functions)):
        for name, mocks in table.items():
            for mock in mocks:
                yield from _when_findings(mock, origin, (field, name))


def _function_findings(
    functions: Table, known: frozenset[str] | None, origin: Origin
) -> Iterator[Finding]:
    if known is None:
        return
    for name in functions:
        if name not in (ANY_FUNCTION, *known) and not _is_action(name):
            told = t("no Task of the workflow calls Function {name!r}", name=name)
            remedy = nearest(name, known) or t("it calls {names}", names=", ".join(sorted(known)))
            yield origin.finding(INVALID_FIELD, told, remedy, at=("functions", name))


def _action_findings(
    functions: Table, machines: Sequence[StateMachine], origin: Origin
) -> Iterator[Finding]:
    called = [it for machine in machines for it in actions_of(machine)]
    activities = (it.name for machine in machines for it in activities_of(machine))
    known = {it.name for it in called} | {it.request for it in called} | {*activities}
    for name in functions:
        if _is_action(name) and name not in known:
            told = t("no Task of the workflow calls {name!r}", name=name)
            remedy = nearest(name, known) or t("it calls {names}", names=", ".join(sorted(known)))
            yield origin.finding(INVALID_FIELD, told, remedy, at=("functions", name))


def _functions_of_all(machines: Sequence[StateMachine]) -> frozenset[str] | None:
    found = [functions_of(machine) for machine in machines]
    return None if None in found else frozenset().union(*(it or () for it in found))


def _is_action(name: str) -> bool:
    """Whether it is an action of a service or an activity: names of Functions have no colon."""
    return ":" in name


def _when_findings(mock: Mock, origin: Origin, at: Steps) -> Iterator[Finding]:
    if mock.when is not None:
        for value in (mock.when.item, mock.when.input):
            for _, told in check_matchers(value):
                yield origin.finding(INVALID_FIELD, told, at=at)


def _expect_findings(expect: Expect, machine: StateMachine, origin: Origin) -> Iterator[Finding]:
    for name in ("output", "error", "cause", "events", "calls"):
        for pointer, told in check_matchers(getattr(expect, name)):
            yield origin.finding(INVALID_FIELD, told, at=(name, *pointer))
    if expect.states is not None:
        for pointer, told in wrong_trail(expect.states, containers(machine.block)):
            yield origin.finding(INVALID_FIELD, told, at=("states", *pointer))
    known = states_of(machine.block)
    for name in expect.calls or ():
        yield from _task_finding(name, known, origin, ("calls", name))
    if "duration" in expect.model_fields_set:
        try:
            duration_bounds(expect.duration)
        except ValueError as error:
            yield origin.finding(INVALID_FIELD, str(error), at=("duration",))
    if expect.error is not None and expect.status == "SUCCEEDED":
        told = t("an execution that succeeds has no error")
        yield origin.finding(INVALID_FIELD, told, at=("error",))


def _task_finding(
    name: str, known: Mapping[str, State], origin: Origin, at: Steps
) -> Iterator[Finding]:
    state = known.get(name)
    tasks = [each for each, state in known.items() if isinstance(state, TaskState)]
    if state is None:
        told = t("the workflow has no state {name!r}", name=name)
        remedy = nearest(name, tasks) or t("its tasks are {names}", names=", ".join(tasks))
        yield origin.finding(INVALID_FIELD, told, remedy, at=at)
    elif not isinstance(state, TaskState):
        told = t("state {name} is not a Task: the engine runs it itself", name=name)
        remedy = t("its tasks are {names}", names=", ".join(tasks) or t("none"))
        yield origin.finding(INVALID_FIELD, told, remedy, at=at)


def states_of(block: Block) -> dict[str, State]:
    """All states at all levels; their names are unique."""
    found: dict[str, State] = dict(block.states)
    for state in block.states.values():
        for each in blocks_of(state):
            found |= states_of(each)
    return found


def functions_of(machine: StateMachine) -> frozenset[str] | None:
    """Names of Functions that its Tasks call; None if Parameters decide at run time."""
    tasks = [it for it in states_of(machine.block).values() if isinstance(it, TaskState)]
    is_told_late = any(isinstance(it.resource, LambdaInvokeResource) for it in tasks)
    return None if is_told_late else machine.functions
