"""Whether a platform without buckets, Connections and a door for others can run a definition.

The engine knows all of the language, but an ItemReader or ResultWriter with a Resource needs an
object store, which only a platform with ``Transfers`` has, a Task that calls a service needs a
Connection to it, and callbacks and workers of activities need a door to come in by. Other
platforms refuse such a definition before it runs, and name the place.
"""

from collections.abc import Iterator
from typing import Final

from asw.asl.blocks import walk_places
from asw.asl.integrations import HTTP
from asw.asl.model import Block, Dialect, MapState, StateMachine, TaskState
from asw.asl.parse import read_definition
from asw.asl.problems import NOT_SUPPORTED, InvalidDefinition, Problem
from asw.asl.resources import (
    ActivityResource,
    LambdaInvokeResource,
    ServiceInvocation,
    ServiceResource,
)

_NO_STORE: Final = "There is no object store where executions run"


def read_runnable(
    text: str, dialect: Dialect = "ASL"
) -> tuple[StateMachine | None, tuple[Problem, ...]]:
    """The machine, None if it cannot run without objects and services, and all problems found."""
    machine, problems = read_definition(text, dialect)
    if machine is None:
        return None, problems
    lacking = tuple(_beyond(machine.block))
    return (None if lacking else machine), (*problems, *lacking)


def parse_runnable(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The machine, which runs without objects and services.

    Raises InvalidDefinition with every problem.
    """
    machine, problems = read_runnable(text, dialect)
    if machine is None:
        raise InvalidDefinition(problems)
    return machine


def _beyond(block: Block) -> Iterator[Problem]:
    for path, state in walk_places(block):
        if isinstance(state, MapState):
            yield from _lacking(state, path)
        elif isinstance(state, TaskState):
            yield from _beyond_pods(state, f"{path}/Resource")


def _beyond_pods(state: TaskState, path: str) -> Iterator[Problem]:
    match state.resource:
        case ServiceResource(invocation=invocation):
            yield _unconnected(invocation, path)
        case LambdaInvokeResource(pattern=pattern) if pattern:
            summary = f"Where executions run nothing takes callbacks yet, so {pattern} cannot end"
            yield _problem(
                path, summary, "use lambda:invoke without it; asw run and asw test have callbacks"
            )
        case ActivityResource(invocation=invocation):
            summary = (
                "Where executions run no worker can ask for tasks yet, so nobody does those of"
                f" the activity {invocation.activity}"
            )
            yield _problem(path, summary, "call a Function; asw test plays activities with mocks")


def _lacking(state: MapState, path: str) -> Iterator[Problem]:
    distribution = state.distribution
    if distribution is None:
        return
    if distribution.item_reader is not None:
        yield _problem(
            f"{path}/ItemReader", _NO_STORE, "pass the items in the state's input: ItemsPath"
        )
    writer = distribution.result_writer
    if writer is not None and writer.resource is not None:
        yield _problem(
            f"{path}/ResultWriter/Resource",
            _NO_STORE,
            "without Resource and Parameters the results are the state's output",
        )


def _unconnected(invocation: ServiceInvocation, path: str) -> Problem:
    if invocation.is_nested:
        return _problem(
            path,
            "A Task cannot start executions of other Workflows where executions run",
            "start them from a Function; asw run and asw test start them on one machine",
        )
    if invocation.name == HTTP:
        return _problem(
            path,
            "Where executions run nothing calls HTTP APIs yet",
            "call it from a Function; asw run calls it, and asw test plays it with mocks",
        )
    if invocation.is_kubernetes:
        return _problem(
            path,
            f"Kubernetes calls run by asw run only, so {invocation.name} cannot be called where"
            " executions run",
            "call it from a Function; asw run calls it, and asw test plays it with mocks",
        )
    return _problem(
        path,
        f"The service {invocation.resource_type} has no Connection where executions run, so"
        f" {invocation.resource} cannot be called",
        "call it from a Function; asw test plays it with mocks",
    )


def _problem(path: str, summary: str, hint: str) -> Problem:
    return Problem(severity="ERROR", code=NOT_SUPPORTED, path=path, summary=summary, hint=hint)
