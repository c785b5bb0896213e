"""The Lease that lets one replica act; the others stay warm.

Renewal runs in a thread of its own, so that a busy event loop does not lose it. Time is counted by
a monotonic clock from before the request: ``RENEW_DEADLINE`` after that, without an answer,
``may_act`` is False, before any other replica may take the Lease. Clocks of other machines are
never compared: a foreign Lease has expired once we have watched it unchanged for its whole
duration. A standby looks every ``LOOK_PERIOD``, and at the very instant when that duration is over.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound, Stranger
from asw.platforms.kubernetes.client.resources import LEASES
from asw.platforms.kubernetes.leader.lease_api import REQUEST_SECONDS
from asw.reconciler.platform import Conflict, PlatformError

LEASE_DURATION = 15
RENEW_DEADLINE = 10.0
RETRY_PERIOD = 2.0
"""Between two renewals of the holder."""
LOOK_PERIOD = 1.0
"""Between two looks of a standby, and between two tries if the API server does not answer."""
LOST_RACE_PAUSE = 0.1
"""The pause after somebody else wrote in between."""

ANNOTATION_ADDRESS = "asw.dev/holder-address"
"""Annotation: where the holder's result server listens, so that the others can forward to it."""

logger = logging.getLogger(__name__)


def steady_seconds() -> float:
    """A monotonic clock that also counts while the machine sleeps, if the system has one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who wants the Lease, and which one. ``address`` is host:port of its result server."""

    namespace: str
    name: str
    identity: str
    address: str


