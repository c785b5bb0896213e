"""Reading Assign, and checking the variables of a whole definition (ASL: Variables)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place
from asw.asl.definition.queries import query_template
from asw.asl.definition.readers import template
from asw.asl.problems import UNDEFINED_VARIABLE, VARIABLE_NAME
from asw.asl.templates import MARK
from asw.asl.values import Json

LONGEST_VARIABLE: Final = 80
"""AWS: characters of a variable's name."""
_RESERVED: Final = "states"
_NAME: Final = re.compile(r"[^\W\d]\w*")


def read_assign(language: str) -> Reader:
    """Assign in a query language: an object of variables."""
    check = query_template if language == "JSONata" else template

    def read(value: Json, place: Place) -> Json:
        if not isinstance(value, dict):
            place.wrong(value, "an object (its fields are the variables)")
            return {}
        for key in value:
            name = key.removesuffix(MARK) if language == "JSONPath" else key
            _check_name(name, place.at(key))
            place.report.assigned.add(name)
        return check(value, place)

    return read


def _check_name(name: str, place: Place) -> None:
    if name == _RESERVED:
        place.error("The variable name 'states' is reserved", "$states is AWS's own")
    elif not _NAME.fullmatch(name) or len(name) > LONGEST_VARIABLE:
        place.error(
            f"'{name}' is no name of a variable",
            f"letters, digits and _, no digit first, at most {LONGEST_VARIABLE} characters: "
            "a variable is assigned as a whole",
            code=VARIABLE_NAME,
        )


def check_variables(definition: Mapping[str, Json], place: Place) -> None:
    """Tell of variables that an inner scope assigns anew, and of ones that nobody assigns."""
    _check_scope(definition, place, frozenset())
    for where, name in place.report.references:
        if name not in place.report.assigned:
            where.warning(
                f"No state assigns the variable '${name}'",
                where.near(name, place.report.assigned),
                code=UNDEFINED_VARIABLE,
            )


def _check_scope(block: Mapping[str, Json], place: Place, outer: frozenset[str]) -> None:
    """AWS: an inner scope reads the variables around it and cannot assign them."""
    states = block.get("States")
    if not isinstance(states, dict):
        return
    readable = {name: state for name, state in states.items() if isinstance(state, dict)}
    own: dict[str, set[str]] = {}
    for state_name, state in readable.items():
        for where, name in _assigned(state, place.at("States", state_name)):
            own.setdefault(name, set()).add(state_name)
            if name in outer:
                where.error(
                    f"The variable name '{name}' was already defined in a parent scope",
                    "give the inner variable another name",
                    code=VARIABLE_NAME,
                )
    for state_name, state in readable.items():
        # As recorded at AWS, a state's own Catch may assign what its branches assign.
        around = outer | {name for name, by in own.items() if by != {state_name}}
        for inner, here, is_apart in _inner_blocks(state, place.at("States", state_name)):
            _check_scope(inner, here, frozenset() if is_apart else around)


def _assigned(state: Mapping[str, Json], place: Place) -> Iterator[tuple[Place, str]]:
    """Every variable that a state sets, its Choice rules and Catchers too, with its place."""
    rules = [(state, place)]
    for field in ("Choices", "Catch"):
        listed = state.get(field)
        for at, rule in enumerate(listed if isinstance(listed, list) else ()):
            rules.append((rule, place.at(field, at)))
    for rule, where in rules:
        assign = rule.get("Assign") if isinstance(rule, dict) else None
        for key in assign if isinstance(assign, dict) else ():
            yield where.at("Assign", key), key.removesuffix(MARK)


def _inner_blocks(
    state: Mapping[str, Json], place: Place
) -> Iterator[tuple[Mapping[str, Json], Place, bool]]:
    """Branches and item processors; whether a block is apart, as a distributed Map's is."""
    branches = state.get("Branches")
    for at, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield branch, place.at("Branches", at), False
    for field in ("ItemProcessor", "Iterator"):
        processor = state.get(field)
        if isinstance(processor, dict):
            yield processor, place.at(field), is_distributed(processor)


def is_distributed(processor: Mapping[str, Json]) -> bool:
    """Whether an ItemProcessor is in DISTRIBUTED mode."""
    config = processor.get("ProcessorConfig")
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
