"""The Execution: one run of a Workflow, how it stands and how it ended."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from asw.api.conditions import Conditions
from asw.api.objects import (
    ATOMIC_LIST,
    LONGEST_LIST,
    MOST_SECONDS,
    PRESERVE_UNKNOWN,
    SAME_NAME,
    CustomResource,
    Instant,
    ObjectName,
    Part,
    PublicName,
    Shown,
    StoredObject,
    as_it_was,
    rule,
    rules,
)
from asw.api.phases import FINAL_PHASES
from asw.api.pods import KeyReference
from asw.api.workflow import Payloads
from asw.asl.values import Json

Phase = Literal["Pending", "Running", "Succeeded", "Failed", "TimedOut", "Aborted"]

ONE_INPUT = "set only one of spec.input, spec.inputText and spec.inputFrom"
ONE_SOURCE = "set exactly one of inputFrom.configMapRef and inputFrom.payloadRef"
INPUT_TEXT_LIMIT = 1_048_576
"""Characters that inputText may have; the limit of payloads is the operator's to watch."""


_IS_REDRIVEN = (
    "has(self.redrive) && (!has(oldSelf.redrive) || self.redrive.number > oldSelf.redrive.number)"
)
"""CEL, for the spec: this update asks for one more redrive."""

_WHOLE_IS_REDRIVEN = _IS_REDRIVEN.replace("elf.redrive", "elf.spec.redrive")
_REDRIVE_IS_DONE = (
    "!has(oldSelf.spec.redrive) || (has(oldSelf.status.redriveCount)"
    " && oldSelf.status.redriveCount >= oldSelf.spec.redrive.number)"
    " || (has(oldSelf.status.conditions) && oldSelf.status.conditions.exists(c,"
    " c.type == 'Redriven' && c.status == 'False'))"
)
"""CEL, for the whole object: no redrive is asked for that was neither carried out nor refused."""
_IS_OVER = f"has(oldSelf.status.phase) && oldSelf.status.phase in {sorted(FINAL_PHASES)}"
_ORDERS = (
    rule(
        f"({_WHOLE_IS_REDRIVEN}) || !has(oldSelf.spec.stop)"
        " || (has(self.spec.stop) && self.spec.stop == oldSelf.spec.stop)"
        f" || (has(oldSelf.status) && {_IS_OVER} && ({_REDRIVE_IS_DONE}))",
        "spec.stop cannot be withdrawn or changed before the Execution has ended, but by the "
        "update that raises spec.redrive.number",
        ".spec.stop",
    ),
    rule(
        "!has(oldSelf.spec.redrive) || (has(self.spec.redrive)"
        " ? self.spec.redrive.number >= oldSelf.spec.redrive.number"
        f" : has(oldSelf.status) && ({_REDRIVE_IS_DONE}))",
        "spec.redrive.number only grows: leave spec.redrive as it is, or raise the number; it may "
        "be removed once it was carried out or refused",
        ".spec.redrive",
    ),
)
"""CEL, for the whole object: an order stays until status says what came of it. From then on it may
go, so that a manifest that never had it can replace the object."""


class WorkflowReference(Part):
    """Names the Workflow to run."""

    name: ObjectName
    """metadata.name of the Workflow, of the same namespace."""

    revision: ObjectName | None = None
    """Name of the ControllerRevision to run. Default: the Workflow's current one."""


