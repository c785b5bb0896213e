"""The claims of this installation, taken and renewed by the replica that holds its Lease.

Two installations on the same namespaces would run every task twice and refuse each other's
results. ``claiming`` decides who may act; this module makes the requests. An installation is
identified by namespace and name of its Lease, so its replicas share their claims.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import LEASES
from asw.platforms.kubernetes.leader.claiming import (
    ANNOTATION_EXCEPTED,
    NOWHERE,
    Claim,
    Omission,
    Reach,
    TaskObservation,
    in_the_way,
    see,
)
from asw.platforms.kubernetes.leader.lease import Leases, steady_seconds
from asw.platforms.kubernetes.leader.permissions import CLAIM_OF_ALL, CLAIM_OF_ONE
from asw.reconciler.platform import Conflict, PlatformError, Refused, Unavailable

PUBLIC_NAMESPACE: Final = "kube-public"
"""Every cluster has it, and only administrators have power there."""
ALL: Final = "all namespaces"

CLAIM_SECONDS: Final = 60
"""How long a claim holds without renewal; a busy event loop must not lose it."""
DEADLINE: Final = 40.0
"""Without an answer we stop acting after this time, well before others may act."""
LONGEST_ANSWER: Final = 10.0
"""DEADLINE and this together are less than CLAIM_SECONDS."""
RENEW_PERIOD: Final = 15.0
LOOK_PERIOD: Final = 5.0
"""Between two looks at what must be renewed, and at what others have."""
FAREWELL_SECONDS: Final = 10
"""How long a claim holds after its operator was told to stop: enough for its next replica."""

LONGEST_PAUSE: Final = 600.0
"""Pause before a namespace is claimed again that somebody keeps taking from us."""

logger = logging.getLogger(__name__)


class NamedLeases(Leases, Protocol):
    """The requests that claims take."""

    def named(self, name: str) -> Iterable[Mapping[str, Any]]:
        """The Leases of this name, in all namespaces."""
        ...


class Claims:
    """All claims. ``step`` makes requests; everything else is answered from memory.

    Empty ``namespaces`` means all. A step that was given up may still be ending in its thread, so
    steps take turns. ``troubles`` says why we do not act somewhere, by place.
    """

    def __init__(
        self,
        api: NamedLeases,
        installation: str,
        namespaces: Sequence[str],
        clock: Callable[[], float] = steady_seconds,
    ) -> None:
        self._api = api
        self._me = installation
        self._clock = clock
        place = (PUBLIC_NAMESPACE, CLAIM_OF_ALL)
        self._of_all = _Claimed(api, place, installation, clock)
        self._named = {
            name: _Claimed(api, (name, CLAIM_OF_ONE), installation, clock) for name in namespaces
        }
        self._observations: dict[str, TaskObservation] = {}
        self._omission = Omission()
        self._turn = threading.Lock()
        self._is_released = False
        self.troubles: Mapping[str, str] = {}

    def begin(self) -> None:
        """The Lease was won: another replica may have changed what we knew."""
        with self._turn:
            for claimed in (self._of_all, *self._named.values()):
                claimed.forget()
            self._omission = Omission()

    def covers(self, namespace: str) -> bool:
        """Whether the namespace is ours to act in, at this instant."""
        if self._named:
            return namespace in self._named and self._named[namespace].is_held()
        return self._of_all.is_held() and namespace not in self._omission.kept_out

    @property
    def reach(self) -> Reach:
        """Every place that is ours to act in."""
        if self._named:
            return Reach(names=frozenset(it for it in self._named if self.covers(it)))
        is_held = self._of_all.is_held()
        return Reach(names=self._omission.kept_out, is_all=True) if is_held else NOWHERE

    def sentences(self) -> Sequence[str]:
        """Where we do not act, and why, for people."""
        return [f"not acting in {where}: {why}" for where, why in sorted(self.troubles.items())]

    def step(self) -> None:
        """Renew what is due, and claim what is free and not ours yet. Raises Unavailable."""
        troubles: dict[str, str] = {}
        with self._turn:
            if self._is_released:
                return
            if self._named:
                self._claim_named(troubles)
            else:
                self._claim_all(troubles)
        if troubles != self.troubles:
            self.troubles = troubles
            for sentence in self.sentences() or ["acting in all that is watched"]:
                logger.warning(sentence)

    def release(self) -> None:
        """Claim nothing more, so that another installation can act if no replica continues."""
        with self._turn:
            self._is_released = True
            for claimed in (self._of_all, *self._named.values()):
                claimed.say_farewell()

    def _claim_named(self, troubles: dict[str, str]) -> None:
        missing = [it for it, claimed in self._named.items() if not claimed.renew()]
        try:
            above = self._of_all.look() if missing else None
            written = [it for it in missing if self._write(it, above, troubles)]
            above = self._of_all.look() if written else None
        except Refused as error:
            troubles.update(dict.fromkeys(missing, str(error)))
            return
        for name in written:
            who = in_the_way(name, None, above)
            if who is None:
                self._named[name].confirm()
            else:
                self._named[name].withdraw()
                troubles[name] = _acts(who)

    def _write(self, name: str, above: Claim | None, troubles: dict[str, str]) -> bool:
        """Write our claim if nobody is in the way; True if it must be confirmed."""
        claimed = self._named[name]
        try:
            who = in_the_way(name, claimed.look(), above)
            if who is not None:
                troubles[name] = _acts(who)
            elif claimed.may_try():
                claimed.write()
                return True
            else:
                troubles[name] = "its claim is taken from us again and again"
        except (Conflict, AlreadyExists):
            pass  # somebody wrote at the same time: another look tells who
        except (NotFound, Refused) as error:
            troubles[name] = str(error)
        return False

    def _claim_all(self, troubles: dict[str, str]) -> None:
        claimed = self._of_all
        try:
            if not claimed.renew(self._omission.written):
                if (rival := claimed.look()) is not None:
                    troubles[ALL] = _acts(rival.holder)
                    return
                written = claimed.excepted
                claimed.write(written)
                self._omission = Omission.at_first(written, self._claimed_by_others())
                claimed.confirm()
            if self._omission.kept_out:
                self._omit()
        except (Conflict, AlreadyExists):
            pass  # somebody wrote at the same time: another look tells who
        except Refused as error:
            troubles[ALL] = str(error)
        for name in self._omission.kept_out:
            observation = self._observations.get(name)
            troubles[name] = (
                _acts(observation.claim.holder) if observation else "it is being taken over"
            )

    def _omit(self) -> None:
        """Leave out what others still have; raises if that could not be written."""
        after = self._omission.after(self._claimed_by_others())
        if after.written != self._omission.written:
            self._of_all.write(after.written)
            self._of_all.extend()
        self._omission = after

    def _claimed_by_others(self) -> frozenset[str]:
        """Namespaces on which others have living claims."""
        asked_at, seen = self._clock(), {}
        for lease in self._api.named(CLAIM_OF_ONE):
            name = lease["metadata"]["namespace"]
            seen[name] = see(self._observations.get(name), Claim.from_lease(lease), self._clock())
        self._observations = seen  # dead ones too: seen for the first time again they would live
        return frozenset(name for name, it in seen.items() if it.of(self._me, asked_at))


class _Claimed:
    """One Lease that is a claim: ours, another installation's or nobody's."""

    def __init__(
        self, api: NamedLeases, place: tuple[str, str], holder: str, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._namespace, self._name = place
        self._holder = holder
        self._clock = clock
        self._lease: Mapping[str, Any] | None = None
        self._observation: TaskObservation | None = None
        self._written_at = self._answered_at = self._until = self._not_before = 0.0
        self._losses = 0

    def is_held(self) -> bool:
        """Whether it is ours, at this instant."""
        return self._clock() < self._until

    def may_try(self) -> bool:
        """Whether to try: not while somebody keeps taking it and we would start over each time."""
        return self._clock() >= self._not_before

    @property
    def excepted(self) -> frozenset[str]:
        """The namespaces that our own claim left out when it was last seen."""
        claim = None if self._lease is None else Claim.from_lease(self._lease)
        return claim.excepted if claim and claim.holder == self._holder else frozenset()

    def forget(self) -> None:
        """Assume no longer that it is ours."""
        self._until = 0.0

    def look(self) -> Claim | None:
        """The living claim of another installation. Raises Refused, Unavailable.

        It is judged as of the request and noted as of the answer: both favour the other one.
        """
        asked_at = self._clock()
        try:
            self._lease = self._api.get(self._namespace, self._name)
        except NotFound:
            self._lease = self._observation = None
            return None
        self._observation = see(self._observation, Claim.from_lease(self._lease), self._clock())
        return self._observation.of(self._holder, asked_at)

    def write(
        self, excepted: frozenset[str] = frozenset(), *, seconds: int = CLAIM_SECONDS
    ) -> None:
        """Write our claim over what was seen last; it counts once confirmed. Raises Conflict."""
        started = self._clock()
        self._store(self._holder, excepted, seconds)
        self._written_at, self._answered_at = started, self._clock()

    def confirm(self) -> None:
        """A look after the last write showed nobody in the way: it is ours since that write."""
        self._until = self._written_at + DEADLINE

    def extend(self) -> None:
        """It is ours for longer, if it was still ours when it was written.

        Others may take what it covers without writing to it. So a write that took long, and may
        have come too late for them, does not count.
        """
        is_in_time = self._answered_at - self._written_at <= LONGEST_ANSWER
        if self._written_at < self._until and is_in_time:
            self._until = self._written_at + DEADLINE

    def renew(self, excepted: frozenset[str] = frozenset()) -> bool:
        """Whether it is still ours; written again if due. Raises Unavailable."""
        if not self.is_held():
            return False
        if self._clock() < self._written_at + RENEW_PERIOD:
            return True
        try:
            self.write(excepted)
            self.extend()
        except (Conflict, AlreadyExists, NotFound):
            if self.look() is not None:
                self._losses += 1
                pause = min(RENEW_PERIOD * 2**self._losses, LONGEST_PAUSE)
                self._until, self._not_before = 0.0, self._clock() + pause
        return self.is_held()

    def withdraw(self) -> None:
        """Leave it to the installation that is in the way."""
        self._until = 0.0
        self._store_quietly("", CLAIM_SECONDS)

    def say_farewell(self) -> None:
        """If it is ours, hold it no longer than the next replica needs."""
        if self.is_held():
            self._until = 0.0
            self._store_quietly(self._holder, FAREWELL_SECONDS)

    def _store_quietly(self, holder: str, seconds: int) -> None:
        try:
            self._store(holder, self.excepted, seconds)
        except PlatformError as error:
            logger.warning("could not give up a claim: %s", error)

    def _store(self, holder: str, excepted: frozenset[str], seconds: int) -> None:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        lease = self._lease or {"apiVersion": LEASES.api_version, "kind": LEASES.kind}
        metadata = {**lease.get("metadata", {}), "name": self._name}
        metadata.pop("managedFields", None)
        words = {ANNOTATION_EXCEPTED: ",".join(sorted(excepted))}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **words}
        spec = {"holderIdentity": holder, "leaseDurationSeconds": seconds, "renewTime": now}
        made = {**lease, "metadata": metadata, "spec": {**lease.get("spec", {}), **spec}}
        send = self._api.create if self._lease is None else self._api.replace
        stored = send(self._namespace, made)
        if Claim.from_lease(stored).holder != holder:  # a write counts where the answer shows it
            raise Unavailable(f"the answer shows another claim on {self._namespace}")
        self._lease = stored


def _acts(installation: str) -> str:
    return f"installation {installation} acts there"
