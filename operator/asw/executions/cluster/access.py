"""Questions to a cluster: every refusal becomes a Failure, every long wait is told."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from urllib.parse import quote

from asw.api.names import LABEL_PARENT_UID
from asw.executions.cluster.connecting import ClusterContext, find_place, reach
from asw.executions.cluster.failures import cluster_failure, missing_crds, missing_namespace
from asw.executions.patience import Patience
from asw.executions.target import Target
from asw.exits import NOT_FOUND
from asw.failures import Failure, nearest
from asw.messages import t
from asw.platforms.kubernetes.client.client import KubeClient, Object
from asw.platforms.kubernetes.client.errors import AlreadyExists, Forbidden, NotFound
from asw.platforms.kubernetes.client.forms import Form, Whole
from asw.platforms.kubernetes.client.resources import NAMESPACES, Resource
from asw.reconciler.platform import PlatformError

_NO_NAMES = ("", ".", "..")
"""In a path these mean the list, or what is above it, not an object."""


@dataclass(frozen=True, slots=True)
class Access:
    """A client and the place that it asks.

    Names come from users: they become part of a path only when quoted.
    """

    client: KubeClient
    place: ClusterContext
    patience: Patience

    async def get(self, resource: Resource, name: str) -> Object:
        """The object of this name. Raises Failure with the nearest names."""
        if name in _NO_NAMES:
            raise await self.not_found(resource, name)
        try:
            with self.patience.asking():
                return await self.client.get(resource, self.place.namespace, quote(name, safe=""))
        except NotFound:
            raise await self.not_found(resource, name) from None
        except PlatformError as error:
            raise cluster_failure(error, self.place) from error

    async def not_found(self, resource: Resource, name: str) -> Failure:
        """The failure for a name that does not exist; with the nearest if names may be read."""
        try:
            known = await self.names(resource)
        except Failure as failure:
            if failure.code == NOT_FOUND or not isinstance(failure.__cause__, Forbidden):
                return failure
            known = []
        message = t(
            "no {kind} {name!r} in namespace {namespace}",
            kind=resource.kind,
            name=name,
            namespace=self.place.namespace,
        )
        if known:
            otherwise = t("available: {names}", names=", ".join(known[:5]))
        else:
            otherwise = t(
                "the namespace has no {kind}; name another one with -n", kind=resource.kind
            )
        return Failure(message, remedy=nearest(name, known) or otherwise, code=NOT_FOUND)

    async def names(self, resource: Resource) -> Sequence[str]:
        """Names of the objects of this kind, children of Maps left out, the newest first."""
        labels = f"!{LABEL_PARENT_UID}"
        namespace = None if resource == NAMESPACES else self.place.namespace
        items = self.client.list(
            resource, _quoted(namespace), labels=labels, is_metadata_enough=True
        )
        with self._listing():
            found = [item["metadata"] async for item in items]
        if not found:
            await self.require_namespace()
        found.sort(key=lambda it: it["creationTimestamp"], reverse=True)
        return [it["name"] for it in found]

    async def list(
        self,
        resource: Resource,
        namespace: str | None,
        *,
        labels: str = "",
        fields: str = "",
        form: Form | None = None,
    ) -> Sequence[Object]:
        """The objects that the selectors mean, in one namespace or (None) in all.

        ``form`` says how much of each is read and held: thousands may be large. Raises
        OlderColumns if the form does.
        """
        form = form or Whole()
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        pages = self.client.pages(resource, _quoted(namespace), selectors, accept=form.accept)
        kind = {"apiVersion": resource.api_version, "kind": resource.kind}
        with self._listing():
            return [{**kind, **item} async for page in pages for item in form.listed(page)]

    async def is_more_than(
        self, count: int, resource: Resource, namespace: str | None, *, labels: str
    ) -> bool:
        """Whether the selector means more objects than that; none is read in full."""
        items = self.client.list(
            resource, _quoted(namespace), labels=labels, is_metadata_enough=True
        )
        with self._listing():
            async with aclosing(items):
                async for _ in items:
                    count -= 1
                    if count < 0:
                        return True
        return False

    @contextmanager
    def _listing(self) -> Iterator[None]:
        try:
            with self.patience.asking():
                yield
        except NotFound:
            raise missing_crds(self.place) from None
        except PlatformError as error:
            raise cluster_failure(error, self.place) from error

    async def require_namespace(self) -> None:
        """Raises Failure if the namespace does not exist, as far as we may know."""
        try:
            with self.patience.asking():
                await self.client.get(NAMESPACES, None, quote(self.place.namespace, safe=""))
        except NotFound:
            raise missing_namespace(self.place.namespace, self.place) from None
        except PlatformError:
            return  # without the right to read namespaces, it counts as empty

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Inside, the cluster is asked: a refusal is a Failure, a long wait is told."""
        with self.translating(), self.patience.asking():
            yield

    @contextmanager
    def translating(self) -> Iterator[None]:
        """The same without telling of waits.

        NotFound and AlreadyExists are answers for the caller.
        """
        try:
            yield
        except (NotFound, AlreadyExists):
            raise
        except PlatformError as error:
            raise cluster_failure(error, self.place) from error


@asynccontextmanager
async def open_access(target: Target) -> AsyncIterator[Access]:
    """The target's cluster itself, also for questions that are not about executions.

    Raises Failure.
    """
    place = find_place(target)
    connection = reach(target, place)
    place = replace(place, server=connection.server)
    async with KubeClient(connection, is_strict=True) as client:
        yield Access(client, place, Patience(f"{place} ({place.server})"))


def _quoted(namespace: str | None) -> str | None:
    return None if namespace is None else quote(namespace, safe="")
