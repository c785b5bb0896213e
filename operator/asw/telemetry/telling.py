"""Tells destinations what saved steps did. On the event loop: it only puts into queues."""

from collections.abc import Sequence
from dataclasses import dataclass

from asw.api.workflow import Logging
from asw.engine.history import Event
from asw.reconciler.telling import Told
from asw.telemetry.delivery import Delivery
from asw.telemetry.destinations import encoded
from asw.telemetry.lines import About, Line, lines_of
from asw.telemetry.places import error_of
from asw.telemetry.span_records import SpanAbout
from asw.telemetry.spans import never_began, spans_of
from asw.telemetry.trace_ids import is_sampled, trace_id_of

OVERHEAD_BYTES = 1000
"""What a line that waits takes beside its text, in round figures."""
SPAN_BYTES = 2000
"""What a span that waits takes, likewise: all its texts are short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """The destinations; None for one that nobody asked for.

    ``ratio`` of all traces are delivered, from 0 to 1.
    """

    output: Delivery[bytes] | None = None
    collector: Delivery[Line] | None = None
    traces: Delivery[SpanAbout] | None = None
    ratio: float = 0.0

    @property
    def deliveries(self) -> Sequence[Delivery[bytes] | Delivery[Line] | Delivery[SpanAbout]]:
        """All destinations that there are."""
        return [it for it in (self.output, self.collector, self.traces) if it is not None]

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

    def trace(self, told: Told, about: About) -> None:
        """Have the spans delivered that ended with this, if its trace is among the sampled ones."""
        traces, uid = self.traces, told.header.uid
        if traces is None or not is_sampled(trace_id_of(uid, told.redrive_count), self.ratio):
            return
        if told.saved is not None:
            found = spans_of(told.saved)
        else:
            found = (never_began(told.header, it.at, error_of(it)) for it in told.events)
        for span in found:
            traces.backlog.put(about.namespace, SpanAbout(span, about), SPAN_BYTES)
