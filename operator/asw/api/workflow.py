"""The Workflow: a named state machine, and what the operator found out about it."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, model_validator

from asw.api.conditions import Conditions
from asw.api.nulls import lost_nulls, unlisted_nulls
from asw.api.objects import (
    ATOMIC_LIST,
    ATOMIC_OBJECT,
    LONGEST_LIST,
    MOST_SECONDS,
    PRESERVE_UNKNOWN,
    SAME_NAME,
    CustomResource,
    ObjectName,
    OnLost,
    Part,
    PublicName,
    Shown,
    rule,
    rules,
)
from asw.api.pod_template import PodTemplate
from asw.api.pods import NodeSelector, PullSecrets, Resources, Tolerations
from asw.asl.model import Dialect
from asw.asl.values import Json

Payloads = Literal["Visible", "Private"]

ONE_DEFINITION = "set exactly one of spec.definition and spec.definitionText"
DEFINITION_LIMIT = 1_048_576
"""AWS: the most characters of a definition."""

NullPointer: TypeAlias = Annotated[
    str, Field(max_length=1024, pattern=r"^/(definition/|defaultInput(/|$))")
]
"""A JSON Pointer (RFC 6901) from spec to a member of a field that may hold any JSON."""


class TaskTemplate(Part):
    """What the pods of the Workflow's tasks have in common; a Function's own fields override it."""

    resources: Resources | None = None
    """Compute resources of a task's container, if its Function names none."""

    node_selector: NodeSelector = Field(default_factory=dict)
    """Labels of the nodes that tasks may run on."""

    tolerations: Tolerations = ()
    """Taints of nodes that tasks tolerate."""

    priority_class_name: ObjectName | None = None
    """PriorityClass of the tasks' pods, other than those of the system (system-...)."""

    image_pull_secrets: PullSecrets = ()
    """Secrets in the namespace with credentials for the tasks' images."""

    start_timeout_seconds: int | None = Field(default=None, ge=1, le=31_536_000, strict=True)
    """How long a task may wait for its pod to start before it fails; waiting for Kueue or for an
    autoscaler does not count. Default: as the operator's settings say."""

    pod_template: PodTemplate | None = None
    """What the pods have besides: volumes, sidecars, affinity, labels. That of a Function is merged
    over it."""


class Concurrency(Part):
    """How many Executions of the Workflow run at the same time, and what happens to others."""

    policy: Literal["Allow", "Forbid", "Replace"] = "Allow"
    """What happens to an Execution without a free slot. Allow: it waits, Pending, in the order of
    creation. Forbid: it fails at once. Replace: the oldest running one is aborted for it."""

    limit: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    """How many may run. Default: any number with Allow, one with Forbid or Replace."""


class OutcomeRetention(Part):
    """How long Executions that ended in one way are kept."""

    ttl_seconds: int | None = Field(default=None, ge=0, le=MOST_SECONDS, strict=True)
    """An Execution is deleted this many seconds after its end. Default: never by age if there is a
    limit, else as the operator's settings say."""

    limit: int | None = Field(default=None, ge=0, le=100_000, strict=True)
    """How many of the newest are kept; Executions with their own TTL do not count. Default: any
    number if there are ttlSeconds, else as the operator's settings say."""


class Retention(Part):
    """When finished Executions are deleted, with everything that belongs to them.

    One that Helm, Flux or Argo CD tracks is emptied instead, because they would create it again,
    and so run it again.
    """

    succeeded: OutcomeRetention | None = None
    """Those that succeeded."""

    failed: OutcomeRetention | None = None
    """Those that failed."""

    timed_out: OutcomeRetention | None = None
    """Those that timed out."""

    aborted: OutcomeRetention | None = None
    """Those that were aborted."""

    job_seconds: int | None = Field(default=None, ge=0, le=MOST_SECONDS, strict=True)
    """A task's Job is deleted with its logs this many seconds after its end, at least 60. Default:
    as the operator's settings say, or else the newest 20 of an Execution stay as long as it does,
    up to a week."""


class Logging(Part):
    """What of the history of Executions is delivered as log lines (AWS: LoggingConfiguration).

    Where to is a setting of the operator. Delivery never holds up an Execution: lines that nobody
    takes in time are dropped and counted.
    """

    level: Literal["ALL", "ERROR", "FATAL", "OFF"] = "OFF"
    """Which events. ALL: every one. ERROR: failures, time-outs and aborts of tasks, states and
    Executions. FATAL: those of Executions only. OFF: none."""

    include_execution_data: bool = False
    """Whether lines have inputs, outputs, parameters, results, variables and causes. Each is cut
    off at 248 KiB."""