class InputSource(Part):
    """An object that holds the input."""

    model_config = rules(rule("has(self.configMapRef) != has(self.payloadRef)", ONE_SOURCE))

    config_map_ref: KeyReference | None = None
    """A key of a ConfigMap of the namespace that has immutable: true; its value is JSON text."""

    payload_ref: KeyReference | None = None
    """A key of a Payload of the namespace, which fewer people may read; its value is JSON text."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "InputSource":
        if (self.config_map_ref is None) == (self.payload_ref is None):
            raise ValueError(ONE_SOURCE)
        return self

    @property
    def kind(self) -> Literal["ConfigMap", "Payload"]:
        """Kind of the object that is named."""
        return "Payload" if self.config_map_ref is None else "ConfigMap"

    @property
    def reference(self) -> KeyReference:
        """Its name, and the key of its data."""
        found = self.payload_ref if self.config_map_ref is None else self.config_map_ref
        assert found is not None, "the model has one of them"
        return found


class StopRequest(Part):
    """Asks to abort the Execution."""

    error: str | None = Field(default=None, max_length=256)
    """Error to report as the reason."""

    cause: str | None = Field(default=None, max_length=32768)
    """Cause to report, for people."""


class RedriveOrder(Part):
    """Asks to resume an Execution that failed, timed out or was aborted, where it failed."""

    number: int = Field(ge=1, le=1000, strict=True)
    """How many times it was redriven, this time included: 1 the first time, then 2. A number that
    was carried out before changes nothing; one that skips some is carried out once, and is what
    counts from then on. Set in mid-run, it waits for the end of the run."""

    revision: ObjectName | None = None
    """Name of the ControllerRevision to go on with, which must have every state that the run has
    been through, in the same place and of the same type. Default: the one that it ran before."""


class ParentReference(Part):
    """The Execution that started this one for an item of a distributed Map."""

    name: ObjectName
    """metadata.name of the parent, which owns this Execution."""

    uid: str = Field(min_length=1, max_length=64)
    """metadata.uid of the parent."""

    ordinal: int = Field(ge=1)
    """The number by which the parent knows this Execution."""

    state: str = Field(min_length=1, max_length=256)
    """Name of the Map state whose ItemProcessor runs."""

    execution_arn: str = Field(min_length=1, max_length=4096)
    """ARN of this Execution, as the context object shows it."""

    workflow_name: str = Field(min_length=1, max_length=2048)
    """Name of the Workflow and label of the Map, as the context object shows them."""

    workflow_arn: str = Field(min_length=1, max_length=4096)
    """ARN of the same."""

    role_arn: str = Field(min_length=1, max_length=2048)
    """ARN of the role that the parent runs as."""


class ExecutionSpec(Part):
    """What to run, on which input: immutable. The verbs stop, suspend, redrive: not."""

    model_config = rules(
        rule("!(has(self.inputText) && has(self.inputFrom))", ONE_INPUT),
        rule(
            as_it_was("inputText"),
            "spec.inputText is immutable: create a new Execution",
            ".inputText",
        ),
        rule(
            as_it_was("inputFrom"),
            "spec.inputFrom is immutable: create a new Execution",
            ".inputFrom",
        ),
        rule(
            as_it_was("parent"),
            "spec.parent is immutable, and set by the operator alone",
            ".parent",
        ),
        rule(
            f"!({_IS_REDRIVEN}) || !has(self.stop)",
            "spec.stop would abort the redriven Execution at once: remove it in the same update",
            ".stop",
        ),
    )

    name: PublicName | None = None
    """Name of the run for users and the context object, up to 80 characters. Immutable. Default:
    metadata.name."""

    workflow_ref: WorkflowReference = Field(
        json_schema_extra={
            "x-kubernetes-validations": [
                rule("self == oldSelf", "spec.workflowRef is immutable: create a new Execution")
            ]
        }
    )
    """The Workflow to run. Immutable."""

    input: Json = Field(default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True})
    """Input as any JSON value, null included; above 16 KiB better use inputFrom. Immutable.
    Default: the Workflow's defaultInput, else an empty object."""

    input_text: str | None = Field(default=None, max_length=INPUT_TEXT_LIMIT)
    """Input as JSON text, kept byte for byte; instead of input. Immutable."""

    input_from: InputSource | None = None
    """Where the input is to be read from; instead of input. Immutable."""

    parent: ParentReference | None = None
    """Set by the operator where a distributed Map started this Execution. Immutable."""

    stop: StopRequest | None = None
    """Set it to abort the Execution; it cannot be withdrawn before that is done, and may be removed
    afterwards. An empty object will do."""

    suspend: bool = Field(default=False, strict=True)
    """Whether nothing new is started: running tasks finish, timers keep their deadlines. May be
    switched on and off at any time."""

    redrive: RedriveOrder | None = None
    """Set it to resume an unsuccessful Execution at the states that failed. It may be removed once
    it was carried out, or refused."""

    ttl_seconds_after_finished: int | None = Field(default=None, ge=0, le=MOST_SECONDS, strict=True)
    """Seconds after its end at which the Execution is deleted. Default: as its Workflow's
    spec.retention says."""

    @model_validator(mode="after")
    def _has_one_input(self) -> "ExecutionSpec":
        given = (self.has_input, self.input_text is not None, self.input_from is not None)
        if sum(given) > 1:
            raise ValueError(ONE_INPUT)
        return self

    @property
    def has_input(self) -> bool:
        """Whether ``input`` is given; it may well be null."""
        return "input" in self.model_fields_set


