"""What a crash between an object and the status that was to refer to it left behind.

Such an object hurts nobody, and goes with its Execution at the latest. So it is looked for rarely
and slowly: those whose Execution lives on, old enough that no write can be under way, one
Execution after the other.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from asw.api.instants import parse_instant
from asw.api.names import LABEL_EXECUTION_UID, LABEL_KIND
from asw.kubernetes.cache import Cache
from asw.kubernetes.client import KubeClient
from asw.kubernetes.executions import Executions
from asw.kubernetes.resources import CONFIG_MAPS
from asw.kubernetes.storage import STORED_KINDS

OLD_AFTER = timedelta(minutes=10)
PAUSE_SECONDS = 0.1
"""Between two Executions: each may take several requests."""


async def collect_orphans(
    client: KubeClient, cache: Cache, executions: Executions, namespaces: Sequence[str | None]
) -> int:
    """Hand objects that nothing refers to over to the garbage; how many."""
    count = 0
    for uid, names in (await _old_objects(client, cache, namespaces)).items():
        seen = cache.executions.get(uid)
        if seen is None:
            continue
        count += await executions.collect_unreferenced(seen.key, names)
        await asyncio.sleep(PAUSE_SECONDS)
    return count


async def _old_objects(
    client: KubeClient, cache: Cache, namespaces: Sequence[str | None]
) -> dict[str, set[str]]:
    """Names of pages and chunks by the uid of their Execution."""
    found: dict[str, set[str]] = defaultdict(set)
    old = cache.now() - OLD_AFTER
    for namespace in namespaces:
        async for item in client.list(
            CONFIG_MAPS,
            namespace,
            labels=LABEL_EXECUTION_UID,
            is_metadata_enough=True,
        ):
            metadata = item["metadata"]
            labels, created_at = metadata["labels"], parse_instant(metadata["creationTimestamp"])
            if labels.get(LABEL_KIND) in STORED_KINDS and created_at <= old:
                found[labels[LABEL_EXECUTION_UID]].add(metadata["name"])
    return found
