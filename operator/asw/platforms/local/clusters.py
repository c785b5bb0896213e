"""Calls of clusters on this machine: by a context of the user's kubeconfig, as its user.

Who reads kubeconfigs is told from outside: this platform does not know the other one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from asw.asl.errors import NO_CONNECTION
from asw.asl.integrations import is_kubernetes
from asw.asl.values import JsonObject, to_text
from asw.platforms.local.apis import NoConnection

if TYPE_CHECKING:  # models and clients are slow to import, and most runs need none
    from asw.api.connection import KubernetesCalls
    from asw.connector.calls import Call, Outcome
    from asw.connector.kubernetes.access import ClusterAccess
    from asw.connector.kubernetes.caller import KubernetesCaller


Reach: TypeAlias = "Callable[[str], ClusterAccess]"
"""How the cluster of a context is reached, as its user. Raises NoCluster, and may block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the Connection says of time and pace."""

    connect_seconds: int
    call_seconds: int
    calls_per_second: int | None


def is_of_cluster(call: "Call") -> bool:
    """Whether the API server of a cluster is asked."""
    return not call.sdk and is_kubernetes(call.service, call.action)


def plain_cluster(spec: "KubernetesCalls | None") -> JsonObject | None:
    """The part of a Connection as JSON values, for the store."""
    if spec is None:
        return None
    return spec.model_dump(mode="json", by_alias=True, exclude_none=True)


def require_context(name: str, plain: JsonObject | None) -> None:
    """Raise NoConnection unless the Connection names a context: none is taken by chance."""
    if not (plain or {}).get("context"):
        raise NoConnection(
            f"Connection {name} names no context of a kubeconfig, which calls on this machine"
            " need: set spec.kubernetes.context"
        )


class LocalClusters:
    """Calls clusters. Close it at the end; ``reach`` must be set before the first call."""

    reach: Reach

    def __init__(self) -> None:
        self._caller: KubernetesCaller | None = None
        self._known: dict[str, asyncio.Task[ClusterAccess]] = {}

    async def make(self, call: "Call", name: str, plain: JsonObject, limits: Limits) -> "Outcome":
        """Make the call by a Connection of that name; whatever happens is an outcome."""
        from asw.connector.calls import Failed  # noqa: PLC0415
        from asw.connector.kubernetes.access import NoCluster  # noqa: PLC0415
        from asw.connector.kubernetes.caller import KubernetesCaller  # noqa: PLC0415

        try:
            access = await self._access(name, plain, limits)
        except NoCluster as error:
            told = f"Connection {name}, context {plain['context']}: {error}"
            return Failed(error=NO_CONNECTION, cause=told)
        if self._caller is None:
            self._caller = KubernetesCaller()
        return await self._caller.make(call, access)

    async def close(self) -> None:
        """Close all connections."""
        if self._caller is not None:
            await self._caller.close()

    async def _access(self, name: str, plain: JsonObject, limits: Limits) -> "ClusterAccess":
        """How the cluster is reached; read once for all calls that begin meanwhile or later."""
        key = f"{name} {to_text(plain)} {limits}"
        if key not in self._known:
            read = asyncio.to_thread(self._read, name, plain, limits)
            self._known[key] = asyncio.ensure_future(read)
        try:
            return await asyncio.shield(self._known[key])
        except BaseException:
            known = self._known.get(key)
            if known is not None and known.done() and (known.cancelled() or known.exception()):
                del self._known[key]  # the next call reads again: the user may have mended it
            raise

    def _read(self, name: str, plain: JsonObject, limits: Limits) -> "ClusterAccess":
        found = self.reach(plain["context"])
        return replace(
            found,
            name=name,
            namespace=plain.get("namespace", found.namespace),
            connect_seconds=limits.connect_seconds,
            call_seconds=limits.call_seconds,
            calls_per_second=limits.calls_per_second,
        )
