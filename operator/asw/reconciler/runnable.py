"""Whether a platform without buckets can run a definition.

The engine knows all of the language, but an ItemReader or ResultWriter with a Resource needs an
object store, which only a platform with ``Transfers`` has. Other platforms refuse such a definition
before it runs, and name the place.
"""

from collections.abc import Iterator

from asw.asl.model import Block, Dialect, MapState, ParallelState, StateMachine
from asw.asl.parse import read_definition
from asw.asl.problems import NOT_SUPPORTED, InvalidDefinition, Problem


def read_runnable(
    text: str, dialect: Dialect = "ASL"
) -> tuple[StateMachine | None, tuple[Problem, ...]]:
    """The machine, None if it cannot run without objects, and all problems found."""
    machine, problems = read_definition(text, dialect)
    if machine is None:
        return None, problems
    lacking = tuple(_stored(machine.block, ""))
    return (None if lacking else machine), (*problems, *lacking)


def parse_runnable(text: str, dialect: Dialect = "ASL") -> StateMachine:
    """The machine, which runs without objects. Raises InvalidDefinition with every problem."""
    machine, problems = read_runnable(text, dialect)
    if machine is None:
        raise InvalidDefinition(problems)
    return machine


def _stored(block: Block, path: str) -> Iterator[Problem]:
    for name, state in block.states.items():
        here = f"{path}/States/{name.replace('~', '~0').replace('/', '~1')}"
        if isinstance(state, ParallelState):
            for at, branch in enumerate(state.branches):
                yield from _stored(branch, f"{here}/Branches/{at}")
        elif isinstance(state, MapState):
            yield from _lacking(state, here)
            yield from _stored(state.item_processor, f"{here}/ItemProcessor")


def _lacking(state: MapState, path: str) -> Iterator[Problem]:
    distribution = state.distribution
    if distribution is None:
        return
    if distribution.item_reader is not None:
        yield _problem(f"{path}/ItemReader", "pass the items in the state's input: ItemsPath")
    writer = distribution.result_writer
    if writer is not None and writer.resource is not None:
        yield _problem(
            f"{path}/ResultWriter/Resource",
            "without Resource and Parameters the results are the state's output",
        )


def _problem(path: str, hint: str) -> Problem:
    return Problem(
        severity="ERROR",
        code=NOT_SUPPORTED,
        path=path,
        summary="There is no object store where executions run",
        hint=hint,
    )
