"""States of a parsed machine as ASL's fields and their values, for comparison. Pure.

The parsed model has ASL's defaults filled in, so writing out a default changes nothing. Fields
are spelled as in ASL; those that are not given and have no default are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any

from asw.asl.blocks import blocks_of
from asw.asl.model import (
    And,
    Block,
    Comparison,
    Distribution,
    Expression,
    ItemBatcher,
    MapState,
    Not,
    Or,
    ParallelState,
    State,
    StateMachine,
)
from asw.asl.values import Absent, Json

Around = tuple[tuple[str, int], ...]
"""The Parallels (with the branch number) and Maps that contain a state, outermost first."""

_NOT_FIELDS = ("name", "language", "resource", "item_processor", "branches", "distribution")
_SPELLINGS = {
    "resource_text": "Resource",
    "choices": "Choices",
    "csv_headers": "CSVHeaders",
    "csv_header_location": "CSVHeaderLocation",
    "csv_delimiter": "CSVDelimiter",
    "config": "ReaderConfig",
    "max_bytes": "MaxInputBytesPerBatch",
    "max_bytes_path": "MaxInputBytesPerBatchPath",
}
_BATCHER_SPELLINGS = {"MaxItems": "MaxItemsPerBatch", "MaxItemsPath": "MaxItemsPerBatchPath"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A state and its place."""

    state: State
    around: Around


def placed_states(machine: StateMachine) -> dict[str, Placed]:
    """Every state of the machine by its unique name, from the outside in."""
    return dict(_placed(machine.block, ()))


def _placed(block: Block, around: Around) -> Iterator[tuple[str, Placed]]:
    for name, state in block.states.items():
        yield name, Placed(state=state, around=around)
        for index, within in enumerate(blocks_of(state)):
            yield from _placed(within, (*around, (name, index)))


def kind_of(state: State) -> str:
    """ASL: Type; a Map in DISTRIBUTED mode has a name of its own."""
    if isinstance(state, MapState) and state.distribution is not None:
        return "distributed Map"
    return type(state).__name__.removesuffix("State")


def comparable_fields(state: State) -> Mapping[str, Json]:
    """The state's fields, without its name and the states inside it."""
    face: dict[str, Json] = {}
    if state.language != "JSONPath":
        face["QueryLanguage"] = state.language
    face |= _fields_of(state)
    if isinstance(state, ParallelState):
        face["Branches"] = len(state.branches)
        face |= {
            f"Branches[{index}].StartAt": branch.start_at
            for index, branch in enumerate(state.branches)
        }
    if isinstance(state, MapState):
        face["ItemProcessor.StartAt"] = state.item_processor.start_at
        face |= _distribution(state.distribution)
    return face


def is_default(state: State, name: str, value: Json) -> bool:
    """Whether this value is the default of the state's field."""
    for field in fields(state):
        if _spelled(field.name) == name:
            return field.default is not MISSING and field.default == value
    return False


def _distribution(distribution: Distribution | None) -> Iterator[tuple[str, Json]]:
    if distribution is not None:
        for name, value in _fields_of(distribution).items():
            yield ("ProcessorConfig.ExecutionType" if name == "ExecutionType" else name), value


def _fields_of(part: Any) -> dict[str, Json]:
    return {
        _spelled(field.name): _plain(value)
        for field in fields(part)
        if field.name not in _NOT_FIELDS and _is_given(field, value := getattr(part, field.name))
    }


def _is_given(field: "Field[Any]", value: Any) -> bool:
    """A null counts unless it is the default: ``"ResultPath": null`` has a meaning."""
    if isinstance(value, Absent) or value == ():
        return False
    return value is not None or (field.default is not None and field.default is not MISSING)


def _plain(value: Any) -> Json:
    """JSON as the author would write it."""
    match value:
        case Expression():
            return f"{{%{value.source}%}}"
        case And() | Or():
            return {type(value).__name__: [_plain(rule) for rule in value.rules]}
        case Not():
            return {"Not": _plain(value.rule)}
        case Comparison():
            operator = value.operator + ("Path" if value.is_path else "")
            return {"Variable": value.variable, operator: value.operand}
        case tuple():
            return [_plain(item) for item in value]
    return _rule(value) if is_dataclass(value) else value


def _rule(part: Any) -> Json:
    """A Retrier, a Catcher, a Choice rule (its condition among its fields), a ReaderConfig."""
    plain = _fields_of(part)
    if isinstance(part, ItemBatcher):
        plain = {_BATCHER_SPELLINGS.get(name, name): value for name, value in plain.items()}
    condition = plain.pop("Condition", None)
    if isinstance(condition, Mapping):
        return {**condition, **plain}
    return plain if condition is None else {"Condition": condition, **plain}


def _spelled(name: str) -> str:
    return _SPELLINGS.get(name) or "".join(word.capitalize() for word in name.split("_"))
