"""Schedules over the API server in memory, with the real reconciler behind them."""

import asyncio
import json

import pytest
from aiohttp import web

from asw.platforms.kubernetes.storage import status_writer
from tests.support.kube_world import PATHS, again
from tests.support.ticking import (
    WAITING,
    an_etl,
    no_pauses,
    schedule_object,
    scheduled_world,
    ticking,
)

HOUR = 3600.0

pytestmark = pytest.mark.usefixtures(no_pauses.__name__)


def runs(world):
    """The Executions that there are, by the instants for which they were started."""
    found = world.api.named("/executions/")
    return sorted(found, key=lambda it: it["metadata"]["annotations"]["asw.dev/scheduled-time"])


def instants(world):
    """For which instants runs were started: hours and minutes."""
    return [it["metadata"]["annotations"]["asw.dev/scheduled-time"][11:16] for it in runs(world)]


def status_of(world, name="nightly"):
    """The status of the Schedule, as the server has it."""
    return world.stored("schedule", name).get("status", {})


def condition(world, kind="Ready"):
    """A condition of the Schedule."""
    conditions = status_of(world).get("conditions", [])
    return next((it for it in conditions if it["type"] == kind), None)


def is_said(world, **wanted):
    """Whether the status has these values."""
    status = status_of(world)
    return all(status.get(name) == value for name, value in wanted.items())


async def edit(world, **spec):
    """Edit the Schedule as a user does."""
    stored = world.stored("schedule", "nightly")
    metadata = {**stored["metadata"], "generation": stored["metadata"]["generation"] + 1}
    await world.apply(
        "schedule", {**stored, "metadata": metadata, "spec": {**stored["spec"], **spec}}
    )


async def show_runs(world):
    """What the watch tells of Executions."""
    for item in runs(world):
        await world.show("execution", item)


async def test_run_starts_at_its_time_and_its_end_is_told():
    """An Execution is created once its instant has come, and the status says how it ended."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(input={"at.$": "$$.Schedule.ScheduledTime"}))
        await world.until(lambda: is_said(world, nextScheduleTime="2026-01-01T13:00:00.000Z"))
        assert runs(world) == []
        world.time.pass_(HOUR)
        await world.until(lambda: is_said(world, lastOutcome="Succeeded", active=0))
        (run,) = runs(world)
        assert run["metadata"]["name"].startswith("nightly-20260101t130000-")
        assert run["spec"]["workflowRef"] == {"name": "etl"}
        assert json.loads(run["spec"]["inputText"]) == {"at": "2026-01-01T13:00:00.000Z"}
        assert run["metadata"]["labels"]["asw.dev/workflow"] == "etl"
        assert is_said(
            world,
            lastExecution=run["metadata"]["name"],
            lastScheduleTime="2026-01-01T13:00:00.000Z",
            lastSuccessTime="2026-01-01T13:00:00.000Z",
            nextScheduleTime="2026-01-01T14:00:00.000Z",
            times="0 * * * * UTC",
        )
        assert condition(world)["status"] == "True"


async def test_input_that_is_too_long_to_keep_is_read_again():
    """A template of several kilobytes counts as it is on the server."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(input={"text": "x" * 5000}))
        world.time.pass_(HOUR)
        await world.until(lambda: len(runs(world)) == 1)
        assert json.loads(runs(world)[0]["spec"]["inputText"]) == {"text": "x" * 5000}


async def test_mistake_that_passed_the_schema_is_told():
    """What only reading finds wrong is a condition with the field and the remedy."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(cron="61 * * * *"))
        await world.until(lambda: condition(world, "Stalled") is not None)
        assert condition(world)["reason"] == "InvalidSchedule"
        assert "spec.cron" in condition(world)["message"]
        await edit(world, cron="0 * * * *")
        await world.until(lambda: condition(world)["status"] == "True")
        assert condition(world, "Stalled") is None


async def test_missing_workflow_is_told_until_it_is_there():
    """A Schedule whose Workflow does not exist is not ready, and is once it does."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(workflowRef={"name": "etl2"}))
        await world.until(lambda: condition(world) is not None)
        assert condition(world)["reason"] == "WorkflowNotFound"
        made = an_etl()
        await world.apply("workflow", {**made, "metadata": {"name": "etl2", "uid": "wf-2"}})
        await world.until(lambda: condition(world)["status"] == "True")


