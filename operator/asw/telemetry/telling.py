"""Tells destinations what saved steps did. On the event loop: it only puts into queues."""

from collections.abc import Sequence
from dataclasses import dataclass

from asw.api.workflow import Logging
from asw.engine.history import Event
from asw.telemetry.delivery import Delivery
from asw.telemetry.destinations import encoded
from asw.telemetry.lines import About, Line, lines_of

OVERHEAD_BYTES = 1000
"""What a line that waits takes beside its text, in round figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The destinations; None for one that nobody asked for."""

    output: Delivery[bytes] | None = None
    collector: Delivery[Line] | None = None

    @property
    def deliveries(self) -> Sequence[Delivery[bytes] | Delivery[Line]]:
        """All destinations that there are."""
        return [it for it in (self.output, self.collector) if it is not None]

    def start(self) -> None:
        """Begin to deliver."""
        for each in self.deliveries:
            each.start()

    def stop(self) -> None:
        """Deliver what there is, for a few seconds."""
        for each in self.deliveries:
            each.stop()

    def take(self, events: Sequence[Event], logging: Logging, about: About) -> None:
        """Have lines of these events delivered, as the Workflow wants."""
        for line in lines_of(events, logging, about):
            text = encoded(line)
            if self.output is not None:
                self.output.backlog.put(about.namespace, text, len(text) + OVERHEAD_BYTES)
            if self.collector is not None:
                self.collector.backlog.put(about.namespace, line, 2 * len(text) + OVERHEAD_BYTES)