class HistoryChunk(StoredObject):
    """A sealed run of history events."""

    first_id: int
    """Id of its first event."""

    last_id: int
    """Id of its last event."""


HistoryLine: TypeAlias = Annotated[Mapping[str, Any], Field(json_schema_extra={**PRESERVE_UNKNOWN})]
"""One history event as ``asw.api.history`` writes it."""


class ExecutionStatus(Shown):
    """How the run stands, or how it ended."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first look."""

    phase: Phase | None = None
    """Pending (waits for its Workflow or for a slot, or is suspended), Running, Succeeded, Failed,
    TimedOut or Aborted."""

    start_time: Instant | None = None
    """When it started to run."""

    completion_time: Instant | None = None
    """When it ended."""

    revision: str | None = Field(default=None, max_length=253)
    """Name of the ControllerRevision that it runs, whatever happens to the Workflow meanwhile."""

    current_states: tuple[str, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Names of the states that it is in, one for each branch and iteration."""

    states: str | None = Field(default=None, max_length=1024)
    """The current states as one line for tables, such as: Resize x 3, Wait. Cut short."""

    result: str | None = Field(default=None, max_length=1024)
    """The output as JSON text, or the name of the error, as one line for tables. Cut short; not
    there where it would show a payload that is private."""

    output: Json = Field(default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True})
    """The output, where it succeeded and the output is small: any JSON value."""

    output_ref: StoredObject | None = None
    """Where the output is as JSON text, when it is too large for this status."""

    error: str | None = Field(default=None, max_length=1024)
    """Name of the error, where it did not succeed."""

    cause: str | None = Field(default=None, max_length=32768)
    """What went wrong, often JSON text."""

    redrive_count: int | None = None
    """How many times it was redriven, if ever."""

    payloads: Payloads | None = None
    """Private where its Workflow said so when it started: values are in Payloads, not here."""

    emptied: bool | None = None
    """Whether retention removed record, history and values, and kept the object itself because a
    tool tracks it that would create it, and so run it, again."""

    input_digest: str | None = Field(default=None, max_length=12)
    """By which the operator knows the input again that it found in spec, and goes on with."""

    record: str | None = None
    """The engine's own memory of the run, as text; not for others to read."""

    pages: tuple[StoredObject, ...] = Field(
        default=(), max_length=25_000, json_schema_extra={**ATOMIC_LIST}
    )
    """Large values that the record refers to."""

    history: tuple[HistoryLine, ...] = Field(
        default=(), max_length=25_000, json_schema_extra={**ATOMIC_LIST}
    )
    """The newest history events, in the fields of AWS; payloads are JSON text, as there."""

    history_chunks: tuple[HistoryChunk, ...] = Field(
        default=(), max_length=25_000, json_schema_extra={**ATOMIC_LIST}
    )
    """Where the older events are, oldest first."""

    conditions: Conditions = ()
    """Complete: it is over, whatever its end, for kubectl wait; Succeeded: whether well. Ready,
    Reconciling, Stalled: what kstatus reads. Redriven: only there where spec.redrive was
    refused."""


class Execution(CustomResource):
    """One run of a Workflow."""

    kind: ClassVar[str] = "Execution"
    plural: ClassVar[str] = "executions"
    short_name: ClassVar[str] = "exe"
    free_fields: ClassVar[Mapping[str, tuple[str, ...]]] = {"input": ("inputText", "inputFrom")}

    model_config = rules(SAME_NAME, *_ORDERS)

    spec: ExecutionSpec
    """What to run, on which input: immutable. The verbs stop, suspend, redrive: not."""

    status: ExecutionStatus = Field(default_factory=ExecutionStatus)
    """How the run stands, or how it ended."""

    @property
    def public_name(self) -> str:
        """The name of the run for users and the context object."""
        return self.spec.name or self.metadata.name
