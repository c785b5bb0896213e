"""Which installation may act where, given the claims that were seen. Pure.

A scope is a namespace, or all of them. Its claim is a Lease that names an installation: of a
namespace in that namespace, so that whoever has powers there concerns nobody else; of all of them
in one place that only cluster administrators hand out. A claim counts as dead once it stood
unchanged before our eyes for as long as it says: clocks are never compared.

Who claims a namespace writes its claim first and looks at the other place after; who claims all of
them likewise. So of two that come at once each sees the other: the one of the namespace withdraws,
the one of all leaves that namespace out until it has looked again. Who was there first stays:
namespaces that the claim of all leaves out are written on it before anybody acts by it, and are
acted in only after they were taken off it and looked at once more.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, Self

ANNOTATION_EXCEPTED: Final = "asw.dev/except"
"""Of the claim of all namespaces: those that others had before, with commas between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A Lease as a claim; ``seconds`` is how long it holds after its last change."""

    holder: str
    version: str
    seconds: float
    excepted: frozenset[str] = frozenset()

    @classmethod
    def from_lease(cls, lease: Mapping[str, Any]) -> Self:
        """What the Lease says, whoever wrote it."""
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
    """A claim, and until when it counts unless it changes."""

    claim: Claim
    until: float

    def of(self, me: str, now: float) -> Claim | None:
        """The claim where it is another's, and alive."""
        is_foreign = self.claim.holder not in ("", me)
        return self.claim if is_foreign and now < self.until else None


def see(before: TaskObservation | None, claim: Claim, now: float) -> TaskObservation:
    """The claim as it is seen now: its time begins with every change that is seen."""
    if before is not None and before.claim.version == claim.version:
        return before
    return TaskObservation(claim=claim, until=now + claim.seconds)


def in_the_way(namespace: str, own: Claim | None, of_all: Claim | None) -> str | None:
    """Who has the namespace, None where it is free.

    ``own`` is the living claim of another on the namespace, ``of_all`` that on all of them.
    """
    if own is not None:
        return own.holder
    if of_all is not None and namespace not in of_all.excepted:
        return of_all.holder
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """What the claim of all namespaces leaves out: where we do not act, and what is written on it.

    A namespace is taken off the claim first, and acted in once another look showed it free.
    """

    kept_out: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()

    @classmethod
    def at_first(cls, written: frozenset[str], claimed: AbstractSet[str]) -> Self:
        """Before we act: whoever has a claim was there first, and so was who is left out already.

        That is what another replica of ours wrote.
        """
        return cls(kept_out=written | claimed, written=written)

    def after(self, claimed: AbstractSet[str]) -> Self:
        """What follows from another look: who comes later finds our claim, and withdraws."""
        return type(self)(
            kept_out=self.kept_out & (self.written | claimed), written=self.kept_out & claimed
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where an installation acts: in these namespaces, or in all but these."""

    names: frozenset[str] = frozenset()
    is_all: bool = False

    def __contains__(self, namespace: str) -> bool:
        return (namespace in self.names) is not self.is_all

    def has_lost(self, now: "Reach") -> bool:
        """Whether it was more in some place than it is now."""
        if self.is_all and now.is_all:
            return bool(now.names - self.names)
        return self.is_all or bool(self.names - now.names)


NOWHERE: Final = Reach()