async def test_forbid_starts_nothing_while_a_run_is_under_way():
    """An instant that comes during a run is missed, and counted."""
    async with scheduled_world(WAITING) as world:
        await world.apply("schedule", schedule_object(concurrencyPolicy="Forbid"))
        for _ in range(3):
            world.time.pass_(HOUR)
            await world.until(
                lambda: status_of(world).get("decidedUntil", "")[11:13] == hour(world)
            )
        assert instants(world) == ["13:00"]
        assert is_said(world, missed=2, active=1)


def hour(world):
    """The hour of the clock."""
    return f"{world.time.now:%H}"


async def test_queued_runs_go_on_one_after_the_other():
    """A run that comes during another waits, suspended, and goes on when that one has ended."""
    async with scheduled_world(WAITING) as world:
        await world.apply("schedule", schedule_object(concurrencyPolicy="Queue"))
        for count in (1, 2, 3):
            world.time.pass_(HOUR)
            await world.until(lambda count=count: len(runs(world)) == count)
        assert [it["spec"].get("suspend", False) for it in runs(world)] == [False, True, True]
        await world.until(lambda: is_said(world, active=3, waiting=2))
        first = runs(world)[0]
        await stop(world, first)
        await world.until(lambda: is_resumed(world, 1))
        assert runs(world)[2]["spec"]["suspend"] is True
        await show_runs(world)
        await world.until(lambda: is_said(world, active=2, waiting=1, lastOutcome="Aborted"))


def is_resumed(world, index):
    """Whether the run goes on."""
    return runs(world)[index]["spec"]["suspend"] is False


async def stop(world, run):
    """Abort a run as a user does."""
    spec = {**run["spec"], "stop": {}}
    metadata = {**run["metadata"], "generation": run["metadata"]["generation"] + 1}
    await world.apply("execution", {**run, "metadata": metadata, "spec": spec})


async def test_replace_stops_the_run_before():
    """The next run stops the one under way, and goes on once that has ended."""
    async with scheduled_world(WAITING) as world:
        await world.apply("schedule", schedule_object(concurrencyPolicy="Replace"))
        world.time.pass_(HOUR)
        await world.until(lambda: is_said(world, active=1))
        world.time.pass_(HOUR)
        await world.until(lambda: len(runs(world)) == 2)
        assert runs(world)[0]["spec"]["stop"]["error"] == "Asw.Replaced"
        await show_runs(world)
        await world.until(lambda: is_resumed(world, 1))


async def test_run_that_a_user_suspended_is_not_resumed():
    """Only runs that were queued wait for their turn."""
    async with scheduled_world(WAITING) as world:
        await world.apply("schedule", schedule_object(concurrencyPolicy="Queue"))
        world.time.pass_(HOUR)
        await world.until(lambda: is_said(world, active=1))
        (run,) = runs(world)
        spec = {**run["spec"], "suspend": True}
        metadata = {**run["metadata"], "generation": 2}
        await world.apply("execution", {**run, "metadata": metadata, "spec": spec})
        turns = world.feed.schedules.turns
        await edit(world, concurrencyPolicy="Queue", jitterSeconds=1)
        await world.until(lambda: world.feed.schedules.turns > turns)
        assert runs(world)[0]["spec"]["suspend"] is True


async def test_suspended_schedule_starts_nothing_and_catches_nothing_up():
    """Instants that pass while it is suspended are not made up for."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(catchUp="All"))
        await edit(world, suspend=True)
        await world.until(lambda: is_said(world, suspended=True))
        assert "nextScheduleTime" not in status_of(world)
        world.time.pass_(5 * HOUR)
        await edit(world, suspend=False)
        await world.until(lambda: is_said(world, suspended=False))
        world.time.pass_(HOUR)
        await world.until(lambda: len(runs(world)) == 1)
        assert instants(world) == ["18:00"]


async def test_new_timetable_counts_from_its_edit():
    """Instants of the new timetable before the edit were not promised to anybody."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(cron="0 0 * * *", catchUp="All"))
        await world.until(lambda: is_said(world, times="0 0 * * * UTC"))
        world.time.pass_(2.5 * HOUR)
        await edit(world, cron="0 * * * *")
        await world.until(lambda: is_said(world, nextScheduleTime="2026-01-01T15:00:00.000Z"))
        assert runs(world) == []


