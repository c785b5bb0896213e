"""Applies objects to a cluster, as ``kubectl apply --server-side`` does.

Code in ConfigMaps that asw itself packed is there before its Function, belongs to it, and goes once
neither a Function nor a Job that still runs names it.
"""

import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from asw.api.names import (
    GROUP,
    LABEL_CODE_OF,
    LABEL_FUNCTION,
    OBJECT_NAME_PATTERN,
    label_value,
)
from asw.asl.values import JsonObject
from asw.executions.cluster.access import Access
from asw.executions.cluster.failures import cluster_failure
from asw.executions.port import Change
from asw.exits import NOT_SUCCEEDED
from asw.failures import Denied, Failure
from asw.messages import t
from asw.platforms.kubernetes.client.client import Object
from asw.platforms.kubernetes.client.errors import AlreadyExists, Forbidden, NotFound
from asw.platforms.kubernetes.client.objects import Owner, controller_uid
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    FUNCTIONS,
    JOBS,
    WORKFLOWS,
    Resource,
)
from asw.reconciler.platform import Conflict, PlatformError, Refused, TooLarge

MANAGER: Final = "asw"
"""The name of asw among those who manage fields of objects."""
REHEARSAL: Final = "asw-plan"
IN_ORDER: Final[Sequence[Resource]] = (CONFIG_MAPS, FUNCTIONS, WORKFLOWS)
"""What is applied, each after what it names."""

Told: TypeAlias = tuple[str, Change | None]
"""The name of an object and what became of it; None: it was deleted."""


@dataclass(frozen=True, slots=True)
class _Objects:
    """The objects to apply: those of users, and the ConfigMaps that asw packed."""

    own: Sequence[tuple[Resource, JsonObject]]
    packed: Mapping[str, JsonObject]

    def packed_of(self, function: JsonObject) -> Iterator[JsonObject]:
        """The packed ConfigMaps that the Function names."""
        return (self.packed[name] for name in _code_maps(function) if name in self.packed)


async def apply_all(access: Access, manifests: Sequence[JsonObject]) -> AsyncIterator[Told]:
    """Apply ConfigMaps, Functions and Workflows, and tell what became of each.

    All are rehearsed first. Raises Failure; what was told is done.
    """
    for each in manifests:
        if not re.fullmatch(OBJECT_NAME_PATTERN, str(each["metadata"].get("name", ""))):
            told = t("a {kind} has no valid metadata.name", kind=each["kind"])
            raise Failure(told, remedy=t("give it a fixed name: apply needs one"))
    objects = _sorted(manifests)
    await _rehearse(access, objects)
    for resource, manifest in objects.own:
        before = await _found(access, resource, manifest["metadata"]["name"])
        packed = list(objects.packed_of(manifest)) if resource == FUNCTIONS else []
        for config_map in packed:
            yield await _provide(access, config_map)
        with access.asking():
            stored = await access.client.apply(
                resource, access.place.namespace, manifest, manager=MANAGER
            )
        yield _name(resource, manifest), _change(before, stored)
        if resource == FUNCTIONS:
            owner = Owner("Function", stored["metadata"]["name"], stored["metadata"]["uid"])
            for config_map in packed:
                await _adopt(access, config_map["metadata"]["name"], owner)
            kept = {*_code_maps(manifest), *_code_maps(before or {})}
            async for name in _remove_unused(access, owner, kept):
                yield f"configmap/{name}", None


def _sorted(manifests: Sequence[JsonObject]) -> _Objects:
    """The objects in the order in which they are applied; other kinds are left out."""
    packed = {
        it["metadata"]["name"]: it
        for it in manifests
        if it["kind"] == "ConfigMap" and LABEL_CODE_OF in (it["metadata"].get("labels") or {})
    }
    own = [
        (resource, it)
        for resource in IN_ORDER
        for it in manifests
        if (it["apiVersion"], it["kind"]) == (resource.api_version, resource.kind)
        and not (resource == CONFIG_MAPS and it["metadata"]["name"] in packed)
    ]
    return _Objects(own, packed)


async def _rehearse(access: Access, objects: _Objects) -> None:
    """Raises Failure with all that the API server would refuse."""
    client, namespace = access.client, access.place.namespace
    refused: list[str] = []
    for resource, manifest in objects.own:
        try:
            with access.patience.asking():
                await client.apply(resource, namespace, manifest, manager=REHEARSAL)
        except (Refused, TooLarge) as error:
            if isinstance(error, Forbidden):
                raise cluster_failure(error, access.place) from error
            refused.append(f"{_name(resource, manifest)}: {error}")
        except NotFound:
            await access.require_namespace()
            raise cluster_failure(Refused(f"no {resource.plural}"), access.place) from None
        except PlatformError as error:
            raise cluster_failure(error, access.place) from error
    if refused:
        remedy = t("nothing was applied; asw validate --cluster shows where")
        raise Failure("; ".join(refused), remedy=remedy, code=NOT_SUCCEEDED)


