"""The source ``workflow``: an execution ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asw.asl.timestamps import format_timestamp
from asw.asl.values import Json
from asw.triggers.event import Event

MOST_DEPTH: Final = 5
"""So many Triggers in a row lead to a run, and no more: else two could start each other for ever
(EventBridge leaves that to its users)."""
TYPE: Final = "dev.asw.execution."
"""The beginning of the type of these events; the outcome follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An execution that is over. ``status`` is AWS's word; ``epoch`` counts its redrives.

    ``input`` and ``output`` are None where they must not be shown. ``depth`` is how many Triggers
    in a row led to it.
    """

    namespace: str
    workflow: str
    name: str
    uid: str
    epoch: int
    status: str
    started_at: datetime | None
    ended_at: datetime
    labels: Mapping[str, str]
    input: Json = None
    output: Json = None
    error: str | None = None
    cause: str | None = None
    depth: int = 0

    def event(self) -> Event:
        """The end as an event; its data has the names of AWS's DescribeExecution."""
        started_at = self.started_at
        data: Json = {
            "name": self.name,
            "namespace": self.namespace,
            "uid": self.uid,
            "workflow": self.workflow,
            "status": self.status,
            "startDate": None if started_at is None else format_timestamp(started_at),
            "stopDate": format_timestamp(self.ended_at),
            "redriveCount": self.epoch,
            "labels": dict(self.labels),
            "input": self.input,
            "output": self.output,
            "error": self.error,
            "cause": self.cause,
        }
        return Event(
            id=f"{self.uid}.{self.epoch}",
            source=f"/asw.dev/namespaces/{self.namespace}/workflows/{self.workflow}",
            type=TYPE + self.status.lower().replace("_", "-"),
            time=self.ended_at,
            subject=self.name,
            data=data,
        )
