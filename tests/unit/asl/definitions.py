"""Small definitions for tests, and what is wrong with them in short."""

import json
from itertools import count

from asw.asl.model import Dialect, StateMachine
from asw.asl.parse import find_problems, parse
from asw.asl.problems import Problem
from asw.asl.scope import Scope
from asw.asl.values import Json

FUNCTION = "asw:function:sum"


def a_scope(context: Json = None, *, chances: tuple[float, ...] = (0.5,)) -> Scope:
    """A scope with this context object, whose chance gives these numbers in turn, forever."""
    turns = count()
    return Scope(context=context or {}, chance=lambda: chances[next(turns) % len(chances)])


def a_machine(**states: Json) -> dict[str, Json]:
    """A machine of these states, starting at the first."""
    return {"StartAt": next(iter(states)), "States": states}


def a_pass(**fields: Json) -> dict[str, Json]:
    """A Pass state that ends, unless the fields lead on."""
    ending = {} if "Next" in fields or "End" in fields else {"End": True}
    return {"Type": "Pass", **ending, **fields}


def a_task(**fields: Json) -> dict[str, Json]:
    """A Task state that calls a function and ends, unless the fields lead on."""
    ending = {} if "Next" in fields or "End" in fields else {"End": True}
    return {"Type": "Task", "Resource": FUNCTION, **ending, **fields}


def a_map(**fields: Json) -> dict[str, Json]:
    """A Map state over a Pass, unless the fields say over what."""
    inner = {"ItemProcessor": a_machine(Inner=a_pass())}
    if "ItemProcessor" in fields or "Iterator" in fields:
        inner = {}
    return {"Type": "Map", "End": True, **inner, **fields}


def a_choice(*rules: Json, **fields: Json) -> dict[str, Json]:
    """A machine of one Choice with these rules, which lead to a Pass named Done."""
    choices = [{"Next": "Done", **rule} for rule in rules]
    return a_machine(Choose={"Type": "Choice", "Choices": choices, **fields}, Done=a_pass())


def parsed(definition: Json, dialect: Dialect = "ASL") -> StateMachine:
    """The machine that the definition makes."""
    return parse(json.dumps(definition), dialect)


def only_state(definition: Json, dialect: Dialect = "ASL") -> Json:
    """The model of the first state of the machine, or of a machine of this one state."""
    machine = parsed(definition if "States" in definition else a_machine(S=definition), dialect)
    return machine.block.states[machine.block.start_at]


def problems(definition: Json, dialect: Dialect = "ASL") -> list[Problem]:
    """All problems of the definition, or of a machine of this one state."""
    if not isinstance(definition, str):
        whole = "States" in definition or "Type" not in definition
        definition = json.dumps(definition if whole else a_machine(S=definition))
    return list(find_problems(definition, dialect))


def told(definition: Json, dialect: Dialect = "ASL") -> list[tuple[str, str]]:
    """Code and path of each problem."""
    return [(problem.code, problem.path) for problem in problems(definition, dialect)]
