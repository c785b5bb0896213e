"""The Execution: one run of a Workflow, its progress and its outcome."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from asw.api.answers import ANSWER_RULES, MOST_ANSWERS, Answers
from asw.api.conditions import OwnConditions
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
ONE_STARTER = "an Execution has spec.parent or spec.startedBy, not both"
INPUT_TEXT_LIMIT = 1_048_576
"""The most characters of inputText; the operator enforces the limit of payloads."""


_IS_REDRIVEN = (
    "has(self.redrive) && (!has(oldSelf.redrive) || self.redrive.number > oldSelf.redrive.number)"
)
"""CEL, for the spec: this update requests another redrive."""

_WHOLE_IS_REDRIVEN = _IS_REDRIVEN.replace("elf.redrive", "elf.spec.redrive")
_REDRIVE_IS_DONE = (
    "!has(oldSelf.spec.redrive) || (has(oldSelf.status.redriveCount)"
    " && oldSelf.status.redriveCount >= oldSelf.spec.redrive.number)"
    " || (has(oldSelf.status.conditions) && oldSelf.status.conditions.exists(c,"
    " c.type == 'Redriven' && c.status == 'False'))"
)
"""CEL, for the whole object: every requested redrive has been carried out or refused."""
_IS_OVER = f"has(oldSelf.status.phase) && oldSelf.status.phase in {sorted(FINAL_PHASES)}"
_ORDERS = (
    rule(
        f"({_WHOLE_IS_REDRIVEN}) || !has(oldSelf.spec.stop)"
        " || (has(self.spec.stop) && self.spec.stop == oldSelf.spec.stop)"
        f" || (has(oldSelf.status) && {_IS_OVER} && ({_REDRIVE_IS_DONE}))",
        "spec.stop cannot be withdrawn or changed before the Execution has ended, except by the "
        "update that raises spec.redrive.number",
        ".spec.stop",
    ),
    rule(
        "!has(oldSelf.spec.redrive) || (has(self.spec.redrive)"
        " ? self.spec.redrive.number >= oldSelf.spec.redrive.number"
        f" : has(oldSelf.status) && ({_REDRIVE_IS_DONE}))",
        "spec.redrive.number can only grow: leave spec.redrive as it is, or raise the number; it "
        "may be removed once it has been carried out or refused",
        ".spec.redrive",
    ),
)
"""CEL, for the whole object: an order stays until the status says what became of it. Then it may be
removed, so a manifest that never had it can replace the object."""


class WorkflowReference(Part):
    """Names the Workflow to run."""

    name: ObjectName
    """metadata.name of a Workflow in the same namespace."""

    revision: ObjectName | None = None
    """Name of the ControllerRevision to run. Default: the Workflow's current revision."""


class InputSource(Part):
    """The object that holds the input."""

    model_config = rules(rule("has(self.configMapRef) != has(self.payloadRef)", ONE_SOURCE))

    config_map_ref: KeyReference | None = None
    """A key in a ConfigMap of the namespace with immutable: true; its value is JSON text."""

    payload_ref: KeyReference | None = None
    """A key in a Payload of the namespace, which fewer people may read; its value is JSON text."""

    @model_validator(mode="after")
    def _has_one_source(self) -> "InputSource":
        if (self.config_map_ref is None) == (self.payload_ref is None):
            raise ValueError(ONE_SOURCE)
        return self

    @property
    def kind(self) -> Literal["ConfigMap", "Payload"]:
        """Kind of the object."""
        return "Payload" if self.config_map_ref is None else "ConfigMap"

    @property
    def reference(self) -> KeyReference:
        """The object's name, and the key in its data."""
        found = self.payload_ref if self.config_map_ref is None else self.config_map_ref
        assert found is not None, "the model has one of them"
        return found


class StopRequest(Part):
    """A request to abort the Execution."""

    error: str | None = Field(default=None, max_length=256)
    """The error to report as the reason."""

    cause: str | None = Field(default=None, max_length=32768)
    """The cause to report, for people."""


