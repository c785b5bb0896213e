"""The Workflow: a state machine under a name, and what the operator found out about it."""

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
from asw.api.pods import NodeSelector, PullSecrets, Resources, Tolerations
from asw.asl.model import Dialect
from asw.asl.values import Json

Payloads = Literal["Visible", "Private"]

ONE_DEFINITION = "set exactly one of spec.definition and spec.definitionText"
DEFINITION_LIMIT = 1_048_576
"""AWS: characters of a definition."""

NullPointer: TypeAlias = Annotated[
    str, Field(max_length=1024, pattern=r"^/(definition/|defaultInput(/|$))")
]
"""JSON Pointer (RFC 6901) from spec to a member of what may hold any JSON."""


class TaskTemplate(Part):
    """What the pods of the Workflow's tasks have in common; a Function's own fields win."""

    resources: Resources | None = None
    """Compute resources of a task's container, where its Function names none."""

    node_selector: NodeSelector = Field(default_factory=dict)
    """Labels of the nodes that tasks may run on."""

    tolerations: Tolerations = ()
    """Taints of nodes that tasks put up with."""

    priority_class_name: ObjectName | None = None
    """PriorityClass of the tasks' pods; none of the system's own (system-...)."""

    image_pull_secrets: PullSecrets = ()
    """Secrets of the namespace with credentials for the tasks' images."""


class Concurrency(Part):
    """How many Executions of the Workflow run at the same time, and what others do."""

    policy: Literal["Allow", "Forbid", "Replace"] = "Allow"
    """What an Execution does that finds no slot free. Allow: it waits, Pending, in the order of
    creation. Forbid: it fails at once. Replace: the oldest running one is aborted for it."""

    limit: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    """How many may run. Default: any number with Allow, one with Forbid and Replace."""


class OutcomeRetention(Part):
    """How long Executions that ended in one way are kept."""

    ttl_seconds: int | None = Field(default=None, ge=0, le=MOST_SECONDS, strict=True)
    """Seconds after its end at which an Execution is deleted. Default: as the operator's settings
    say, else never by age."""

    limit: int | None = Field(default=None, ge=0, le=100_000, strict=True)
    """How many of them are kept, the newest ones; those with a TTL of their own do not count.
    Default: as the operator's settings say, else any number."""


