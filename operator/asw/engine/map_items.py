"""A Map's items and bounds, in both query languages (ASL: Map State)."""

import re
from collections.abc import Iterator
from typing import Final

from asw.asl.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, RUNTIME, Failure, StatesError
from asw.asl.model import ABSENT, Expression, Integer, MapState, Number
from asw.asl.paths import evaluate_path
from asw.asl.queries import Query, query_error
from asw.asl.scope import Scope
from asw.asl.templates import expand
from asw.asl.values import Json, is_number, kind_of, quote, to_text
from asw.engine.context import with_item
from asw.engine.dataflow import checked_input, effective_input
from asw.engine.record import Tolerance

_WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?\d{1,18}(\.\d{1,18})?", re.ASCII)
THRESHOLD_EXCEEDED: Final = Failure(
    EXCEED_TOLERATED_FAILURE_THRESHOLD, "The specified tolerated failure threshold was exceeded"
)
"""AWS: the failure of a Map of which more items failed than it tolerates."""
_GREATEST: Final = 2**31 - 1
_TOLD_NEGATIVE: Final = {
    "ToleratedFailureCount": "ToleratedFailureCount cannot be negative.",
    "MaxItems": "field MaxItems must be positive",
}


def map_items(state: MapState, value: Json, scope: Scope) -> list[Json]:
    """The array that the Map runs over, from the state's raw input."""
    if state.language == "JSONata":
        return _queried_items(state, value, scope)
    document = effective_input(state, value, scope)
    items = evaluate_path(state.items_path, document, scope, field="ItemsPath")
    if not isinstance(items, list):
        kind = kind_of(items)
        raise StatesError(
            RUNTIME,
            f'Reference path "{state.items_path}" must point to array: found {kind}',
        )
    return items


def _queried_items(state: MapState, value: Json, scope: Scope) -> list[Json]:
    query, items = Query(scope, value), state.items
    if isinstance(items, Expression):
        found: list[Json] = query.typed(items, "Items", "array")
        return found
    items = value if items is ABSENT else query.expand(items, "Items")
    if not isinstance(items, list):
        raise query_error(f"Map state input must be an array but was: {quote(items)}")
    return items


def selected(state: MapState, value: Json, items: list[Json], scope: Scope) -> Iterator[Json]:
    """The items after ItemSelector, one after the other."""
    for index, item in enumerate(items):
        yield selected_item(state, value, (index, item), scope)


def selected_item(state: MapState, value: Json, item: tuple[int, Json], scope: Scope) -> Json:
    """The input of an iteration, from the item's index and value (ASL: ItemSelector)."""
    if state.item_selector is ABSENT:
        return item[1]
    shown = scope.showing(with_item(scope.context, *item))
    if state.language == "JSONata":
        found = Query(shown, value).expand(state.item_selector, "ItemSelector")
    else:
        document = effective_input(state, value, scope)
        found = expand(state.item_selector, document, shown, field="ItemSelector")
    return checked_input(state, value, found)


def max_concurrency(state: MapState, value: Json, scope: Scope) -> int:
    """How many may run at the same time; 0 for as many as possible (ASL: MaxConcurrency)."""
    given = (state.max_concurrency, state.max_concurrency_path)
    return map_integer(state, "MaxConcurrency", given, value, scope) or 0


def tolerance_of(state: MapState, value: Json, scope: Scope) -> Tolerance | None:
    """How many items may fail; None if the Map does not say."""
    count = _tolerated_count(state, value, scope)
    percentage = _tolerated_percentage(state, value, scope)
    if count is None and percentage is None:
        return None
    return Tolerance(count=count, percentage=percentage)


def _tolerated_count(state: MapState, value: Json, scope: Scope) -> int | None:
    """ASL: ToleratedFailureCount."""
    given = (state.tolerated_failure_count, state.tolerated_failure_count_path)
    return map_integer(state, "ToleratedFailureCount", given, value, scope)


def _tolerated_percentage(state: MapState, value: Json, scope: Scope) -> float | None:
    """ASL: ToleratedFailurePercentage, from 0 to 100."""
    field = "ToleratedFailurePercentage"
    found: Number | None = state.tolerated_failure_percentage
    path = state.tolerated_failure_percentage_path
    if isinstance(found, Expression):
        found = Query(scope, value).typed(found, field, "number")
        error = query_error(f"{field} must be between 0 and 100.", field)
    elif path is not None:
        found = _decimal(evaluate_path(path, effective_input(state, value, scope), scope), path)
        error = StatesError(RUNTIME, f"{field} must be between 0 and 100.")
    else:
        return found
    assert not isinstance(found, Expression | None)
    if not 0 <= found <= 100:
        raise error
    return found


def map_integer(
    state: MapState,
    field: str,
    given: tuple[Integer | None, str | None],
    value: Json,
    scope: Scope,
) -> int | None:
    """A whole number, not negative: a constant, a query or found by its path."""
    written, path = given
    if isinstance(written, Expression):
        return Query(scope, value).integer(written, field, 0, _GREATEST)
    if path is None:
        return written
    found = evaluate_path(path, effective_input(state, value, scope), scope, field=f"{field}Path")
    number = int(found) if isinstance(found, str) and _WHOLE.fullmatch(found) else found
    if not isinstance(number, int) or isinstance(number, bool):
        raise _not_valid(field, found, "integer", path)
    if number >= 0:
        return number
    if field in _TOLD_NEGATIVE:
        raise StatesError(RUNTIME, _TOLD_NEGATIVE[field])
    raise _not_valid(field, found, "integer", path)


def _decimal(found: Json, path: str) -> int | float:
    number = float(found) if isinstance(found, str) and _DECIMAL.fullmatch(found) else found
    if not is_number(number):
        raise _not_valid("ToleratedFailurePercentage", found, "float", path)
    return number


def _not_valid(field: str, found: Json, kind: str, path: str) -> StatesError:
    shown = found if isinstance(found, str) else to_text(found)
    return StatesError(
        RUNTIME,
        f'The {field}Path field refers to value "{shown}" which is not a valid {kind}: {path}',
    )
