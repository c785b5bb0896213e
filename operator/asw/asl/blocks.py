"""Walks the states of a machine, with where each of them is. Pure."""

from collections.abc import Iterator

from asw.asl.model import Block, MapState, ParallelState, State, StateMachine


def blocks_of(state: State) -> tuple[Block, ...]:
    """The blocks inside of a state: branches, or what a Map does with each item."""
    if isinstance(state, ParallelState):
        return state.branches
    return (state.item_processor,) if isinstance(state, MapState) else ()


def walk(block: Block) -> Iterator[State]:
    """Every state, in the order of the definition, outer ones before those inside of them."""
    for state in block.states.values():
        yield state
        for inner in blocks_of(state):
            yield from walk(inner)


def state_names(machine: StateMachine) -> list[str]:
    """The names of all states, which are unique in the whole machine."""
    return [state.name for state in walk(machine.block)]
