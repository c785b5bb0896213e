"""Objects that nothing refers to: what crashes left behind, and revisions that nobody runs.

A crash may come between an object and the status that was to refer to it. Such an object does no
harm, and is deleted with its Execution at the latest. So it is looked for rarely and slowly, one
Execution after the other. Only what is stored decides: nothing in record, tail or chunks refers to
it, and the save that would cannot be stored any more, because the status has moved on from the
version that it names.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain, product
from typing import Any, TypeAlias

from asw.api.instants import parse_instant
from asw.api.names import LABEL_EXECUTION_UID, LABEL_KIND, LABEL_WORKFLOW_UID, fence8
from asw.asl.values import from_text
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, PAYLOADS, REVISIONS
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.storage.finding import Finder, LoadedExecution
from asw.platforms.kubernetes.storage.reading import references_of
from asw.platforms.kubernetes.storage.storage import STORED_KINDS
from asw.platforms.kubernetes.storage.stored_names import fence_of
from asw.platforms.kubernetes.workflows.workflows import Workflows
from asw.reconciler.platform import ExecutionKey, Refused

OLD_AFTER = timedelta(minutes=10)
PAUSE_SECONDS = 0.1
"""Pause between two Executions: each may take several requests."""

KEPT_PER_WORKFLOW = 10
KEPT_AT_LEAST = timedelta(minutes=10)
"""An execution may be about to begin with the revision."""

Object = Mapping[str, Any]
Place: TypeAlias = tuple[str, str]

log = logging.getLogger(__name__)


async def collect_orphans(
    client: KubeClient,
    cache: Cache,
    executions: Executions,
    namespaces: Sequence[str | None],
    may_act: Callable[[str], bool] = lambda _: True,
) -> int:
    """Hand objects that nothing refers to to the garbage, where ``may_act``; returns how many."""
    count = 0
    for owner, names in (await _old_objects(client, cache, namespaces)).items():
        seen = cache.execution(*owner)
        if seen is None or not may_act(seen.key.namespace):
            continue
        orphans = await _unreferenced(executions.finder, seen.key, names)
        executions.garbage.add(seen.key, orphans)
        count += len(orphans)
        await asyncio.sleep(PAUSE_SECONDS)
    return count


async def _unreferenced(finder: Finder, key: ExecutionKey, names: Collection[str]) -> list[str]:
    """The objects that the execution does not refer to, and never will.

    None if its own objects cannot be read.
    """
    try:
        found = await finder.find(key)
        if found is None or found.record_problem is not None:
            return []
        referred = await _referred(finder, key, found)
    except Refused as error:
        log.warning("what execution %s/%s left is kept: %s", key.namespace, key.name, error)
        return []
    fence = fence8(found.version)
    return [name for name in names if name not in referred and fence_of(name) != fence]


async def _referred(finder: Finder, key: ExecutionKey, found: LoadedExecution) -> set[str]:
    """Names of all objects that the status refers to, also indirectly. Raises Damaged."""
    chunks = [chunk["name"] for chunk in found.status.get("historyChunks", ())]
    texts = await finder.storage.read_chunks(key, chunks)
    lines = chain(map(from_text, found.status.get("history", ())), *map(from_text, texts.values()))
    return {*chunks, *found.pages, *references_of([found.status, *lines])}


async def _old_objects(
    client: KubeClient, cache: Cache, namespaces: Sequence[str | None]
) -> dict[tuple[str, str], set[str]]:
    """Names of pages and chunks, by namespace and uid of their Execution."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    old = cache.now() - OLD_AFTER
    for namespace, resource in product(namespaces, (CONFIG_MAPS, PAYLOADS)):
        async for item in client.list(
            resource,
            namespace,
            labels=LABEL_EXECUTION_UID,
            is_metadata_enough=True,
        ):
            metadata = item["metadata"]
            labels, created_at = metadata["labels"], parse_instant(metadata["creationTimestamp"])
            if labels.get(LABEL_KIND) in STORED_KINDS and created_at <= old:
                owner = (metadata["namespace"], labels[LABEL_EXECUTION_UID])
                found[owner].add(metadata["name"])
    return found


async def sweep_revisions(
    client: KubeClient,
    cache: Cache,
    workflows: Workflows,
    namespace: str | None,
    may_act: Callable[[str], bool] = lambda _: True,
) -> None:
    """Remove superfluous revisions where ``may_act``. The cache must hold every Execution."""
    labels = f"{LABEL_KIND}=revision"
    listed = [
        item
        async for item in client.list(REVISIONS, namespace, labels=labels, is_metadata_enough=True)
    ]
    workflows_seen, runs = cache.workflows.values(), cache.executions.values()
    living = {(it.metadata.namespace, it.metadata.uid) for it in workflows_seen}
    used = {(it.metadata.namespace, it.status.revision or "") for it in workflows_seen}
    used |= {(seen.key.namespace, seen.revision or "") for seen in runs if seen.may_run}
    for place in superfluous_revisions(listed, living, used, workflows.now()):
        if not may_act(place[0]):
            continue
        with suppress(NotFound):
            await client.delete(REVISIONS, *place)
        workflows.forget_revision(*place)


def superfluous_revisions(
    listed: Iterable[Object], living: Collection[Place], used: Collection[Place], now: datetime
) -> list[Place]:
    """Namespace and name of each; the newest of a living Workflow are kept unused. Pure.

    ``living`` holds namespace and uid of Workflows, ``used`` namespace and name of revisions.
    """
    unused: dict[Place, list[tuple[datetime, Place]]] = defaultdict(list)
    for item in listed:
        metadata = item["metadata"]
        created_at = parse_instant(metadata["creationTimestamp"])
        namespace, name = metadata["namespace"], metadata["name"]
        if (namespace, name) not in used and now - created_at >= KEPT_AT_LEAST:
            uid = metadata.get("labels", {}).get(LABEL_WORKFLOW_UID, "")
            unused[namespace, uid].append((created_at, (namespace, name)))
    found: list[Place] = []
    for workflow, entries in unused.items():
        kept = KEPT_PER_WORKFLOW if workflow in living else 0
        found += [place for _, place in sorted(entries, reverse=True)[kept:]]
    return found
