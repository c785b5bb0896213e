"""Which installation may act where, given the claims that were seen. Pure.

A scope is a namespace, or all of them. Its claim is a Lease that names an installation: the
claim of one namespace lies in that namespace, so that whoever has power there affects nobody else;
the claim of all lies in one place that only cluster administrators hand out. A claim counts as dead
once we have watched it unchanged for as long as it says: clocks are never compared.

Whoever claims a namespace writes its claim first and looks at the other place afterwards; so does
whoever claims all of them. Of two that come at once each therefore sees the other: the one of the
namespace withdraws, the one of all leaves that namespace out until it has looked again. The earlier
one stays: namespaces that the claim of all leaves out are listed on it before anybody acts by it.
It acts in them only after they were taken off the list and looked at once more.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, Self

ANNOTATION_EXCEPTED: Final = "asw.dev/except"
"""On the claim of all namespaces: those that others had before, separated by commas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A Lease read as a claim; ``seconds`` is how long it holds after its last change."""

    holder: str
    version: str
    seconds: float
    excepted: frozenset[str] = frozenset()

    @classmethod
    def from_lease(cls, lease: Mapping[str, Any]) -> Self:
        """What the Lease says, no matter who wrote it."""
        spec, metadata = lease.get("spec") or {}, lease["metadata"]
        words = (metadata.get("annotations") or {}).get(ANNOTATION_EXCEPTED, "")
        return cls(
            holder=spec.get("holderIdentity") or "",
            version=metadata["resourceVersion"],
            seconds=float(spec.get("leaseDurationSeconds") or 0),
            excepted=frozenset(filter(None, words.split(","))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskObservation:
    """A claim, and when it stops counting unless it changes."""

    claim: Claim
    until: float

    def of(self, me: str, now: float) -> Claim | None:
        """The claim if it is alive and another installation's."""
        is_foreign = self.claim.holder not in ("", me)
        return self.claim if is_foreign and now < self.until else None


def see(before: TaskObservation | None, claim: Claim, now: float) -> TaskObservation:
    """The claim as it is seen now: its time starts again with every change that is seen."""
    if before is not None and before.claim.version == claim.version:
        return before
    return TaskObservation(claim=claim, until=now + claim.seconds)


def in_the_way(namespace: str, own: Claim | None, of_all: Claim | None) -> str | None:
    """Who has the namespace, None if it is free.

    ``own`` is another installation's living claim on the namespace, ``of_all`` that on all.
    """
    if own is not None:
        return own.holder
    if of_all is not None and namespace not in of_all.excepted:
        return of_all.holder
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """What the claim of all namespaces leaves out: where we do not act, and what is listed on it.

    A namespace is taken off the claim first. We act in it once another look showed it free.
    """

    kept_out: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()

    @classmethod
    def at_first(cls, written: frozenset[str], claimed: AbstractSet[str]) -> Self:
        """Before we act: whoever has a claim, or is left out already, was there first.

        Another replica of ours wrote the latter.
        """
        return cls(kept_out=written | claimed, written=written)

    def after(self, claimed: AbstractSet[str]) -> Self:
        """What follows from another look: whoever comes later finds our claim and withdraws."""
        return type(self)(
            kept_out=self.kept_out & (self.written | claimed), written=self.kept_out & claimed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where an installation acts: in these namespaces, or in all except these."""

    names: frozenset[str] = frozenset()
    is_all: bool = False

    def __contains__(self, namespace: str) -> bool:
        return (namespace in self.names) is not self.is_all

    def has_lost(self, now: "Reach") -> bool:
        """Whether it covered some namespace before that it does not cover now."""
        if self.is_all and now.is_all:
            return bool(now.names - self.names)
        return self.is_all or bool(self.names - now.names)


NOWHERE: Final = Reach()
