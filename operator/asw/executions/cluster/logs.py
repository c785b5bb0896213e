"""What the tasks of an execution printed, read from their pods; followed until it is over."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from asw.api.names import (
    ANNOTATION_ATTEMPT,
    ANNOTATION_STATE,
    LABEL_CHILD_UID,
    LABEL_EXECUTION_UID,
    LABEL_KIND,
    LABEL_TASK,
)
from asw.executions.cluster.access import Access
from asw.executions.cluster.line_queue import LineQueue, begin, end
from asw.executions.cluster.pod_logs import pod_lines
from asw.executions.cluster.warm_logs import WarmReader
from asw.executions.port import LogLine, LogOptions
from asw.executions.run import Run
from asw.platforms.kubernetes.client.resources import EXECUTIONS, PODS
from asw.platforms.kubernetes.client.watching import watch
from asw.platforms.kubernetes.tasks.observations import PodObservation, pod_observation

Object = Mapping[str, Any]

LATE_SECONDS: Final = 10.0
"""How long after the end of a run its pods may take to show that they have started: a result is
pushed, and can be seconds ahead of what the node reports."""


async def read_logs(access: Access, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
    """The lines of the pods that still exist, in the order of their starts."""
    pods = await access.list(PODS, run.namespace, labels=task_selector(run))
    found = [(item, pod) for item in pods if (pod := pod_observation(item)) is not None]
    for item, pod in sorted(found, key=lambda each: each[1].task_id.ordinal):
        if _has_started(pod) and _is_asked_for(item, options):
            async with aclosing(_lines(access, item, options)) as lines:
                async for line in lines:
                    yield line
    reader = WarmReader(access=access, run=run, options=options)
    async with aclosing(reader.lines(options.tail)) as warm:
        async for line in warm:
            yield line


async def follow_logs(access: Access, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
    """The same as they come, including those of new tasks, until the run is over.

    What nodes have not sent of warm pods by then is read at the end.
    """
    follower = _Follower(access=access, run=run, options=options)
    reader = WarmReader(access=access, run=run, options=options)
    if options.tail is not None:
        async with aclosing(reader.lines(options.tail)) as warm:
            async for told in warm:
                yield told
    async with follower.working(), reader.following(follower.lines):
        while (line := await follower.lines.get()) is not None:
            if isinstance(line, BaseException):
                with access.translating():
                    raise line
            yield line
    async with aclosing(reader.lines()) as warm:
        async for told in warm:
            yield told


def task_selector(run: Run) -> str:
    """The label selector of Jobs and Pods of the run's tasks."""
    return f"{LABEL_EXECUTION_UID}={run.uid},{LABEL_KIND}=task"


@dataclass(slots=True, kw_only=True)
class _Follower:
    """Readers of pods, one each, that put their lines into one queue; None is the end."""

    access: Access
    run: Run
    options: LogOptions
    lines: LineQueue = field(default_factory=asyncio.Queue)
    readers: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    unstarted: set[str] = field(default_factory=set)
    """Pods to read that have not shown a start yet."""
    all_started: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Inside the lines come."""
        work = begin(self._work(), self.lines)
        try:
            yield
        finally:
            await end((work, *self.readers.values()))

    async def _work(self) -> None:
        pods = begin(self._watch_pods(), self.lines)
        try:
            await self._until_over()
            for item in await self.access.list(
                PODS, self.run.namespace, labels=task_selector(self.run)
            ):
                self._look_at(item)
            await self._until_started()
            await asyncio.gather(*self.readers.values())
            self.lines.put_nowait(None)
        finally:
            await end((pods,))

    async def _until_over(self) -> None:
        name = {"fieldSelector": f"metadata.name={self.run.name}"}
        changes = watch(self.access.client, EXECUTIONS, self.run.namespace, name)
        async with aclosing(changes):
            async for change in changes:
                if change.kind == "gone" or Run(change.item).is_over:
                    return

    async def _until_started(self) -> None:
        """Until the pods of a run that is over have all started or gone, or for a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LATE_SECONDS):
                while self.unstarted:
                    self.all_started.clear()
                    await self.all_started.wait()

    async def _watch_pods(self) -> None:
        labels = {"labelSelector": task_selector(self.run)}
        changes = watch(self.access.client, PODS, self.run.namespace, labels)
        async with aclosing(changes):
            async for change in changes:
                if change.kind == "there":
                    self._look_at(change.item)
                elif change.kind == "gone":
                    self._is_settled(change.item["metadata"]["name"])

    def _look_at(self, item: Object) -> None:
        """Begin to read the pod, once its container has started."""
        pod = pod_observation(item)
        if pod is None or pod.name in self.readers or not _is_asked_for(item, self.options):
            return
        if _has_started(pod):
            self.readers[pod.name] = begin(self._read(item), self.lines)
        elif pod.phase not in ("Succeeded", "Failed"):
            self.unstarted.add(pod.name)
            return
        self._is_settled(pod.name)

    def _is_settled(self, name: str) -> None:
        """The pod has started, or is gone."""
        self.unstarted.discard(name)
        if not self.unstarted:
            self.all_started.set()

    async def _read(self, item: Object) -> None:
        async with aclosing(_lines(self.access, item, self.options)) as lines:
            async for line in lines:
                self.lines.put_nowait(line)


def _has_started(pod: PodObservation) -> bool:
    return bool({"running", "terminated"} & pod.container.keys())


def _is_asked_for(item: Object, options: LogOptions) -> bool:
    annotations, labels = (item["metadata"].get(it, {}) for it in ("annotations", "labels"))
    is_of_child = options.child in (None, labels.get(LABEL_CHILD_UID))
    return is_of_child and options.state in (None, annotations.get(ANNOTATION_STATE))


async def _lines(access: Access, item: Object, options: LogOptions) -> AsyncGenerator[LogLine]:
    """The lines of a pod; none if it is gone."""
    metadata = item["metadata"]
    annotations, labels = metadata.get("annotations", {}), metadata.get("labels", {})
    state = annotations.get(ANNOTATION_STATE, "")
    attempt = int(annotations.get(ANNOTATION_ATTEMPT, 0))
    number, child = int(labels.get(LABEL_TASK, 0)), labels.get(LABEL_CHILD_UID, "")
    async with aclosing(pod_lines(access, item, options)) as lines:
        async for at, text in lines:
            yield LogLine(state, attempt, text, number=number, at=at, child=child)
