"""``asw:k8s:apply``, ``get``, ``patch`` and ``delete``: one object, one request."""

from dataclasses import dataclass
from typing import Final

from asw.asl.values import Json
from asw.connector.kubernetes.client import ClusterClient, Patience, Refused, Request
from asw.connector.kubernetes.kinds import Collection, Kinds, collection_of, object_in
from asw.connector.kubernetes.parameters import BadRequest, Parameters, body_of, segment

MANAGER: Final = "asw"
"""The field manager of what is applied and patched."""
PATCHES: Final = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}
PROPAGATIONS: Final = ("Background", "Foreground", "Orphan")
MOST_ITEMS: Final = 5000
_STRICT: Final = ("fieldValidation", "Strict")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One API server, as the verbs use it."""

    client: ClusterClient
    kinds: Kinds

    @property
    def namespace(self) -> str:
        """That of calls that name none."""
        return self.client.access.namespace

    async def collection(self, given: Parameters) -> Collection:
        """The collection that ApiVersion, Kind and Namespace name."""
        return await collection_of(self.kinds, given, self.namespace)


async def apply(cluster: Cluster, given: Parameters) -> Json:
    """Server-side apply of Manifest; the object as it is then."""
    manifest = given.object("Manifest")
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        raise BadRequest("Manifest must have metadata.name: what is applied has a name")
    known = Parameters(manifest)
    namespace = metadata.get("namespace") or given.text_or("Namespace", cluster.namespace)
    if given.fields.get("Namespace", namespace) != namespace:
        raise BadRequest("Namespace and metadata.namespace of Manifest differ")
    collection = await cluster.kinds.collection(
        known.text("apiVersion"), known.text("kind"), segment("Namespace", str(namespace))
    )
    force = "true" if given.flag("Force") else "false"
    request = Request(
        method="PATCH",
        path=collection.item(segment("metadata.name", metadata["name"])),
        query=(("fieldManager", MANAGER), ("force", force), _STRICT),
        body=body_of(manifest),
        content_type="application/apply-patch+yaml",  # JSON is YAML
    )
    return object_in((await cluster.client.ask(request, "repeatable")).body)


async def get(cluster: Cluster, given: Parameters) -> Json:
    """The object of that Name, else the list of those that the selectors let through."""
    collection = await cluster.collection(given)
    selectors = {"LabelSelector": "labelSelector", "FieldSelector": "fieldSelector"}
    chosen = [name for name in (*selectors, "Limit") if name in given.fields]
    if "Name" in given.fields:
        if chosen:
            raise BadRequest(f"{chosen[0]} is for lists: leave out Name")
        request = Request(method="GET", path=collection.item(given.name("Name")))
    else:
        query = [(selectors[it], given.text(it)) for it in selectors if it in given.fields]
        query.append(("limit", str(given.whole("Limit", MOST_ITEMS, MOST_ITEMS))))
        request = Request(method="GET", path=collection.path, query=tuple(query))
    return object_in((await cluster.client.ask(request, "repeatable")).body)


async def patch(cluster: Cluster, given: Parameters) -> Json:
    """Patch an object; it as it is then. A JSON patch is sent once: it may not be repeatable."""
    collection = await cluster.collection(given)
    kind = given.one_of("Type", tuple(PATCHES), "merge")
    change = given.fields["Patch"]
    if kind == "json":
        if not isinstance(change, list):
            raise BadRequest("Patch must be a list of operations if Type is json")
    else:
        change = given.object("Patch")
    request = Request(
        method="PATCH",
        path=collection.item(given.name("Name")),
        query=(("fieldManager", MANAGER), _STRICT),
        body=body_of(change),
        content_type=PATCHES[kind],
    )
    patience: Patience = "throttled" if kind == "json" else "repeatable"
    return object_in((await cluster.client.ask(request, patience)).body)


async def delete(cluster: Cluster, given: Parameters) -> Json:
    """Delete an object; what the server answers, None if IgnoreNotFound and there is none."""
    collection = await cluster.collection(given)
    how = given.one_of("Propagation", PROPAGATIONS, "Background")
    is_ignored = given.flag("IgnoreNotFound")
    request = deletion(collection.item(given.name("Name")), how)
    try:
        answer = await cluster.client.ask(request, "repeatable" if is_ignored else "throttled")
    except Refused as refused:
        if is_ignored and refused.answer.status == 404:
            return None
        raise
    return object_in(answer.body)


def deletion(path: str, propagation: str = "Background", *, uid: str | None = None) -> Request:
    """The request that deletes the object there, and what it owns; only that of this uid."""
    options: dict[str, Json] = {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": propagation,
    }
    if uid is not None:
        options["preconditions"] = {"uid": uid}
    return Request(method="DELETE", path=path, body=body_of(options))
