"""ControllerRevisions that nobody runs any more, and none may run again, are removed."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from asw.api.instants import parse_instant
from asw.api.names import LABEL_KIND, LABEL_WORKFLOW_UID
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import REVISIONS
from asw.platforms.kubernetes.workflows.workflows import Workflows

KEPT_PER_WORKFLOW = 10
KEPT_AT_LEAST = timedelta(minutes=10)
"""An execution may be about to begin with it."""

Object = Mapping[str, Any]
Place: TypeAlias = tuple[str, str]


async def sweep_revisions(
    client: KubeClient,
    cache: Cache,
    workflows: Workflows,
    namespace: str | None,
    may_act: Callable[[str], bool] = lambda _: True,
) -> None:
    """Remove superfluous revisions where that is ours. The cache must hold every Execution."""
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
