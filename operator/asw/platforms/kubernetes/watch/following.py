"""Follows objects that Functions name and that are not held here: only that they changed.

It watches metadata from now on and keeps nothing, however many objects there are. The cost of a
change depends on the Functions that name the object. If changes may have been missed, all Functions
that name anything of the kind are looked at again, a share at a time.
"""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Final

from asw.api.names import LABEL_KIND
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.references import Named
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.forms import METADATA, METADATA_LIST
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, SERVICE_ACCOUNTS, Resource
from asw.platforms.kubernetes.client.watching import events

FOLLOWED: Final[Mapping[Resource, str | None]] = {
    CONFIG_MAPS: f"!{LABEL_KIND}",
    SERVICE_ACCOUNTS: None,
}
"""The kinds, each with a label selector: ConfigMaps that we made ourselves do not count."""

GAP_SECONDS: Final = 1.0
"""After this time, Functions that may have missed something are looked at."""


async def follow(
    client: KubeClient,
    cache: Cache,
    resource: Resource,
    namespace: str | None,
    come_round: Callable[[], None] = lambda: None,
) -> None:
    """Have Functions that name a changed object looked at again, without end.

    ``come_round`` is called for each watch that begins. Raises what the client raises. When
    started again it treats everything as changed.
    """
    selectors = {"labelSelector": FOLLOWED[resource]}
    version: str | None = None
    while True:
        come_round()
        if version is None:
            version = await _version(client, resource, namespace, selectors)
            for each in cache.references.referrers_of_kind(resource.plural):
                cache.again.add(each, after=GAP_SECONDS)  # after those of which news is heard
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
    """The version to watch from: that of a list, whose first page is enough."""
    pages = client.pages(resource, namespace, selectors, accept=METADATA_LIST)
    page = await anext(aiter(pages))
    version: str = page["metadata"]["resourceVersion"]
    return version
