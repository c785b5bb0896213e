"""A watch for readers: a list, then every change, whatever breaks in between.

The operator does not use it: kopf watches there. Source of the rules: Kubernetes, "Efficient
detection of changes".
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.forms import Form, Whole
from asw.platforms.kubernetes.client.resources import Resource
from asw.reconciler.platform import Unavailable

WATCH_SECONDS = 300
"""The API server ends a watch after this time; it then continues where it was."""
SILENCE_SECONDS = WATCH_SECONDS + 30.0
"""A connection that not even the end came through is dead: the network changed, or we slept."""
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """An object as it is now, or as it was when it was deleted."""

    kind: Literal["there", "gone"]
    item: Object


@dataclass(slots=True, kw_only=True)
class _Watched:
    """What to watch, and what was seen of it: objects by uid."""

    resource: Resource
    namespace: str | None
    selectors: Mapping[str, str | None]
    form: Form
    seen: dict[str, Object] = field(default_factory=dict)
    version: str | None = None


async def watch(
    client: KubeClient,
    resource: Resource,
    namespace: str | None,
    selectors: Mapping[str, str | None],
    form: Form | None = None,
) -> AsyncGenerator[Change]:
    """Every existing object, the oldest first, then every change, without end.

    ``selectors`` are ``labelSelector`` and ``fieldSelector``. What is reported is held too:
    thousands may be large, so ``form`` may ask for less. Raises OlderColumns as it does.

    Only the first list raises what the client raises. Later, a server that does not answer is
    asked again, and a refusal raises.
    """
    watched = _Watched(
        resource=resource, namespace=namespace, selectors=selectors, form=form or Whole()
    )
    pause = FIRST_PAUSE_SECONDS
    has_listed = False
    while True:
        try:
            async with aclosing(_changes(client, watched)) as changes:
                async for change in changes:
                    pause = FIRST_PAUSE_SECONDS
                    yield change
        except Unavailable:
            if not has_listed and watched.version is None:
                raise
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        has_listed = True
        await asyncio.sleep(pause)


async def _changes(client: KubeClient, watched: _Watched) -> AsyncGenerator[Change]:
    """The changes until the watch ends; first those of a fresh list if no version is known."""
    if watched.version is None:
        for change in await _listed(client, watched):
            yield change
    path = watched.resource.path(watched.namespace)
    selectors, since = watched.selectors, watched.version or ""
    try:
        found = events(client, path, selectors, since=since, accept=watched.form.accept)
        async with aclosing(found):
            async for event in found:
                if event["type"] == "ERROR":
                    watched.version = None  # expired: look at everything again
                    return
                if (noted := _noted(watched, event)) is not None:
                    yield noted
    except Unavailable as error:
        if str(error).startswith("410"):
            watched.version = None
            return
        raise


async def events(
    client: KubeClient,
    path: str,
    selectors: Mapping[str, str | None],
    *,
    since: str,
    accept: str | None,
) -> AsyncGenerator[dict[str, Any]]:
    """All events of one watch from a version on, bookmarks and ERROR included."""
    query = {name: value for name, value in selectors.items() if value} | {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": str(WATCH_SECONDS),
        "resourceVersion": since,
    }
    async with aclosing(client.lines(path, query, accept=accept, silence=SILENCE_SECONDS)) as lines:
        async for line in lines:
            yield orjson.loads(line)


async def _listed(client: KubeClient, watched: _Watched) -> list[Change]:
    """The differences from what was seen."""
    there: dict[str, Object] = {}
    version = ""
    pages = client.pages(
        watched.resource, watched.namespace, watched.selectors, accept=watched.form.accept
    )
    async for page in pages:
        there |= {item["metadata"]["uid"]: item for item in watched.form.listed(page)}
        version = page["metadata"]["resourceVersion"]
    gone = [Change("gone", item) for uid, item in watched.seen.items() if uid not in there]
    changed = [
        Change("there", item)
        for uid, item in there.items()
        if _version(watched.seen.get(uid)) != _version(item)
    ]
    watched.seen, watched.version = there, version  # once all of it is there
    return [*gone, *sorted(changed, key=_age)]


def _noted(watched: _Watched, event: Object) -> Change | None:
    """The change that an event of the watch reports; None for a bookmark."""
    item = event["object"]
    watched.version = item["metadata"]["resourceVersion"]
    match event["type"]:
        case "BOOKMARK":
            return None
        case "DELETED":
            item = watched.form.told(item)
            watched.seen.pop(item["metadata"]["uid"], None)
            return Change("gone", item)
    item = watched.form.told(item)
    watched.seen[item["metadata"]["uid"]] = item
    return Change("there", item)


def _age(change: Change) -> tuple[str, ...]:
    metadata = change.item["metadata"]
    return tuple(metadata.get(name, "") for name in ("creationTimestamp", "namespace", "name"))


def _version(item: Object | None) -> str | None:
    return None if item is None else item["metadata"]["resourceVersion"]
