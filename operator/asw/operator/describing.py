"""The header of an execution that begins: its names as ARNs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from asw.engine.record import Header
from asw.operator.settings import OperatorSettings
from asw.platforms.kubernetes.cache.cache import Cache
from asw.reconciler.platform import Stored


@dataclass(frozen=True, slots=True)
class Describing:
    """Describes an execution that begins, by the names that users know."""

    settings: OperatorSettings
    cache: Cache

    def header(self, stored: Stored, now: datetime) -> Header:
        """The header of an execution that begins now, with its names as ARNs."""
        workflow = self.cache.workflows.get((stored.key.namespace, stored.workflow_name))
        name = workflow.public_name if workflow is not None else stored.workflow_name
        return self.settings.location.header(
            uid=stored.key.uid,
            workflow=name,
            name=stored.execution_name,
            started_at=_milliseconds(now),
        )


def _milliseconds(now: datetime) -> datetime:
    return now - timedelta(microseconds=now.microsecond % 1000)
