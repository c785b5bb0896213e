"""States that contain states: what enters their blocks, and what becomes of the outputs."""

import math
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias

from asw.asl.errors import RUNTIME
from asw.asl.jsonpath import parse_path
from asw.asl.model import ABSENT, Distribution, Expression, MapState, ParallelState
from asw.lint.analysis import calls, queries
from asw.lint.analysis.evaluation import EvaluationContext, wants
from asw.lint.analysis.flow import (
    ERROR_OUTPUT,
    Passage,
    StateScope,
    World,
    effective_input,
    existing,
    item_error,
    work_input,
    worked,
)
from asw.lint.analysis.paths import read
from asw.lint.analysis.places import put
from asw.lint.analysis.shapes import (
    ANY,
    ARRAY,
    NOTHING,
    TEXT,
    Arrays,
    Field,
    Objects,
    Presence,
    Shape,
    array,
    items_of,
    join,
    number,
    record,
    row,
    shape,
)

Inner: TypeAlias = Callable[[int, World, Shape], Shape]
"""Runs the block of this number with a world and a context object; gives its possible outputs."""

NO_VARIABLES: Final = record({})


def parallel(state: ParallelState, place: StateScope, inner: Inner) -> Passage:
    """A Parallel: all branches get the same input; the result has one item for each."""

    def work(evaluation: EvaluationContext) -> Shape:
        value = work_input(state, evaluation)
        if evaluation.failure is not None:
            return NOTHING
        world = World(value, evaluation.variables)
        outputs = [inner(at, world, place.context) for at in range(len(state.branches))]
        return row(outputs)

    return worked(state, place, work)


def mapped(state: MapState, place: StateScope, inner: Inner) -> Passage:
    """A Map: each iteration gets one item; the result has the output of each."""

    def work(evaluation: EvaluationContext) -> Shape:
        items = _items(state, evaluation)
        _check_bounds(state, evaluation)
        if evaluation.failure is not None or items.arrays is None:
            return NOTHING
        item = _with_item(place.context, items_of(items))
        entered = _selected(state, evaluation, item, items)
        output = NOTHING
        if entered is not NOTHING:
            if state.distribution is None:
                output = inner(0, World(entered, evaluation.variables), item)
            else:
                output = _child(state.distribution, inner, entered)
        return _result(state, items.arrays, output)

    return worked(state, place, work)


def _items(state: MapState, evaluation: EvaluationContext) -> Shape:
    """The array that the Map runs over."""
    if state.distribution is not None and state.distribution.item_reader is not None:
        return ARRAY
    error = item_error(state.language)
    if state.language == "JSONata":
        if isinstance(state.items, Expression):
            return queries.value_of(state.items.source, evaluation, ("Items",), "arrays")
        items = evaluation.raw
        if state.items is not ABSENT:
            items = queries.expand(state.items, evaluation, ("Items",))
        wants(evaluation, items, "arrays", (("Items",), "$states.input", error))
        return items
    document = effective_input(state, evaluation)
    if evaluation.failure is not None:
        return NOTHING
    is_raw = state.input_path == "$"
    items = read(parse_path(state.items_path), document, evaluation, ("ItemsPath",), is_raw=is_raw)
    wants(evaluation, items, "arrays", (("ItemsPath",), state.items_path, error))
    return items


def _check_bounds(state: MapState, evaluation: EvaluationContext) -> None:
    """Check the paths and expressions for how many items may run at once and may fail."""
    for name, path, given, most in (
        ("MaxConcurrency", state.max_concurrency_path, state.max_concurrency, math.inf),
        (
            "ToleratedFailureCount",
            state.tolerated_failure_count_path,
            state.tolerated_failure_count,
            math.inf,
        ),
        (
            "ToleratedFailurePercentage",
            state.tolerated_failure_percentage_path,
            state.tolerated_failure_percentage,
            100,
        ),
    ):
        found = existing(state, evaluation, f"{name}Path", path)
        if found is not None and found.texts is None:  # AWS takes the text of a number too
            wants(evaluation, found, "numbers", ((f"{name}Path",), path or "", RUNTIME))
        queries.number_of(given, evaluation, name, (0, most))


def _with_item(context: Shape, element: Shape) -> Shape:
    if element is NOTHING:
        return context
    item = record({"Index": number(0), "Value": element})
    return put(context, ("Map",), record({"Item": item}))


def _selected(
    state: MapState, evaluation: EvaluationContext, context: Shape, items: Shape
) -> Shape:
    """What an iteration gets. An ItemSelector cannot fail if there are no items."""
    element = items_of(items)
    if state.item_selector is ABSENT or element is NOTHING:
        return element
    at_item = EvaluationContext(evaluation.raw, evaluation.variables, context)
    at_item.is_sure = items.arrays is not None and items.arrays.least > 0
    where = ("ItemSelector",)
    if state.language == "JSONata":
        found = queries.expand(state.item_selector, at_item, where)
    else:
        document = effective_input(
            state, EvaluationContext(evaluation.raw, evaluation.variables, evaluation.context)
        )
        is_raw = state.input_path == "$"
        found = calls.expand(state.item_selector, document, at_item, where, raw=is_raw)
    evaluation.notes += at_item.notes
    evaluation.failure = evaluation.failure or at_item.failure
    evaluation.may_fail |= at_item.may_fail
    return found


def _child(distribution: Distribution, inner: Inner, entered: Shape) -> Shape:
    """The output of a child of a distributed Map: a separate run, without variables."""
    if distribution.item_batcher is not None:
        entered = record({"Items": array(entered, 1)}, ANY)
    context = context_of(entered, others=ANY)
    return inner(0, World(entered, NO_VARIABLES), context)


def context_of(entered: Shape, others: Shape = NOTHING) -> Shape:
    """The context object of an execution with such an input; ``others`` is what else it may have.

    Some fields are present only at times, in the engine and at AWS: RedriveTime in a redriven
    execution, RetryCount in states that count retries.
    """
    at_times = partial(Field, presence=Presence.UNKNOWN)
    execution = {
        **{name: Field(TEXT) for name in ("Id", "Name", "RoleArn", "StartTime")},
        "Input": Field(entered),
        "RedriveCount": Field(number(0)),
        "RedriveTime": at_times(TEXT),
    }
    state = {name: Field(TEXT) for name in ("Name", "EnteredTime")}
    state["RetryCount"] = at_times(number(0))
    return record(
        {
            "Execution": shape(objects=Objects(execution, NOTHING)),
            "State": shape(objects=Objects(state, NOTHING)),
            "StateMachine": record({"Id": TEXT, "Name": TEXT}),
        },
        others,
    )


def _result(state: MapState, items: Arrays, output: Shape) -> Shape:
    distribution = state.distribution
    if distribution is None:
        output = join(output, ERROR_OUTPUT) if tolerates(state) else output
        return array(output, items.least, items.most)
    if distribution.result_writer is not None or tolerates(state):
        return ANY
    is_batched = distribution.item_batcher is not None
    return array(output, min(items.least, 1) if is_batched else items.least, items.most)


def tolerates(state: MapState) -> bool:
    """Whether the Map says how many of its items may fail."""
    given = (
        state.tolerated_failure_count,
        state.tolerated_failure_count_path,
        state.tolerated_failure_percentage,
        state.tolerated_failure_percentage_path,
    )
    return any(it is not None for it in given)
