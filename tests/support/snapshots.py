"""Builders of what views are made of: runs, sights, and a place that plays them one by one."""

import asyncio
from datetime import UTC, datetime, timedelta

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.engine.history import Event
from asw.executions.port import RunSnapshot
from asw.executions.run import Run

START = datetime(2026, 1, 1, tzinfo=UTC)


def a_run(name="run-1", phase="Running", **fields):
    """An execution that started at START; ``status`` and ``spec`` add to its own."""
    status = {"phase": phase, "startTime": "2026-01-01T00:00:00.000Z", **fields.get("status", {})}
    return Run(
        {
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": f"uid-of-{name}",
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {"workflowRef": {"name": "flow"}, **fields.get("spec", {})},
            "status": status,
        }
    )


def events(*lines):
    """Events from (previous id, type, name or details); ids count from 1, one a second."""
    return tuple(
        Event(
            id=number,
            previous_event_id=previous,
            type=type_,
            at=START + timedelta(seconds=number - 1),
            details=name if isinstance(name, dict) else {"name": name} if name else {},
        )
        for number, (previous, type_, name) in enumerate(lines, start=1)
    )


def machine_of(states, start_at):
    """A parsed machine of these states."""
    return parse(to_text({"StartAt": start_at, "States": states}), "ASL")


def a_snapshot(run=None, history=(), **fields):
    """A sight of the run with this history."""
    machine = fields.pop("machine", None)
    return RunSnapshot(run=run or a_run(), events=tuple(history), machine=machine, **fields)


class PlayedRuns:
    """A place where one execution goes through these sights; what is asked of it is remembered.

    ``gates`` maps the number of a sight to an asyncio.Event that is waited for before it is given.
    A change comes once the one before was looked at, or at once where it ``is_hasty``.
    """

    namespace = "default"

    def __init__(self, *snapshots, gates=None, tasks=(), is_hasty=False):
        self._order = snapshots
        self._gates = gates or {}
        self._tasks = tasks
        self._is_hasty = is_hasty
        self._was_looked_at = asyncio.Event()
        self.asked = []

    async def watch(self, query, *, name=None):
        """Every one of the runs."""
        for number, snapshot in enumerate(self._order):
            if number in self._gates:
                await self._gates[number].wait()
            self._now = snapshot
            yield snapshot.run
            if not self._is_hasty:
                await self._was_looked_at.wait()
                self._was_looked_at.clear()
        raise AssertionError("nobody watches beyond the end")

    async def snapshot(self, run, *, after=0, with_children=True):
        """What there is to see now, new events only."""
        self.asked.append(after)
        self._was_looked_at.set()
        fresh = tuple(event for event in self._now.events if event.id > after)
        return RunSnapshot(
            run=run,
            events=fresh,
            machine=self._now.machine,
            map_runs=self._now.map_runs,
            visits=self._now.visits,
            waits=self._now.waits,
        )

    async def tasks(self, run):
        """What tasks were said to be like."""
        return self._tasks
