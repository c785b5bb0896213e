"""The whole data-flow check: all that it finds in a definition, in the order of its text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from asw.asl.model import Dialect, StateMachine
from asw.asl.problems import Problem, pointer_of
from asw.asl.values import Json
from asw.lint.analysis.growth import size_risks
from asw.lint.analysis.handling import idle_handlers, is_caught, unhandled_errors
from asw.lint.analysis.loops import endless_loops
from asw.lint.analysis.requests import doubtful_requests
from asw.lint.analysis.rules import Told, choice_problems, unreached_states, unread_values
from asw.lint.analysis.shapes import ANY, Shape
from asw.lint.analysis.walk import Walk
from asw.lint.analysis.ways import Ways
from asw.lint.analysis.wording import problem_of

_OTHER_NAMES: Final = {"ItemProcessor": "Iterator", "ItemSelector": "Parameters"}
"""Fields that also have an old name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is known in advance: the input, and what Tasks return, by the name of their state.

    A ``default input`` is one of many possible ones, so what follows from it is never an error.
    """

    input: Shape = ANY
    source: Literal["nothing", "schema", "samples", "default input"] = "nothing"
    results: Mapping[str, Shape] = field(default_factory=dict)


def check_flow(
    machine: StateMachine, definition: Mapping[str, Json], known: Assumptions | None = None
) -> tuple[Problem, ...]:
    """What the data-flow check finds; ``definition`` is the JSON that the machine was read from."""
    known = known or Assumptions()
    walk = Walk(machine, known.input, known.results)
    ways = Ways(walk)
    found = [*_notes(ways, machine.dialect), *choice_problems(ways), *unreached_states(ways)]
    found += endless_loops(ways)
    found += unhandled_errors(walk, machine.dialect)
    found += [*idle_handlers(walk, machine.dialect), *size_risks(ways)]
    found += [*unread_values(walk, definition), *doubtful_requests(walk)]
    placed = [(tuple(_existing(steps, definition)), problem) for steps, problem in found]
    order = _Order(definition)
    placed.sort(key=lambda it: order.of(it[0]))
    told = (_by_default(replace(it, path=pointer_of(steps)), known) for steps, it in placed)
    return tuple(dict.fromkeys(told))


def _notes(ways: Ways, dialect: Dialect) -> Iterator[Told]:
    for name, passage in ways.passages.items():
        site = ways.walk.sites[name]
        for note in passage.notes:
            problem = problem_of(note, name, ways)
            if problem.severity == "ERROR" and is_caught(site, note.error, dialect):
                hint = f"{problem.hint}; it is caught, each time"
                problem = replace(problem, severity="WARNING", hint=hint)
            yield (*site.steps, *note.where), problem


def _existing(steps: tuple[str | int, ...], definition: Json) -> Iterator[str | int]:
    """The steps as far as the definition has them, under its own names."""
    here = definition
    for step in steps:
        if isinstance(step, str) and isinstance(here, dict) and step not in here:
            step = _OTHER_NAMES.get(step, step)  # noqa: PLW2901 - the same field
        is_there = step in here if isinstance(here, dict) else isinstance(here, list)
        if not is_there:
            return
        here = here[step]
        yield step


class _Order:
    """The order of places in the text of a definition."""

    def __init__(self, definition: Json) -> None:
        self._definition = definition
        self._numbers: dict[int, dict[str, int]] = {}

    def of(self, steps: tuple[str | int, ...]) -> tuple[int, ...]:
        """A key to sort by."""
        here, found = self._definition, []
        for step in steps:
            found.append(step if isinstance(step, int) else self._number(here, step))
            here = here[step]
        return tuple(found)

    def _number(self, within: dict[str, Json], name: str) -> int:
        if id(within) not in self._numbers:
            self._numbers[id(within)] = {key: at for at, key in enumerate(within)}
        return self._numbers[id(within)][name]


def _by_default(problem: Problem, known: Assumptions) -> Problem:
    if known.source != "default input" or problem.severity == "WARNING":
        return problem
    hint = f"{problem.hint}; so it is with the Workflow's default input"
    return replace(problem, severity="WARNING", hint=hint)
