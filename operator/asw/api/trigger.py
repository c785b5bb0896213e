"""The Trigger: which events start Executions of a Workflow."""

from typing import ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from asw.api.conditions import Conditions
from asw.api.execution import WorkflowReference
from asw.api.names import digest12
from asw.api.objects import (
    ATOMIC_LIST,
    PRESERVE_UNKNOWN,
    CustomResource,
    Instant,
    ObjectName,
    Part,
    Shown,
    rule,
    rules,
)
from asw.asl.values import Json, to_text
from asw.triggers.judging import LONGEST_FILTER, Wish

Outcome: TypeAlias = Literal["Succeeded", "Failed", "TimedOut", "Aborted"]

LONGEST_NAME: Final = 52
"""Characters of metadata.name, so that names of runs are readable."""
MOST_WORKFLOWS: Final = 50
LONGEST_LINE: Final = 400
"""Characters of a source as one line."""


class WorkflowSource(Part):
    """Executions that ended."""

    workflows: tuple[ObjectName, ...] = Field(
        default=(), max_length=MOST_WORKFLOWS, json_schema_extra={**ATOMIC_LIST}
    )
    """metadata.name of each Workflow whose Executions count, in the same namespace. Default: all
    Workflows of the namespace."""

    outcomes: tuple[Outcome, ...] = Field(
        min_length=1, max_length=4, json_schema_extra={**ATOMIC_LIST}
    )
    """How they ended: Succeeded, Failed, TimedOut, Aborted. A redriven Execution ends again, and
    counts again."""


class TriggerSource(Part):
    """Where events come from."""

    workflow: WorkflowSource
    """An Execution of the namespace ended. The event's data has name, namespace, uid, workflow,
    status (AWS's word: SUCCEEDED, FAILED, TIMED_OUT, ABORTED), startDate, stopDate, redriveCount,
    labels, input, output, error and cause; input and output are null where payloads are private."""

    @property
    def line(self) -> str:
        """Where events come from, as one line; other sources have other lines."""
        workflows = ", ".join(sorted(self.workflow.workflows)) or "any Workflow"
        text = f"{', '.join(sorted(self.workflow.outcomes))} of {workflows}"
        if len(text) <= LONGEST_LINE:
            return text
        return f"{text[: LONGEST_LINE - 20]}... ({digest12(text)})"


class TriggerSpec(Part):
    """Which events start which Workflow, and with which input."""

    source: TriggerSource
    """Where events come from."""

    filter: str | None = Field(default=None, min_length=1, max_length=LONGEST_FILTER)
    """A condition in CEL (Common Expression Language): an event starts a run only if it is true.
    It reads the event, a CloudEvent: event.type, event.source, event.subject, event.data. Example:
    event.data.error == "Report.Late" && event.data.labels["team"] == "sales"."""

    input: Json = Field(default=None, json_schema_extra={**PRESERVE_UNKNOWN, "nullable": True})
    """The input of each run, up to 16 KiB, as a JSONata template: in texts of the form {% ... %},
    $event is the event, such as {% $event.data.output.report %}. Default: the event itself."""

    workflow_ref: WorkflowReference
    """The Workflow to run, in the same namespace."""

    max_per_minute: int = Field(default=600, ge=1, le=60_000, strict=True)
    """How many runs are started a minute, at most; further events wait."""

    suspend: bool = Field(default=False, strict=True)
    """If true, nothing is started. Events that happen meanwhile start nothing later either."""

    @property
    def has_input(self) -> bool:
        """Whether there is a template; null is one too."""
        return "input" in self.model_fields_set

    @property
    def wish(self) -> Wish:
        """What becomes of an event, as a sandbox takes it."""
        return Wish(filter=self.filter or "", input=to_text(self.input) if self.has_input else None)


class TriggerStatus(Shown):
    """What the operator has done with events."""

    observed_generation: int = -1
    """The metadata.generation that this describes."""

    conditions: Conditions = ()
    """Ready, and Stalled if only a change of the Trigger helps."""

    source: str | None = Field(default=None, max_length=LONGEST_LINE)
    """Where events come from, in one line."""

    last_event_time: Instant | None = None
    """When the latest event happened that started a run."""

    last_execution: ObjectName | None = None
    """metadata.name of the latest run."""

    started: int = 0
    """How many runs were started."""

    filtered: int = 0
    """How many events the filter held back."""

    failed: int = 0
    """How many events started nothing because filter or input failed on them."""

    last_failure: str | None = Field(default=None, max_length=1024)
    """What went wrong with the latest of them."""

    since: Instant | None = None
    """Events up to this instant start nothing: the Trigger was created, resumed or given another
    source then."""

    handled_until: Instant | None = None
    """Events up to this instant have been dealt with."""

    suspended: bool = False
    """Whether spec.suspend was seen."""


class Trigger(CustomResource):
    """Starts Executions of a Workflow when something happens.

    Runs are named after the Trigger and the event, so that none is started twice.
    """

    kind: ClassVar[str] = "Trigger"
    plural: ClassVar[str] = "triggers"
    short_name: ClassVar[str] = "trig"

    model_config = rules(
        rule(
            f"size(self.metadata.name) <= {LONGEST_NAME}",
            f"the name of a Trigger may have {LONGEST_NAME} characters",
        )
    )

    spec: TriggerSpec
    """Which events start which Workflow, and with which input."""

    status: TriggerStatus = Field(default_factory=TriggerStatus)
    """What the operator has done with events."""
