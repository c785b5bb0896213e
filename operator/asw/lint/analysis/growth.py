"""Where a value may exceed 256 KiB: what Maps collect, what a loop adds each round."""

import json
from collections.abc import Iterator
from typing import Final

from asw.asl.model import (
    ABSENT,
    MapState,
    PassState,
    StateFields,
    Template,
    WorkFields,
)
from asw.asl.problems import Problem
from asw.asl.templates import MARK
from asw.asl.values import Json
from asw.lint.analysis.codes import DATA_LIMIT_RISK
from asw.lint.analysis.loops import states_in_loops
from asw.lint.analysis.rules import Told, problem_with
from asw.lint.analysis.shapes import NOTHING, Arrays, Objects, Shape, items_of
from asw.lint.analysis.ways import Ways

LIMIT: Final = 262_144
"""AWS: most bytes of a state's input, result or output."""
FEW_ITEMS: Final = 10
"""Fewer outputs of unknown size are not reported."""
SMALL_OUTPUT: Final = 1024
"""Bytes; any number of smaller outputs is not reported."""
_LONGEST_NUMBER: Final = 24
"""Bytes of a number as programs write them."""
_WRITE: Final = "let each item write its result elsewhere, or keep less with ResultSelector"
_KEEP_LESS: Final = "keep less of it, with ResultSelector, ResultPath or OutputPath"
_REPLACE: Final = "let each round replace what the round before left"


def size_risks(ways: Ways) -> Iterator[Told]:
    """Values that may exceed the limit, with the numbers that show it."""
    for name, passage in ways.passages.items():
        site = ways.walk.sites[name]
        state = site.state
        said, remedy = "", _WRITE
        if isinstance(state, MapState) and state.distribution is None and passage.edges:
            said = _of_map(state, passage.result)
        if not said:
            said, remedy = _of_outputs(ways, name), _KEEP_LESS
        if said:
            yield site.steps, _risk(said, remedy)
    yield from _growing_loops(ways)


def _of_map(state: MapState, result: Shape) -> str:
    """What a Map collects, if the number or the size of its outputs is known."""
    arrays, is_kept = result.arrays, state.result_path is not None
    if arrays is None or not is_kept or state.result_selector is not ABSENT:
        return ""
    most, each = arrays.most, most_bytes(items_of(result))
    if most is not None and each is not None:
        if most * each <= LIMIT:
            return ""
        total = shown_bytes(most * each)
        return f"it collects up to {most} items x {shown_bytes(each)} = {total}"
    if most is not None and each is None and most >= FEW_ITEMS:
        return (
            f"it collects up to {most} outputs that nothing bounds: "
            f"from {shown_bytes(LIMIT // most)} each on they are too large together"
        )
    if most is None and each is not None and each >= SMALL_OUTPUT:
        return (
            f"it collects as many outputs as there are items, which nothing bounds: "
            f"from {LIMIT // each + 1} items x {shown_bytes(each)} on they are too large"
        )
    return ""


def _of_outputs(ways: Ways, name: str) -> str:
    """What leaves a state, if the state makes it too large."""
    entered = most_bytes(ways.walk.entries[name].input)
    if entered is None or entered > LIMIT:
        return ""
    for edge in ways.passages[name].edges:
        size = most_bytes(edge.world.input)
        if size is not None and size > LIMIT:
            return (
                f"what leaves it has up to {shown_bytes(size)}, what enters {shown_bytes(entered)}"
            )
    return ""


def _growing_loops(ways: Ways) -> Iterator[Told]:
    """States in a loop that make their input larger."""
    looping: dict[tuple[str, int], frozenset[str]] = {}
    for name in ways.passages:
        site = ways.walk.sites[name]
        how = _grows(site.state)
        if not how:
            continue
        if site.block.key not in looping:
            looping[site.block.key] = states_in_loops(site.block.block)
        if name in looping[site.block.key]:
            yield site.steps, _risk(f"it is in a loop, and each round {how}", _REPLACE)


def _grows(state: StateFields) -> str:
    """How the state makes a value larger each time; empty if that is not certain."""
    if state.assign is not ABSENT and isinstance(state.assign, dict):
        for key, value in state.assign.items():
            if _appends(key.removesuffix(MARK), value):
                return f"the variable ${key.removesuffix(MARK)} becomes longer"
    if state.language == "JSONata":
        return "its whole input goes into its output" if _nests(state.output, "{%") else ""
    if not isinstance(state, PassState | WorkFields) or state.input_path != "$":
        return ""
    if isinstance(state, PassState) and state.result is ABSENT:
        is_inner = state.result_path not in (None, "$")
        if state.parameters is ABSENT and is_inner:
            return "its whole input goes into its output once more"
        if state.parameters is not ABSENT and _nests(state.parameters, "$"):
            return "" if state.result_path is None else "its whole input goes into its output"
    return ""


def _nests(template: Template, mark: str) -> bool:
    """Whether the template contains the whole input."""
    if not isinstance(template, dict | list):
        return False
    wholes = {"$"} if mark == "$" else {"{% $states.input %}", "{%$states.input%}"}
    items = template.values() if isinstance(template, dict) else template
    return any(
        (isinstance(it, str) and it in wholes) or (not isinstance(it, str) and _nests(it, mark))
        for it in items
    )


def _appends(variable: str, value: Json) -> bool:
    """Whether the expression is the variable with something added."""
    if not isinstance(value, str):
        return False
    inner = value.strip("{}% ").replace(" ", "")
    starts = (f"$append(${variable},", f"[${variable},", f"${variable}&")
    return inner.startswith(starts) or inner.startswith(f"States.Array(${variable},")


def _risk(said: str, remedy: str) -> Problem:
    return problem_with(
        DATA_LIMIT_RISK,
        f"A value may grow over {shown_bytes(LIMIT)} here, the most that a state may have.",
        f"{said}; {remedy}",
    )


def most_bytes(found: Shape) -> int | None:
    """The most bytes that the JSON text of such a value may have; None if unbounded."""
    sizes = [4 if found.null else 0, 5 if found.booleans else 0]
    sizes.append(_LONGEST_NUMBER if found.numbers else 0)
    if found.texts is not None:
        if found.texts.longest is None:
            return None
        sizes.append(found.texts.longest)
    for part in (_of_arrays(found.arrays), _of_objects(found.objects)):
        if part is None:
            return None
        sizes.append(part)
    return max(sizes)


def _of_arrays(arrays: Arrays | None) -> int | None:
    if arrays is None:
        return 0
    if arrays.most is None:
        return None
    sizes = [most_bytes(it) for it in (*arrays.head, arrays.rest)]
    if any(it is None for it in sizes):
        return None
    known = [it or 0 for it in sizes]
    return 2 + sum(known[:-1]) + known[-1] * (arrays.most - len(arrays.head)) + arrays.most


def _of_objects(objects: Objects | None) -> int | None:
    if objects is None:
        return 0
    if objects.rest is not NOTHING:
        return None
    total = 2
    for name, field in objects.fields.items():
        if field.shape is NOTHING:
            continue
        size = most_bytes(field.shape)
        if size is None:
            return None
        total += size + len(json.dumps(name, ensure_ascii=False).encode(errors="replace")) + 2
    return total


def shown_bytes(size: int) -> str:
    """A size for people: ``10 KiB``, ``300 bytes``."""
    for unit, bytes_of in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"
