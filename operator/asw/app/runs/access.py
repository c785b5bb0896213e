"""A cluster as the port's implementation asks it: every refusal a Failure, every wait told."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote

from asw.api.names import LABEL_PARENT_UID
from asw.app.exits import NOT_FOUND
from asw.app.failures import Failure, nearest
from asw.app.messages import t
from asw.app.runs.cluster_failures import cluster_failure, missing_crds, missing_namespace
from asw.app.runs.connecting import Place
from asw.app.runs.patience import Patience
from asw.kubernetes.client import KubeClient, Object
from asw.kubernetes.errors import AlreadyExists, Forbidden, NotFound
from asw.kubernetes.resources import NAMESPACES, Resource
from asw.reconciler.platform import PlatformError

_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class Row(NamedTuple):
    """A row of the API server's table: cells by the names of their columns."""

    cells: Mapping[str, Any]
    metadata: Object


_NO_NAMES = ("", ".", "..")
"""In a path these stand for the list, or for what is above it, and not for an object."""


@dataclass(frozen=True, slots=True)
class Access:
    """See the module. Names come from users, and are part of paths only once they are quoted."""

    client: KubeClient
    place: Place
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
        """What is said of a name that is not there; the nearest where names may be read."""
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
            otherwise = t("there is: {names}", names=", ".join(known[:5]))
        else:
            otherwise = t(
                "there is no {kind} at all; -n names another namespace", kind=resource.kind
            )
        return Failure(message, remedy=nearest(name, known) or otherwise, code=NOT_FOUND)

    async def names(self, resource: Resource) -> Sequence[str]:
        """Names of the objects of this kind that nobody's Map made, the newest first."""
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
        keep: Callable[[Object], Object] = dict,
    ) -> Sequence[Object]:
        """The objects that the selectors mean, in one namespace or (None) in all.

        Of each is held what ``keep`` makes of it: thousands may be large.
        """
        items = self.client.list(resource, _quoted(namespace), labels=labels, fields=fields)
        with self._listing():
            return [
                {"apiVersion": resource.api_version, "kind": resource.kind, **keep(item)}
                async for item in items
            ]

    async def table(
        self,
        resource: Resource,
        namespace: str | None,
        columns: Iterable[str],
        *,
        labels: str = "",
        fields: str = "",
    ) -> Sequence[Row] | None:
        """The same as the API server's own table, which is much less to send and to hold.

        None where it has none with these columns: the CRDs may be older than we are.
        """
        selectors = {"labelSelector": labels, "fieldSelector": fields}
        pages = self.client.pages(resource, _quoted(namespace), selectors, accept=_TABLE)
        found: list[Row] = []
        with self._listing():
            async for page in pages:
                names = [column["name"] for column in page.get("columnDefinitions", ())]
                if not set(columns) <= set(names):
                    return None
                found += [_row(names, row) for row in page["rows"] or ()]
        return found

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
        """Raises Failure where the namespace is not there, as far as we may know."""
        try:
            with self.patience.asking():
                await self.client.get(NAMESPACES, None, quote(self.place.namespace, safe=""))
        except NotFound:
            raise missing_namespace(self.place.namespace, self.place) from None
        except PlatformError:
            return  # who may not read namespaces is told of an empty one

    @contextmanager
    def asking(self) -> Iterator[None]:
        """The cluster is asked inside: what it refuses is a Failure, what takes long is said."""
        with self.translating(), self.patience.asking():
            yield

    @contextmanager
    def translating(self) -> Iterator[None]:
        """The same for what may take as long as it likes.

        NotFound and AlreadyExists are answers, and the caller's to understand.
        """
        try:
            yield
        except (NotFound, AlreadyExists):
            raise
        except PlatformError as error:
            raise cluster_failure(error, self.place) from error


def _quoted(namespace: str | None) -> str | None:
    return None if namespace is None else quote(namespace, safe="")


def _row(names: Sequence[str], row: Object) -> Row:
    return Row(dict(zip(names, row["cells"], strict=True)), row["object"]["metadata"])
