"""Reading Retry and Catch (ASL: Errors)."""

from typing import Final

from asw.asl.definition.fields import Field, Shape, Table, read_fields
from asw.asl.definition.place import Place
from asw.asl.definition.queries import template_with
from asw.asl.definition.readers import (
    array_of,
    error_names,
    integer,
    number,
    one_of,
    result_path,
    text,
)
from asw.asl.definition.variables import read_assign
from asw.asl.errors import ALL
from asw.asl.model import Catcher, Retrier
from asw.asl.values import Json

_LONGEST_DELAY = 31_622_400
"""AWS: the greatest MaxDelaySeconds, a year and a day."""
_TCSL_MAX_ATTEMPTS = 2

RETRIER: Final = Shape(
    {
        "ErrorEquals": Field(error_names, "error_equals", required=True),
        "IntervalSeconds": Field(integer(0), "interval_seconds"),
        "MaxAttempts": Field(integer(0), "max_attempts"),
        "BackoffRate": Field(number(1.0), "backoff_rate"),
        "MaxDelaySeconds": Field(integer(1, _LONGEST_DELAY), "max_delay_seconds"),
        "JitterStrategy": Field(one_of("NONE", "FULL"), "jitter_strategy"),
        "Comment": Field(text),
    },
    "a Retrier",
)
_ANY_CATCHER: Final[Table] = {
    "ErrorEquals": Field(error_names, "error_equals", required=True),
    "Next": Field(text, "next", required=True),
    "Comment": Field(text),
}
CATCHER: Final = Shape(
    _ANY_CATCHER
    | {
        "ResultPath": Field(result_path, "result_path"),
        "Assign": Field(read_assign("JSONPath"), "assign"),
    },
    "a Catcher",
    foreign=("Output",),
)
QUERY_CATCHER: Final = Shape(
    _ANY_CATCHER
    | {
        "Output": Field(template_with("errorOutput"), "output"),
        "Assign": Field(read_assign("JSONata", "errorOutput"), "assign"),
    },
    "a Catcher",
    "JSONata",
    ("ResultPath",),
)


def read_retry(value: Json, place: Place) -> tuple[Retrier, ...]:
    """The Retriers, in order."""
    retriers: tuple[Retrier, ...] = array_of(_read_retrier)(value, place)
    _check_wildcard([retrier.error_equals or () for retrier in retriers], place)
    return retriers


def read_catch(value: Json, place: Place) -> tuple[Catcher, ...]:
    """The Catchers of a JSONPath state, in order."""
    return _read_catchers(value, place, CATCHER)


def read_query_catch(value: Json, place: Place) -> tuple[Catcher, ...]:
    """The Catchers of a JSONata state, in order."""
    return _read_catchers(value, place, QUERY_CATCHER)


def _read_catchers(value: Json, place: Place, shape: Shape) -> tuple[Catcher, ...]:
    def read(item: Json, where: Place) -> Catcher:
        return Catcher(**read_fields(item, where, shape))

    catchers: tuple[Catcher, ...] = array_of(read)(value, place)
    _check_wildcard([catcher.error_equals or () for catcher in catchers], place)
    return catchers


def _read_retrier(value: Json, place: Place) -> Retrier:
    attributes = read_fields(value, place, RETRIER)
    if place.dialect == "TCSL":
        attributes.setdefault("max_attempts", _TCSL_MAX_ATTEMPTS)
    return Retrier(**attributes)


def _check_wildcard(names: list[tuple[str, ...]], place: Place) -> None:
    """ASL: States.ALL must be alone in its array, and in the last Retrier or Catcher."""
    for at, group in enumerate(names):
        if ALL in group and (len(group) > 1 or at < len(names) - 1):
            why = "stands beside it" if len(group) > 1 else "follows it"
            place.at(at, "ErrorEquals", group.index(ALL)).error(
                f"{ALL} must appear alone and at end of list",
                f"it takes every error, so what {why} would never be reached",
            )
