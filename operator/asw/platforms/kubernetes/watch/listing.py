"""The first look: lists fill the cache before any watch event and any reconciling.

Tasks come first, so that a resumed execution finds what its Jobs show. A replica that wins the
Lease resumes from lists too. A page of them is as fresh as a request for each: the predecessor no
longer writes, and the fence of the first save catches what it wrote too late. Its own watches may
be behind what the predecessor did, or date from before an outage.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from asw.api.names import LABEL_EXECUTION_UID
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import (
    ACTIVITIES,
    CONNECTIONS,
    EXECUTIONS,
    FUNCTIONS,
    JOBS,
    PODS,
    SCHEDULES,
    TRIGGERS,
    WORKFLOWS,
    Resource,
)
from asw.platforms.kubernetes.tasks.observations import place_of
from asw.platforms.kubernetes.tasks.places import TaskKey
from asw.platforms.kubernetes.watch.feed import Feed
from asw.reconciler.platform import ExecutionKey, PlatformError

BATCH = 100
"""Executions that are resumed before the next ones are looked at."""
FEW = 20
"""A namespace with no more executions has few."""
PATIENCE_SECONDS = 1.0
"""The longest pause between two batches: one slow execution does not hold up the others."""
PAUSE_SECONDS = 0.005
TRIES = 3
PAUSE_BETWEEN_TRIES_SECONDS = 0.5
"""The API server's cache may lag for a moment, and lists with it."""

Listed: TypeAlias = tuple[TaskKey | None, str]
"""The task that an object belongs to, and its uid."""

NOTHING: Mapping[TaskKey, float] = {}

log = logging.getLogger(__name__)


async def fill_cache(client: KubeClient, feed: Feed, namespaces: Sequence[str | None]) -> None:
    """List everything that is watched, once.

    Pods come before their Jobs: an old Job without a pod is a task that failed to start, and that
    is not revoked.
    """
    steps: Sequence[tuple[Resource, str | None, Callable[[None, Mapping[str, Any]], object]]] = (
        (PODS, LABEL_EXECUTION_UID, feed.pod),
        (JOBS, LABEL_EXECUTION_UID, feed.job),
        (FUNCTIONS, None, feed.function),
        (CONNECTIONS, None, feed.connection),
        (ACTIVITIES, None, feed.activity),
        (WORKFLOWS, None, feed.workflow),
        (SCHEDULES, None, feed.schedule),
        (TRIGGERS, None, feed.trigger),
        (EXECUTIONS, None, feed.execution),
    )
    for resource, labels, take in steps:
        for namespace in namespaces:
            async for item in client.list(resource, namespace, labels=labels):
                _hand_over(take, resource, item)


async def list_tasks(client: KubeClient, feed: Feed, namespaces: Sequence[str | None]) -> None:
    """Take every task as it is now, and forget those that are gone.

    A task that a watch reported meanwhile is left to the watch: its news may be later. Raises
    PlatformError.
    """
    steps: Sequence[tuple[Resource, Callable[[None, Mapping[str, Any]], None]]] = (
        (PODS, feed.pod),
        (JOBS, feed.job),
    )
    started = feed.cache.clock()
    taken: dict[TaskKey, float] = {}
    for resource, take in steps:
        there: set[Listed] = set()
        for namespace in namespaces:
            async for item in client.list(resource, namespace, labels=LABEL_EXECUTION_UID):
                if (place := place_of(item)) is None:
                    continue
                there.add((place, item["metadata"]["uid"]))
                if not _is_heard_of(feed, place, started, taken):
                    _hand_over(take, resource, item)
                    if (seen := feed.cache.tasks.get(place)) is not None:
                        taken[place] = seen.seen_at
        forget_missing(feed, resource, there, started, taken)


def forget_missing(
    feed: Feed,
    resource: Resource,
    there: Collection[Listed],
    started: float,
    taken: Mapping[TaskKey, float] = NOTHING,
) -> None:
    """Forget Jobs, or Pods, that are missing in a list that was requested at ``started``.

    ``taken`` says when each task was last taken from such a list.
    """
    for place, seen in list(feed.cache.tasks.items()):
        if _is_heard_of(feed, place, started, taken):
            continue
        if resource is PODS:
            for uid in [uid for uid in seen.pods if (place, uid) not in there]:
                feed.forget_pod(place, uid)
        elif seen.job is not None and (place, seen.job.uid) not in there:
            feed.forget_job(place, seen.job.uid)


def _is_heard_of(
    feed: Feed, place: TaskKey, started: float, taken: Mapping[TaskKey, float]
) -> bool:
    """Whether a watch, or an answer to our own request, reported the task since then."""
    seen = feed.cache.tasks.get(place)
    return seen is not None and seen.seen_at >= started and seen.seen_at != taken.get(place)


async def resume_live(
    client: KubeClient,
    cache: Cache,
    namespaces: Sequence[str | None],
    reload: Callable[[ExecutionKey], None],
    look: Callable[[Mapping[str, Any]], None],
) -> None:
    """Have everything that is not over reloaded from lists, a batch at a time.

    ``look`` is shown each object. What is in no list, because a list failed, is reloaded by a
    request of its own.
    """
    left = {key.uid: key for key in cache.unfinished()}
    for small in small_ones_first(left.values()):
        reload(left.pop(small.uid))
    batch: list[str] = []
    for number in range(TRIES):
        try:
            async for item in _everywhere(client, namespaces):
                look(item)
                if item["metadata"]["uid"] not in left or (key := cache.offer(item)) is None:
                    continue
                del left[key.uid]
                reload(key)
                batch.append(key.uid)
                if len(batch) >= BATCH:
                    await _until_taken(cache, batch)
                    batch.clear()
            break
        except PlatformError as error:
            log.warning("could not list executions to resume (try %d): %s", number + 1, error)
            await asyncio.sleep(PAUSE_BETWEEN_TRIES_SECONDS)
    for key in left.values():
        reload(key)


def small_ones_first(keys: Collection[ExecutionKey]) -> Sequence[ExecutionKey]:
    """Executions of namespaces that have only a few, up to that many: they need not wait for lists.

    Lists go by namespace, and one of ten thousand executions is long.
    """
    if len(keys) <= BATCH:
        return ()
    counts = Counter(key.namespace for key in keys)
    few = (key for key in keys if counts[key.namespace] <= FEW)
    return sorted(few, key=lambda key: counts[key.namespace])[:BATCH]


async def _everywhere(
    client: KubeClient, namespaces: Sequence[str | None]
) -> AsyncIterator[Mapping[str, Any]]:
    for namespace in namespaces:
        async for item in client.list(EXECUTIONS, namespace):
            yield item


async def _until_taken(cache: Cache, uids: Sequence[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and cache.is_offered(uids):  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(PAUSE_SECONDS)


def _hand_over(
    take: Callable[[None, Mapping[str, Any]], object], resource: Resource, item: dict[str, Any]
) -> None:
    """Handle one object. Our own faults with it are logged, as with an event; the others count."""
    try:
        take(None, _complete(resource, item))
    except Exception:
        metadata = item["metadata"]
        place = f"{metadata.get('namespace')}/{metadata.get('name')}"
        log.exception("%s %s could not be handled", resource.kind, place)


def _complete(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    """The item with apiVersion and kind, which lists of built-in kinds leave out."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, **item}