class RedriveOrder(Part):
    """A request to resume an Execution that failed, timed out or was aborted, where it failed."""

    number: int = Field(ge=1, le=1000, strict=True)
    """The number of redrives including this one: 1 the first time, then 2. A number that was
    carried out before changes nothing; one that skips some is carried out once and becomes the
    count. If set during a run, it waits for the end of the run."""

    revision: ObjectName | None = None
    """Name of the ControllerRevision to continue with. It must have every state that the run has
    been through, in the same place and of the same type. Default: the one it ran before."""


class ParentReference(Part):
    """The Execution that started this one for an item of a distributed Map."""

    name: ObjectName
    """metadata.name of the parent, which owns this Execution."""

    uid: str = Field(min_length=1, max_length=64)
    """metadata.uid of the parent."""

    ordinal: int = Field(ge=1)
    """The number of this Execution within its parent."""

    state: str = Field(min_length=1, max_length=256)
    """Name of the Map state whose ItemProcessor it runs."""

    execution_arn: str = Field(min_length=1, max_length=4096)
    """ARN of this Execution, as the context object shows it."""

    workflow_name: str = Field(min_length=1, max_length=2048)
    """Name of the Workflow and label of the Map, as the context object shows them."""

    workflow_arn: str = Field(min_length=1, max_length=4096)
    """ARN of that Workflow and label."""

    role_arn: str = Field(min_length=1, max_length=2048)
    """ARN of the role that the parent runs as."""


class StarterReference(Part):
    """The Execution one of whose Tasks started this one."""

    name: ObjectName
    """metadata.name of that Execution."""

    uid: str = Field(min_length=1, max_length=64)
    """metadata.uid of that Execution."""

    ordinal: int = Field(ge=1)
    """The number of the task within that Execution."""

    state: str = Field(min_length=1, max_length=256)
    """Name of the Task state."""

    awaited: bool = Field(strict=True)
    """Whether the Task waits for the end of this Execution (.sync, .sync:2): if so, this one is
    stopped with it and suspended with it."""


class ExecutionSpec(Part):
    """What to run, and its input; immutable. The requests stop, suspend and redrive may change."""

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
            "spec.parent is immutable and only set by the operator",
            ".parent",
        ),
        rule(
            as_it_was("startedBy"),
            "spec.startedBy is immutable and only set by the operator",
            ".startedBy",
        ),
        rule("!(has(self.parent) && has(self.startedBy))", ONE_STARTER),
        rule(
            f"!({_IS_REDRIVEN}) || !has(self.stop)",
            "spec.stop would abort the redriven Execution at once: remove it in the same update",
            ".stop",
        ),
        *ANSWER_RULES,
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
    """The input as any JSON value, null included; use inputFrom above 16 KiB. Immutable. Default:
    the Workflow's defaultInput, or else an empty object."""

    input_text: str | None = Field(default=None, max_length=INPUT_TEXT_LIMIT)
    """The input as JSON text, kept byte for byte; used instead of input. Immutable."""

    input_from: InputSource | None = None
    """Where to read the input from, instead of input. Immutable."""

    parent: ParentReference | None = None
    """Set by the operator if a distributed Map started this Execution. Immutable."""

    started_by: StarterReference | None = None
    """Set by the operator if a Task of another Execution started this one, by
    states:startExecution. Immutable."""

    stop: StopRequest | None = None
    """Set it to abort the Execution; an empty object is enough. It cannot be withdrawn before the
    Execution has ended, but may be removed afterwards."""

    suspend: bool = Field(default=False, strict=True)
    """If true, nothing new is started: running tasks finish, timers keep their deadlines. It may be
    changed at any time."""

    redrive: RedriveOrder | None = None
    """Set it to resume an unsuccessful Execution at the states that failed. It may be removed once
    it has been carried out or refused."""

    answers: Answers = Field(default_factory=dict, max_length=MOST_ANSWERS)
    """What people decided about its approvals (asw:approval), by the number of the task; asw
    approve writes it. An answer may be added, but neither changed nor removed."""

    ttl_seconds_after_finished: int | None = Field(default=None, ge=0, le=MOST_SECONDS, strict=True)
    """The Execution is deleted this many seconds after its end. Default: as its Workflow's
    spec.retention says."""

    @model_validator(mode="after")
    def _has_one_input(self) -> "ExecutionSpec":
        given = (self.has_input, self.input_text is not None, self.input_from is not None)
        if sum(given) > 1:
            raise ValueError(ONE_INPUT)
        return self

    @property
    def has_input(self) -> bool:
        """Whether ``input`` is given; it may be null."""
        return "input" in self.model_fields_set


