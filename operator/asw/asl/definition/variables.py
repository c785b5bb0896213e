"""Reading Assign, and checking the variables of a whole definition (ASL: Variables)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from asw.asl.definition.fields import Reader
from asw.asl.definition.place import Place
from asw.asl.definition.queries import template_with
from asw.asl.definition.readers import template
from asw.asl.problems import (
    DUPLICATE_VARIABLE_NAME,
    INVALID_VARIABLE_NAME,
    POSSIBLY_UNDEFINED_VARIABLE,
    RESERVED_VARIABLE_NAME,
)
from asw.asl.templates import MARK
from asw.asl.values import Json

LONGEST_VARIABLE: Final = 80
"""AWS: characters of a variable's name."""
_APART: Final = (
    "a distributed Map and its children do not see each other's variables; "
    "pass values in with ItemSelector or BatchInput, and out with the children's outputs"
)
_RESERVED: Final = "states"
_NAME: Final = re.compile(r"[^\W\d]\w*")


def read_assign(language: str, *fields: str) -> Reader:
    """Read Assign in a query language: an object of variables.

    ``fields`` are those that ``$states`` has there besides input and context.
    """
    check = template_with(*fields) if language == "JSONata" else template

    def read(value: Json, place: Place) -> Json:
        if not isinstance(value, dict):
            place.wrong(value, "[OBJECT]")
            return {}
        for key in value:
            _check_name(key.removesuffix(MARK) if language == "JSONPath" else key, place.at(key))
        return check(value, place)

    return read


def _check_name(name: str, place: Place) -> None:
    if name == _RESERVED:
        place.error(
            "Cannot assign to reserved variable '$states'.",
            "give it another name",
            code=RESERVED_VARIABLE_NAME,
        )
    elif not _NAME.fullmatch(name):
        place.error(
            f"Invalid variable name '{name}': the variable name contains invalid characters.",
            "use letters, digits and _, no digit first; a variable can only be assigned as a whole",
            code=INVALID_VARIABLE_NAME,
        )
    elif len(name) > LONGEST_VARIABLE:
        place.error(
            f"Invalid variable name '{name}': the variable name is too long.",
            f"at most {LONGEST_VARIABLE} characters are allowed, it has {len(name)}",
            code=INVALID_VARIABLE_NAME,
        )


@dataclass(frozen=True, slots=True)
class _Scope:
    """The variables of a block, each name with the states that assign it.

    ``within`` is the state of the outer scope that contains this block.
    """

    assigned: dict[str, set[str]] = field(default_factory=dict)
    outer: "_Scope | None" = None
    within: str = ""

    def has_outside(self, name: str) -> bool:
        """Whether a scope around this one assigns the variable.

        As recorded at AWS, a state's own Catch may assign the same variables as its branches.
        """
        if self.outer is None:
            return False
        by = self.outer.assigned.get(name)
        return (by is not None and by != {self.within}) or self.outer.has_outside(name)


def check_variables(definition: Mapping[str, Json], place: Place) -> None:
    """Report variables that an inner scope assigns again, and those that no state assigns.

    Children of a distributed Map are runs of their own and see none of its variables.
    """
    runs: dict[tuple[str | int, ...], set[str]] = {(): set()}
    _check_scope(definition, place, _Scope(), runs)
    for where, name, otherwise in place.report.references:
        steps = where.steps
        while steps not in runs:
            steps = steps[:-1]
        if name not in runs[steps]:
            is_apart = any(name in run for run in runs.values())
            near = where.near(f"${name}", (f"${it}" for it in sorted(runs[steps])))
            where.warning(
                f"Variable '{name}' is possibly not defined.",
                _APART if is_apart else near or otherwise(name) or "no state assigns it",
                code=POSSIBLY_UNDEFINED_VARIABLE,
            )


def _check_scope(
    block: Mapping[str, Json],
    place: Place,
    scope: _Scope,
    runs: dict[tuple[str | int, ...], set[str]],
    run: tuple[str | int, ...] = (),
) -> None:
    """AWS: an inner scope can read the variables around it but not assign them.

    ``runs`` collects the variables of each run by the steps to it; ``run`` is the current one.
    """
    states = block.get("States")
    readable = states.items() if isinstance(states, dict) else ()
    here = [
        (name, state, place.at("States", name))
        for name, state in readable
        if isinstance(state, dict)
    ]
    for name, state, where in here:
        for at, variable in _assigned(state, where):
            scope.assigned.setdefault(variable, set()).add(name)
            if scope.has_outside(variable):
                _report_outer(variable, at)
    runs[run].update(scope.assigned)
    for name, state, where in here:
        for inner, at, is_apart in _inner_blocks(state, where):
            if is_apart:
                runs[at.steps] = set()
                _check_scope(inner, at, _Scope(), runs, at.steps)
            else:
                _check_scope(inner, at, _Scope(outer=scope, within=name), runs, run)


def _report_outer(variable: str, place: Place) -> None:
    place.error(
        f"The variable name '{variable}' was already defined in a parent scope.",
        "an inner scope can only read it; give this one another name",
        code=DUPLICATE_VARIABLE_NAME,
    )


def _assigned(state: Mapping[str, Json], place: Place) -> Iterator[tuple[Place, str]]:
    """Every variable that a state, its Choice rules and its Catchers set, with its place."""
    rules = [(state, place)]
    for name in ("Choices", "Catch"):
        listed = state.get(name)
        for at, rule in enumerate(listed if isinstance(listed, list) else ()):
            rules.append((rule, place.at(name, at)))
    for rule, where in rules:
        assign = rule.get("Assign") if isinstance(rule, dict) else None
        for key in assign if isinstance(assign, dict) else ():
            yield where.at("Assign", key), key.removesuffix(MARK)


def _inner_blocks(
    state: Mapping[str, Json], place: Place
) -> Iterator[tuple[Mapping[str, Json], Place, bool]]:
    """Branches and item processors, and whether each is a run of its own (a distributed Map's)."""
    branches = state.get("Branches")
    for at, branch in enumerate(branches if isinstance(branches, list) else ()):
        if isinstance(branch, dict):
            yield branch, place.at("Branches", at), False
    for name in ("ItemProcessor", "Iterator"):
        processor = state.get(name)
        if isinstance(processor, dict):
            yield processor, place.at(name), _is_distributed(processor)


def _is_distributed(processor: Mapping[str, Json]) -> bool:
    """Whether an ItemProcessor is in DISTRIBUTED mode."""
    config = processor.get("ProcessorConfig")
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED"
