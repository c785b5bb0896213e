"""What a Connection is worth, as its status says it: whether calls can be made by it.

Known at once: its own mistakes, the operator's rules, and what it names that the operator may read.
Secrets it may not read: whether they have what is needed is found by the pods that make calls, with
the first call. So Ready is True (Accepted) until a pod says more, and what the latest pods said
stays until others say otherwise, or the spec changes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from asw.api import names
from asw.api.connection import Connection, MistakenConnection
from asw.api.function_policy import connection_problems, told
from asw.api.objects import ObjectMeta
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, CONNECTIONS, SERVICE_ACCOUNTS
from asw.platforms.kubernetes.storage.status import conditions_plain
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.workflows.connectors import account_of
from asw.platforms.kubernetes.workflows.judgements import (
    READY,
    Judgement,
    conditions_of,
    grace_left,
    tell,
)
from asw.platforms.kubernetes.workflows.referred import NamedAccount, NamedMap, referred

AGAIN_SECONDS: Final = 3600.0
"""How long a look at what it names counts; changes of that are heard of before."""
LACKING_SECONDS: Final = 600.0
"""The same if something is missing."""
ACCEPTED: Final = Judgement(
    names.REASON_ACCEPTED,
    "nothing is known against it; the next call shows whether its pods start and find the Secrets"
    " that it names",
)
_NO_SERVER: Final = Judgement(
    names.REASON_NO_RESULT_SERVER,
    "calls of services need the operator's result server: set resultServer.enabled",
)
_OF_PODS: Final = frozenset(
    {
        names.REASON_VALID,
        names.REASON_NO_CREDENTIALS,
        names.REASON_NOT_CONFIGURED,
        names.REASON_PODS_FAIL,
    }
)
"""Reasons that only pods can give."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at one generation of a Connection found in what it names."""

    generation: int
    judgement: Judgement
    until: float


class Connections:
    """Writes what Connections are worth."""

    def __init__(self, client: KubeClient, cache: Cache, settings: TaskSettings) -> None:
        self._client = client
        self._cache = cache
        self._settings = settings
        self._looks: dict[str, _Look] = {}
        self.pods: Callable[[str, int], Judgement | None] = lambda _uid, _generation: None
        """What the pods of a Connection have shown, by its uid and generation."""

    async def reconcile(
        self, made: Connection | MistakenConnection, *, is_due: bool = False
    ) -> None:
        """Write to the Connection whether calls can be made by it; ``is_due``: look anew.

        Raises Unavailable, and Refused if the status is refused.
        """
        metadata, now, grace = made.metadata, self._cache.now(), self._settings.function_wait
        this, again = Named.connection(metadata.namespace, metadata.name), AGAIN_SECONDS
        if isinstance(made, Connection):
            self._cache.references.put(this, references_of(made))
            judgement = await self._judge(made, is_due=is_due)
            if (look := self._looks.get(metadata.uid)) is not None:
                again = look.until - self._cache.clock()
        else:
            self._cache.references.drop(this)
            judgement = Judgement(names.REASON_INVALID_CONNECTION, made.mistakes)
        conditions = conditions_of(made, judgement, now, grace)
        if (left := grace_left(conditions, now, grace)) is not None:
            again = min(again, left.total_seconds())
        self._cache.again.add(this, max(again, 1.0))
        status: dict[str, Any] = {
            "observedGeneration": metadata.generation,
            "conditions": conditions_plain(conditions),
        }
        await tell(self._client, CONNECTIONS, made, status)

    def forget(self, uid: str) -> None:
        """Hold nothing of a Connection that is gone."""
        self._looks.pop(uid, None)

    def stand_down(self) -> None:
        """Forget what was found: another replica looks from now on, and this grows stale."""
        self._looks.clear()

    def _is_there(self, metadata: ObjectMeta) -> bool:
        """Whether it did not go while it was looked at: then nothing more is held of it."""
        now = self._cache.connections.get((metadata.namespace, metadata.name))
        return now is not None and now.metadata.uid == metadata.uid

    async def _judge(self, connection: Connection, *, is_due: bool) -> Judgement:
        metadata = connection.metadata
        rules = self._settings.policy.rules(metadata.namespace)
        if problems := connection_problems(connection.spec, rules):
            return Judgement(names.REASON_NOT_ALLOWED, told(problems))
        if self._settings.result_server is None:
            return _NO_SERVER
        look, clock = self._looks.get(metadata.uid), self._cache.clock()
        is_known = look is not None and look.generation == metadata.generation
        if look is None or not is_known or is_due or look.until <= clock:
            found = await referred(
                self._client, metadata.namespace, _maps(connection), _account(connection)
            )
            pause = AGAIN_SECONDS if found.is_ready else LACKING_SECONDS
            look = _Look(metadata.generation, found, clock + pause)
            if self._is_there(metadata):
                self._looks[metadata.uid] = look
        if not look.judgement.is_ready:
            return look.judgement
        return self.pods(metadata.uid, metadata.generation) or _as_before(connection)


def references_of(connection: Connection) -> Iterator[Named]:
    """The objects that the Connection names and the operator may read."""
    namespace = connection.metadata.namespace
    for named in _maps(connection):
        yield Named(CONFIG_MAPS.plural, namespace, named.name)
    if (account := _account(connection)) is not None:
        yield Named(SERVICE_ACCOUNTS.plural, namespace, account.name)


def _as_before(connection: Connection) -> Judgement:
    """What pods said of this generation to an operator that is gone; nothing, if they did not."""
    ready, generation = connection.status.ready, connection.metadata.generation
    if ready is None or ready.observed_generation != generation or ready.reason not in _OF_PODS:
        return ACCEPTED
    if ready.reason == names.REASON_VALID:
        return READY
    return Judgement(ready.reason, ready.message, may_pass=True)


def _maps(connection: Connection) -> Iterator[NamedMap]:
    ca = connection.spec.ca
    if ca is not None and (named := ca.config_map_key_ref) is not None:
        yield NamedMap(named.name, "spec.ca.configMapKeyRef", frozenset({named.key}))


def _account(connection: Connection) -> NamedAccount | None:
    """The service account of its pods, if it names one."""
    name, is_own = account_of(connection.spec), connection.spec.is_own_cluster
    field = "spec.kubernetes" if is_own else "spec.credentials.webIdentity"
    return None if name is None else NamedAccount(name, f"{field}.serviceAccountName")
