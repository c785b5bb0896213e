"""A Workflow as files describe it: what the plan has of it, and what findings are about. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from asw.asl.model import StateMachine
from asw.asl.problems import Problem
from asw.lint.findings import Finding, Origin
from asw.lint.placing import finding_of

if TYPE_CHECKING:
    from asw.api.objects import OnLost


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWorkflow:
    """A Workflow with its parsed definition.

    ``objects`` is the folder of its buckets, ``origin`` the place of its definition.
    """

    name: str
    public_name: str
    text: str
    machine: StateMachine
    objects: Path
    origin: Origin
    default_input: str | None = None
    """JSON text of the input of executions that bring none."""
    on_lost: "OnLost" = "Retry"
    connections: Mapping[str, str] = field(default_factory=dict)
    """Names of Connections by service."""
    retention: str | None = None
    """JSON text of how long its executions are kept."""

    def finding_of(self, problem: Problem) -> Finding:
        """A problem of its definition as a finding."""
        return finding_of(problem, self.origin, self.text)
