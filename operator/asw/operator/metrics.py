"""What ``/metrics`` shows: one table of families, each with the source of its numbers.

The parts of the operator keep plain numbers themselves. Nothing is counted twice, and nothing that
grows with the executions is walked. Collected in the health server's thread.
"""

import platform as python
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from asw import __version__
from asw.api.phases import PHASE_OF, PHASES
from asw.operator.archive_metrics import ARCHIVE_FAMILIES
from asw.operator.metric_families import Family, Labels, Sources, Values, by_key
from asw.operator.telemetry_metrics import TELEMETRY_FAMILIES
from asw.platforms.kubernetes.pools.pool import slots_of
from asw.reconciler.counters import Histogram


def _writes(sources: Sources) -> Mapping[Labels, float]:
    found = tuple(sources.client.writes.items())
    return {tuple(kind.split(" ")): float(count) for kind, count in found}


_FAMILIES: Sequence[Family] = (
    Family(
        name="asw_build_info",
        kind="gauge",
        help="Always 1; which version this is, on which Python.",
        labels=("version", "python"),
        read=lambda _: {(__version__, python.python_version()): 1.0},
    ),
    Family(
        name="asw_lease_held",
        kind="gauge",
        help="1 on the replica that acts, 0 on standbys.",
        read=lambda it: float(it.lease.may_act()),
    ),
    Family(
        name="asw_lease_transitions",
        kind="counter",
        help="How often the Lease has changed hands, as the Lease says.",
        read=lambda it: it.lease.transitions,
    ),
    Family(
        name="asw_claims_missing",
        kind="gauge",
        help="Where the holder of the Lease does not act because another installation does, or it"
        " may not claim it: namespaces, or all of them as one.",
        read=lambda it: float(len(it.claims.troubles)) if it.lease.may_act() else 0.0,
    ),
    Family(
        name="asw_executions",
        kind="gauge",
        help="Executions in the cluster by phase, as the watches show them.",
        labels=("phase",),
        read=lambda it: by_key(it.cache.phases, PHASES),
    ),
    Family(
        name="asw_live_executions",
        kind="gauge",
        help="Executions that this replica works on.",
        read=lambda it: it.reconciler.live_count,
    ),
    Family(
        name="asw_driven_executions",
        kind="gauge",
        help="Of these, those that it has looked at since it began to act.",
        read=lambda it: it.reconciler.driven,
    ),
    Family(
        name="asw_tasks",
        kind="gauge",
        help="Tasks whose Job or pods exist, finished ones that are kept included.",
        read=lambda it: len(it.cache.tasks),
    ),
    Family(
        name="asw_active_tasks",
        kind="gauge",
        help="Tasks that have a slot: they run, or are about to.",
        read=lambda it: it.reconciler.active_tasks,
    ),
    Family(
        name="asw_waiting_tasks",
        kind="gauge",
        help="Tasks that wait for a slot, by the limits of operator, namespace or Workflow.",
        read=lambda it: it.reconciler.waiting_tasks,
    ),
    Family(
        name="asw_starting_tasks",
        kind="gauge",
        help="Tasks that have a slot and do not run yet, but for those that take long.",
        read=lambda it: it.reconciler.window.under_way,
    ),
    Family(
        name="asw_starting_tasks_limit",
        kind="gauge",
        help="How many of these there may be, by how soon others came to run.",
        read=lambda it: it.reconciler.window.size,
    ),
    Family(
        name="asw_warm_pods",
        kind="gauge",
        help="Warm pods that ask for calls, or run some.",
        read=lambda it: float(it.pools.pod_count),
    ),
    Family(
        name="asw_warm_slots",
        kind="gauge",
        help="Slots of warm pods: busy ones have a call or are about to, free ones ask for one.",
        labels=("state",),
        read=lambda it: slots_of(it.pools.pools),
    ),
    Family(
        name="asw_warm_calls",
        kind="counter",
        help="Calls that were handed over to warm pods.",
        read=lambda it: float(it.pools.handed_over),
    ),
    Family(
        name="asw_warm_fallbacks",
        kind="counter",
        help="Calls of warm Functions that got a Job, or nothing, because no pod was free.",
        read=lambda it: float(it.pools.fallbacks),
    ),
    Family(
        name="asw_executions_started",
        kind="counter",
        help="Executions that began.",
        read=lambda it: it.counters.started,
    ),
    Family(
        name="asw_executions_ended",
        kind="counter",
        help="Executions that ended, by the status of AWS.",
        labels=("status",),
        read=lambda it: by_key(it.counters.ended, tuple(PHASE_OF)),
    ),
    Family(
        name="asw_state_transitions",
        kind="counter",
        help="States that were entered.",
        read=lambda it: it.counters.transitions,
    ),
    Family(
        name="asw_passes",
        kind="counter",
        help="Looks at an execution: load, observe, step, save, perform.",
        read=lambda it: it.counters.passes,
    ),
    Family(
        name="asw_waiting_passes",
        kind="gauge",
        help="Executions with news that wait for their next pass, pauses after a failure included.",
        read=lambda it: it.counters.waiting,
    ),
    Family(
        name="asw_loads",
        kind="counter",
        help="Executions read from the API server, or taken from its lists.",
        read=lambda it: it.counters.loads,
    ),
    Family(
        name="asw_saves",
        kind="counter",
        help="Statuses of Executions written.",
        read=lambda it: it.counters.saves,
    ),
    Family(
        name="asw_step_seconds",
        kind="histogram",
        help="How long the engine computed one step.",
        read=lambda it: it.counters.step_seconds,
    ),
    Family(
        name="asw_save_seconds",
        kind="histogram",
        help="How long one status took to be written, with the values that it refers to.",
        read=lambda it: it.counters.save_seconds,
    ),
    Family(
        name="asw_task_starts",
        kind="counter",
        help="Starts of tasks and child executions asked for, repeated ones included.",
        read=lambda it: it.counters.starts,
    ),
    Family(
        name="asw_task_cancels",
        kind="counter",
        help="Ends of tasks and child executions asked for, repeated ones included.",
        read=lambda it: it.counters.cancels,
    ),
    Family(
        name="asw_task_start_delay_seconds",
        kind="histogram",
        help="From when a task was scheduled until it ran; pods tell whole seconds.",
        read=lambda it: it.counters.start_seconds,
    ),
    Family(
        name="asw_task_slot_wait_seconds",
        kind="histogram",
        help="From when a task could have started until it got a slot.",
        read=lambda it: it.counters.slot_seconds,
    ),
    Family(
        name="asw_results",
        kind="counter",
        help="Outcomes that tasks delivered: saved, or late because nobody waited any more.",
        labels=("outcome",),
        read=lambda it: {
            ("saved",): it.counters.saved_results,
            ("late",): it.counters.late_results,
        },
    ),
    Family(
        name="asw_results_forwarded",
        kind="counter",
        help="Requests of tasks that this replica handed on to the holder of the Lease.",
        read=lambda it: it.forwarded(),
    ),
    Family(
        name="asw_conflicts",
        kind="counter",
        help="Saves refused because somebody else wrote first.",
        read=lambda it: it.counters.conflicts,
    ),
    Family(
        name="asw_unavailable",
        kind="counter",
        help="Passes and starts that the API server did not answer.",
        read=lambda it: it.counters.unavailable,
    ),
    Family(
        name="asw_refused",
        kind="counter",
        help="Passes and starts that the API server refused, so that somebody must act.",
        read=lambda it: it.counters.refused,
    ),
    Family(
        name="asw_internal_errors",
        kind="counter",
        help="Passes that ended in a fault of the operator's own.",
        read=lambda it: it.counters.errors,
    ),
    Family(
        name="asw_retention_lag_seconds",
        kind="gauge",
        help="How long an Execution has been past its time, of those that are still there.",
        read=lambda it: it.cache.retention_index.lag(it.cache.now()),
    ),
    Family(
        name="asw_api_writes",
        kind="counter",
        help="Requests that change something at the API server; status is a patch of a status.",
        labels=("verb", "resource"),
        read=_writes,
    ),
    Family(
        name="asw_api_writes_withheld",
        kind="counter",
        help="Writes that were not sent because the Lease was not held any more.",
        read=lambda it: it.client.withheld,
    ),
    Family(
        name="asw_api_request_seconds",
        kind="histogram",
        help="How long requests to the API server took, those of watches and Lease not included.",
        labels=("verb", "resource"),
        read=lambda it: dict(tuple(it.client.seconds.items())),
    ),
    Family(
        name="asw_events_lost",
        kind="counter",
        help="Kubernetes Events not written: too many at a time, or the API server failed.",
        labels=("reason",),
        read=lambda it: by_key(it.counters.lost_events, ("limited", "failed")),
    ),
    Family(
        name="asw_watch_age_seconds",
        kind="gauge",
        help="Seconds since a watch last showed an event or a bookmark.",
        labels=("resource",),
        read=lambda it: {(name,): age for name, age in it.vitals.watch_ages().items()},
    ),
    Family(
        name="asw_event_loop_lag_seconds",
        kind="gauge",
        help="The longest that the event loop answered nothing in the last half minute.",
        read=lambda it: it.vitals.worst_lag(),
    ),
    Family(
        name="asw_loop_age_seconds",
        kind="gauge",
        help="Seconds since a loop of the operator came round.",
        labels=("loop",),
        read=lambda it: {(name,): age for name, age in it.supervisor.ages().items()},
    ),
    Family(
        name="asw_loop_deaths",
        kind="counter",
        help="Loops of the operator that ended and were begun again.",
        labels=("loop",),
        read=lambda it: {(name,): n for name, n in tuple(it.supervisor.deaths.items())},
    ),
)

FAMILIES: Sequence[Family] = (*_FAMILIES, *TELEMETRY_FAMILIES, *ARCHIVE_FAMILIES)


class Metrics:
    """The families of these sources, and the process's own, in the text format of Prometheus."""

    def __init__(self, sources: Sources) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Table(sources))
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def text(self) -> bytes:
        """All samples, as they are now."""
        return generate_latest(self._registry)


class _Table(Collector):
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """The families with their values now; ``Collector`` requires the name."""
        for family in FAMILIES:
            yield _metric(family, family.read(self._sources))


def _metric(family: Family, values: Values) -> Metric:
    kinds = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}
    by_label = values if isinstance(values, Mapping) else {(): values}
    kind = kinds.get(family.kind, HistogramMetricFamily)
    metric: Any = kind(family.name, family.help, labels=family.labels)
    for labels, value in by_label.items():
        shown = (value.cumulative(), value.total) if isinstance(value, Histogram) else (value,)
        metric.add_metric(labels, *shown)
    made: Metric = metric
    return made
