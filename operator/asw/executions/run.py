"""An Execution as it stands, wherever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from asw.api.instants import parse_instant
from asw.api.names import CONDITION_REDRIVEN, REASON_NO_PROCESS
from asw.api.phases import FINAL_PHASES, INTERRUPTED, SUSPENDED
from asw.asl.values import JsonObject

DELETED = "Deleted"
"""Phase in which a watch shows a deleted execution."""


@dataclass(frozen=True, slots=True)
class Run:
    """An Execution as it stands.

    ``manifest`` is the whole object as ``kubectl get -o json`` shows it. This machine's store makes
    one of the same shape, without what only a cluster has.
    """

    manifest: JsonObject

    @property
    def name(self) -> str:
        """metadata.name."""
        return str(self.manifest["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """metadata.namespace."""
        return str(self.manifest["metadata"]["namespace"])

    @property
    def uid(self) -> str:
        """metadata.uid."""
        return str(self.manifest["metadata"]["uid"])

    @property
    def labels(self) -> Mapping[str, str]:
        """metadata.labels."""
        return self.manifest["metadata"].get("labels") or {}

    @property
    def spec(self) -> JsonObject:
        """What to run, on which input."""
        spec: JsonObject = self.manifest.get("spec") or {}
        return spec

    @property
    def status(self) -> JsonObject:
        """How it stands, as ``asw.api.execution.ExecutionStatus`` describes."""
        status: JsonObject = self.manifest.get("status") or {}
        return status

    @property
    def workflow(self) -> str:
        """metadata.name of its Workflow."""
        return str(self.spec["workflowRef"]["name"])

    @property
    def phase(self) -> str:
        """Pending, Running, or one of FINAL_PHASES."""
        return str(self.status.get("phase") or "Pending")

    @property
    def is_over(self) -> bool:
        """Whether it ended; a redrive may resume it."""
        return self.phase in FINAL_PHASES

    @property
    def redrive_refusal(self) -> str | None:
        """Why the last requested redrive was refused, if it was."""
        for condition in self.status.get("conditions", ()):
            if condition["type"] == CONDITION_REDRIVEN and condition["status"] == "False":
                generation = self.manifest["metadata"].get("generation")
                is_current = condition.get("observedGeneration") == generation
                return str(condition.get("message", "")) if is_current else None
        return None

    @property
    def is_settled(self) -> bool:
        """Whether it is over, and no requested redrive is pending."""
        order = self.spec.get("redrive")
        is_to_redrive = order is not None and order["number"] > self.redrive_count
        return self.is_over and (not is_to_redrive or self.redrive_refusal is not None)

    @property
    def is_suspended(self) -> bool:
        """Whether its user wants nothing new to start."""
        return bool(self.spec.get("suspend"))

    @property
    def shown_phase(self) -> str:
        """The phase as tables show it: Suspended or Interrupted come first."""
        if self.is_suspended and not self.is_over:
            return SUSPENDED
        reasons = {it.get("reason") for it in self.status.get("conditions", ())}
        return INTERRUPTED if REASON_NO_PROCESS in reasons else self.phase

    @property
    def error(self) -> str | None:
        """Name of the error, if it did not succeed."""
        return self.status.get("error")

    @property
    def cause(self) -> str | None:
        """What went wrong."""
        return self.status.get("cause")

    @property
    def created_at(self) -> datetime:
        """When the object was created."""
        return parse_instant(self.manifest["metadata"]["creationTimestamp"])

    @property
    def started_at(self) -> datetime | None:
        """When it started to run."""
        return _instant(self.status.get("startTime"))

    @property
    def ended_at(self) -> datetime | None:
        """When it ended."""
        return _instant(self.status.get("completionTime"))

    @property
    def states(self) -> str:
        """The current states as one line, such as ``Resize x 3, Wait``."""
        return str(self.status.get("states") or "")

    @property
    def redrive_count(self) -> int:
        """How many times it was redriven."""
        return int(self.status.get("redriveCount") or 0)

    @property
    def next_redrive(self) -> int:
        """The number of a new redrive: above all that were requested before."""
        asked = (self.spec.get("redrive") or {}).get("number", 0)
        return int(max(self.redrive_count, asked)) + 1

    @property
    def parent(self) -> str | None:
        """Name of the execution whose distributed Map started it."""
        parent = self.spec.get("parent")
        return str(parent["name"]) if parent else None

    @property
    def map_state(self) -> str | None:
        """Name of the distributed Map whose ItemProcessor it runs, if it is a child."""
        parent = self.spec.get("parent")
        return str(parent["state"]) if parent else None


def deleted(run: Run) -> Run:
    """The execution as a watch shows it once it is deleted."""
    return Run({**run.manifest, "status": {**run.status, "phase": DELETED}})


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)
