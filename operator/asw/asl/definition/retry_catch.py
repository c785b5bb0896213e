"""Reading Retry and Catch (ASL: Errors)."""

from typing import Final

from asw.asl.definition.fields import Field, Table, read_fields
from asw.asl.definition.place import Place
from asw.asl.definition.queries import query_template
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

_LONGEST_DELAY = 31_622_399
"""AWS: MaxDelaySeconds is less than 31,622,400, a year and a day."""
_TCSL_MAX_ATTEMPTS = 2

_RETRIER: Final[Table] = {
    "ErrorEquals": Field(error_names, "error_equals", required=True),
    "IntervalSeconds": Field(integer(1), "interval_seconds"),
    "MaxAttempts": Field(integer(0), "max_attempts"),
    "BackoffRate": Field(number(1), "backoff_rate"),
    "MaxDelaySeconds": Field(integer(1, _LONGEST_DELAY), "max_delay_seconds"),
    "JitterStrategy": Field(one_of("FULL", "NONE"), "jitter_strategy"),
    "Comment": Field(text),
}
_ANY_CATCHER: Final[Table] = {
    "ErrorEquals": Field(error_names, "error_equals", required=True),
    "Next": Field(text, "next", required=True),
    "Comment": Field(text),
}
_CATCHER: Final[Table] = _ANY_CATCHER | {
    "ResultPath": Field(result_path, "result_path"),
    "Assign": Field(read_assign("JSONPath"), "assign"),
}
_QUERY_CATCHER: Final[Table] = _ANY_CATCHER | {
    "Output": Field(query_template, "output"),
    "Assign": Field(read_assign("JSONata"), "assign"),
}


def read_retry(value: Json, place: Place) -> tuple[Retrier, ...]:
    """The Retriers, in order."""
    retriers: tuple[Retrier, ...] = array_of(_read_retrier)(value, place)
    _check_wildcard([retrier.error_equals or () for retrier in retriers], place)
    return retriers


def read_catch(value: Json, place: Place) -> tuple[Catcher, ...]:
    """The Catchers of a JSONPath state, in order."""
    return _read_catchers(value, place, _CATCHER)


def read_query_catch(value: Json, place: Place) -> tuple[Catcher, ...]:
    """The Catchers of a JSONata state, in order."""
    return _read_catchers(value, place, _QUERY_CATCHER)


def _read_catchers(value: Json, place: Place, table: Table) -> tuple[Catcher, ...]:
    def read(item: Json, where: Place) -> Catcher:
        return Catcher(**read_fields(item, where, table, "a Catcher"))

    catchers: tuple[Catcher, ...] = array_of(read)(value, place)
    _check_wildcard([catcher.error_equals or () for catcher in catchers], place)
    return catchers


def _read_retrier(value: Json, place: Place) -> Retrier:
    attributes = read_fields(value, place, _RETRIER, "a Retrier")
    if place.dialect == "TCSL":
        attributes.setdefault("max_attempts", _TCSL_MAX_ATTEMPTS)
    return Retrier(**attributes)


def _check_wildcard(names: list[tuple[str, ...]], place: Place) -> None:
    """ASL: States.ALL stands alone in its array, and in the last one."""
    for at, group in enumerate(names):
        here = place.at(at, "ErrorEquals")
        if ALL in group and len(group) > 1:
            here.error(f"{ALL} must stand alone", "it takes every error, the others too")
        if ALL in group and at < len(names) - 1:
            here.error(f"{ALL} must come last", "what follows it would never be reached")
