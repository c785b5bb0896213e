"""Whether a platform without children can run a definition: the language's problems, and its own.

The engine knows all of the language; a distributed Map needs children that are executions of their
own, which only a platform with ``DistributedMaps`` has. Any other one refuses such a definition
before it runs, with its place.
"""

from collections.abc import Iterator

from asw.asl.model import Block, Dialect, MapState, ParallelState, StateMachine
from asw.asl.parse import read_definition
from asw.asl.problems import NOT_SUPPORTED, InvalidDefinition, Problem


def read_runnable(
    text: str, dialect: Dialect = "ASL"
) -> tuple[StateMachine | None, tuple[Problem, ...]]:
    """The machine, None where it cannot run without children, and all that is to be told of it."""
    machine, problems = read_definition(text, dialect)
    if machine is None:
        return None, problems
    lacking = tuple(_distributed(machine.block, ""))
    return (None if lacking else machine), (*problems, *lacking)


def parse_runnable(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The machine, which runs without children. Raises InvalidDefinition, with every problem."""
    machine, problems = read_runnable(text, dialect)
    if machine is None:
        raise InvalidDefinition(problems)
    return machine


def _distributed(block: Block, path: str) -> Iterator[Problem]:
    for name, state in block.states.items():
        here = f"{path}/States/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(state, ParallelState):
            for at, branch in enumerate(state.branches):
                yield from _distributed(branch, f"{here}/Branches/{at}")
        elif isinstance(state, MapState):
            if state.distribution is not None:
                yield _lacking(f"{here}/ItemProcessor/ProcessorConfig/Mode")
            yield from _distributed(state.item_processor, f"{here}/ItemProcessor")


def _lacking(path: str) -> Problem:
    return Problem(
        severity="ERROR",
        code=NOT_SUPPORTED,
        path=path,
        summary="A distributed Map is not supported yet where executions run",
        hint="INLINE is: it runs up to 40 iterations at once",
    )
