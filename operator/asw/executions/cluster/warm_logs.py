"""What tasks printed that ran in warm pods: the part of a pod's log between START and END.

Such a pod serves many executions. The runtime frames each task by its id, and begins each line with
it where a pod runs several at a time (docs/reference/warm-contract.md).
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from asw.api.names import KIND_POOL, LABEL_KIND
from asw.api.pod_template import CONTAINER
from asw.engine.task_ids import TaskId
from asw.executions.cluster.access import Access
from asw.executions.cluster.line_queue import LineQueue, begin, end
from asw.executions.cluster.pod_logs import pod_lines
from asw.executions.port import LogLine, LogOptions
from asw.executions.run import Run
from asw.platforms.kubernetes.client.resources import PODS
from asw.platforms.kubernetes.client.watching import watch
from asw.platforms.kubernetes.pools.pods import seen_pod
from asw.platforms.kubernetes.pools.pool import task_id_of

POOL_PODS = f"{LABEL_KIND}={KIND_POOL}"
"""The label selector of warm pods."""
MOST_FOLLOWED: Final = 32
"""Logs that are followed side by side, each by a connection; what others have comes at the end."""
CLOCKS_DIFFER: Final = timedelta(minutes=1)


@dataclass(slots=True)
class Frames:
    """Takes the lines of a pod's log one by one, and finds those of one execution's tasks."""

    uid: str
    _states: dict[int, str] = field(default_factory=dict)
    _current: int | None = None

    def take(self, line: str) -> tuple[int, str, str] | None:
        """Ordinal and state of the task, and what it printed; None if it was not one of ours."""
        first, _, rest = line.partition(" ")
        if first in ("START", "END"):
            text, _, state = rest.partition(" ")
            self._current = self._ordinal(task_id_of(text)) if first == "START" else None
            if self._current is not None:
                self._states[self._current] = state
            return None
        tag = task_id_of(first)
        ordinal, text = (self._current, line) if tag is None else (self._ordinal(tag), rest)
        if ordinal is None or ordinal not in self._states:
            return None
        return ordinal, self._states[ordinal], text

    def _ordinal(self, task_id: TaskId | None) -> int | None:
        is_ours = task_id is not None and task_id.execution_uid == self.uid
        return task_id.ordinal if task_id is not None and is_ours else None


@dataclass(slots=True, kw_only=True)
class WarmReader:
    """Reads what the run's tasks printed in warm pods that still exist, each line once.

    ``seen`` counts the lines of ours of each container that were dealt with. A container's log is
    always read from the same instant on, so that these are its first ones.
    """

    access: Access
    run: Run
    options: LogOptions
    seen: Counter[str] = field(default_factory=Counter)
    _readers: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def lines(self, tail: int | None = None) -> AsyncGenerator[LogLine]:
        """What there is and was not told yet, pod by pod; of each task the last ``tail`` lines."""
        for item in await self.access.list(PODS, self.run.namespace, labels=POOL_PODS):
            if (container := _container(item)) is None:
                continue
            kept: defaultdict[int, deque[LogLine]] = defaultdict(lambda: deque(maxlen=tail))
            async with aclosing(self._of(item, container, follow=False)) as lines:
                async for line in lines:
                    kept[line.number].append(line)
            for told in chain.from_iterable(kept.values()):
                yield told

    @asynccontextmanager
    async def following(self, queue: LineQueue) -> AsyncIterator[None]:
        """Inside, lines are put into the queue as they come, and the first error."""
        watching = begin(self._watch(queue), queue)
        try:
            yield
        finally:
            await end((watching, *self._readers.values()))

    async def _watch(self, queue: LineQueue) -> None:
        labels = {"labelSelector": POOL_PODS}
        async with aclosing(watch(self.access.client, PODS, self.run.namespace, labels)) as changes:
            async for change in changes:
                container = _container(change.item) if change.kind == "there" else None
                if container is None or container in self._readers:
                    continue
                if sum(not it.done() for it in self._readers.values()) < MOST_FOLLOWED:
                    following = self._follow(change.item, container, queue)
                    self._readers[container] = begin(following, queue)

    async def _follow(self, item: Mapping[str, Any], container: str, queue: LineQueue) -> None:
        async with aclosing(self._of(item, container, follow=True)) as lines:
            async for line in lines:
                queue.put_nowait(line)

    async def _of(
        self, item: Mapping[str, Any], container: str, *, follow: bool
    ) -> AsyncGenerator[LogLine]:
        """The lines of ours in a container's log, but for those that were dealt with before."""
        options, frames, number = self.options, Frames(self.run.uid), 0
        whole = replace(options, follow=follow, tail=None, since=options.since or self._since)
        async with aclosing(pod_lines(self.access, item, whole)) as lines:
            async for at, text in lines:
                if (found := frames.take(text)) is None:
                    continue
                number += 1
                if number <= self.seen[container]:
                    continue
                self.seen[container] = number
                ordinal, state, printed = found
                if options.child is None and options.state in (None, state):
                    yield LogLine(state, 0, printed, number=ordinal, at=at)

    @property
    def _since(self) -> datetime:
        """Nothing of the run was printed before, as far as clocks agree."""
        return self.run.created_at - CLOCKS_DIFFER


def _container(item: Mapping[str, Any]) -> str | None:
    """The id of the task container that runs in a warm pod; None if none does."""
    if (pod := seen_pod(item)) is None or not pod.is_running:
        return None
    statuses = item["status"]["containerStatuses"]
    ids = (it.get("containerID") for it in statuses if it["name"] == CONTAINER)
    return next(ids, None) or pod.uid
