"""The states: the type of each, how its fields must relate to each other, what it becomes.

Blocks (the top level, a Parallel's branches, a Map's ItemProcessor) hold states, and states may
hold blocks: both are read here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from asw.asl.definition.distribution import build_distribution, read_processor_config
from asw.asl.definition.fields import (
    Field,
    Shape,
    Table,
    read_fields,
    report_choice,
    report_conflict,
    report_lacking,
)
from asw.asl.definition.graph import check_block
from asw.asl.definition.place import Place, listed, shown
from asw.asl.definition.readers import one_of, text
from asw.asl.definition.state_fields import state_shapes
from asw.asl.definition.tasks import check_task
from asw.asl.model import (
    Block,
    ChoiceState,
    FailState,
    MapState,
    ParallelState,
    PassState,
    QueryLanguage,
    State,
    SucceedState,
    TaskState,
    WaitState,
)
from asw.asl.problems import (
    BEYOND_DIALECT,
    DUPLICATE_STATE_NAME,
    INVALID_STATE_NAME,
    nearest_name,
)
from asw.asl.resources import parse_resource
from asw.asl.values import Json

LONGEST_NAME: Final = 80
"""ASL: the characters of the longest state name."""

_LEAD_ON: Final = "name the next state with Next, or make this one the last with End: true"
_TCSL_MAX_CONCURRENCY: Final = 1
_TCSL_TYPES: Final = frozenset({"Pass", "Task", "Choice", "Parallel", "Map"})

_known_language: Final = one_of("JSONPath", "JSONata")

_Check: TypeAlias = Callable[[Mapping[str, Json], Place], None]
_Build: TypeAlias = Callable[[str, dict[str, Any], Mapping[str, Json], Place], State]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateType:
    """A type of state: its model, and how its fields must relate to each other.

    One that ``goes_on`` has a Next or an End.
    """

    build: _Build
    check: _Check = lambda _state, _place: None
    goes_on: bool = True


def read_block(value: Json, place: Place, shape: Shape) -> dict[str, Any]:
    """The attributes of an object that has States besides other fields."""
    attributes = read_fields(value, place, shape)
    if isinstance(value, dict):
        check_block(value, place)
    return attributes


def read_state(name: str, value: Json, place: Place) -> Any:
    """The state; None if it cannot be read."""
    if not isinstance(value, dict):
        place.wrong(value, "[OBJECT]")
        return None
    kind = _read_type(value, place)
    if kind is None:
        return None
    state_type, shape = STATE_TYPES[kind], _shape(kind, value, place)
    attributes = read_fields(value, place, shape)
    report_language(value, place)
    state_type.check(value, place)
    if state_type.goes_on:
        _check_going_on(value, place)
    attributes["language"] = shape.language
    return state_type.build(name, attributes, value, place)


def _read_states(value: Json, place: Place) -> dict[str, State]:
    if not isinstance(value, dict):
        place.wrong(value, "[OBJECT]")
        return {}
    if not value:
        place.error("Value cannot be empty", "a block has at least one state")
    for name in value:
        _check_name(name, place.at(name))
    return {name: read_state(name, state, place.at(name)) for name, state in value.items()}


def _check_name(name: str, place: Place) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        place.error(
            f"The state name '{name}' exceeds the {LONGEST_NAME}-character limit allowed by the "
            "service"
            if name
            else "The name of a state cannot be empty",
            f"it has {len(name)}",
            code=INVALID_STATE_NAME,
        )
    first = place.report.state_names.setdefault(name, place)
    if first is not place:
        place.error(
            f"Duplicate State name: {name}",
            f"names are unique in the whole state machine, and {first.pointer} has this one",
            code=DUPLICATE_STATE_NAME,
        )


def _read_type(value: Mapping[str, Json], place: Place) -> str | None:
    kind = value.get("Type")
    if "Type" not in value:
        slip = nearest_name("Type", value)
        near = "" if slip is None else f"'{slip}' should be 'Type', and  "
        report_lacking("Type", place, f"{near}it is one of {listed(STATE_TYPES)}")
    elif not isinstance(kind, str) or kind not in STATE_TYPES:
        place.at("Type").error(
            f"The field 'Type' should have one of these values: [{listed(_TYPES)}]",
            place.near(str(kind), STATE_TYPES) or f"it is {shown(kind)}",
        )
    else:
        if place.dialect == "TCSL" and kind not in _TCSL_TYPES:
            place.at("Type").warning(
                f"{kind} states are not documented in TCSL",
                "it works as in ASL",
                code=BEYOND_DIALECT,
            )
        return kind
    return None


def _shape(kind: str, value: Mapping[str, Json], place: Place) -> Shape:
    """The fields of the state in its own query language, or else the machine's."""
    language = language_of(value, place)
    shapes = STATE_SHAPES[kind]
    if place.language == "JSONata" and language == "JSONPath":
        place.error(
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
        )
        # AWS reports nothing else: the language of the other fields does not matter then.
        either = shapes["JSONata"].fields | shapes["JSONPath"].fields
        return Shape(either, shapes[language].owner)
    return shapes[language]


