"""Where objects of a kind are: the plural that a path has, asked once for each kind."""

from dataclasses import dataclass
from typing import Final

from asw.asl.values import JsonObject
from asw.connector.kubernetes.client import ClusterClient, Refused, Request, Stranger
from asw.connector.kubernetes.parameters import BadRequest, Parameters, segment

MOST_GROUPS: Final = 200
"""How many groups and versions are kept: a definition may name any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The objects of one kind, in a namespace or in the whole cluster."""

    path: str
    plural: str
    namespace: str | None

    def item(self, name: str) -> str:
        """The path of one of them."""
        return f"{self.path}/{name}"

    def called(self, name: str) -> str:
        """One of them, for people."""
        where = "" if self.namespace is None else f" in namespace {self.namespace}"
        return f"{self.plural}/{name}{where}"


class Kinds:
    """The kinds that one server has."""

    def __init__(self, client: ClusterClient) -> None:
        self._client = client
        self._known: dict[str, dict[str, tuple[str, bool]]] = {}

    async def collection(self, api_version: str, kind: str, namespace: str) -> Collection:
        """The collection of the kind. Raises BadRequest if there is none, and as ``ask``.

        A kind that is not known is asked for again: its definition may have come meanwhile.
        """
        root = _root(api_version)
        known = self._known.get(root)
        if known is None or kind not in known:
            known = await self._read(root, api_version)
        if kind not in known:
            raise BadRequest(f"the cluster has no kind {kind} in {api_version}")
        plural, is_namespaced = known[kind]
        if not is_namespaced:
            return Collection(path=f"{root}/{plural}", plural=plural, namespace=None)
        path = f"{root}/namespaces/{namespace}/{plural}"
        return Collection(path=path, plural=plural, namespace=namespace)

    async def _read(self, root: str, api_version: str) -> dict[str, tuple[str, bool]]:
        try:
            answer = await self._client.ask(Request(method="GET", path=root), "repeatable")
        except Refused as refused:
            if refused.answer.status == 404:
                raise BadRequest(f"the cluster has no {api_version}") from refused
            raise
        found = _kinds_in(answer.body)
        if len(self._known) >= MOST_GROUPS:
            self._known.clear()
        self._known[root] = found
        return found


async def collection_of(kinds: Kinds, given: Parameters, namespace: str) -> Collection:
    """The collection that ApiVersion, Kind and Namespace name; ``namespace`` is the default."""
    return await kinds.collection(
        given.text("ApiVersion"), given.text("Kind"), given.name("Namespace", namespace)
    )


def _root(api_version: str) -> str:
    group, slash, version = api_version.rpartition("/")
    segment("ApiVersion", version)
    return f"/apis/{segment('ApiVersion', group)}/{version}" if slash else f"/api/{version}"


def _kinds_in(listed: object) -> dict[str, tuple[str, bool]]:
    """Plural of each kind, and whether it is in namespaces. Raises Stranger."""
    resources = listed.get("resources") if isinstance(listed, dict) else None
    if not isinstance(resources, list):
        raise Stranger("its list of resources is none")
    found: dict[str, tuple[str, bool]] = {}
    for each in resources:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise Stranger("its list of resources is none")
        if "/" not in each["name"]:
            found[str(each.get("kind"))] = each["name"], bool(each.get("namespaced"))
    return found


def object_in(body: object) -> JsonObject:
    """The object that an answer holds, without what nobody reads. Raises Stranger."""
    if not isinstance(body, dict):
        raise Stranger("the answer is no object")
    metadata = body.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
    for item in body.get("items") or ():
        if isinstance(item, dict) and isinstance(item.get("metadata"), dict):
            item["metadata"].pop("managedFields", None)
    return body
