"""Operators of production over the API server in memory, in virtual time.

Who holds the Lease, what befalls requests, and a kubelet that runs Jobs. Everything that
``asw.platforms.kubernetes`` keeps is its own here: pages, chunks, garbage, sweeps, caches. After
every write it is checked that what a stored status refers to exists. Watches are those of the
server, told late; the Lease is the stage's to give and to take.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from asw.engine.facts import TaskFact, TaskFailed, TaskSucceeded
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.storage.executions import Executions
from asw.platforms.kubernetes.tasks.observations import task_id_of
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.watch.listing import fill_cache
from asw.platforms.kubernetes.watch.taking_over import Succession
from asw.reconciler.platform import NotActingError, PlatformError
from asw.reconciler.scheduler import Limits
from asw.reconciler.settings import Settings
from tests.chaos.stored_checks import dangling
from tests.chaos.stored_flows import StoredFlow
from tests.support.faults import Faults
from tests.support.kube_api import KubeApi
from tests.support.kube_objects import SETTINGS, Object
from tests.support.kube_wire import Phase, Wire
from tests.support.kube_world import Build, KubeWorld, a_process
from tests.support.virtual_time import EPOCH, virtual_now

TOLD = {
    "executions": "execution",
    "jobs": "job",
    "workflows": "workflow",
    "functions": "function",
    "connections": "connection",
    "activities": "activity",
    "schedules": "schedule",
    "triggers": "trigger",
}
"""What is watched, and who is told."""
OLD = (EPOCH - timedelta(hours=1)).isoformat()
"""When pages were made, as far as anybody can see: their age is to protect none."""
SWEEP_SECONDS = 2.9
ORPHANS_SECONDS = 4.1
"""Between sweeps, which must do no harm at whatever moment."""
TASK_SECONDS = 1.0
WATCH_SECONDS = 0.01
GAP_SECONDS = 0.3
"""Between the end of one term and the next holder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Of production; tests of the plays put a broken one in its place."""

    executions: type[Executions] = Executions
    succession: type[Succession] = Succession
    tasks: TaskSettings = SETTINGS


@dataclass(slots=True)
class Wall:
    """The clocks of a process; the one on the wall is ``off`` by so much, for people set it."""

    off: timedelta = timedelta()

    def read(self) -> datetime:
        """What it shows."""
        return virtual_now() + self.off

    def monotonic(self) -> float:
        """Seconds that nobody sets."""
        return asyncio.get_running_loop().time()


class Server(KubeApi):
    """The API server: it tells watches, and complains where a status refers to nothing."""

    def __init__(self, changed: Callable[[str, Object], None]) -> None:
        super().__init__()
        self.complaints: list[str] = []
        self._changed = changed

    def put(self, collection: str, item: Object) -> Object:
        """See KubeApi."""
        plural = collection.rsplit("/", 1)[-1]
        made_at = OLD if plural == "configmaps" else virtual_now().isoformat()
        path = f"{collection}/{item['metadata']['name']}"
        old = self.objects.get(path)
        at = old["metadata"]["creationTimestamp"] if old else made_at
        metadata = {**item["metadata"], "creationTimestamp": at}
        stored = super().put(collection, {**item, "metadata": metadata})
        if plural == "executions":
            self._look(stored, "a status was stored that refers to")
        self._changed(plural, stored)
        return stored

    def _delete(self, path: str, options: Object) -> web.Response:
        answer = super()._delete(path, options)
        if "/configmaps/" in path:
            for execution in self.named("/executions/"):
                self._look(execution, "a deletion took what a status refers to,")
        return answer

    def _look(self, execution: Object, what: str) -> None:
        for name in dangling(self.objects, execution):
            complaint = f"{what} {name}"
            if complaint not in self.complaints:
                self.complaints.append(complaint)


@dataclass(slots=True, eq=False)
class Process:
    """One operator process."""

    world: KubeWorld
    wire: Wire
    is_dead: bool = False
    has_lease: bool = False
    sweeping: asyncio.Task[None] | None = None
    taking_over: asyncio.Task[None] | None = None
    loops: list[asyncio.Task[None]] = field(default_factory=list)

    def may_act(self) -> bool:
        """Whether it holds the Lease and knows what runs."""
        return self.has_lease and not self.is_dead and self.world.succession.is_current


SENDER: ContextVar[Process] = ContextVar("sender")
"""Whose request is carried out."""


class Stage:
    """See the module. ``faults`` counts requests, while it ``is_armed``.

    ``active`` are the Jobs whose tasks have not ended, ``jobs`` all that were ever made.
    """

    def __init__(self, flow: StoredFlow, parts: Parts) -> None:
        self.flow = flow
        self.faults = Faults()
        self.api = Server(self._changed)
        self.processes: list[Process] = []
        self.is_redriven = False
        self.is_armed = True
        self.active: set[str] = set()
        self.jobs: list[str] = []
        self.wall = Wall()
        self._parts = parts
        self._background: set[asyncio.Future[Any]] = set()
        self._troubles = 0

    # Processes

    @property
    def holder(self) -> Process | None:
        """Who has the Lease."""
        return next((it for it in self.processes if it.has_lease and not it.is_dead), None)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing befalls anybody any more."""
        return self._troubles == 0 and self.holder is not None

    async def begin(self) -> None:
        """The first process wins the Lease."""
        await self._start()

    async def _start(self) -> None:
        """Another process comes, fills its caches and takes the Lease."""
        process = self._process()
        self.processes.append(process)
        while not process.is_dead:
            try:
                await fill_cache(process.world.client, process.world.feed, (None,))
            except PlatformError:
                await asyncio.sleep(0.5)
            else:
                break
        if self.flow.has_starters:
            loops = process.world.feed.loops().values()
            process.loops = [self.spawn(work(lambda: None)) for work in loops]
        if self.holder is None and not process.is_dead:
            self._give(process)

    def _process(self) -> Process:
        made: list[Process] = []
        wire = Wire(self.api, lambda name, phase: self._meet(made[0], name, phase))
        client = KubeClient(wire)  # type: ignore[arg-type]  a Connection of tests
        limits = Limits(active=self.flow.limit, is_paced=True)
        build = Build(
            settings=Settings(limits=limits, jitter_seed=1),
            may_act=lambda _: bool(made) and made[0].may_act(),
            executions=self._parts.executions,
            succession=self._parts.succession,
            tasks=self._parts.tasks,
        )
        process = Process(a_process(self.api, client, self.wall, build), wire)
        made.append(process)
        client.guard(lambda _: process.has_lease and not process.is_dead)
        return process

    def _give(self, process: Process) -> None:
        process.has_lease = True
        process.taking_over = self.spawn(self._take_over(process))

    async def _take_over(self, process: Process) -> None:
        with contextlib.suppress(NotActingError):
            await process.world.succession.take_over()
            if self.flow.has_starters:
                await self._take_over_starters(process)
            await process.world.definitions.reconcile_all()
            process.sweeping = self.spawn(self._sweep(process))

    async def _take_over_starters(self, process: Process) -> None:
        """As often as it takes, as the supervisor has it."""
        while process.may_act():
            try:
                await process.world.feed.take_over()
            except PlatformError:
                await asyncio.sleep(2)
            else:
                return

    async def _sweep(self, process: Process) -> None:
        """The sweeps of production, much more often than there."""
        sweeps = (
            (SWEEP_SECONDS, process.world.sweeper.sweep),
            (ORPHANS_SECONDS, process.world.sweeper.sweep_orphans),
        )

        async def repeat(seconds: float, sweep: Callable[[], Any]) -> None:
            while process.may_act():
                await asyncio.sleep(seconds)
                with contextlib.suppress(PlatformError, NotActingError):
                    await sweep()

        await asyncio.gather(*(repeat(*it) for it in sweeps))

    def _take(self, process: Process) -> None:
        """Its term is over."""
        process.has_lease = False
        for task in (process.taking_over, process.sweeping):
            if task is not None:
                task.cancel()
        process.world.feed.stand_down()
        process.world.succession.stand_down()

    # What befalls them

    def crash(self, process: Process, seconds: float) -> None:
        """It dies; another one comes after so many seconds."""
        if process.is_dead:
            return
        process.is_dead, process.has_lease = True, False
        for task in (process.taking_over, process.sweeping, *process.loops):
            if task is not None:
                task.cancel()
        process.world.feed.stand_down()  # what was sent goes on
        for worker in list(process.world.reconciler._tasks):
            worker.cancel()
        self.later(seconds, lambda: self.spawn(self._start()))

    def flap(self, process: Process, seconds: float) -> None:
        """It loses the Lease to another one, and has it again after so many seconds."""
        if not process.has_lease:
            return
        self._take(process)
        self.later(GAP_SECONDS, lambda: self.spawn(self._start()))

        def again() -> None:
            if process.is_dead:
                return
            if (other := self.holder) is not None:
                self._take(other)
            self.later(GAP_SECONDS, lambda: self._give_if_free(process))

        self.later(seconds, again)

    def _give_if_free(self, process: Process) -> None:
        if self.holder is None and not process.is_dead:
            self._give(process)

    def reload(self, process: Process) -> None:
        """Everything is read anew, as after so many minutes."""
        for key in process.world.feed.cache.unfinished():
            process.world.reconciler.reload(key)

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do it after so many seconds; the play is not over before."""
        self._troubles += 1

        def do() -> None:
            self._troubles -= 1
            act()

        asyncio.get_running_loop().call_later(seconds, do)

    def spawn(self, call: Any) -> asyncio.Task[Any]:
        """Let it go on beside."""
        task = asyncio.get_running_loop().create_task(call)
        self._background.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.api.complaints.append(f"{type(error).__name__}: {error}")

    # Requests

    async def _meet(self, process: Process, name: str, phase: Phase) -> web.Response | None:
        """Count the request, and let it run into what is planned."""
        SENDER.set(process)
        if not self.is_armed:
            return None
        try:
            if phase == "before":
                await self.faults.before(name)
            else:
                await self.faults.after(name, self.faults.count[name])
        except AnsweredError as error:
            return web.json_response({"message": "by the plan"}, status=error.status)
        return None

    # Watches and the kubelet

    def _changed(self, plural: str, item: Object) -> None:
        if plural == "jobs" and "status" not in item:
            self._begun(item)
        if plural in TOLD:
            loop = asyncio.get_running_loop()
            told = json.loads(json.dumps(item))
            loop.call_later(WATCH_SECONDS, lambda: self._tell(TOLD[plural], told))

    def _tell(self, kind: str, item: Object) -> None:
        for process in self.processes:
            feed = process.world.feed
            if process.is_dead or (kind == "execution" and feed.cache.knows(item)):
                continue
            getattr(feed, kind)("MODIFIED", item)

    def _begun(self, job: Object) -> None:
        name = job["metadata"]["name"]
        self.active.add(name)
        self.jobs.append(name)
        holder = self.holder
        if self.flow.limit and holder is not None and SENDER.get(None) is holder:
            known = self.active & {name, *_jobs_of(holder)}
            if len(known) > self.flow.limit:
                self.api.complaints.append(f"{len(known)} tasks are active: {sorted(known)}")
        self.later(TASK_SECONDS, lambda: self.spawn(self._end(job)))

    async def _end(self, job: Object) -> None:
        """The task reports until somebody takes it, and its Job is over."""
        self.active.discard(job["metadata"]["name"])
        fact = self._fact(job)
        while (holder := self.holder) is None or not await _is_taken(holder, fact):  # noqa: ASYNC110  a task's own pause
            await asyncio.sleep(0.5)
        at = virtual_now().isoformat()
        over = {"type": "Complete", "status": "True", "lastTransitionTime": at}
        path = next((it for it in self.api.objects if it.endswith(job["metadata"]["name"])), None)
        if path is not None:
            there = self.api.objects[path]
            self.api.put(path.rsplit("/", 1)[0], {**there, "status": {"conditions": [over]}})

    def _fact(self, job: Object) -> TaskFact:
        task_id = task_id_of(job)
        assert task_id is not None
        name = job["metadata"]["labels"]["asw.dev/function"]
        if name == "broken" and not self.is_redriven:
            return TaskFailed(task_id=task_id, at=virtual_now(), error="Broken", cause="once")
        output = self.flow.outputs[name](task_id.ordinal)
        return TaskSucceeded(task_id=task_id, at=virtual_now(), output=output)


def _jobs_of(holder: Process) -> Iterator[str]:
    """What it knows of: nobody can count what was sent by others and is still on its way."""
    tasks = holder.world.feed.cache.tasks.values()
    return (seen.job.name for seen in tasks if seen.job is not None)


async def _is_taken(holder: Process, fact: TaskFact) -> bool:
    try:
        await holder.world.inbox.deliver(fact)
    except PlatformError:
        return False
    return True


class AnsweredError(Exception):
    """The server answers with a status instead of doing what it was asked."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status
