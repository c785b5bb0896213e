"""What Functions name and nobody here holds: that it changed is heard, and no more.

A watch of metadata from now on. Nothing is kept, however many objects there are, and a change costs
by the Functions that name what changed. Where changes may have been missed, all of those that name
anything of the kind are looked at again, a share at a time.
"""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Final

from asw.api.names import LABEL_KIND
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.client.client import METADATA, METADATA_LIST, KubeClient
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, SERVICE_ACCOUNTS, Resource
from asw.platforms.kubernetes.client.watching import events

FOLLOWED: Final[Mapping[Resource, str | None]] = {
    CONFIG_MAPS: f"!{LABEL_KIND}",
    SERVICE_ACCOUNTS: None,
}
"""The kinds, each with the labels of those that count: ConfigMaps that we made ourselves do not."""

GAP_SECONDS: Final = 1.0
"""After which those are looked at that may have missed something."""


async def follow(
    client: KubeClient,
    cache: Cache,
    resource: Resource,
    namespace: str | None,
    come_round: Callable[[], None] = lambda: None,
) -> None:
    """Have those looked at again that name what changes; it has no end.

    ``come_round`` is told of each watch that begins. Raises what the client raises; begun anew it
    takes everything for changed.
    """
    selectors = {"labelSelector": FOLLOWED[resource]}
    version: str | None = None
    while True:
        come_round()
        if version is None:
            version = await _version(client, resource, namespace, selectors)
            for each in cache.references.referrers_of_kind(resource.plural):
                cache.again.add(each, after=GAP_SECONDS)  # behind those of which news is heard
        path = resource.path(namespace)
        found = events(client, path, selectors, since=version, accept=METADATA)
        async with aclosing(found):
            async for event in found:
                if event["type"] == "ERROR":
                    version = None  # expired
                    break
                metadata = event["object"]["metadata"]
                version = metadata["resourceVersion"]
                if event["type"] != "BOOKMARK":
                    changed = Named(resource.plural, metadata["namespace"], metadata["name"])
                    for each in cache.references.referrers(changed):
                        cache.again.add(each)


async def _version(
    client: KubeClient,
    resource: Resource,
    namespace: str | None,
    selectors: Mapping[str, str | None],
) -> str:
    """The version from which on to watch: that of a list, of which the first page will do."""
    pages = client.pages(resource, namespace, selectors, accept=METADATA_LIST)
    page = await anext(aiter(pages))
    version: str = page["metadata"]["resourceVersion"]
    return version
