"""The Lease that lets one replica act; the others stay warm.

Renewal runs in a thread of its own, so that a busy event loop does not lose it, and counts by the
monotonic clock from before the request: past ``RENEW_DEADLINE`` without an answer ``may_act`` is
False, before any other replica may take the Lease. Other clocks are never compared: a foreign
Lease is expired once it stood unchanged before our eyes for its whole duration.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import urllib3

from asw.kubernetes.connection import USER_AGENT, Connection
from asw.kubernetes.errors import AlreadyExists, NotFound, error_from_status
from asw.kubernetes.resources import LEASES
from asw.reconciler.platform import Conflict, PlatformError, Unavailable

LEASE_DURATION = 15
RENEW_DEADLINE = 10.0
RETRY_PERIOD = 2.0

ANNOTATION_ADDRESS = "asw.dev/holder-address"
"""Where the holder's result server listens, for the others to forward to."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who stands for the Lease, and which one. ``address`` is host:port of its result server."""

    namespace: str
    name: str
    identity: str
    address: str


class LeaseApi:
    """The few requests that a Lease takes, synchronous, for its thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pool = urllib3.PoolManager(
            ssl_context=connection.tls, timeout=urllib3.Timeout(5), retries=False, maxsize=1
        )

    def get(self, namespace: str, name: str) -> dict[str, Any]:
        """The Lease. Raises NotFound."""
        return self._request("GET", LEASES.path(namespace, name), None)

    def create(self, namespace: str, lease: Mapping[str, Any]) -> dict[str, Any]:
        """Create the Lease. Raises AlreadyExists."""
        return self._request("POST", LEASES.path(namespace), lease)

    def replace(self, namespace: str, lease: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the Lease in the version that it names. Raises Conflict."""
        path = LEASES.path(namespace, lease["metadata"]["name"])
        return self._request("PUT", path, lease)

    def _request(self, method: str, path: str, body: Any) -> dict[str, Any]:
        headers = {"User-Agent": USER_AGENT, "Content-Type": "application/json"}
        if value := self._connection.authorization():
            headers["Authorization"] = value
        url = self._connection.server + path
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self._pool.request(method, url, headers=headers, body=data)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unavailable(f"{method} {path}: {error}") from error
        if answer.status >= 300:
            raise error_from_status(answer.status, method, answer.data[:300].decode())
        parsed: dict[str, Any] = json.loads(answer.data)
        return parsed


class Lease:
    """See the module. ``on_change`` is called from the thread with whether we hold it."""

    def __init__(
        self,
        api: LeaseApi,
        candidate: Candidate,
        on_change: Callable[[bool], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._candidate = candidate
        self._on_change = on_change
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self._acts_until = 0.0
        self._was_held = False
        self._seen: tuple[str, float] | None = None
        self.holder_address: str | None = None

    def start(self) -> None:
        """Begin to stand for the Lease."""
        self._thread.start()

    def may_act(self) -> bool:
        """Whether effects are ours to have, at this instant."""
        return self._clock() < self._acts_until

    def release(self) -> None:
        """Stop, and let another replica have it at once. Call it when all effects have ended."""
        self._stop.set()
        self._thread.join(timeout=6)
        if not self.may_act():
            return
        self._acts_until = 0.0
        try:
            lease = self._api.get(self._candidate.namespace, self._candidate.name)
            if lease["spec"].get("holderIdentity") == self._candidate.identity:
                self._write(lease, holder="")
        except PlatformError as error:
            logger.warning("could not release the lease: %s", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.attempt()
            self._stop.wait(RETRY_PERIOD)

    def attempt(self) -> None:
        """Acquire or renew, once."""
        started = self._clock()
        try:
            if self._acquire_or_renew():
                self._acts_until = started + RENEW_DEADLINE
        except (Conflict, AlreadyExists):
            pass  # somebody else wrote it: look again in a moment
        except PlatformError as error:
            logger.warning("could not renew the lease: %s", error)
        held = self.may_act()
        if held != self._was_held:
            self._was_held = held
            self._on_change(held)

    def _acquire_or_renew(self) -> bool:
        try:
            lease = self._api.get(self._candidate.namespace, self._candidate.name)
        except NotFound:
            self._api.create(self._candidate.namespace, self._new_lease())
            return True
        spec = lease.get("spec", {})
        if spec.get("holderIdentity") == self._candidate.identity:
            self._write(lease, holder=self._candidate.identity)
            return True
        if spec.get("holderIdentity") and not self._is_expired(lease):
            annotations = lease["metadata"].get("annotations", {})
            self.holder_address = annotations.get(ANNOTATION_ADDRESS)
            return False
        self._write(lease, holder=self._candidate.identity)
        return True

    def _is_expired(self, lease: Mapping[str, Any]) -> bool:
        version = lease["metadata"]["resourceVersion"]
        now = self._clock()
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, now)
            return False
        duration: float = lease["spec"].get("leaseDurationSeconds", LEASE_DURATION)
        return now - self._seen[1] > duration

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

    def _write(self, lease: Mapping[str, Any], *, holder: str) -> None:
        old = lease.get("spec", {})
        spec = (
            self._held_spec(old) if holder else {**old, "holderIdentity": "", "renewTime": _now()}
        )
        metadata = dict(lease["metadata"])
        metadata.pop("managedFields", None)
        metadata["annotations"] = {
            **metadata.get("annotations", {}),
            ANNOTATION_ADDRESS: self._candidate.address if holder else "",
        }
        self._api.replace(self._candidate.namespace, {**lease, "metadata": metadata, "spec": spec})

    def _held_spec(self, old: Mapping[str, Any]) -> dict[str, Any]:
        now = _now()
        is_ours = old.get("holderIdentity") == self._candidate.identity
        return {
            **old,
            "holderIdentity": self._candidate.identity,
            "leaseDurationSeconds": LEASE_DURATION,
            "acquireTime": old.get("acquireTime", now) if is_ours else now,
            "renewTime": now,
            "leaseTransitions": old.get("leaseTransitions", 0) + (0 if is_ours else 1),
        }


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
