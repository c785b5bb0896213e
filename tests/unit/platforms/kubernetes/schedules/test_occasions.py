"""What people are told of Schedules by Kubernetes Events."""

import pytest

from asw.platforms.kubernetes.notices.book import Level
from tests.support.kube_world import again
from tests.support.telling import events_of, told_of
from tests.support.ticking import (
    WAITING,
    no_pauses,
    schedule_object,
    scheduled_world,
    ticking,
)

HOUR = 3600.0

pytestmark = pytest.mark.usefixtures(no_pauses.__name__)


async def shown(world, *reasons, name="nightly"):
    """The Events about the Schedule, once there are such."""
    await world.until(lambda: {it[1] for it in events_of(world, name)} >= set(reasons))
    return events_of(world, name)


def counts(world):
    """How often each Event occurred, by reason."""
    return {it["reason"]: it["count"] for it in world.api.named("/events/")}


async def test_each_run_that_starts_is_told_by_its_name():
    """And found by kubectl describe, by the uid of the Schedule."""
    async with scheduled_world() as world, told_of(world):
        await world.apply("schedule", schedule_object())
        world.time.pass_(HOUR)
        ((kind, reason, message),) = await shown(world, "RunStarted")
        (run,) = world.api.named("/executions/")
        assert (kind, reason, message) == (
            "Normal",
            "RunStarted",
            f"Execution {run['metadata']['name']}",
        )
        (event,) = [it for it in world.api.named("/events/") if it["reason"] == "RunStarted"]
        about = world.stored("schedule", "nightly")["metadata"]
        assert event["involvedObject"] == {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Schedule",
            "namespace": about["namespace"],
            "name": "nightly",
            "uid": about["uid"],
        }


async def test_missed_instants_are_a_warning_with_their_number():
    """What passed while nobody acted, and is not caught up."""
    async with scheduled_world() as world:
        await world.apply("schedule", schedule_object(catchUp="Last"))
        await world.until(lambda: "status" in world.stored("schedule", "nightly"))
        world.feed.schedules.stand_down()
        async with again(world) as successor:
            successor.time.pass_(10 * HOUR + 600)
            await successor.begin()
            async with told_of(successor, Level.WARNING), ticking(successor):
                assert await shown(successor, "InstantMissed") == [
                    ("Warning", "InstantMissed", "no run for 9 instants, late by more than 120 s")
                ]


async def test_instants_that_a_run_forbids_are_one_event_with_a_count():
    """However long it runs; the first one is told at once."""
    async with scheduled_world(WAITING) as world, told_of(world, Level.WARNING):
        await world.apply("schedule", schedule_object(every="60s", concurrencyPolicy="Forbid"))
        for missed in range(1, 5):
            world.time.pass_(60.0 if missed > 1 else 120.0)
            await world.until(lambda missed=missed: counts(world).get("RunForbidden") == missed)
        assert await shown(world, "RunForbidden") == [
            (
                "Warning",
                "RunForbidden",
                "no run for an instant: a run is under way (concurrencyPolicy: Forbid)",
            )
        ]


async def test_full_queue_says_how_many_wait():
    """By the limit that the user set."""
    async with scheduled_world(WAITING) as world, told_of(world, Level.WARNING):
        spec = {"every": "60s", "concurrencyPolicy": "Queue", "catchUpLimit": 1}
        await world.apply("schedule", schedule_object(**spec))
        for runs in (1, 2):
            world.time.pass_(60.0)
            await world.until(lambda runs=runs: len(world.api.named("/executions/")) == runs)
        world.time.pass_(60.0)
        ((_, _, message),) = await shown(world, "RunForbidden")
        assert message == "no run for an instant: 1 runs wait already (concurrencyPolicy: Queue)"


async def test_replacing_is_told_and_is_no_warning():
    """The user asked for it by the policy."""
    async with scheduled_world(WAITING) as world, told_of(world):
        await world.apply("schedule", schedule_object(concurrencyPolicy="Replace"))
        world.time.pass_(HOUR)
        await shown(world, "RunStarted")
        world.time.pass_(HOUR)
        told = await shown(world, "RunsReplaced")
        message = "the runs before were stopped (concurrencyPolicy: Replace)"
        assert ("Normal", "RunsReplaced", message) in told


async def test_what_a_schedule_lacks_is_a_warning():
    """By the reason of its condition Ready, once until it changes."""
    async with scheduled_world() as world, told_of(world, Level.WARNING):
        await world.apply("schedule", schedule_object(workflowRef={"name": "absent"}))
        ((kind, reason, message),) = await shown(world, "WorkflowNotFound")
        assert (kind, "'absent' does not exist" in message) == ("Warning", True)
        assert reason == "WorkflowNotFound"
        await world.apply("schedule", schedule_object("wrong", cron="61 * * * *"))
        ((kind, reason, message),) = await shown(world, "InvalidSchedule", name="wrong")
        assert (kind, "spec.cron" in message) == ("Warning", True)


async def test_order_that_is_carried_out_is_told():
    """With the number of its runs."""
    async with scheduled_world() as world, told_of(world):
        order = {
            "number": 1,
            "from": "2025-12-31T21:00:00Z",
            "to": "2025-12-31T23:00:00Z",
            "perMinute": 6000,
        }
        await world.apply("schedule", schedule_object(cron="0 * * * *", backfill=order))

        def is_told():
            world.time.pass_(1)
            return any(it[1] == "Backfilled" for it in events_of(world, "nightly"))

        await world.until(is_told)
        told = [it for it in events_of(world, "nightly") if it[1] == "Backfilled"]
        assert told == [("Normal", "Backfilled", "order 1 is carried out, by 3 runs")]
