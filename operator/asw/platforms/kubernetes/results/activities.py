"""Hands tasks of activities out to workers, for whom ``asw serve`` asks.

A task is handed out once the record says that it has started, and to nobody else: if the save
fails, nobody gets it, and it waits on. Should the worker be gone by then, it is started all the
same, as at AWS, and its timeouts decide.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from asw.asl.values import Json, to_text
from asw.engine.facts import TaskStarted
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.port.platform import KubernetesPlatform
from asw.platforms.kubernetes.port.workers import Offer, Workers
from asw.platforms.kubernetes.results.bodies import Bodies, Incoming
from asw.platforms.kubernetes.results.callback_reports import (
    invalid_token,
    read_object,
)
from asw.platforms.kubernetes.results.callbacks import or_refused
from asw.platforms.kubernetes.results.polls import (
    READY,
    READY_SECONDS,
    TAKE,
    Asked,
    asked,
    no_activity,
    places_of,
)
from asw.platforms.kubernetes.results.results import Holder
from asw.platforms.kubernetes.storage.executions import Executions
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import PlatformError, Unavailable
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.tasks import tasks_of_workers

SAVE_SECONDS: Final = 6.0
"""How long a start may take to be saved: a replica that forwards waits little longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityServer:
    """Answers ``asw serve``. ``workers`` are the tasks that wait."""

    keys: CallbackRing
    cache: Cache
    workers: Workers
    executions: Executions
    reconciler: Reconciler
    holder: Holder
    now: Callable[[], datetime]
    bodies: Bodies = field(default_factory=Bodies)

    @classmethod
    def of(
        cls,
        platform: KubernetesPlatform,
        reconciler: Reconciler,
        keys: CallbackRing,
        holder: Holder,
    ) -> "ActivityServer":
        """The server of a process that is put together from these."""
        return cls(
            keys=keys,
            cache=platform.cache,
            workers=platform.workers,
            executions=platform.executions,
            reconciler=reconciler,
            holder=holder,
            now=platform.clock,
        )

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        application.router.add_post(READY, self._handle)
        application.router.add_post(TAKE, self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        return await or_refused(self._answered(request))

    async def _answered(self, request: web.Request) -> web.Response:
        await self._require_permit(request)
        name = f"serve/{id(request)}"
        async with self.bodies.incoming(request, namespace="", task=name) as body:
            status, text = await self._answer(request, body)
        return web.Response(status=status, text=text, content_type="application/json")

    async def _require_permit(self, request: web.Request) -> None:
        """Whether ``asw serve`` asks. Raises ReportRefused, PlatformError."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not await self.keys.is_permit(text):
            raise invalid_token()

    async def _answer(self, request: web.Request, body: Incoming) -> tuple[int, str]:
        if not self.holder.is_here():
            return await self.holder.forward(request, body)
        said = read_object(await body.read())
        body.release()
        answer = await (self._ready(said) if request.path == READY else self._take(asked(said)))
        return 200, to_text(answer)

    async def _ready(self, said: dict[str, Json]) -> Json:
        found = await self.workers.wait(places_of(said), READY_SECONDS)
        return {"ready": [[*place, count] for place, count in found.items()]}

    async def _take(self, worker: Asked) -> Json:
        if not self.cache.activities.has(*worker.place):
            raise no_activity(worker.place)
        while (offer := self.workers.take(worker.place)) is not None:
            if await self._is_saved(offer, worker.worker):
                task = await self._task(offer)
                if task is not None:
                    return task
        return {"taskToken": None}

    async def _is_saved(self, offer: Offer, worker: str | None) -> bool:
        """Whether the record says that this worker has the task. Raises PlatformError."""
        at = self.now()
        fact = TaskStarted(
            task_id=offer.task_id,
            at=at - timedelta(microseconds=at.microsecond % 1000),  # as records keep it
            may_repeat=False,
            worker=worker,
        )
        try:
            async with asyncio.timeout(SAVE_SECONDS):
                return await self.reconciler.take(offer.key, fact) is Delivery.SAVED
        except (PlatformError, TimeoutError) as error:
            if self.holder.is_here():
                self.workers.put(offer)
                self.reconciler.wake(offer.key)
            raise Unavailable("the start of the task is not saved") from error

    async def _task(self, offer: Offer) -> Json:
        """What the worker is given; None if the task is over by now."""
        record = self.reconciler.record(offer.key)
        if record is None:
            record = await self.executions.stored_record(offer.key)
        waiting = None if record is None else tasks_of_workers(record).get(offer.task_id)
        if record is None or waiting is None:
            return None
        frames = record.frames.values()
        state = next((it.state for it in frames if it.waiting is waiting), "")
        return {
            "taskToken": self.keys.keys.issue(Claim(offer.key.namespace, offer.task_id)),
            "input": waiting.payload,
            "execution": record.header.name,
            "state": state,
        }
