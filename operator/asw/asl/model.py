"""A parsed definition, which ``parse`` hands to the engine. Frozen, complete, validated.

Field names are ASL's in snake case, with ASL's defaults filled in, or TCSL's in that dialect. Paths
and payload templates stay as written; the modules ``paths``, ``templates`` and ``jsonata`` evaluate
them and cache what they compile. Each state uses one query language: the fields of the other keep
their defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from asw.asl.resources import Resource
from asw.asl.values import ABSENT as ABSENT  # noqa: PLC0414 - part of the model's vocabulary
from asw.asl.values import Absent as Absent  # noqa: PLC0414 - likewise
from asw.asl.values import Json

Template: TypeAlias = Json | Absent
"""A payload template, or ABSENT.

JSONPath: an object whose keys ending in ``.$`` are evaluated. JSONata: any JSON whose strings
``{% ... %}`` are evaluated.
"""

QueryLanguage: TypeAlias = Literal["JSONPath", "JSONata"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A JSONata expression that is a whole field, without its marks ``{%`` and ``%}``."""

    source: str


Integer: TypeAlias = int | Expression
Number: TypeAlias = int | float | Expression
Text: TypeAlias = str | Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """ASL: Retry. Delays grow from ``interval_seconds`` by ``backoff_rate``, up to a cap."""

    error_equals: tuple[str, ...]
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    jitter_strategy: Literal["FULL", "NONE"] = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catcher:
    """ASL: Catch. The error output replaces the result.

    JSONPath: ``result_path`` places it. JSONata: ``output`` is the new input, or the error output
    if ABSENT. ``assign`` sets variables instead of the state's own Assign.
    """

    error_equals: tuple[str, ...]
    next: str
    result_path: str | None = "$"
    output: Template = ABSENT
    assign: Template = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFields:
    """The fields of every state. ``next`` is None for end states, Choice, Succeed and Fail.

    ``input_path`` and ``output_path`` are JSONPath's, ``output`` is JSONata's; ``assign`` sets
    variables in either.
    """

    name: str
    language: QueryLanguage = "JSONPath"
    comment: str | None = None
    next: str | None = None
    input_path: str | None = "$"
    output_path: str | None = "$"
    output: Template = ABSENT
    assign: Template = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class PassState(StateFields):
    """ASL: Pass. ``result_selector`` is TCSL's own."""

    result: Template = ABSENT
    parameters: Template = ABSENT
    result_selector: Template = ABSENT
    result_path: str | None = "$"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFields(StateFields):
    """The fields that Task, Parallel and Map share: their work may fail, be retried and be caught.

    ``arguments`` is JSONata's word for ``parameters``.
    """

    parameters: Template = ABSENT
    arguments: Template = ABSENT
    result_selector: Template = ABSENT
    result_path: str | None = "$"
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState(WorkFields):
    """ASL: Task. ``resource`` is what ``resource_text`` names; times are in seconds.

    ``credentials`` is a template with RoleArn (AWS: "Credentials").
    """

    resource: Resource
    resource_text: str
    credentials: Template = ABSENT
    timeout_seconds: Integer | None = None
    timeout_seconds_path: str | None = None
    heartbeat_seconds: Integer | None = None
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
    """ASL: a Choice rule, tried in order; the first that holds names the next state.

    In JSONata the condition is an Expression, and the rule may have an ``output``. Its ``assign``
    replaces the state's own, which is for the case that no rule holds.
    """

    condition: Condition | Expression
    next: str
    output: Template = ABSENT
    assign: Template = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceState(StateFields):
    """ASL: Choice."""

    choices: tuple[ChoiceRule, ...]
    default: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState(StateFields):
    """ASL: Wait; exactly one of the four fields is given."""

    seconds: Number | None = None
    seconds_path: str | None = None
    timestamp: Text | None = None
    timestamp_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedState(StateFields):
    """ASL: Succeed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailState(StateFields):
    """ASL: Fail."""

    error: Text | None = None
    error_path: str | None = None
    cause: Text | None = None
    cause_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A graph of states: the top level, a Parallel branch, a Map's ItemProcessor."""

    start_at: str
    states: Mapping[str, "State"]
    comment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelState(WorkFields):
    """ASL: Parallel; the result is the array of the branches' outputs in branch order."""

    branches: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderConfig:
    """ASL: ReaderConfig, how an ItemReader makes items of what it reads.

    A ``max_items`` of None or 0 reads all. ``csv_delimiter`` is AWS's word for the delimiter, such
    as COMMA. ``items_pointer`` is a JSON Pointer to the array within a JSON document.
    """

    input_type: Literal["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"] | None = None
    csv_header_location: Literal["FIRST_ROW", "GIVEN"] | None = None
    csv_headers: tuple[str, ...] = ()
    csv_delimiter: Literal["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"] = "COMMA"
    max_items: Integer | None = None
    max_items_path: str | None = None
    items_pointer: str | None = None
    manifest_type: Literal["ATHENA_DATA", "S3_INVENTORY"] | None = None
    transformation: Literal["NONE", "LOAD_AND_FLATTEN"] = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader:
    """ASL: ItemReader of a distributed Map. ``resource`` is an s3 getObject or listObjectsV2.

    ``parameters``, or JSONata's Arguments, hold the Bucket and the Key or Prefix.
    """

    resource: str
    parameters: Template = ABSENT
    config: ReaderConfig = ReaderConfig()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBatcher:
    """ASL: ItemBatcher of a distributed Map; sizes in items and bytes, None if unbounded."""

    max_items: Integer | None = None
    max_items_path: str | None = None
    max_bytes: Integer | None = None
    max_bytes_path: str | None = None
    batch_input: Template = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWriter:
    """ASL: ResultWriter of a distributed Map.

    Without a ``resource`` nothing is written, and ``transformation`` only shapes the results.
    ``parameters`` holds JSONata's Arguments as well.
    """

    resource: str | None = None
    parameters: Template = ABSENT
    transformation: Literal["NONE", "COMPACT", "FLATTEN"] | None = None
    output_type: Literal["JSON", "JSONL"] = "JSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """ASL: the fields of a Map in DISTRIBUTED mode only; each child is a run of its own."""

    execution_type: Literal["STANDARD", "EXPRESS"] = "STANDARD"
    label: str | None = None
    item_reader: ItemReader | None = None
    item_batcher: ItemBatcher | None = None
    result_writer: ResultWriter | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapState(WorkFields):
    """ASL: Map. ``max_concurrency`` 0 means as many as the engine allows.

    ``item_selector`` holds the old ``Parameters`` as well; ``items`` is JSONata's. Tolerated
    failures are a count, a percentage (0-100), or paths to either. ``distribution`` is None for an
    inline Map.
    """

    item_processor: Block
    items_path: str = "$"
    items: Template = ABSENT
    item_selector: Template = ABSENT
    max_concurrency: Integer = 0
    max_concurrency_path: str | None = None
    tolerated_failure_count: Integer | None = None
    tolerated_failure_count_path: str | None = None
    tolerated_failure_percentage: Number | None = None
    tolerated_failure_percentage_path: str | None = None
    distribution: Distribution | None = None


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
    """A whole definition. ``timeout`` is in seconds, None if it has none."""

    block: Block
    dialect: Dialect = "ASL"
    comment: str | None = None
    version: str = "1.0"
    timeout_seconds: float | None = None
    functions: frozenset[str] = field(default_factory=frozenset)
    """Functions that Resources name literally; lambda:invoke may find others by a path."""
