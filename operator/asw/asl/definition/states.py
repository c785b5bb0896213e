"""The states and their fields, as tables: what each may have, must have, and becomes.

Blocks of states (the top level, a Parallel's branches, a Map's ItemProcessor) hold states, which
may hold blocks: both are read here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asw.asl.definition.choice_rules import read_choices
from asw.asl.definition.fields import Field, Table, read_fields, tell_choice, tell_conflict
from asw.asl.definition.graph import check_block
from asw.asl.definition.place import Place, listed
from asw.asl.definition.readers import (
    anything,
    array_of,
    boolean,
    expression,
    integer,
    number,
    one_of,
    path,
    reference_path,
    result_path,
    template,
    text,
    timestamp,
)
from asw.asl.definition.retry_catch import read_catch, read_retry
from asw.asl.definition.tasks import check_task, read_credentials, read_resource
from asw.asl.model import (
    Block,
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    State,
    SucceedState,
    TaskState,
    WaitState,
)
from asw.asl.problems import BEYOND_DIALECT, DUPLICATE_STATE_NAME
from asw.asl.resources import parse_resource
from asw.asl.values import Json

LONGEST_NAME: Final = 80
"""ASL: the characters that a state's name may have."""

_TCSL_MAX_CONCURRENCY: Final = 1
_TCSL_TYPES: Final = frozenset({"Pass", "Task", "Choice", "Parallel", "Map"})

