"""Asks a pod's node for the end of its log, and says why there is none. Never waits for long."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

from asw.api.pod_template import CONTAINER
from asw.archive.tails import Lost, Tail, TooLong, read_ending
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import PODS
from asw.reconciler.platform import PlatformError

SECONDS: Final = 3.0
"""For all requests about one log."""


@dataclass(frozen=True, slots=True)
class Read:
    """A tail, or why it is lost. ``is_silent`` if the node sent nothing at all in time."""

    tail: Tail
    is_silent: bool = False


@dataclass(slots=True)
class _Log:
    """A container's log; ``is_heard`` once its node answered."""

    client: KubeClient
    path: str
    is_heard: bool = field(default=False)

    async def ask(self, options: Mapping[str, str]) -> AsyncGenerator[bytes]:
        query = {"container": CONTAINER, "timestamps": "true", **options}
        async with aclosing(self.client.chunks(self.path, query)) as chunks:
            async for chunk in chunks:
                self.is_heard = True
                yield chunk
        self.is_heard = True


async def read_tail(
    client: KubeClient, pod: str, blank: Tail, limit: int, *, seconds: float = SECONDS
) -> Read:
    """The end of the pod's log as this tail. What somebody printed is in no error."""
    log = _Log(client, PODS.path(blank.namespace, quote(pod, safe="")) + "/log")
    try:
        async with asyncio.timeout(seconds):
            ending = await read_ending(log.ask, limit)
    except TimeoutError:
        return Read(replace(blank, lost=Lost.LATE), is_silent=not log.is_heard)
    except TooLong:
        return Read(replace(blank, lost=Lost.LONG))
    except NotFound:
        return Read(replace(blank, lost=Lost.GONE))
    except PlatformError:
        return Read(replace(blank, lost=Lost.UNREAD))
    return Read(replace(blank, content=ending.content, is_cut=ending.is_cut))