async def test_backfill_runs_instants_of_the_past_at_its_rate():
    """Each instant of the order is run once, a few a minute, and the status says how far it is."""
    order = {"number": 1, "from": "2025-12-31T22:00:00Z", "to": "2026-01-01T00:00:00Z"}
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(backfill={**order, "perMinute": 6}))
        await world.until(lambda: len(runs(world)) == 1)
        for count in (2, 3):
            world.time.pass_(10)
            await world.until(lambda count=count: len(runs(world)) == count)
        world.time.pass_(10)
        await world.until(lambda: "completionTime" in status_of(world).get("backfill", {}))
        assert instants(world) == ["22:00", "23:00", "00:00"]
        assert status_of(world)["backfill"]["started"] == 3


async def test_backfill_takes_turns_where_runs_may_not_overlap():
    """Unless the policy is Allow, the next run of the past waits for the end of the one before."""
    order = {"number": 1, "from": "2025-12-31T22:00:00Z", "to": "2026-01-01T00:00:00Z"}
    async with scheduled_world(WAITING) as world:
        await world.apply("schedule", schedule_object(backfill=order, concurrencyPolicy="Forbid"))
        await world.until(lambda: is_said(world, active=1))
        world.time.pass_(600)
        await stop(world, runs(world)[0])
        await world.until(lambda: len(runs(world)) == 2)
        assert instants(world) == ["22:00", "23:00"]


async def test_outage_delays_a_run_and_loses_none():
    """If the API server does not answer, the run is tried again."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        await world.until(lambda: condition(world) is not None)
        world.api.fail("POST", "/executions", web.Response(status=503))
        world.time.pass_(HOUR)
        await world.until(lambda: ("POST", PATHS["execution"]) in world.api.requests)
        await eventually_passing(world, lambda: is_said(world, lastOutcome="Succeeded"))
        assert instants(world) == ["13:00"]


async def eventually_passing(world, holds):
    """Time goes by until it holds."""

    def step():
        world.time.pass_(0.1)
        return holds()

    await world.until(step)


async def test_refusal_is_told_and_tried_again():
    """A quota, say, that refuses the Execution is a condition, until one is taken."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        await world.until(lambda: condition(world) is not None)
        refusal = {"kind": "Status", "message": "exceeded quota: runs"}
        world.api.fail("POST", "/executions", web.json_response(refusal, status=403))
        world.time.pass_(HOUR)
        await world.until(lambda: condition(world)["reason"] == "CannotStart")
        assert "exceeded quota" in condition(world)["message"]
        await eventually_passing(world, lambda: condition(world)["status"] == "True")
        assert instants(world) == ["13:00"]


async def test_execution_of_somebody_else_is_left_alone():
    """A name that is taken by another Execution is told, not adopted."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        world.time.pass_(HOUR)
        await world.until(lambda: len(runs(world)) == 1)
        (run,) = runs(world)
        path = f"{PATHS['execution']}/{run['metadata']['name']}"
        await world.show("execution", world.api.remove(path), "DELETED")
        stranger = {"metadata": {"name": run["metadata"]["name"]}, "spec": run["spec"]}
        world.api.put(PATHS["execution"], stranger)
        world.feed.schedules.stand_down()
        async with again(world) as second:
            schedule = world.stored("schedule", "nightly")
            second.api.put(PATHS["schedule"], {**schedule, "status": {}})
            async with ticking(second):
                await second.until(lambda: (condition(second) or {}).get("reason") == "CannotStart")
        assert "made by somebody else" in condition(second)["message"]
        assert "status" not in second.stored("execution", run["metadata"]["name"])


async def test_successor_starts_no_run_twice_whose_status_was_not_written():
    """The name of a run says that it was started, if the operator died before it could say so."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        await world.until(lambda: condition(world) is not None)
        before = world.stored("schedule", "nightly")
        world.time.pass_(HOUR)
        await world.until(lambda: is_said(world, lastOutcome="Succeeded"))
        world.feed.schedules.stand_down()
        async with again(world) as second:
            second.api.put(PATHS["schedule"], before)
            async with ticking(second):
                await second.until(
                    lambda: is_said(second, lastScheduleTime="2026-01-01T13:00:00.000Z")
                )
        assert instants(second) == ["13:00"]


