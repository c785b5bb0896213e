"""The steps that paths of jsonpath templates go: from one value to others. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from asw.asl.values import Json

Step: TypeAlias = Callable[[Json, Json], Iterable[Json]]
"""From a value, and the object that ``$`` is, to others."""

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
}


def at_root(_: Json, root: Json) -> Iterable[Json]:
    """``$``."""
    return (root,)


def constant(value: Json) -> Step:
    """A number, a text, a truth value: in filters."""
    return lambda _, __: (value,)


def select(steps: Sequence[Step], value: Json, root: Json) -> list[Json]:
    """What the steps lead to, one after the other."""
    found = [value]
    for step in steps:
        parts = step.parts if isinstance(step, Union) else (step,)
        found = [each for part in parts for one in found for each in part(one, root)]
    return found


def at_field(name: str) -> Step:
    """``.name``; nothing where there is none."""

    def step(value: Json, _: Json) -> Iterable[Json]:
        return (value[name],) if isinstance(value, dict) and name in value else ()

    return step


def every(value: Json, _: Json) -> Iterable[Json]:
    """``[*]``."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def descendants(value: Json, root: Json) -> Iterable[Json]:
    """``..``: the value and all below it."""
    yield value
    for each in every(value, root):
        yield from descendants(each, root)


def at_index(number: int) -> Step:
    """``[n]``, from the end where it is negative."""

    def step(value: Json, _: Json) -> Iterable[Json]:
        is_there = isinstance(value, list | tuple) and -len(value) <= number < len(value)
        return (value[number],) if is_there else ()

    return step


def in_slice(part: slice) -> Step:
    """``[from:until:step]``."""
    return lambda value, _: value[part] if isinstance(value, list | tuple) else ()


@dataclass(frozen=True, slots=True)
class Union:
    """``[a,b]``: all that the first part leads to, then all that the second does (kubectl)."""

    parts: Sequence[Step]

    def __call__(self, value: Json, root: Json) -> Iterable[Json]:
        """From one value."""
        return [each for part in self.parts for each in part(value, root)]


def at_quoted(name: str, names: Sequence[str]) -> Step:
    """``['a.b']``: the field of this very name, else, as kubectl has it, a path of fields."""
    path = [at_field(each) for each in names]

    def step(value: Json, root: Json) -> Iterable[Json]:
        return list(at_field(name)(value, root)) or select(path, value, root)

    return step


def filtered(left: Step, operator: str | None, right: Step | None) -> Step:
    """``[?(@.a == 1)]``; without an operator that there is something."""

    def holds(value: Json, root: Json) -> bool:
        lefts = list(left(value, root))
        if operator is None or right is None:
            return bool(lefts)
        rights = list(right(value, root))
        if len(lefts) != 1 or len(rights) != 1:
            return False
        try:
            return OPERATORS[operator](lefts[0], rights[0])
        except TypeError:  # a text and a number have no order
            return False

    return lambda value, root: [each for each in every(value, root) if holds(each, root)]
