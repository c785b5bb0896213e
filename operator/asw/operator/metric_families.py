"""A family of ``/metrics``, and the parts of the operator that its numbers come from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from asw.operator.archiving import Archiving
from asw.operator.supervision import Supervisor
from asw.operator.vitals import Vitals
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.leader.claims import Claims
from asw.platforms.kubernetes.leader.lease import Lease
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.port.telling import Teller
from asw.platforms.kubernetes.results.forwarding import LeaseHolder
from asw.reconciler.counters import Counters, Histogram
from asw.reconciler.reconciler import Reconciler

Value: TypeAlias = float | Histogram
Labels: TypeAlias = tuple[str, ...]
Values: TypeAlias = Value | Mapping[Labels, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The parts whose numbers are shown. ``holder`` is None without a result server."""

    reconciler: Reconciler
    client: KubeClient
    cache: Cache
    lease: Lease
    vitals: Vitals
    supervisor: Supervisor
    claims: Claims
    pools: Pools
    teller: Teller
    holder: LeaseHolder | None
    archive: Archiving | None = None

    @property
    def counters(self) -> Counters:
        """What the reconciler did."""
        return self.reconciler.counters

    def forwarded(self) -> float:
        """Number of results that went to another replica."""
        return 0 if self.holder is None else self.holder.forwarded


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A family of the table; a counter's name lacks ``_total``, which its samples carry."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: Labels = ()
    read: Callable[[Sources], Values]

    @property
    def sample(self) -> str:
        """The name to use in queries; for a histogram, its prefix."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


def by_key(values: Mapping[str, float], keys: Sequence[str]) -> Mapping[Labels, float]:
    """Values for all keys, also at zero, so that rates have a start."""
    return {(key,): float(values.get(key, 0)) for key in keys}
