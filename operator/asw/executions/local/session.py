"""A reconciler over the local platform for the span of one command: the wiring of ``asw run``."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from asw.api.arns import Location
from asw.asl.model import StateMachine
from asw.asl.parse import parse
from asw.asl.values import Json
from asw.engine.record import Header
from asw.executions.local.clusters import cluster_of
from asw.executions.local.manifests import execution_manifest
from asw.executions.local.packages import environments_in
from asw.executions.orders import free_name, taken
from asw.executions.port import RunSnapshot
from asw.executions.run import Run
from asw.executions.snapshots import (
    has_distributed_map,
    machine_of,
    remembers_more,
    snapshot_of,
)
from asw.platforms.local.alarm import Alarm
from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.executions import NewExecution
from asw.platforms.local.logs import Echo, TaskLogs
from asw.platforms.local.platform import LocalPlatform
from asw.platforms.local.presence import Presence, present
from asw.platforms.local.store import open_store
from asw.platforms.local.warm import DEFAULT_LIMIT, Pool
from asw.reconciler.platform import ExecutionKey, Stored
from asw.reconciler.reading import MODULES
from asw.reconciler.reconciler import Reconciler
from asw.reconciler.settings import Settings
from asw.sandbox.sandbox import Sandbox

_Result = TypeVar("_Result")

LISTEN_SECONDS = 0.1
"""Seconds until a request from another terminal is noticed."""
HOLD = timedelta(milliseconds=50)
"""How long the start of a task may wait for a write that is due anyway. A write costs a millisecond
here, and most calls end sooner; the start of longer ones must show."""
VISITS_SECONDS = 1.0
"""How old counts of children's states may be in a moving view: all their events are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """An execution to be started.

    ``name`` is the object's, ``execution_name`` the one that the definition sees; ``objects`` is
    the folder of the buckets that its distributed Maps read and write.
    """

    name: str
    execution_name: str
    workflow: str
    input: Json
    objects: Path
    ttl_seconds: int | None = None


class Session:
    """What one command starts and works on; made by ``open_session``."""

    def __init__(
        self, platform: LocalPlatform, reconciler: Reconciler, presence: Presence, alarm: Alarm
    ) -> None:
        self._platform = platform
        self._presence = presence
        self._alarm = alarm
        self._store = platform.store
        self._reconciler = reconciler
        self._roots: set[str] = set()
        self._machines: dict[tuple[str, str | None], StateMachine] = {}
        self._counts: dict[str, tuple[float, Mapping[str, tuple[int, int]]]] = {}

    @property
    def catalogue(self) -> Catalogue:
        """The Workflows and Functions of the store."""
        return self._store.catalogue

    def require_free(self, names: Collection[str]) -> None:
        """Raises Failure if an execution has one of these names."""
        if names_taken := self._store.executions.names().intersection(names):
            raise taken(*names_taken)

    def start(self, runs: Iterable[NewRun], *, is_named: bool = False) -> list[ExecutionKey]:
        """Start executions of Workflows in the catalogue, under free names.

        Raises Failure if its user gave the name (``is_named``) and it is taken.
        """
        by_uid = {str(uuid4()): run for run in runs}
        self._adopt(by_uid)
        return [self._create(uid, run, is_named=is_named) for uid, run in by_uid.items()]

    def _create(self, uid: str, run: NewRun, *, is_named: bool) -> ExecutionKey:
        """Run it under a free name, even if others take names at the same time."""
        while True:
            name = run.name if is_named else free_name(run.name, self._store.executions.names())
            try:
                return self._platform.create(_new_execution(run, uid, name))
            except ValueError as error:
                if is_named:
                    raise taken(name) from error

    def work(self, key: ExecutionKey) -> None:
        """Work on one execution and its children to the end."""
        self._adopt([key.uid])
        family = {each.uid for each in self._store.executions.family(key.uid)}
        unfinished = [it.key for it in self._store.executions.unfinished() if it.key.uid in family]
        self._reconciler.resume_all(unfinished)

    def resume(self) -> list[ExecutionKey]:
        """Resume every execution that is not over; returns those without a parent."""
        unfinished = self._store.executions.unfinished()
        self._adopt(it.key.uid for it in unfinished if not it.is_child)
        self._reconciler.resume_all(it.key for it in unfinished)
        return [it.key for it in unfinished if not it.is_child]

    def _adopt(self, uids: Iterable[str]) -> None:
        """Mark these as worked on, before anything of them can be seen."""
        ours = set(uids)
        self._presence.add(ours)
        self._roots |= ours

    async def listen(self) -> None:
        """Carry out, forever, what other processes request of our executions."""
        version, known = self._store.version, self._store.executions.requests(self._roots)
        while True:
            await asyncio.sleep(LISTEN_SECONDS)
            if self._store.version == version:
                continue
            version, requests = self._store.version, self._store.executions.requests(self._roots)
            for key in self._platform.hear():
                self._reconciler.wake(key)
            for uid in known.keys() | requests.keys():
                if known.get(uid) != requests.get(uid):
                    self._reconciler.reload((requests.get(uid) or known[uid]).key)
            known = requests

    async def finish(self, keys: Iterable[ExecutionKey]) -> None:
        """Wait until all of them are over. Raises what makes that impossible: UnusableFolder."""

        async def until_finished() -> None:
            await asyncio.gather(*(self._platform.until_finished(key) for key in keys))

        await self.unless_broken(until_finished())

    async def unless_broken(self, work: Coroutine[None, None, _Result]) -> _Result:
        """Do it, unless the folder becomes unusable. Raises UnusableFolder."""
        return await self._alarm.unless(work)

    def snapshot(self, key: ExecutionKey, *, after: int = 0) -> RunSnapshot:
        """How the execution stands now, with the events of ids above ``after``."""
        shown = self._store.shown.execution(key.name, with_record=False)
        assert shown is not None, "nobody deletes executions"
        record = None if shown.outcome is not None else self._reconciler.record(key)
        run = Run(execution_manifest(replace(shown, record=record)))
        machine = self._machine(run)
        if run.is_over and remembers_more(run, machine):
            stored = self._store.executions.load(key.uid)
            record = None if stored is None else stored.record
        events = tuple(self._store.executions.history(key.uid, after=after))
        return snapshot_of(run, events, machine, record, self._visits(run, machine))

    def _machine(self, run: Run) -> StateMachine | None:
        """What it runs, parsed once: its revision stays while a command looks at it."""
        name = run.status.get("revision")
        if (run.uid, name) not in self._machines:
            revision = self._store.catalogue.revision(name or "")
            if revision is None:
                return None
            self._machines[run.uid, name] = machine_of(revision, run.map_state)
        return self._machines[run.uid, name]

    def _visits(self, run: Run, machine: StateMachine | None) -> Mapping[str, tuple[int, int]]:
        if machine is None or not has_distributed_map(machine.block):
            return {}
        counted_at, counts = self._counts.get(run.uid, (-VISITS_SECONDS, {}))
        if run.is_over or time.monotonic() - counted_at >= VISITS_SECONDS:
            counts = self._store.shown.visits(run.uid)
            self._counts[run.uid] = (time.monotonic(), counts)
        return counts


@asynccontextmanager
async def open_session(
    folder: Path, *, processes: int = DEFAULT_LIMIT, echo: Echo | None = None
) -> AsyncIterator[Session]:
    """A session on the folder. Its end stops everything that still runs; that can be resumed."""
    alarm = Alarm()
    logs = TaskLogs(folder / "logs", echo, on_fault=alarm.sound)
    pool = Pool(folder / "code", logs, limit=processes, environments=environments_in(folder))
    with present(folder) as presence:
        store = open_store(folder)
        store.tell(alarm.sound)
        platform = LocalPlatform(store, pool)
        platform.on_fault = alarm.sound
        platform.reach_clusters_by(cluster_of)
        sandbox = Sandbox(workers=1, modules=MODULES) if sys.platform == "linux" else None
        settings = Settings(passivate_after=None, hold=HOLD)
        reconciler = Reconciler(
            platform, settings, describe=_describe, sandbox=sandbox, parse=parse
        )
        platform.listener = reconciler
        session = Session(platform, reconciler, presence, alarm)
        listening = asyncio.create_task(session.listen(), name="listen")
        try:
            yield session
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await reconciler.stop()
            await platform.close()
            if sandbox is not None:
                await sandbox.aclose()


def _new_execution(run: NewRun, uid: str, name: str) -> NewExecution:
    return NewExecution(
        uid=uid,
        name=name,
        execution_name=name if run.execution_name == run.name else run.execution_name,
        workflow_name=run.workflow,
        input=run.input,
        created_at=datetime.now(UTC),
        objects=run.objects,
        ttl_seconds=run.ttl_seconds,
    )


def _describe(stored: Stored, now: datetime) -> Header:
    """The header of a run on this machine; accounts and roles are AWS's examples."""
    return Location().header(
        uid=stored.key.uid,
        workflow=stored.workflow_name,
        name=stored.execution_name,
        started_at=now,
    )