class Leases(Protocol):
    """The requests that a Lease takes. Anything they raise but PlatformError is a bug of ours."""

    def get(self, namespace: str, name: str) -> Mapping[str, Any]:
        """The Lease. Raises NotFound."""
        ...

    def create(self, namespace: str, lease: Mapping[str, Any]) -> Mapping[str, Any]:
        """Create the Lease. Raises AlreadyExists."""
        ...

    def replace(self, namespace: str, lease: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace the Lease in the version that it names. Raises Conflict, NotFound."""
        ...


class Lease:
    """Our stand for the Lease. ``on_change`` is called from the thread with whether we hold it.

    A term that ran out is reported as lost even if the Lease is ours again, because work was
    refused meanwhile. ``holder_address`` is another holder's. ``transitions`` counts the holders
    so far. ``answering_since`` is when the API server began to answer, None while it does not.
    ``rounds`` counts up as long as the thread does its work.
    """

    def __init__(
        self,
        api: Leases,
        candidate: Candidate,
        on_change: Callable[[bool], None],
        clock: Callable[[], float] = steady_seconds,
    ) -> None:
        self._api = api
        self._candidate = candidate
        self._on_change = on_change
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._acts_until = self._told_until = 0.0
        self._was_held = False
        self._ours: Mapping[str, Any] | None = None
        self._seen: tuple[str, float] | None = None
        self.holder_address: str | None = None
        self.transitions = 0
        self.answering_since: float | None = None
        self.rounds = 0

    def start(self) -> None:
        """Begin to stand for the Lease, or continue if the thread had ended."""
        if not self.is_running():
            self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
            self._thread.start()

    def is_running(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def may_act(self) -> bool:
        """Whether we may have effects, at this instant."""
        return self._clock() < self._acts_until

    def release(self) -> None:
        """Stop, and let another replica have it at once. Call this when all effects have ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=REQUEST_SECONDS + 1)
        self._acts_until = 0.0
        ours, self._ours = self._ours, None
        if ours is None:
            return
        try:
            self._write(ours, holder="")
        except PlatformError as error:
            logger.warning("could not release the lease: %s", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self.attempt())

    def attempt(self) -> float:
        """Acquire or renew once; returns the seconds until the next time."""
        pause = LOOK_PERIOD
        try:
            try:
                pause = self._try(self._clock())
            finally:
                self._tell()
        except Exception:
            logger.exception("the lease: a fault of the operator itself, tried again")
        self.rounds += 1
        return pause

    def _try(self, started: float) -> float:
        try:
            pause = self._acquire_or_renew(started)
        except (Conflict, AlreadyExists):
            return LOST_RACE_PAUSE
        except PlatformError as error:
            if self.answering_since is not None or self.may_act():
                logger.warning("could not renew the lease: %s", error)
            self.answering_since = None
            return LOOK_PERIOD
        if self.answering_since is None:
            self.answering_since = self._clock()
        return pause

    def _tell(self) -> None:
        """Report a change; it is noted after the call, so that a failed report is repeated."""
        now = self._clock()
        if self._was_held and now >= min(self._told_until, self._acts_until):
            self._on_change(False)
            self._was_held = False
        if not self._was_held and now < self._acts_until:
            self._on_change(True)
            self._was_held = True
        self._told_until = self._acts_until

    def _acquire_or_renew(self, started: float) -> float:
        """The seconds until the next renewal or look."""
        if not self._renew() and not self._acquire():
            self._acts_until = 0.0
            return self._until_next_look()
        self._acts_until = started + RENEW_DEADLINE
        return max(started + RETRY_PERIOD - self._clock(), 0.0)

    def _renew(self) -> bool:
        """Write over the version that we wrote last, without reading: no other write is lost."""
        if self._ours is None:
            return False
        try:
            self._ours = self._write(self._ours, holder=self._candidate.identity)
        except (Conflict, NotFound):
            self._ours = None
            return False
        return True

    def _acquire(self) -> bool:
        """Take the Lease if it is free, expired or our own."""
        try:
            lease = self._api.get(self._candidate.namespace, self._candidate.name)
        except NotFound:
            made = self._api.create(self._candidate.namespace, self._new_lease())
            self._ours = _as_written(made, self._candidate.identity)
        else:
            spec = lease.get("spec") or {}
            self.transitions = spec.get("leaseTransitions") or 0
            holder = spec.get("holderIdentity")
            if holder and holder != self._candidate.identity and not self._is_expired(lease):
                annotations = lease["metadata"].get("annotations") or {}
                self.holder_address = annotations.get(ANNOTATION_ADDRESS)
                return False
            self._ours = self._write(lease, holder=self._candidate.identity)
        self.transitions = self._ours["spec"].get("leaseTransitions") or 0
        self.holder_address = self._seen = None
        return True

    def _is_expired(self, lease: Mapping[str, Any]) -> bool:
        version = lease["metadata"]["resourceVersion"]
        now = self._clock()
        duration: float = lease["spec"].get("leaseDurationSeconds") or LEASE_DURATION
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, now + duration)
        return now >= self._seen[1]

    def _until_next_look(self) -> float:
        expires_in = LOOK_PERIOD if self._seen is None else self._seen[1] - self._clock()
        return max(min(LOOK_PERIOD, expires_in), 0.0)

    def _new_lease(self) -> dict[str, Any]:
        return {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {
                "name": self._candidate.name,
                "annotations": {ANNOTATION_ADDRESS: self._candidate.address},
            },
            "spec": {**self._held_spec({}), "leaseTransitions": 0},
        }

    def _write(self, lease: Mapping[str, Any], *, holder: str) -> Mapping[str, Any]:
        """The Lease as stored. Raises Conflict, NotFound."""
        old = lease.get("spec") or {}
        spec = (
            self._held_spec(old) if holder else {**old, "holderIdentity": "", "renewTime": _now()}
        )
        metadata = dict(lease["metadata"])
        metadata.pop("managedFields", None)
        metadata["annotations"] = {
            **(metadata.get("annotations") or {}),
            ANNOTATION_ADDRESS: self._candidate.address if holder else "",
        }
        made = {**lease, "metadata": metadata, "spec": spec}
        return _as_written(self._api.replace(self._candidate.namespace, made), holder)

    def _held_spec(self, old: Mapping[str, Any]) -> dict[str, Any]:
        now = _now()
        is_ours = old.get("holderIdentity") == self._candidate.identity
        return {
            **old,
            "holderIdentity": self._candidate.identity,
            "leaseDurationSeconds": LEASE_DURATION,
            "acquireTime": old.get("acquireTime", now) if is_ours else now,
            "renewTime": now,
            "leaseTransitions": (old.get("leaseTransitions") or 0) + (0 if is_ours else 1),
        }


def _as_written(lease: Mapping[str, Any], holder: str) -> Mapping[str, Any]:
    """The answer to a write. Raises Stranger if it shows something else than was written."""
    found = (lease.get("spec") or {}).get("holderIdentity") or ""
    if found != holder:
        raise Stranger(f"the answer to a write of {holder!r} shows the holder {found!r}")
    return lease


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
