"""A parsed definition: what ``parse`` hands to the engine. Frozen, complete, validated.

Field names are ASL's in snake case, with ASL's defaults filled in (ASL: each state type's fields;
TCSL's own defaults where the dialect says so). Paths and payload templates stay as written; the
modules ``paths`` and ``templates`` evaluate them and cache what they compile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from asw.asl.resources import Resource
from asw.asl.values import ABSENT as ABSENT  # noqa: PLC0414 - part of the model's vocabulary
from asw.asl.values import Absent as Absent  # noqa: PLC0414 - likewise
from asw.asl.values import Json

Template: TypeAlias = Json | Absent
"""A payload template (keys ending in ``.$`` are evaluated), or ABSENT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """ASL: Retry. Delays grow from ``interval_seconds`` by ``backoff_rate`` a try, capped."""

    error_equals: tuple[str, ...]
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    jitter_strategy: Literal["FULL", "NONE"] = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catcher:
    """ASL: Catch. The error output replaces the result and goes through ``result_path``."""

    error_equals: tuple[str, ...]
    next: str
    result_path: str | None = "$"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFields:
    """What every state has. ``next`` is None on an end state and on Choice, Succeed, Fail."""

    name: str
    comment: str | None = None
    next: str | None = None
    input_path: str | None = "$"
    output_path: str | None = "$"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassState(StateFields):
    """ASL: Pass."""

    result: Template = ABSENT
    parameters: Template = ABSENT
    result_path: str | None = "$"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFields(StateFields):
    """What Task, Parallel and Map share: they work, so they may fail, be retried and caught."""

    parameters: Template = ABSENT
    result_selector: Template = ABSENT
    result_path: str | None = "$"
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState(WorkFields):
    """ASL: Task. ``resource`` is what ``resource_text`` names; times in seconds, None for none."""

    resource: Resource
    resource_text: str
    timeout_seconds: int | None = None
    timeout_seconds_path: str | None = None
    heartbeat_seconds: int | None = None
    heartbeat_seconds_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """ASL: a data-test expression. ``operator`` is the name without ``Path``, e.g. StringEquals.

    With ``is_path`` the ``operand`` is a path to compare with (the ``...Path`` twins).
    """

    variable: str
    operator: str
    operand: Json
    is_path: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """ASL: all of the rules hold."""

    rules: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """ASL: one of the rules holds."""

    rules: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """ASL: the rule does not hold."""

    rule: "Condition"


Condition: TypeAlias = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRule:
    """ASL: a Choice rule, tried in order; the first that holds names the next state."""

    condition: Condition
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceState(StateFields):
    """ASL: Choice."""

    choices: tuple[ChoiceRule, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState(StateFields):
    """ASL: Wait; exactly one of the four is given."""

    seconds: int | float | None = None
    seconds_path: str | None = None
    timestamp: str | None = None
    timestamp_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedState(StateFields):
    """ASL: Succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailState(StateFields):
    """ASL: Fail."""

    error: str | None = None
    error_path: str | None = None
    cause: str | None = None
    cause_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A graph of states: the top level, a Parallel branch, a Map's ItemProcessor."""

    start_at: str
    states: Mapping[str, "State"]
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelState(WorkFields):
    """ASL: Parallel; the result is the array of the branches' outputs, in branch order."""

    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapState(WorkFields):
    """ASL: Map, inline. ``max_concurrency`` 0 means as many as the engine allows.

    ``item_selector`` holds the old ``Parameters`` as well. Tolerated failures: a count, a
    percentage (0-100), or paths to them.
    """

    item_processor: Block
    items_path: str = "$"
    item_selector: Template = ABSENT
    max_concurrency: int = 0
    max_concurrency_path: str | None = None
    tolerated_failure_count: int | None = None
    tolerated_failure_count_path: str | None = None
    tolerated_failure_percentage: float | None = None
    tolerated_failure_percentage_path: str | None = None


State: TypeAlias = (
    PassState
    | TaskState
    | ChoiceState
    | WaitState
    | SucceedState
    | FailState
    | ParallelState
    | MapState
)

Dialect: TypeAlias = Literal["ASL", "TCSL"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A whole definition. ``timeout`` in seconds, None where it has none."""

    block: Block
    dialect: Dialect = "ASL"
    comment: str | None = None
    version: str = "1.0"
    timeout_seconds: float | None = None
    functions: frozenset[str] = field(default_factory=frozenset)
    """Names of the functions that Resources name outright (lambda:invoke by path is not known)."""
