"""The first look: lists fill the cache before any watch event and any reconciling.

Tasks come first, so that an execution that is resumed finds what its Jobs show.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asw.api.names import LABEL_EXECUTION_UID
from asw.kubernetes.client import KubeClient
from asw.kubernetes.feed import Feed
from asw.kubernetes.resources import EXECUTIONS, FUNCTIONS, JOBS, PODS, WORKFLOWS, Resource


async def fill_cache(client: KubeClient, feed: Feed, namespaces: Sequence[str | None]) -> None:
    """List everything that is watched, once."""
    steps: Sequence[tuple[Resource, str | None, Callable[[None, Mapping[str, Any]], object]]] = (
        (JOBS, LABEL_EXECUTION_UID, feed.job),
        (PODS, LABEL_EXECUTION_UID, feed.pod),
        (FUNCTIONS, None, feed.function),
        (WORKFLOWS, None, feed.workflow),
        (EXECUTIONS, None, feed.execution),
    )
    for resource, labels, take in steps:
        for namespace in namespaces:
            async for item in client.list(resource, namespace, labels=labels):
                take(None, _complete(resource, item))


def _complete(resource: Resource, item: dict[str, Any]) -> dict[str, Any]:
    """Items of a list of built-in kinds come without apiVersion and kind."""
    return {"apiVersion": resource.api_version, "kind": resource.kind, **item}
