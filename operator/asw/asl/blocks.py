"""Walks over the states of a machine. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from asw.asl.model import (
    Block,
    MapState,
    ParallelState,
    State,
    StateMachine,
    TaskState,
    Template,
)
from asw.asl.problems import pointer_of
from asw.asl.resources import (
    ActivityInvocation,
    ActivityResource,
    ServiceInvocation,
    ServiceResource,
)
from asw.asl.templates import MARK


def blocks_of(state: State) -> tuple[Block, ...]:
    """The blocks inside a state: a Parallel's branches, or a Map's item processor."""
    if isinstance(state, ParallelState):
        return state.branches
    return (state.item_processor,) if isinstance(state, MapState) else ()


def walk(block: Block) -> Iterator[State]:
    """Every state in the order of the definition, each before those inside it."""
    for state in block.states.values():
        yield state
        for inner in blocks_of(state):
            yield from walk(inner)


def walk_places(block: Block, steps: tuple[str | int, ...] = ()) -> Iterator[tuple[str, State]]:
    """Every state as ``walk`` has them, with its place in the definition: a JSON pointer."""
    for name, state in block.states.items():
        here = (*steps, "States", name)
        yield pointer_of(here), state
        within: tuple[str | int, ...] = ("ItemProcessor",)
        for number, inner in enumerate(blocks_of(state)):
            if isinstance(state, ParallelState):
                within = ("Branches", number)
            yield from walk_places(inner, (*here, *within))


def activities_of(machine: StateMachine) -> Iterator[ActivityInvocation]:
    """The activities whose workers do its Tasks, in their order."""
    for state in walk(machine.block):
        if isinstance(state, TaskState) and isinstance(state.resource, ActivityResource):
            yield state.resource.invocation


def actions_of(machine: StateMachine) -> Iterator[ServiceInvocation]:
    """The calls of services that its Tasks make, in their order."""
    for state in walk(machine.block):
        if isinstance(state, TaskState) and isinstance(state.resource, ServiceResource):
            yield state.resource.invocation


def requests_of(machine: StateMachine) -> Iterator[tuple[ServiceInvocation, Template]]:
    """Those that a Connection makes, with their roles and Parameters or Arguments as written.

    Executions of other Workflows are started, and people are asked, without one.
    """
    for state in walk(machine.block):
        if isinstance(state, TaskState) and isinstance(state.resource, ServiceResource):
            called = state.resource.invocation
            if not (called.is_nested or called.is_approval):
                given = state.arguments if state.language == "JSONata" else state.parameters
                yield replace(called, role=_role_of(state)), given


def _role_of(state: TaskState) -> str:
    """The ARN in its Credentials, or the expression that finds it; empty without."""
    given = state.credentials if isinstance(state.credentials, dict) else {}
    role = given.get("RoleArn", given.get(f"RoleArn{MARK}"))
    return role if isinstance(role, str) else ""


def moves_objects(machine: StateMachine) -> bool:
    """Whether a distributed Map reads its items from objects, or writes its results into some."""
    return any(_moves(it) for it in walk(machine.block) if isinstance(it, MapState))


def _moves(state: MapState) -> bool:
    distribution = state.distribution
    if distribution is None:
        return False
    writer = distribution.result_writer
    return distribution.item_reader is not None or (
        writer is not None and writer.resource is not None
    )


def services_of(machine: StateMachine) -> list[str]:
    """The services that Connections call for it, each once: ``dynamodb``, ``aws-sdk:s3``."""
    return list(dict.fromkeys(called.resource_type for called, _ in requests_of(machine)))


def state_names(machine: StateMachine) -> list[str]:
    """The names of all states; they are unique in the whole machine."""
    return [state.name for state in walk(machine.block)]


def with_state(machine: StateMachine, name: str, change: Callable[[State], State]) -> StateMachine:
    """The machine with the state of this name changed, on whatever level it is."""

    def in_block(block: Block) -> Block:
        return replace(block, states={key: in_state(it) for key, it in block.states.items()})

    def in_state(state: State) -> State:
        if state.name == name:
            return change(state)
        if isinstance(state, MapState):
            return replace(state, item_processor=in_block(state.item_processor))
        if isinstance(state, ParallelState):
            return replace(state, branches=tuple(map(in_block, state.branches)))
        return state

    return replace(machine, block=in_block(machine.block))