def language_of(value: Mapping[str, Json], place: Place) -> QueryLanguage:
    """The query language of a state or a machine; AWS reads every wrong name as JSONata."""
    if "QueryLanguage" not in value:
        return place.language
    return "JSONPath" if value["QueryLanguage"] == "JSONPath" else "JSONata"


def report_language(value: Mapping[str, Json], place: Place) -> None:
    """Report an unknown QueryLanguage."""
    if "QueryLanguage" in value:
        _known_language(value["QueryLanguage"], place.at("QueryLanguage"))


def _check_going_on(state: Mapping[str, Json], place: Place) -> None:
    """Check for exactly one of Next and End: true."""
    given = {name for name in ("Next", "End") if state.get(name, False) is not False}
    report_choice(dict.fromkeys(given), place, ("Next", "End"), _LEAD_ON)


def _builds(model: Callable[..., State]) -> _Build:
    return lambda name, attributes, _state, _place: model(name=name, **attributes)


def _build_task(
    name: str, attributes: dict[str, Any], _state: Mapping[str, Json], _place: Place
) -> TaskState:
    resource: Any = parse_resource(attributes["resource_text"] or "")
    return TaskState(name=name, resource=resource, **attributes)


def _build_map(
    name: str, attributes: dict[str, Any], state: Mapping[str, Json], place: Place
) -> MapState:
    if place.dialect == "TCSL":
        attributes.setdefault("max_concurrency", _TCSL_MAX_CONCURRENCY)
    processor: dict[str, Any] = attributes.pop("item_processor", None) or {}
    attributes["processor_config"] = processor.pop("processor_config", None)
    distribution = build_distribution(attributes, state, place)
    block: Any = Block(**processor) if processor else None
    return MapState(name=name, item_processor=block, distribution=distribution, **attributes)


def _check_wait(state: Mapping[str, Json], place: Place) -> None:
    names = ("SecondsPath", "Seconds", "TimestampPath", "Timestamp")
    report_choice(state, place, names)


def _check_fail(state: Mapping[str, Json], place: Place) -> None:
    report_conflict(state, place, ("Error", "ErrorPath"))
    report_conflict(state, place, ("Cause", "CausePath"))


def _check_map(state: Mapping[str, Json], place: Place) -> None:
    report_choice(state, place, ("ItemProcessor", "Iterator"))
    report_conflict(state, place, ("ItemSelector", "Parameters"))
    for name in ("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"):
        report_conflict(state, place, (name, f"{name}Path"))


def _read_branch(value: Json, place: Place) -> Block:
    return Block(**read_block(value, place, BRANCH))


def _read_processor(value: Json, place: Place) -> dict[str, Any]:
    return read_block(value, place, PROCESSOR)


STATE_SHAPES: Final = state_shapes(_read_branch, _read_processor)

STATE_TYPES: Final[Mapping[str, StateType]] = {
    "Pass": StateType(build=_builds(PassState)),
    "Task": StateType(build=_build_task, check=check_task),
    "Choice": StateType(build=_builds(ChoiceState), goes_on=False),
    "Wait": StateType(build=_builds(WaitState), check=_check_wait),
    "Succeed": StateType(build=_builds(SucceedState), goes_on=False),
    "Fail": StateType(build=_builds(FailState), check=_check_fail, goes_on=False),
    "Parallel": StateType(build=_builds(ParallelState)),
    "Map": StateType(build=_build_map, check=_check_map),
}
"""State types by the value of Type."""
_TYPES: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
"""The types in the order in which AWS lists them."""

BLOCK: Final[Table] = {
    "States": Field(_read_states, "states", required=True),
    "StartAt": Field(text, "start_at", required=True),
    "Comment": Field(text, "comment"),
}
"""The fields of every block of states."""
BRANCH: Final = Shape(BLOCK, "a branch")
PROCESSOR: Final = Shape(
    BLOCK | {"ProcessorConfig": Field(read_processor_config, "processor_config")},
    "an ItemProcessor",
)