class Retention(Part):
    """When finished Executions are deleted, with all that belongs to them.

    One that Helm, Flux or Argo CD tracks is emptied instead: they would create it, and so run it,
    again.
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
    """Seconds after its end at which a task's Job is deleted, and its logs with it; a minute at
    least. Default: as the operator's settings say, else the newest 20 of an Execution stay as long
    as it does, up to a week."""


class WorkflowSpec(Part):
    """The state machine, and how its tasks are run."""

    model_config = rules(rule("has(self.definition) != has(self.definitionText)", ONE_DEFINITION))

    name: PublicName | None = None
    """Name that users and definitions know the Workflow by, where metadata.name cannot spell it: up
    to 80 characters, such as Resize_Image. Immutable. Default: metadata.name."""

    type: Literal["Standard"] = "Standard"
    """Kind of workflow. Standard: every transition is recorded, and no task is started again but by
    a Retry, or because it was lost (see onLost). Express is not supported yet."""

    dialect: Dialect = "ASL"
    """Language of the definition: ASL (Amazon States Language), or TCSL, its Tencent dialect."""

    definition: Mapping[str, Any] | None = Field(default=None, json_schema_extra={**ATOMIC_OBJECT})
    """The state machine as an object. The API server sorts its keys and writes 1.0 as 1; where that
    matters, use definitionText. Members that are null, such as ResultPath, are kept by kubectl
    apply; upgrades by Helm, kubectl edit and other merge patches drop them: see nulls."""

    definition_text: str | None = Field(default=None, max_length=DEFINITION_LIMIT)
    """The state machine as JSON text, kept byte for byte; instead of definition."""

    default_input: Json = Field(
        default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True}
    )
    """Input of Executions that bring none: any JSON value. Default: an empty object."""

    nulls: tuple[NullPointer, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """Members of definition and defaultInput that are null as written, as JSON Pointers from spec:
    /definition/States/Log/ResultPath. Where one of them is not null here, a tool dropped it on the
    way, and the Workflow is refused (Ready=False, NullsLost) rather than run as something else."""

    task_template: TaskTemplate | None = None
    """What the pods of the tasks have in common."""

    concurrency: Concurrency | None = None
    """How many Executions run at the same time. Default: any number."""

    max_active_tasks: int | None = Field(default=None, ge=1, le=100_000, strict=True)
    """How many tasks of all its Executions may have a Job at the same time; others wait their turn.
    Default: only the operator's own limits."""

    on_lost: OnLost | None = None
    """What becomes of a task that is lost once it may have begun, where its Function does not say.
    Retry: it is started anew, a few times; so it may run more than once. Fail: its state fails with
    the kind of loss, such as Asw.NodeLost; so asw starts it once, unless a Retry of the state takes
    that error. Default: Retry. Holds for Executions that start afterwards."""

    retention: Retention | None = None
    """When finished Executions are deleted. Default: as the operator's settings say, else never."""

    payloads: Payloads = "Visible"
    """Where inputs, results and outputs of its Executions are kept. Visible: in their status and in
    the specs of pods, for everybody to read who may view them. Private: in Payloads, which the role
    view does not include; tasks fetch their events, and status tells digests and sizes. Costs two
    more writes for each transition. Holds for Executions that start afterwards."""

    @model_validator(mode="after")
    def _has_one_definition(self) -> "WorkflowSpec":
        if (self.definition is None) == (self.definition_text is None):
            raise ValueError(ONE_DEFINITION)
        return self

    @property
    def has_default_input(self) -> bool:
        """Whether there is a default input; it may well be null."""
        return "default_input" in self.model_fields_set


class DefinitionProblem(Shown):
    """Something that is wrong with the definition, or that the reader should know of it."""

    severity: Literal["Error", "Warning"]
    """Error: it cannot run. Warning: it runs, perhaps not as meant."""

    code: str = Field(max_length=128)
    """The rule that it breaks, as one word."""

    path: str = Field(default="", max_length=4096)
    """Where in the definition, such as /States/Resize/Next."""

    message: str = Field(max_length=4096)
    """What is wrong and what would be right."""


class WorkflowStatus(Shown):
    """What the operator found out about the definition."""

    observed_generation: int = -1
    """The metadata.generation that this status describes; -1 before the first look."""

    conditions: Conditions = ()
    """Ready: the definition is accepted, and all that it calls is there. ResolvedRefs: whether the
    Functions that it calls are there and ready. Reconciling, Stalled: what kstatus reads."""

    problems: tuple[DefinitionProblem, ...] = Field(
        default=(), max_length=LONGEST_LIST, json_schema_extra={**ATOMIC_LIST}
    )
    """What is wrong with the definition, each with its place."""

    revision: str | None = Field(default=None, max_length=253)
    """Name of the ControllerRevision that pins the definition; new Executions run it."""

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
        """The name that users and definitions know it by."""
        return self.spec.name or self.metadata.name

    @property
    def lost_nulls(self) -> tuple[str, ...]:
        """Those of ``spec.nulls`` that are not null: the definition is not what was written."""
        return lost_nulls(self._free(), self.spec.nulls)

    @property
    def unlisted_nulls(self) -> Iterator[str]:
        """Null members that ``spec.nulls`` does not name: nobody would notice their loss."""
        return unlisted_nulls(self._free(), self.free_fields, self.spec.nulls)

    def _free(self) -> dict[str, Json]:
        spec = self.spec
        default = {"defaultInput": spec.default_input} if spec.has_default_input else {}
        return {"definition": spec.definition or {}, **default}
