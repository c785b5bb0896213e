"""Whether a platform without children can run a definition: the language's problems, and its own.

The engine knows all of the language; a distributed Map needs children that are executions of their
own, which only a platform with ``DistributedMaps`` has. Any other one refuses such a definition
before it runs, with its place.
"""

from collections.abc import Iterator

from asw.asl.model import Block, Dialect, MapState, ParallelState, StateMachine
from asw.asl.parse import find_problems, parse
from asw.asl.problems import NOT_SUPPORTED, InvalidDefinition, Problem


def find_runnable_problems(text: str, dialect: Dialect = "ASL") -> tuple[Problem, ...]:
    """All that is wrong with the definition, and all that cannot be run of it without children."""
    problems = find_problems(text, dialect)
    if any(problem.severity == "ERROR" for problem in problems):
        return problems
    return (*problems, *_distributed(parse(text, dialect).block, ""))


def parse_runnable(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The machine, which runs without children. Raises InvalidDefinition."""
    machine = parse(text, dialect)
    lacking = tuple(_distributed(machine.block, ""))
    if lacking:
        raise InvalidDefinition(lacking)
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