async def _found(access: Access, resource: Resource, name: str) -> Object | None:
    try:
        with access.asking():
            return await access.client.get(resource, access.place.namespace, name)
    except NotFound:
        return None


async def _provide(access: Access, manifest: JsonObject) -> Told:
    """Make an immutable ConfigMap exist. Raises Failure if another one has its name."""
    name = manifest["metadata"]["name"]
    try:
        with access.asking():
            await access.client.create(CONFIG_MAPS, access.place.namespace, manifest)
    except AlreadyExists:
        there = await _found(access, CONFIG_MAPS, name)
        if there is None or there.get("data") != manifest["data"] or not there.get("immutable"):
            raise Failure(
                t("ConfigMap {name} has the name of packed code and is not that", name=name),
                remedy=t("delete it, or name the Function differently"),
                code=NOT_SUCCEEDED,
            ) from None
        return f"configmap/{name}", "unchanged"
    return f"configmap/{name}", "created"


async def _adopt(access: Access, name: str, owner: Owner) -> None:
    """Have the ConfigMap go with its Function."""
    there = await _found(access, CONFIG_MAPS, name)
    if there is not None and controller_uid(there) is None:
        change = {"metadata": {"ownerReferences": [owner.reference()]}}
        with access.asking():
            await access.client.merge(CONFIG_MAPS, access.place.namespace, name, change)


async def _remove_unused(access: Access, owner: Owner, kept: Collection[str]) -> AsyncIterator[str]:
    """Delete the Function's packed ConfigMaps that nothing uses any more.

    ``kept`` are those of the Function as it is, and as it was a moment ago: a task may be about to
    start with that. One that has not been adopted yet is another command's.
    """
    namespace = access.place.namespace
    label = f"{LABEL_CODE_OF}={label_value(owner.name)}"
    try:
        left = [
            it["metadata"]
            for it in await access.list(CONFIG_MAPS, namespace, labels=label)
            if controller_uid(it) == owner.uid and it["metadata"]["name"] not in kept
        ]
        used = await _used(access, owner.name) if left else frozenset()
    except Denied:
        return  # whoever may not look at Jobs leaves the ConfigMaps to others
    for metadata in left:
        if metadata["name"] not in used:
            name, uid = metadata["name"], metadata["uid"]
            try:
                with access.asking():
                    await access.client.delete(CONFIG_MAPS, namespace, name, uid=uid)
            except (NotFound, Conflict, Denied):
                continue
            yield name


async def _used(access: Access, function: str) -> frozenset[str]:
    """The ConfigMaps that Functions of the namespace name, and Jobs of this one that still run."""
    namespace = access.place.namespace
    functions = await access.list(FUNCTIONS, namespace)
    label = f"{LABEL_FUNCTION}={label_value(function)}"
    jobs = await access.list(JOBS, namespace, labels=label)
    named = (name for each in functions for name in _code_maps(each))
    mounted = (name for job in jobs if not _is_over(job) for name in _mounted(job))
    return frozenset((*named, *mounted))


def _code_maps(function: Mapping[str, object]) -> Iterator[str]:
    """The ConfigMaps that the code of a Function names, as far as asw packs them."""
    spec = function.get("spec")
    code = spec.get("code") if isinstance(spec, dict) else None
    refs = code.get("configMapRefs") if isinstance(code, dict) else None
    return (str(each["name"]) for each in refs or ())


def _is_over(job: Object) -> bool:
    conditions = job.get("status", {}).get("conditions") or ()
    return any(it["type"] in ("Complete", "Failed") and it["status"] == "True" for it in conditions)


def _mounted(job: Object) -> Iterator[str]:
    for volume in job["spec"]["template"]["spec"].get("volumes") or ():
        sources = (volume.get("projected") or {}).get("sources") or [volume]
        yield from (it["configMap"]["name"] for it in sources if "configMap" in it)


def _name(resource: Resource, manifest: JsonObject) -> str:
    """The object as kubectl names it."""
    kind = resource.kind.lower()
    kind = f"{kind}.{GROUP}" if resource.group == GROUP else kind
    return f"{kind}/{manifest['metadata']['name']}"


def _change(before: Object | None, stored: Object) -> Change:
    if before is None:
        return "created"
    version = "resourceVersion"
    is_same = before["metadata"][version] == stored["metadata"][version]
    return "unchanged" if is_same else "configured"
