"""One turn of a Trigger: look at what it wants, or deal with one end of an Execution."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeAlias

from asw.api.objects import InvalidObject
from asw.api.trigger import Trigger
from asw.asl.values import ABSENT, to_text
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import TRIGGERS
from asw.platforms.kubernetes.notices.notice import Tell, tell_nobody
from asw.platforms.kubernetes.triggers import telling
from asw.platforms.kubernetes.triggers.ends import Ends
from asw.platforms.kubernetes.triggers.runs import Origin, TriggeredRuns
from asw.platforms.kubernetes.triggers.watched import EndId, Wants, Watched
from asw.reconciler.platform import Refused
from asw.reconciler.token_bucket import TokenBucket
from asw.triggers.ends import MOST_DEPTH, End
from asw.triggers.event import Event
from asw.triggers.judging import Judging, Verdict, Wish, judge

Judge: TypeAlias = Callable[[str, Judging], Awaitable[Verdict]]
"""Finds the verdict on an event of a namespace. Raises SandboxError."""

PATIENCE: Final = timedelta(hours=1)
"""So long the run for an event is tried again that the API server refuses."""
BURST_SECONDS: Final = 10.0
"""After a rest, as many runs start at once as are allowed in this time."""


@dataclass(slots=True, kw_only=True)
class Turn:
    """Takes turns. ``is_current`` says whether a Trigger is still what is known of it."""

    client: KubeClient
    cache: Cache
    ends: Ends
    runs: TriggeredRuns
    judge: Judge
    is_current: Callable[[Watched], bool]
    tell: Tell = field(default=tell_nobody)

    async def take(self, known: Watched) -> None:
        """Do what is next. Raises PlatformError and SandboxError."""
        wants = known.wants
        if wants is None or wants.is_suspended or known.is_spare:
            return
        if not known.is_checked:
            await self._check(known)
        if known.mistakes or not known.line or not self._is_in_pace(known, wants):
            return
        end = known.first()
        try:
            await self._handle(known, wants, end)
        except Refused as error:
            now = self.cache.now()
            known.refused_since = known.refused_since or now
            if now - known.refused_since < PATIENCE:
                raise
            self._fail(known, end, f"the run was refused for {PATIENCE}: {error}")

    async def _check(self, known: Watched) -> None:
        """Look whether filter and template can be read."""
        wish = await self._wish(known)
        if wish is None:
            return
        generation, verdict = known.generation, Verdict()
        if not wish.is_simple:
            verdict = await self.judge(known.namespace, Judging(wish=wish, event=None))
        if known.generation == generation:
            known.mistakes, known.is_checked = verdict.problem, True

    async def _wish(self, known: Watched) -> Wish | None:
        """What it does with events; None if that has changed, and another turn will see it."""
        assert known.wants is not None
        if known.wants.wish is not None:
            return known.wants.wish
        item = await self.client.get(TRIGGERS, known.namespace, known.name)
        metadata = item["metadata"]
        if (metadata["uid"], metadata.get("generation", 0)) != (known.uid, known.generation):
            return None
        try:
            return Trigger.parse(item).spec.wish
        except InvalidObject as error:
            raise Refused(str(error)) from error

    def _is_in_pace(self, known: Watched, wants: Wants) -> bool:
        """Whether another run may be started now; else when."""
        now = self.cache.clock()
        per_second = wants.per_minute / 60
        bucket = known.bucket
        if bucket is None:
            bucket = known.bucket = TokenBucket.full(
                per_second, max(per_second * BURST_SECONDS, 1.0), now
            )
        bucket.refill(now)
        if bucket.has():
            return True
        known.retry_at = self.cache.now() + timedelta(seconds=1 / per_second)
        return False

    async def _handle(self, known: Watched, wants: Wants, end: EndId) -> None:
        seen = self.cache.execution(known.namespace, end[0])
        found = None if seen is None else await self.ends.read(seen.key, end[1])
        if found is None or not self.is_current(known):
            known.done(end)
            return
        if isinstance(found, str):
            self._fail(known, end, found)
            return
        if found.depth >= MOST_DEPTH:
            self.tell(telling.too_deep(known))
            known.done(end)
            return
        event = found.event()
        verdict = await self._verdict(known, event)
        if verdict is None:
            return
        if verdict.problem:
            self._fail(known, end, verdict.problem)
        elif verdict.input is ABSENT:
            known.filtered += 1
            known.done(end)
        else:
            await self._start(known, wants, found, verdict)
            known.done(end)

    async def _verdict(self, known: Watched, event: Event) -> Verdict | None:
        """The verdict; None if the Trigger has changed, and another turn will find it."""
        wish = await self._wish(known)
        if wish is None:
            return None
        if wish.is_simple:
            try:
                return judge(wish, event.document())
            except ValueError as error:
                return Verdict(problem=str(error))
        text = to_text(event.document())
        return await self.judge(
            known.namespace, Judging(wish=wish, event=text, now=self.cache.now())
        )

    async def _start(self, known: Watched, wants: Wants, found: End, verdict: Verdict) -> None:
        origin = Origin(
            namespace=known.namespace,
            name=known.name,
            uid=known.uid,
            workflow=wants.workflow,
            revision=wants.revision,
            propagated=wants.propagated,
        )
        assert not isinstance(verdict.input, type(ABSENT)), "it was let through"
        name, is_new = await self.runs.start(origin, found.event(), verdict.input, found.depth + 1)
        known.last_execution, known.last_event = name, found.ended_at
        if is_new:
            known.started += 1
            if known.bucket is not None:
                known.bucket.tokens -= 1
            self.tell(telling.started(known, name))

    def _fail(self, known: Watched, end: EndId, problem: str) -> None:
        """The event starts nothing, because something is wrong with it, or with the Trigger."""
        known.failed += 1
        known.last_failure = problem[:1000]
        known.done(end)
        self.tell(telling.failed(known, problem))
