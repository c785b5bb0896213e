"""Whether a cluster can run a definition.

The engine knows all of the language, but children without a record cannot wait for what is
reported. A cluster refuses such a definition before it runs, and names the place.
"""

from collections.abc import Iterator

from asw.asl.blocks import walk_places
from asw.asl.integrations import CALLBACK
from asw.asl.model import Block, Dialect, MapState, StateMachine, TaskState
from asw.asl.parse import read_definition
from asw.asl.problems import NOT_SUPPORTED, InvalidDefinition, Problem
from asw.asl.resources import (
    ActivityResource,
    LambdaInvokeResource,
    ServiceInvocation,
    ServiceResource,
)


def read_runnable(
    text: str, dialect: Dialect = "ASL"
) -> tuple[StateMachine | None, tuple[Problem, ...]]:
    """The machine, None if a cluster cannot run it, and all problems found."""
    machine, problems = read_definition(text, dialect)
    if machine is None:
        return None, problems
    lacking = tuple(_beyond(machine.block))
    return (None if lacking else machine), (*problems, *lacking)


def parse_runnable(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The machine, which a cluster can run.

    Raises InvalidDefinition with every problem.
    """
    machine, problems = read_runnable(text, dialect)
    if machine is None:
        raise InvalidDefinition(problems)
    return machine


def _beyond(block: Block) -> Iterator[Problem]:
    express: tuple[str, ...] = ()
    for path, state in walk_places(block):
        if isinstance(state, MapState):
            if state.distribution is not None and state.distribution.execution_type == "EXPRESS":
                express = (*express, f"{path}/")
        elif isinstance(state, TaskState):
            is_express = path.startswith(express)
            yield from _beyond_pods(state, f"{path}/Resource", is_express=is_express)


def _beyond_pods(state: TaskState, path: str, *, is_express: bool) -> Iterator[Problem]:
    match state.resource:
        case ServiceResource(invocation=invocation) if (
            not invocation.is_nested or invocation.pattern == CALLBACK
        ):
            if (why := _uncallable(invocation, is_express=is_express)) is not None:
                yield _problem(path, *why)
        case LambdaInvokeResource(pattern=pattern) if pattern and is_express:
            yield _problem(path, *_hurried(pattern))
        case ActivityResource() if is_express:
            yield _problem(path, *_hurried("workers of activities"))


def _hurried(pattern: str) -> tuple[str, str]:
    return (
        f"Children of ExecutionType EXPRESS cannot wait for {pattern}",
        "use ExecutionType STANDARD",
    )


def _uncallable(invocation: ServiceInvocation, *, is_express: bool) -> tuple[str, str] | None:
    """What keeps the call from being made, and what to do."""
    if invocation.is_approval:
        return _hurried("approvals") if is_express else None
    return _hurried(invocation.pattern) if invocation.pattern and is_express else None


def _problem(path: str, summary: str, hint: str) -> Problem:
    return Problem(severity="ERROR", code=NOT_SUPPORTED, path=path, summary=summary, hint=hint)
