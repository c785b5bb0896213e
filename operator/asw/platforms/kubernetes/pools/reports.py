"""What people are told of warm pods: by the status of a Function, or of a Connection.

A Connection's pods tell by their hello whether they found all that it names; nobody else may read
its Secrets. What they said holds until they say something else, since without a call there is no
pod to ask.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Final

from asw.api import names
from asw.api.function import Function
from asw.api.warm import WarmStatus
from asw.asl.errors import NO_CREDENTIALS
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.pools.pool import WarmPod
from asw.platforms.kubernetes.workflows.connections import ACCEPTED
from asw.platforms.kubernetes.workflows.connectors import Connector
from asw.platforms.kubernetes.workflows.judgements import READY, Judgement

PAUSE_SECONDS: Final = 5.0
"""Between two things told of a Connection: whoever is in its pods may say what they like."""
_IMAGE: Final = frozenset({"ErrImagePull", "ImagePullBackOff"})
"""Kubernetes says them in turns, and means one thing."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of a generation of a Connection, when, and which kind of thing it was."""

    generation: int
    judgement: Judgement
    kind: str
    at: float


@dataclass(slots=True, kw_only=True)
class Reports:
    """The latest of each Function and Connection; whoever writes it is told by ``cache.again``."""

    cache: Cache
    _functions: dict[str, WarmStatus] = field(default_factory=dict)
    _connections: dict[str, _Told] = field(default_factory=dict)

    def take(self, function: Function, report: WarmStatus, pods: Iterable[WarmPod]) -> None:
        """What is known of its warm pods now."""
        uid, namespace = function.metadata.uid, function.metadata.namespace
        if isinstance(function, Connector):
            if self._is_news(function, found(report, pods)):
                self.cache.again.add(Named.connection(namespace, function.metadata.name))
        elif report != self._functions.get(uid):
            self._functions[uid] = report
            self.cache.again.add(Named.function(namespace, function.public_name))

    def of_function(self, uid: str) -> WarmStatus | None:
        """What people see of the Function's pods; None if it is not warm."""
        return self._functions.get(uid)

    def of_connection(self, uid: str, generation: int) -> Judgement | None:
        """What its pods have shown; None if none has shown anything since it was changed."""
        told = self._connections.get(uid)
        return None if told is None or told.generation != generation else told.judgement

    def forget_all_but(self, uids: Collection[str]) -> None:
        """Hold nothing of others."""
        for held in (self._functions, self._connections):
            for uid in held.keys() - set(uids):
                del held[uid]

    def clear(self) -> None:
        """Hold nothing."""
        self.forget_all_but(())

    def _is_news(self, connector: Connector, judgement: Judgement | None) -> bool:
        if judgement is None:
            return False
        uid, generation = connector.metadata.uid, connector.metadata.generation
        kind, now = _kind(judgement), self.cache.clock()
        before = self._connections.get(uid)
        if before is not None:
            is_known = (before.generation, before.kind) == (generation, kind)
            if is_known or now < before.at + PAUSE_SECONDS:
                return False  # the next round looks again
        self._connections[uid] = _Told(generation, judgement, kind, now)
        return True


def found(report: WarmStatus, pods: Iterable[WarmPod]) -> Judgement | None:
    """What the pods of a Connection show of it; None if nobody has said anything."""
    serving = [it for it in pods if not it.is_draining]
    said = [it.amiss for it in serving if it.amiss is not None]
    if (lack := next((it for it in said if it.error), None)) is not None:
        is_unsigned = lack.error == NO_CREDENTIALS
        reason = names.REASON_NO_CREDENTIALS if is_unsigned else names.REASON_NOT_CONFIGURED
        return Judgement(reason, lack.cause, may_pass=True)
    if serving:
        return READY if len(said) == len(serving) else ACCEPTED
    if report.trouble is not None:
        return Judgement(names.REASON_PODS_FAIL, report.trouble, may_pass=True)
    return None


def _kind(judgement: Judgement) -> str:
    """What makes it news; the texts of Kubernetes change all the time."""
    if judgement.reason != names.REASON_PODS_FAIL:
        return f"{judgement.reason}: {judgement.message}"
    word = judgement.message.partition(":")[0]
    return f"{judgement.reason}: {'image' if word in _IMAGE else word}"
