"""The log of a pod's own container, line by line, as the API server has it from the node."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import UTC
from typing import Any
from urllib.parse import quote

from asw.api.pod_template import CONTAINER
from asw.executions.cluster.access import Access
from asw.executions.port import LogOptions
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import PODS


async def pod_lines(
    access: Access, item: Mapping[str, Any], options: LogOptions
) -> AsyncGenerator[tuple[str, str]]:
    """Time (empty unless asked for) and text of each line; none if the pod is gone."""
    metadata = item["metadata"]
    path = PODS.path(metadata["namespace"], quote(metadata["name"], safe="")) + "/log"
    try:
        with access.translating():
            async with aclosing(access.client.lines(path, _query(options))) as lines:
                async for line in lines:
                    text = line.decode(errors="replace")
                    yield _timed(text) if options.has_times else ("", text)
    except NotFound:
        return


def _timed(text: str) -> tuple[str, str]:
    """Time and text of a line; what the node says instead of a log has no time."""
    at, _, rest = text.partition(" ")
    return (at, rest) if at[:4].isdigit() and at[10:11] == "T" else ("", text)


def _query(options: LogOptions) -> dict[str, str]:
    """PodLogOptions of Kubernetes."""
    query = {
        "container": CONTAINER,
        "follow": str(options.follow).lower(),
        "timestamps": str(options.has_times).lower(),
    }
    if options.tail is not None:
        query["tailLines"] = str(options.tail)
    if options.since is not None:
        query["sinceTime"] = f"{options.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return query
