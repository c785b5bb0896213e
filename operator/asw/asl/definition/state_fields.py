"""The fields of every state type in both query languages, as tables (ASL: state types).

A table says how each field is read and which attribute of the model it becomes. JSONata has other
fields than JSONPath, and expressions ``{% ... %}`` where JSONPath has ``...Path`` twins.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from asw.asl.definition.choice_rules import read_choices, read_query_choices
from asw.asl.definition.distribution import distributed_fields
from asw.asl.definition.fields import Field, Reader, Shape, Table, report_unsupported
from asw.asl.definition.place import Place
from asw.asl.definition.queries import items, query_object, query_or, query_template, template_with
from asw.asl.definition.readers import (
    anything,
    array_of,
    boolean,
    expression,
    integer,
    looks_dynamic,
    number,
    parameters,
    path,
    reference_path,
    result_path,
    template,
    text,
    timestamp,
    warn_static,
)
from asw.asl.definition.retry_catch import read_catch, read_query_catch, read_retry
from asw.asl.definition.tasks import read_credentials, read_resource
from asw.asl.definition.variables import read_assign
from asw.asl.jsonata import is_expression
from asw.asl.model import QueryLanguage
from asw.asl.problems import NO_PATH, OTHER_LANGUAGE, PASS_RESULT_IS_STATIC
from asw.asl.templates import MARK
from asw.asl.values import Json

Shapes: TypeAlias = Mapping[str, Mapping[QueryLanguage, Shape]]
"""The fields of a state, by its type and query language."""

_COMMON: Final[Table] = {
    "Type": Field(anything),
    "Comment": Field(text, "comment"),
    "QueryLanguage": Field(anything),
}
_GOING_ON: Final[Table] = {"Next": Field(text, "next"), "End": Field(boolean)}
_PATHS: Final[Table] = {
    "InputPath": Field(path, "input_path"),
    "OutputPath": Field(path, "output_path"),
}
_ASSIGN: Final[Table] = {"Assign": Field(read_assign("JSONPath"), "assign")}
_QUERY_ASSIGN: Final[Table] = {"Assign": Field(read_assign("JSONata"), "assign")}
_OUTPUT: Final[Table] = {"Output": Field(query_template, "output")}

_WORK: Final[Table] = {
    "ResultSelector": Field(template, "result_selector"),
    "ResultPath": Field(result_path, "result_path"),
    "Retry": Field(read_retry, "retry"),
    "Catch": Field(read_catch, "catch"),
}
_QUERY_WORK: Final[Table] = {
    "Retry": Field(read_retry, "retry"),
    "Catch": Field(read_query_catch, "catch"),
    "Output": Field(template_with("result"), "output"),
    "Assign": Field(read_assign("JSONata", "result"), "assign"),
}


def _read_selector(value: Json, place: Place) -> Json:
    """TCSL's Pass has a ResultSelector, ASL's has none."""
    if place.dialect != "TCSL":
        hint = "only TCSL's Pass has it; in ASL, Parameters may do the same"
        report_unsupported("ResultSelector", place, hint, Shape({}, "a Pass state"))
    return template(value, place)


def _read_result(value: Json, place: Place) -> Json:
    """Result is taken literally; AWS warns if it looks like a template."""
    if looks_dynamic(value):
        warn_static(value, place, PASS_RESULT_IS_STATIC, "use Parameters")
    elif is_expression(value):
        remedy = "set QueryLanguage to JSONata and make it the Output"
        warn_static(value, place, OTHER_LANGUAGE, remedy)
    elif isinstance(value, dict) and any(key.endswith(MARK) for key in value):
        place.warning(
            "Result is taken literally",
            f"a field whose name ends in {MARK} is evaluated in Parameters",
            code=PASS_RESULT_IS_STATIC,
        )
    return value


def _constant(value: Json, place: Place) -> Json:
    """A string of a Fail state; AWS warns if it looks like a path."""
    if looks_dynamic(value):
        warn_static(value, place, NO_PATH, f"use {place.field}Path")
    return text(value, place)


_PASS: Final[Table] = {
    "Result": Field(_read_result, "result"),
    "Parameters": Field(parameters, "parameters"),
    "ResultSelector": Field(_read_selector, "result_selector"),
    "ResultPath": Field(result_path, "result_path"),
}
_TASK: Final[Table] = {
    "Resource": Field(read_resource, "resource_text", required=True),
    "Parameters": Field(parameters, "parameters"),
    "TimeoutSeconds": Field(integer(1), "timeout_seconds"),
    "TimeoutSecondsPath": Field(reference_path, "timeout_seconds_path"),
    "HeartbeatSeconds": Field(integer(1), "heartbeat_seconds"),
    "HeartbeatSecondsPath": Field(reference_path, "heartbeat_seconds_path"),
    "Credentials": Field(read_credentials("JSONPath"), "credentials"),
}
_QUERY_TASK: Final[Table] = {
    "Resource": Field(read_resource, "resource_text", required=True),
    "Arguments": Field(query_object, "arguments"),
    "TimeoutSeconds": Field(query_or(integer(1)), "timeout_seconds"),
    "HeartbeatSeconds": Field(query_or(integer(1)), "heartbeat_seconds"),
    "Credentials": Field(read_credentials("JSONata"), "credentials"),
}
_CHOICE: Final[Table] = {
    "Choices": Field(read_choices, "choices", required=True),
    "Default": Field(text, "default"),
}
_QUERY_CHOICE: Final[Table] = {
    "Choices": Field(read_query_choices, "choices", required=True),
    "Default": Field(text, "default"),
}
_WAIT: Final[Table] = {
    "Seconds": Field(integer(0), "seconds"),
    "SecondsPath": Field(reference_path, "seconds_path"),
    "Timestamp": Field(timestamp, "timestamp"),
    "TimestampPath": Field(reference_path, "timestamp_path"),
}
_QUERY_WAIT: Final[Table] = {
    "Seconds": Field(query_or(integer(0)), "seconds"),
    "Timestamp": Field(query_or(timestamp), "timestamp"),
}
_FAIL: Final[Table] = {
    "Error": Field(_constant, "error"),
    "ErrorPath": Field(expression, "error_path"),
    "Cause": Field(_constant, "cause"),
    "CausePath": Field(expression, "cause_path"),
}
_QUERY_FAIL: Final[Table] = {
    "Error": Field(query_or(text), "error"),
    "Cause": Field(query_or(text), "cause"),
}
_MAP: Final[Table] = {
    "ItemsPath": Field(reference_path, "items_path"),
    "ItemSelector": Field(template, "item_selector"),
    "Parameters": Field(parameters, "item_selector"),
    "MaxConcurrency": Field(integer(0, None), "max_concurrency"),
    "MaxConcurrencyPath": Field(reference_path, "max_concurrency_path"),
    "ToleratedFailureCount": Field(integer(0, None), "tolerated_failure_count"),
    "ToleratedFailureCountPath": Field(reference_path, "tolerated_failure_count_path"),
    "ToleratedFailurePercentage": Field(number(0.0, 100.0), "tolerated_failure_percentage"),
    "ToleratedFailurePercentagePath": Field(reference_path, "tolerated_failure_percentage_path"),
    **distributed_fields("JSONPath"),
}
_QUERY_MAP: Final[Table] = {
    "Items": Field(items, "items"),
    "ItemSelector": Field(query_template, "item_selector"),
    "MaxConcurrency": Field(query_or(integer(0, None)), "max_concurrency"),
    "ToleratedFailureCount": Field(query_or(integer(0, None)), "tolerated_failure_count"),
    "ToleratedFailurePercentage": Field(
        query_or(number(0.0, 100.0)), "tolerated_failure_percentage"
    ),
    **distributed_fields("JSONata"),
}


def state_shapes(read_branch: Reader, read_processor: Reader) -> Shapes:
    """The shapes; the readers read the blocks inside a Parallel and a Map."""
    branches: Table = {
        "Branches": Field(array_of(read_branch, is_filled=True), "branches", required=True)
    }
    processor: Table = {
        "ItemProcessor": Field(read_processor, "item_processor"),
        "Iterator": Field(read_processor, "item_processor"),
    }
    parallel: Table = {"Parameters": Field(parameters, "parameters")}
    query_parallel: Table = {"Arguments": Field(query_template, "arguments")}
    work, query_work = _WORK | _ASSIGN, _QUERY_WORK
    fields: Mapping[str, tuple[Table, Table, Table]] = {
        "Pass": (_PASS | _ASSIGN, _QUERY_ASSIGN, _GOING_ON),
        "Task": (_TASK | work, _QUERY_TASK | query_work, _GOING_ON),
        "Choice": (_CHOICE | _ASSIGN, _QUERY_CHOICE | _QUERY_ASSIGN, {}),
        "Wait": (_WAIT | _ASSIGN, _QUERY_WAIT | _QUERY_ASSIGN, _GOING_ON),
        "Succeed": ({}, {}, {}),
        "Parallel": (parallel | work, query_parallel | query_work, _GOING_ON | branches),
        "Map": (_MAP | work, _QUERY_MAP | query_work, _GOING_ON | processor),
    }
    return {
        **{
            kind: _both(kind, _PATHS | jsonpath, _OUTPUT | jsonata, shared)
            for kind, (jsonpath, jsonata, shared) in fields.items()
        },
        "Fail": _both("Fail", _FAIL, _QUERY_FAIL, {}),
    }


def _both(
    kind: str, jsonpath: Table, jsonata: Table, shared: Table
) -> Mapping[QueryLanguage, Shape]:
    """A type's own fields in either language, joined with those of all types."""
    owner, common = f"a {kind} state", _COMMON | shared
    return {
        "JSONPath": Shape(common | jsonpath, owner, "JSONPath", jsonata.keys() - jsonpath.keys()),
        "JSONata": Shape(common | jsonata, owner, "JSONata", jsonpath.keys() - jsonata.keys()),
    }