_Check: TypeAlias = Callable[[Mapping[str, Json], Place], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateType:
    """A type of state: its fields, the model they make, what they must be to each other.

    One that ``goes_on`` has a Next, or an End.
    """

    fields: Table
    build: Callable[[str, dict[str, Any], Place], State]
    check: _Check = lambda _state, _place: None
    goes_on: bool = True


def read_block(value: Json, place: Place, table: Table, owner: str) -> dict[str, Any]:
    """The attributes of an object that has States, among the fields of the table."""
    attributes = read_fields(value, place, table, owner)
    if isinstance(value, dict):
        check_block(value, place)
    return attributes


def read_query_language(value: Json, place: Place) -> None:
    """QueryLanguage of the machine or a state; only JSONPath works."""
    if value == "JSONata":
        place.not_supported("JSONata", "write the paths in JSONPath, the default QueryLanguage")
    elif value != "JSONPath":
        place.wrong(value, "JSONPath or JSONata")


def _read_states(value: Json, place: Place) -> dict[str, State]:
    if not isinstance(value, dict):
        place.wrong(value, "an object")
        return {}
    if not value:
        place.error("Value cannot be empty", "a block has at least one state")
    for name in value:
        _check_name(name, place.at(name))
    return {name: _read_state(name, state, place.at(name)) for name, state in value.items()}


def _check_name(name: str, place: Place) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        place.error(
            f"The name of a state must have 1 to {LONGEST_NAME} characters", f"it has {len(name)}"
        )
    first = place.report.state_names.setdefault(name, place.pointer)
    if first != place.pointer:
        place.error(
            f"Duplicate State name: {name}",
            f"names are unique in the whole state machine, and {first} has it",
            code=DUPLICATE_STATE_NAME,
        )


def _read_state(name: str, value: Json, place: Place) -> Any:
    """The state; None for one that cannot be read."""
    if not isinstance(value, dict):
        place.wrong(value, "an object (a state)")
        return None
    kind = _read_type(value, place)
    if kind is None or _speaks_jsonata(value, place):
        return None
    state_type = STATE_TYPES[kind]
    attributes = read_fields(value, place, state_type.fields, f"a {kind} state")
    state_type.check(value, place)
    if state_type.goes_on:
        _check_going_on(value, place)
    return state_type.build(name, attributes, place)


def _read_type(value: Mapping[str, Json], place: Place) -> str | None:
    kind = value.get("Type")
    if "Type" not in value:
        place.error("The field 'Type' is required but was missing", _types())
    elif not isinstance(kind, str) or kind not in STATE_TYPES:
        hint = place.near(str(kind), STATE_TYPES) or _types()
        place.at("Type").error(f"There is no state type '{kind}'", hint)
    else:
        if place.dialect == "TCSL" and kind not in _TCSL_TYPES:
            place.at("Type").warning(
                f"{kind} states are not documented in TCSL",
                "it works as in ASL",
                code=BEYOND_DIALECT,
            )
        return kind
    return None


def _types() -> str:
    return f"it is one of {listed(STATE_TYPES)}"


def _speaks_jsonata(value: Mapping[str, Json], place: Place) -> bool:
    """Whether the state is in JSONata, whose fields are read otherwise."""
    language = value.get("QueryLanguage", place.language)
    if place.language == "JSONata" and language == "JSONPath":
        place.error(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        )
    if language == "JSONata" and "QueryLanguage" in value:
        read_query_language(language, place.at("QueryLanguage"))
    return bool(language == "JSONata")


def _check_going_on(state: Mapping[str, Json], place: Place) -> None:
    is_end = state.get("End") is True
    if is_end and "Next" in state:
        place.error("Only one of these fields may be given: [Next, End]")
    elif not is_end and "Next" not in state:
        place.error("Exactly one of these fields is required: [Next, End]", "End must be true")


def _builds(model: Callable[..., State]) -> Callable[[str, dict[str, Any], Place], State]:
    return lambda name, attributes, _place: model(name=name, **attributes)


def _build_task(name: str, attributes: dict[str, Any], _place: Place) -> TaskState:
    resource: Any = parse_resource(attributes["resource_text"] or "")
    return TaskState(name=name, resource=resource, **attributes)


def _build_map(name: str, attributes: dict[str, Any], place: Place) -> MapState:
    if place.dialect == "TCSL":
        attributes.setdefault("max_concurrency", _TCSL_MAX_CONCURRENCY)
    attributes.setdefault("item_processor", None)
    return MapState(name=name, **attributes)


def _check_wait(state: Mapping[str, Json], place: Place) -> None:
    tell_choice(state, place, ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"))


def _check_fail(state: Mapping[str, Json], place: Place) -> None:
    tell_conflict(state, place, ("Error", "ErrorPath"))
    tell_conflict(state, place, ("Cause", "CausePath"))


def _check_map(state: Mapping[str, Json], place: Place) -> None:
    tell_choice(state, place, ("ItemProcessor", "Iterator"))
    tell_conflict(state, place, ("ItemSelector", "Parameters"))
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        tell_conflict(state, place, (name, f"{name}Path"))


def _refuse_selector(_value: Json, place: Place) -> None:
    """TCSL's Pass has a ResultSelector, ASL's has none."""
    if place.dialect == "TCSL":
        place.not_supported("ResultSelector of a Pass state", "write what it selects as the Result")
    else:
        place.error("The field 'ResultSelector' is not one of a Pass state", "Parameters may do")


def _read_branch(value: Json, place: Place) -> Block:
    return Block(**read_block(value, place, BLOCK, "a branch"))


def _read_processor(value: Json, place: Place) -> Block:
    return Block(**read_block(value, place, _PROCESSOR, "an ItemProcessor"))


def _read_processor_config(value: Json, place: Place) -> None:
    attributes = read_fields(value, place, _PROCESSOR_CONFIG, "a ProcessorConfig")
    mode = attributes.get("Mode", "INLINE")
    if mode == "DISTRIBUTED":
        place.at("Mode").not_supported("A distributed Map", "INLINE is")
    elif mode != "INLINE":
        place.at("Mode").wrong(mode, "INLINE or DISTRIBUTED")


_COMMON: Final[Table] = {
    "Type": Field(anything),
    "Comment": Field(text, "comment"),
    "QueryLanguage": Field(read_query_language),
}
_PATHS: Final[Table] = {
    "InputPath": Field(path, "input_path"),
    "OutputPath": Field(path, "output_path"),
}
_GOING_ON: Final[Table] = {
    "Next": Field(text, "next"),
    "End": Field(boolean),
}
_WORK: Final[Table] = {
    "ResultSelector": Field(template, "result_selector"),
    "ResultPath": Field(result_path, "result_path"),
    "Retry": Field(read_retry, "retry"),
    "Catch": Field(read_catch, "catch"),
}
_PASS: Final[Table] = {
    "Result": Field(anything, "result"),
    "Parameters": Field(template, "parameters"),
    "ResultSelector": Field(_refuse_selector),
    "ResultPath": Field(result_path, "result_path"),
}
_TASK: Final[Table] = {
    "Resource": Field(read_resource, "resource_text", required=True),
    "Parameters": Field(template, "parameters"),
    "TimeoutSeconds": Field(integer(1), "timeout_seconds"),
    "TimeoutSecondsPath": Field(reference_path, "timeout_seconds_path"),
    "HeartbeatSeconds": Field(integer(1), "heartbeat_seconds"),
    "HeartbeatSecondsPath": Field(reference_path, "heartbeat_seconds_path"),
    "Credentials": Field(read_credentials),
}
_CHOICE: Final[Table] = {
    "Choices": Field(read_choices, "choices", required=True),
    "Default": Field(text, "default"),
}
_WAIT: Final[Table] = {
    "Seconds": Field(integer(0), "seconds"),
    "SecondsPath": Field(reference_path, "seconds_path"),
    "Timestamp": Field(timestamp, "timestamp"),
    "TimestampPath": Field(reference_path, "timestamp_path"),
}
_FAIL: Final[Table] = {
    "Error": Field(text, "error"),
    "ErrorPath": Field(expression, "error_path"),
    "Cause": Field(text, "cause"),
    "CausePath": Field(expression, "cause_path"),
}
_PARALLEL: Final[Table] = {
    "Branches": Field(array_of(_read_branch, is_filled=True), "branches", required=True),
    "Parameters": Field(template, "parameters"),
}
_MAP: Final[Table] = {
    "ItemProcessor": Field(_read_processor, "item_processor"),
    "Iterator": Field(_read_processor, "item_processor"),
    "ItemsPath": Field(reference_path, "items_path"),
    "ItemSelector": Field(template, "item_selector"),
    "Parameters": Field(template, "item_selector"),
    "MaxConcurrency": Field(integer(0), "max_concurrency"),
    "MaxConcurrencyPath": Field(reference_path, "max_concurrency_path"),
    "ToleratedFailureCount": Field(integer(0), "tolerated_failure_count"),
    "ToleratedFailureCountPath": Field(reference_path, "tolerated_failure_count_path"),
    "ToleratedFailurePercentage": Field(number(0, 100), "tolerated_failure_percentage"),
    "ToleratedFailurePercentagePath": Field(reference_path, "tolerated_failure_percentage_path"),
}

STATE_TYPES: Final[Mapping[str, StateType]] = {
    "Pass": StateType(fields=_COMMON | _GOING_ON | _PATHS | _PASS, build=_builds(PassState)),
    "Task": StateType(
        fields=_COMMON | _GOING_ON | _PATHS | _TASK | _WORK, build=_build_task, check=check_task
    ),
    "Choice": StateType(
        fields=_COMMON | _PATHS | _CHOICE, build=_builds(ChoiceState), goes_on=False
    ),
    "Wait": StateType(
        fields=_COMMON | _GOING_ON | _PATHS | _WAIT, build=_builds(WaitState), check=_check_wait
    ),
    "Succeed": StateType(fields=_COMMON | _PATHS, build=_builds(SucceedState), goes_on=False),
    "Fail": StateType(
        fields=_COMMON | _FAIL, build=_builds(FailState), check=_check_fail, goes_on=False
    ),
    "Parallel": StateType(
        fields=_COMMON | _GOING_ON | _PATHS | _PARALLEL | _WORK, build=_builds(ParallelState)
    ),
    "Map": StateType(
        fields=_COMMON | _GOING_ON | _PATHS | _MAP | _WORK, build=_build_map, check=_check_map
    ),
}
"""By the value of Type."""

BLOCK: Final[Table] = {
    "States": Field(_read_states, "states", required=True),
    "StartAt": Field(text, "start_at", required=True),
    "Comment": Field(text, "comment"),
}
"""The fields of every block of states."""
_PROCESSOR: Final[Table] = BLOCK | {"ProcessorConfig": Field(_read_processor_config)}
_PROCESSOR_CONFIG: Final[Table] = {
    "Mode": Field(anything, "Mode"),
    "ExecutionType": Field(one_of("STANDARD", "EXPRESS")),
    "Comment": Field(text),
}