class WorkflowSpec(Part):
    """The state machine, and how its tasks are run."""

    model_config = rules(rule("has(self.definition) != has(self.definitionText)", ONE_DEFINITION))

    name: PublicName | None = None
    """The name of the Workflow for users and definitions, if metadata.name cannot spell it: up to
    80 characters, such as Resize_Image. Immutable. Default: metadata.name."""

    type: Literal["Standard"] = "Standard"
    """The kind of workflow. Standard: every transition is recorded, and a task is only started
    again by a Retry or because it was lost (see onLost). Express is not supported yet."""

    dialect: Dialect = "ASL"
    """The language of the definition: ASL (Amazon States Language), or TCSL, Tencent's dialect."""

    definition: Mapping[str, Any] | None = Field(default=None, json_schema_extra={**ATOMIC_OBJECT})
    """The state machine as an object. The API server sorts its keys and writes 1.0 as 1; if that
    matters, use definitionText. kubectl apply keeps null members such as ResultPath; Helm upgrades,
    kubectl edit and other merge patches drop them: see nulls."""

    definition_text: str | None = Field(default=None, max_length=DEFINITION_LIMIT)
    """The state machine as JSON text, kept byte for byte; used instead of definition."""

    default_input: Json = Field(
        default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True}
    )
    """The input of Executions without one: any JSON value. Default: an empty object."""

    nulls: tuple[NullPointer, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Members of definition and defaultInput that were written as null, as JSON Pointers from spec:
    /definition/States/Log/ResultPath. If one of them is not null here, a tool dropped it on the
    way, and the Workflow is refused (Ready=False, NullsLost) instead of doing something else."""

    task_template: TaskTemplate | None = None
    """What the pods of its tasks have in common."""

    concurrency: Concurrency | None = None
    """How many Executions run at the same time. Default: any number."""

    max_active_tasks: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    """How many tasks of all its Executions may have a Job at the same time; others wait their turn.
    Default: only the operator's limits."""

    on_lost: OnLost | None = None
    """What happens to a task that is lost after it may have begun, if its Function does not say.
    Retry: it is started again, a few times; so it may run more than once. Fail: its state fails
    with the kind of loss, such as Asw.NodeLost; so asw starts it only once, unless a Retry of the
    state takes that error. Default: Retry. Applies to Executions that start afterwards."""

    connections: Mapping[str, ObjectName] = Field(default_factory=dict, max_length=500)
    """The Connection of each service that its Task states call, by the service's name in Resources:
    dynamodb is that of arn:aws:states:::dynamodb:putItem and of aws-sdk:dynamodb:query; default is
    that of all services that are not listed. The ARN of a role is a key, too: Tasks with this role
    in Credentials go by its Connection. With such a key, other roles are refused; without any,
    Credentials have no effect. It is looked up at each call, so that a change counts for
    Executions that run."""

    retention: Retention | None = None
    """When finished Executions are deleted. Default: as the operator's settings say."""

    logging: Logging | None = None
    """What of the history of its Executions is delivered as log lines. Default: nothing."""

    payloads: Payloads = "Visible"
    """Where inputs, results and outputs of its Executions are kept. Visible: in their status and in
    the specs of pods, readable for everyone who may view these. Private: in Payloads, which the
    role view does not include; tasks fetch their events, and the status has only digests and sizes.
    It costs two more writes per transition. Applies to Executions that start afterwards."""

    @model_validator(mode="after")
    def _has_one_definition(self) -> "WorkflowSpec":
        if (self.definition is None) == (self.definition_text is None):
            raise ValueError(ONE_DEFINITION)
        return self

    @property
    def has_default_input(self) -> bool:
        """Whether there is a default input; it may be null."""
        return "default_input" in self.model_fields_set


class DefinitionProblem(Shown):
    """A problem of the definition, or something that its author should know."""

    severity: Literal["Error", "Warning"]
    """Error: it cannot run. Warning: it runs, perhaps not as meant."""

    code: str = Field(max_length=128)
    """The violated rule, as one word."""

    path: str = Field(default="", max_length=4096)
    """The place in the definition, such as /States/Resize/Next."""

    message: str = Field(max_length=4096)
    """What is wrong, and the remedy."""


class WorkflowStatus(Shown):
    """What the operator found out about the definition."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first one."""

    conditions: Conditions = ()
    """Ready: the definition is accepted, and everything that it calls exists. ResolvedRefs: whether
    the Functions that it calls exist and are ready, and so do the Connections of the services.
    Reconciling, Stalled: for kstatus."""

    problems: tuple[DefinitionProblem, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """The problems of the definition, each with its place."""

    revision: str | None = Field(default=None, max_length=253)
    """Name of the ControllerRevision with the definition; new Executions run it."""

    functions: tuple[str, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Names of the Functions that the definition calls."""


class Workflow(CustomResource):
    """A state machine in the Amazon States Language, to be run by Executions."""

    kind: ClassVar[str] = "Workflow"
    plural: ClassVar[str] = "workflows"
    short_name: ClassVar[str] = "wf"
    free_fields: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "definition": ("definitionText",),
        "defaultInput": (),
    }

    model_config = rules(SAME_NAME)

    spec: WorkflowSpec
    """The state machine, and how its tasks are run."""

    status: WorkflowStatus = Field(default_factory=WorkflowStatus)
    """What the operator found out about the definition."""

    @property
    def public_name(self) -> str:
        """Its name for users and definitions."""
        return self.spec.name or self.metadata.name

    @property
    def lost_nulls(self) -> tuple[str, ...]:
        """Entries of ``spec.nulls`` that are not null: the definition is not what was written."""
        return lost_nulls(self._free(), self.spec.nulls)

    @property
    def unlisted_nulls(self) -> Iterator[str]:
        """Null members that ``spec.nulls`` does not list: nobody would notice their loss."""
        return unlisted_nulls(self._free(), self.free_fields, self.spec.nulls)

    def _free(self) -> dict[str, Json]:
        spec = self.spec
        default = {"defaultInput": spec.default_input} if spec.has_default_input else {}
        return {"definition": spec.definition or {}, **default}
