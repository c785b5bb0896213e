"""The reconciler's spans and bounds, each with the reason for its default."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from asw.reconciler.scheduler import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long the reconciler waits for what. Tests and benches change single values."""

    workflow_wait: timedelta = timedelta(minutes=5)
    """From an execution's creation: how long it waits for its Workflow to exist and be valid."""
    workflow_grace: timedelta = timedelta(seconds=1)
    """Before an execution says that it waits: ``kubectl apply -f dir/`` brings both together."""
    workflow_recheck: timedelta = timedelta(seconds=5)
    """Between two looks for a Workflow that nobody reported."""
    hold: timedelta = timedelta(seconds=2)
    """How long a task's start or heartbeat may wait for a write that is due anyway."""
    repeat_after: timedelta = timedelta(seconds=30)
    """A start or cancel that the platform accepted but does not show by then is repeated."""
    backoff_base: timedelta = timedelta(milliseconds=250)
    """The first pause after the platform did not answer; it doubles up to ``backoff_cap``."""
    backoff_cap: timedelta = timedelta(seconds=30)
    """The longest of these pauses."""
    refused_pause: timedelta = timedelta(minutes=1)
    """After the platform refused something, so that a human must act first."""
    conflict_retries: int = 5
    """Conflicts in a row that are retried at once; further ones back off."""
    passivate_after: timedelta | None = timedelta(seconds=5)
    """After this time, an execution that only waits for time is dropped from memory, and read again
    when it is woken. None: never."""
    resync: timedelta = timedelta(minutes=10)
    """After this time an execution is read again, so that no lost news is lost forever."""
    stop_grace: timedelta = timedelta(seconds=1)
    """What a current pass gets when work must end: another replica waits for the Lease."""
    limits: Limits = field(default_factory=Limits)
    """Limits of active tasks and their starts: none, unless somebody says what the place bears."""
    wait_patience: timedelta = timedelta(seconds=10)
    """How long a task may wait to be started before its execution's status says so."""
    max_starting: int = 64
    """How many executions may be starting tasks at the same moment."""
    pass_gap: timedelta = timedelta(microseconds=200)
    """Between two passes, for each open child of a distributed Map: a pass looks at all of them and
    writes the whole record, so with many of them it should bring in several ends at once."""
    machines: int = 256
    """How many parsed definitions are kept."""
    jitter_seed: int | None = None
    """Seed of the chance that spreads pauses and resyncs; None: each process draws its own."""

    def pause(self, failures: int, chance: Callable[[], float]) -> timedelta:
        """After the n-th failure in a row, from 1: doubled, capped, then half to all of it."""
        doubled: int = 2 ** min(failures - 1, 30)
        full = min(self.backoff_base * doubled, self.backoff_cap)
        return full * (0.5 + chance() / 2)
