"""What tasks printed that ran in warm pods: the part of a pod's log between START and END.

Such a pod serves many executions. The runtime frames each task by its id, and begins each line with
it where a pod runs several at a time (docs/reference/warm-contract.md).
"""

from collections import defaultdict, deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from itertools import chain

from asw.api.names import KIND_POOL, LABEL_KIND
from asw.engine.task_ids import TaskId
from asw.executions.cluster.access import Access
from asw.executions.cluster.pod_logs import pod_lines
from asw.executions.port import LogLine, LogOptions
from asw.executions.run import Run
from asw.platforms.kubernetes.client.resources import PODS
from asw.platforms.kubernetes.pools.pods import seen_pod
from asw.platforms.kubernetes.pools.pool import task_id_of

POOL_PODS = f"{LABEL_KIND}={KIND_POOL}"
"""The label selector of warm pods."""


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


async def warm_lines(access: Access, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
    """What the run's tasks printed in warm pods that still exist, pod by pod."""
    whole = replace(options, follow=False, tail=None)
    for item in await access.list(PODS, run.namespace, labels=POOL_PODS):
        if (pod := seen_pod(item)) is None or not pod.is_running:
            continue
        kept: defaultdict[int, deque[LogLine]] = defaultdict(lambda: deque(maxlen=options.tail))
        frames = Frames(run.uid)
        async with aclosing(pod_lines(access, item, whole)) as lines:
            async for at, line in lines:
                if (found := frames.take(line)) is None:
                    continue
                number, state, text = found
                if options.child is None and options.state in (None, state):
                    kept[number].append(LogLine(state, 0, text, number=number, at=at))
        for told in chain.from_iterable(kept.values()):
            yield told
