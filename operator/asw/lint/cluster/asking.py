"""Asks the cluster for the objects that files name, and whether it would accept the files."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from asw.executions.cluster.access import Access, open_access
from asw.executions.cluster.failures import cluster_failure, missing_crds, read_denial
from asw.executions.target import Target
from asw.lint.checking import Checked
from asw.lint.cluster.judging import Presence, judge, refusal_finding, without_superseded
from asw.lint.cluster.references import (
    CLUSTER_WIDE,
    Reference,
    declared_in,
    references_of,
)
from asw.lint.findings import Finding, Origin
from asw.lint.manifests import Placed
from asw.platforms.kubernetes.client.errors import Forbidden, NotFound, Refusal
from asw.platforms.kubernetes.client.resources import (
    CONFIG_MAPS,
    EXECUTIONS,
    FUNCTIONS,
    PRIORITY_CLASSES,
    SECRETS,
    SERVICE_ACCOUNTS,
    WORKFLOWS,
    Resource,
)
from asw.reconciler.platform import PlatformError

AT_ONCE: Final = 8
"""Concurrent requests."""

_RESOURCES: Final[Mapping[str, Resource]] = {
    resource.kind: resource
    for resource in (
        WORKFLOWS,
        FUNCTIONS,
        EXECUTIONS,
        CONFIG_MAPS,
        SECRETS,
        SERVICE_ACCOUNTS,
        PRIORITY_CLASSES,
    )
}
_LISTED: Final = ("Function", "Workflow")
"""Kinds that are listed, so that the nearest name can be suggested."""


async def check_cluster(checked: Checked, target: Target) -> list[Finding]:
    """All findings, corrected by what the cluster has. Raises Failure if it cannot tell."""
    async with open_access(target) as access:
        with access.patience.asking():
            references = [
                replace(each, namespace=_namespace_of(each, access))
                for each in references_of(checked.manifests, checked.plan)
            ]
            declared = declared_in(checked.documents, checked.manifests)
            named = [each for each in references if (each.kind, each.name) not in declared]
            presence = await _gather(access, named)
            refused = await _dry_run(access, checked)
    return [
        *without_superseded(checked.findings),
        *judge(references, declared, presence),
        *refused,
    ]


def _namespace_of(reference: Reference, access: Access) -> str:
    if reference.kind in CLUSTER_WIDE:
        return ""
    return reference.namespace or access.place.namespace


async def _gather(access: Access, references: Iterable[Reference]) -> Presence:
    """All named objects, each requested once. Listing Functions shows that asw is installed."""
    presence = Presence()
    gate = asyncio.Semaphore(AT_ONCE)
    wanted = {(each.kind, each.namespace, each.name) for each in references}
    listed = {(kind, namespace) for kind, namespace, _ in wanted if kind in _LISTED}
    listed.add(("Function", access.place.namespace))
    single = [each for each in wanted if each[0] not in _LISTED]

    async def within(action: Any) -> None:
        async with gate:
            await action

    await asyncio.gather(
        *(within(_list(access, presence, *each)) for each in sorted(listed)),
        *(within(_get(access, presence, *each)) for each in sorted(single)),
    )
    return presence


async def _list(access: Access, presence: Presence, kind: str, namespace: str) -> None:
    names = []
    for item in await access.list(_RESOURCES[kind], namespace):
        name = item["metadata"]["name"]
        if kind == "Function":
            name = item["spec"].get("name") or name
        names.append(name)
        presence.objects[kind, namespace, name] = None
    presence.names[kind, namespace] = names


async def _get(access: Access, presence: Presence, kind: str, namespace: str, name: str) -> None:
    """Look up one object; of its data only the names of the keys are kept."""
    try:
        found = await access.client.get(_RESOURCES[kind], namespace or None, name)
    except NotFound:
        return
    except Forbidden as error:
        presence.untold[kind, namespace] = str(error)
        return
    except PlatformError as error:
        raise cluster_failure(error, access.place) from error
    data = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
    presence.objects[kind, namespace, name] = frozenset(data)


async def _dry_run(access: Access, checked: Checked) -> list[Finding]:
    """What the API server says about the manifests without errors so far."""
    wrong = {finding.subject for finding in checked.findings if not finding.is_warning}
    manifests = checked.manifests
    placed: Sequence[Placed[Any]] = [
        *manifests.workflows.values(),
        *manifests.functions.values(),
        *manifests.executions.values(),
    ]
    origins = {each.origin for each in placed if each.origin.subject not in wrong}
    findings: list[Finding] = []
    for document in checked.documents:
        content = document.content
        known = [it for it in origins if _is_of(it, document.origin)]
        if isinstance(content, dict) and known:
            refusals = await _refusals(access, content)
            findings += [refusal_finding(known[0], refusal) for refusal in refusals]
    return findings


def _is_of(origin: Origin, document: Origin) -> bool:
    """Whether the object is this document and a manifest; a bare definition has no subject."""
    return bool(origin.subject) and (origin.file, origin.document, origin.steps) == (
        document.file,
        document.document,
        document.steps,
    )


async def _refusals(access: Access, content: Mapping[str, Any]) -> Sequence[Refusal]:
    namespace = content["metadata"].get("namespace") or access.place.namespace
    try:
        return await access.client.dry_run(_RESOURCES[content["kind"]], namespace, content)
    except NotFound as error:
        if "namespaces" in str(error):
            await access.require_namespace()
            return [Refusal("metadata.namespace", str(error))]
        raise missing_crds(access.place) from None
    except Forbidden as error:
        if read_denial(str(error)) is not None:
            raise cluster_failure(error, access.place) from error
        return [Refusal("", str(error))]
    except PlatformError as error:
        raise cluster_failure(error, access.place) from error