class HistoryChunk(StoredObject):
    """A sealed run of history events."""

    first_id: int
    """The id of its first event."""

    last_id: int
    """The id of its last event."""


class ExecutionStatus(Shown):
    """The run's progress, or its outcome."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first one."""

    phase: Phase | None = None
    """Pending (waits for its Workflow or for a slot, or is suspended), Running, Succeeded, Failed,
    TimedOut or Aborted."""

    start_time: Instant | None = None
    """When it started to run."""

    completion_time: Instant | None = None
    """When it ended."""

    revision: str | None = Field(default=None, max_length=253)
    """Name of the ControllerRevision that it runs, whatever happens to the Workflow in the
    meantime."""

    current_states: tuple[str, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Names of the current states, one for each branch and iteration."""

    states: str | None = Field(default=None, max_length=1024)
    """The current states as one line for tables, such as: Resize x 3, Wait. Truncated if long."""

    result: str | None = Field(default=None, max_length=1024)
    """The output as JSON text, or the name of the error, as one line for tables. Truncated if long;
    missing if it would show a private payload."""

    output: Json = Field(default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True})
    """The output of a successful run if it is small: any JSON value."""

    output_ref: StoredObject | None = None
    """The object with the output as JSON text, if it is too large for this status."""

    error: str | None = Field(default=None, max_length=1024)
    """Name of the error if the run did not succeed."""

    cause: str | None = Field(default=None, max_length=32768)
    """What went wrong, often JSON text."""

    redrive_count: int | None = None
    """How many times it has been redriven."""

    payloads: Payloads | None = None
    """Private if its Workflow said so when it started: values are in Payloads, not here."""

    emptied: bool | None = None
    """Whether retention removed record, history and values but kept the object, because a tool that
    tracks it would create it again, and so run it again."""

    input_digest: str | None = Field(default=None, max_length=12)
    """Identifies the input that the operator read from spec and continues to use."""

    record: str | None = None
    """The engine's own memory of the run, as text; not for other readers."""

    pages: tuple[StoredObject, ...] = Field(
        default=(), max_length=25_000, json_schema_extra={**ATOMIC_LIST}
    )
    """Large values that the record refers to."""

    history: tuple[str, ...] = Field(
        default=(), max_length=25_000, json_schema_extra={**ATOMIC_LIST}
    )
    """The newest history events, each as JSON text with AWS's fields; payloads are JSON text in it,
    as at AWS."""

    history_chunks: tuple[HistoryChunk, ...] = Field(
        default=(), max_length=25_000, json_schema_extra={**ATOMIC_LIST}
    )
    """The objects with the older events, oldest first."""

    conditions: OwnConditions = ()
    """Complete: it has ended, however it ended; for kubectl wait. Succeeded: whether it ended well.
    Ready, Reconciling, Stalled: for kstatus. Redriven: present only if spec.redrive was refused."""


class Execution(CustomResource):
    """One run of a Workflow."""

    kind: ClassVar[str] = "Execution"
    plural: ClassVar[str] = "executions"
    short_name: ClassVar[str] = "exe"
    free_fields: ClassVar[Mapping[str, tuple[str, ...]]] = {"input": ("inputText", "inputFrom")}

    model_config = rules(SAME_NAME, *_ORDERS)

    spec: ExecutionSpec
    """What to run, and its input; immutable. The requests stop, suspend and redrive may change."""

    status: ExecutionStatus = Field(default_factory=ExecutionStatus)
    """The run's progress, or its outcome."""

    @property
    def public_name(self) -> str:
        """The run's name for users and the context object."""
        return self.spec.name or self.metadata.name