async def test_successor_catches_up_what_nobody_started():
    """After an outage the latest run is started, though its time has passed."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        await world.until(lambda: condition(world) is not None)
        world.feed.schedules.stand_down()
        async with again(world) as second:
            second.time.pass_(5.5 * HOUR)
            async with ticking(second):
                await second.until(lambda: is_said(second, missed=4))
        assert instants(second) == ["17:00"]


async def test_standby_starts_nothing():
    """A replica that does not hold the Lease only looks on."""
    async with scheduled_world() as world:
        world.feed.schedules.stand_down()
        await world.apply("schedule", schedule_object())
        world.time.pass_(HOUR)
        writes = world.api.writes()
        await world.feed.schedules.compare()
        assert world.api.writes() == writes


async def test_schedule_that_is_gone_starts_nothing():
    """Deleting it ends it; its runs stay."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        world.time.pass_(HOUR)
        await world.until(lambda: is_said(world, lastOutcome="Succeeded"))
        gone = world.api.remove(f"{PATHS['schedule']}/nightly")
        await world.show("schedule", gone, "DELETED")
        turns = world.feed.schedules.turns
        await world.apply("schedule", schedule_object("other"))
        world.time.pass_(HOUR)
        await world.until(lambda: world.feed.schedules.turns > turns)
        await world.until(lambda: len(runs(world)) == 2)
        assert [it["metadata"]["labels"]["asw.dev/schedule"] for it in runs(world)] == [
            "nightly",
            "other",
        ]


async def test_one_run_costs_one_create_and_one_status(monkeypatch):
    """A run that ends at once is one Execution and one write of the Schedule."""
    monkeypatch.setattr(status_writer, "LAG_SECONDS", 0.5)
    told = ("PUT", f"{PATHS['schedule']}/nightly/status")
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object())
        world.time.pass_(1)
        await world.until(lambda: condition(world) is not None)
        for number in range(1, 4):
            world.time.pass_(HOUR - 1)
            await world.until(lambda number=number: len(runs(world)) == number)
            await world.until(lambda: all(phase_of(run) == "Succeeded" for run in runs(world)))
            world.time.pass_(1)
            last = f"2026-01-01T{12 + number}:00:00.000Z"
            await world.until(lambda last=last: is_said(world, lastSuccessTime=last, active=0))
        creates = [path for method, path in world.api.writes() if method == "POST"]
        assert creates.count(PATHS["execution"]) == 3
        assert world.api.requests.count(told) == 1 + 3


def phase_of(run):
    """How far the run is."""
    return run.get("status", {}).get("phase")


async def test_mended_schedule_starts_nothing_of_the_time_before():
    """Instants that a mistake kept from being known were not promised to anybody."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(cron="61 * * * *", catchUp="All"))
        await world.until(lambda: condition(world, "Stalled") is not None)
        world.time.pass_(2.5 * HOUR)
        await edit(world, cron="0 * * * *")
        await world.until(lambda: is_said(world, nextScheduleTime="2026-01-01T15:00:00.000Z"))
        assert runs(world) == []


async def test_schedule_that_was_mended_while_nobody_acted_starts_nothing_of_before():
    """The same if another operator reads it for the first time after the edit."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(cron="61 * * * *", catchUp="All"))
        await world.until(lambda: condition(world, "Stalled") is not None)
        world.feed.schedules.stand_down()
        await edit(world, cron="0 * * * *")
        async with again(world) as second:
            second.time.pass_(2.5 * HOUR)
            async with ticking(second):
                next_time = "2026-01-01T15:00:00.000Z"
                await second.until(lambda: is_said(second, nextScheduleTime=next_time))
        assert runs(second) == []


async def test_edits_do_not_pile_up():
    """However often a tenant edits a Schedule, it takes the memory of one."""
    async with scheduled_world() as world:
        for number in range(80):
            await world.apply("schedule", schedule_object(every=f"{2 * number + 1}h"))
            await edit(world, every=f"{2 * number + 2}h")
        assert len(world.feed.schedules._heap) < 100


async def test_schedule_that_comes_during_a_take_over_is_kept():
    """A watch may tell of it while the list is being read."""
    async with scheduled_world() as world:
        schedules = world.feed.schedules
        schedules.stand_down()
        released, asked = world.api.hold("/schedules"), len(world.api.requests)
        taking_over = asyncio.create_task(schedules.take_over())
        await world.until(lambda: len(world.api.requests) > asked)
        item = schedule_object()
        item["metadata"] |= {"namespace": "shop", "uid": "late", "resourceVersion": "9"}
        item["metadata"]["creationTimestamp"] = "2026-01-01T12:00:00Z"
        await world.show("schedule", item)
        released.set()
        await taking_over
        assert schedules.book.get("late") is not None
