"""Tells the operator's destinations: traces, and lines as Workflows want (``spec.logging``)."""

import logging
from dataclasses import dataclass, field

from asw.platforms.kubernetes.cache.cache import Cache
from asw.reconciler.platform import ExecutionKey
from asw.reconciler.telling import Told
from asw.telemetry.lines import About
from asw.telemetry.telling import Telemetry

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Teller:
    """``telemetry`` has the destinations; there are none before ``open``."""

    cache: Cache
    telemetry: Telemetry = field(default_factory=Telemetry)

    def open(self, telemetry: Telemetry) -> None:
        """Begin to deliver there."""
        self.telemetry = telemetry
        telemetry.start()

    def close(self) -> None:
        """Deliver what is left, for a few seconds."""
        self.telemetry.stop()

    def tell(self, key: ExecutionKey, told: Told) -> None:
        """What the Workflow wants now counts, as at AWS; children of its Maps are its own."""
        seen = self.cache.executions.get(key.root.uid)
        if seen is None or not self.telemetry.deliveries:
            return
        workflow = self.cache.workflows.get((key.namespace, seen.workflow_name))
        wanted = None if workflow is None else workflow.spec.logging
        if wanted is None and self.telemetry.traces is None:
            return
        about = About(
            namespace=key.namespace,
            execution=key.root.name,
            workflow=seen.workflow_name,
            arn=told.header.arn,
            redrive_count=told.redrive_count,
        )
        try:
            if wanted is not None:
                self.telemetry.take(told.events, wanted, about)
            self.telemetry.trace(told, about)
        except Exception:  # the execution goes on, whatever becomes of its lines
            log.exception("lines or spans of an execution are not delivered")
