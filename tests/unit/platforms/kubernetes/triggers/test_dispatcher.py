"""Triggers over the API server in memory, with the real reconciler behind them."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from asw.platforms.kubernetes.triggers import turn, watched
from asw.triggers.event import Event, run_name
from tests.support.kube_objects import execution_object
from tests.support.kube_world import again, kube_world
from tests.support.telling import events_of, told_of
from tests.support.ticking import PASSING, an_etl, no_pauses, ticking, trigger_object

pytestmark = pytest.mark.usefixtures(no_pauses.__name__)

FAILING = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Late", "Cause": "why"}}}
BY_NAME = {"name": "{% $event.data.name %}", "error": "{% $event.data.error %}"}


@asynccontextmanager
async def triggered_world(definition=FAILING):
    """A world with the Workflows ``etl`` and ``tell`` in which Triggers have their turns."""
    async with kube_world() as world, ticking(world):
        await world.apply("workflow", an_etl(definition))
        await world.apply("workflow", an_etl(PASSING, "tell"))
        yield world


def runs(world, trigger="on-failure"):
    """The Executions that a Trigger started, in the order of their names."""
    return [
        it
        for it in world.api.named("/executions/")
        if (it["metadata"].get("labels") or {}).get("asw.dev/trigger") == trigger
    ]


def inputs(world, trigger="on-failure"):
    """Their inputs."""
    return [json.loads(it["spec"]["inputText"]) for it in runs(world, trigger)]


def status_of(world, name="on-failure"):
    """The status of the Trigger, as the server has it."""
    return world.stored("trigger", name).get("status", {})


def condition(world, name="on-failure", kind="Ready"):
    """A condition of the Trigger."""
    conditions = status_of(world, name).get("conditions", [])
    return next((it for it in conditions if it["type"] == kind), None)


async def start(world, name, workflow="etl", **more):
    """Start an Execution as a user does."""
    made = execution_object(**more)
    metadata = {**made["metadata"], "name": name, "uid": f"uid-{name}"}
    spec = {**made["spec"], "workflowRef": {"name": workflow}}
    await world.apply("execution", {**made, "metadata": metadata, "spec": spec})


async def ended(world, name):
    """Wait for its end."""
    await world.until(lambda: "completionTime" in world.stored("execution", name).get("status", {}))


async def edit(world, name="on-failure", **spec):
    """Edit the Trigger as a user does."""
    stored = world.stored("trigger", name)
    metadata = {**stored["metadata"], "generation": stored["metadata"]["generation"] + 1}
    await world.apply(
        "trigger", {**stored, "metadata": metadata, "spec": {**stored["spec"], **spec}}
    )


def reasons(world, name="on-failure"):
    """The reasons of the Events about the Trigger."""
    return [reason for _, reason, _ in events_of(world, name)]


def refuse(world):
    """The API server refuses the next run."""
    refusal = {"kind": "Status", "message": "not today", "reason": "Forbidden", "code": 403}
    world.api.fail("POST", "/executions", web.json_response(refusal, status=403))


async def ready(world, name="on-failure"):
    """Wait until the Trigger says that it is ready."""
    await world.until(lambda: (condition(world, name) or {}).get("status") == "True")


async def test_an_end_starts_a_run_with_its_data():
    """The run has the input of the template, and says which event started it."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(input=BY_NAME))
        await ready(world)
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: status_of(world).get("started") == 1)
        (run,) = runs(world)
        assert inputs(world) == [{"name": "e-1", "error": "Late"}]
        assert run["spec"]["workflowRef"] == {"name": "tell"}
        assert run["metadata"]["annotations"]["asw.dev/event-id"] == "uid-e-1.0"
        assert run["metadata"]["annotations"]["asw.dev/trigger-depth"] == "1"
        assert run["metadata"]["labels"]["asw.dev/workflow"] == "tell"
        assert status_of(world)["lastExecution"] == run["metadata"]["name"]
        assert status_of(world)["source"] == "Failed of etl"


async def test_only_the_named_ends_count():
    """Other outcomes, other Workflows and other namespaces start nothing."""
    async with triggered_world(PASSING) as world:
        await world.apply("trigger", trigger_object())
        every = {"workflow": {"outcomes": ["Succeeded"]}}
        await world.apply("trigger", trigger_object("all", source=every))
        await ready(world, "all")
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: status_of(world, "all").get("started") == 5)
        assert runs(world) == []


async def test_a_chain_of_triggers_has_an_end():
    """A Trigger whose own runs concern it starts five in a row, and a warning says so."""
    async with triggered_world(PASSING) as world, told_of(world):
        every = {"workflow": {"outcomes": ["Succeeded"]}}
        await world.apply("trigger", trigger_object("all", source=every))
        await ready(world, "all")
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: "ChainTooLong" in reasons(world, "all"))
        depths = [
            it["metadata"]["annotations"]["asw.dev/trigger-depth"] for it in runs(world, "all")
        ]
        assert sorted(depths) == ["1", "2", "3", "4", "5"]


async def test_a_filter_holds_events_back():
    """They are counted, and start nothing."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(filter="event.data.error == 'Other'"))
        await ready(world)
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: status_of(world).get("filtered") == 1)
        assert runs(world) == []


async def test_an_event_on_which_the_filter_fails_is_told():
    """It starts nothing, the next one is dealt with, and the status says what went wrong."""
    async with triggered_world() as world, told_of(world):
        await world.apply("trigger", trigger_object(filter="event.data.output.rows > 1"))
        await ready(world)
        world.time.pass_(1)
        await start(world, "e-1")
        await start(world, "e-2")
        await world.until(lambda: status_of(world).get("failed") == 2)
        assert status_of(world)["lastFailure"].startswith("spec.filter: ")
        assert runs(world) == []
        await world.until(lambda: "EventFailed" in reasons(world))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"filter": "event.data ="}, "spec.filter: "),
        ({"input": {"a": "{% 1 + %}"}}, "spec.input.a: "),
        ({"source": {"workflow": {"outcomes": ["Lost"]}}}, "spec.source.workflow.outcomes"),
    ],
    ids=["filter", "input", "source"],
)
async def test_a_mistake_is_a_condition_and_events_wait_for_its_mend(spec, told):
    """Nothing is started before, and what ended meanwhile starts a run after."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(**spec))
        await world.until(lambda: condition(world, kind="Stalled") is not None)
        assert condition(world)["reason"] == "InvalidTrigger"
        assert told in condition(world)["message"]
        world.time.pass_(1)
        await start(world, "e-1")
        await ended(world, "e-1")
        mended = {
            **trigger_object()["spec"],
            "filter": "event.data.name == 'e-1'",
            "input": BY_NAME,
        }
        await edit(world, **mended)
        await ready(world)
        if "source" not in spec:
            await world.until(lambda: len(runs(world)) == 1)


async def test_a_wish_that_is_too_long_to_keep_is_read_again():
    """A template of several kilobytes counts as it is on the server."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(input={"text": "x" * 5000}))
        await ready(world)
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: inputs(world) == [{"text": "x" * 5000}])


async def test_what_ended_before_the_trigger_starts_nothing():
    """Only ends after its creation count, also for a process that begins anew."""
    async with triggered_world() as world:
        await start(world, "e-1")
        await ended(world, "e-1")
        world.time.pass_(10)
        late = trigger_object()
        late["metadata"]["creationTimestamp"] = "2026-01-01T12:00:10Z"
        await world.apply("trigger", late)
        await ready(world)
        world.time.pass_(1)
        async with again(world) as second, ticking(second):
            await second.begin()
            await start(second, "e-2")
            await second.until(lambda: len(runs(second)) == 1)
            assert inputs(second)[0]["data"]["name"] == "e-2"


async def test_what_ends_while_it_is_suspended_starts_nothing():
    """Not even once it goes on, nor in a process that begins anew right after."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(suspend=True))
        await world.until(lambda: status_of(world).get("suspended") is True)
        await start(world, "e-1")
        await ended(world, "e-1")
        world.time.pass_(1)
        await edit(world, suspend=False)
        await world.until(lambda: status_of(world).get("suspended") is False)
        world.time.pass_(1)
        async with again(world) as second, ticking(second):
            await second.begin()
            await start(second, "e-2")
            await second.until(lambda: len(runs(second)) == 1)
            assert inputs(second)[0]["data"]["name"] == "e-2"


async def test_what_ended_unheard_starts_a_run_after_a_take_over():
    """Whoever acts next finds the ends that nobody dealt with, and doubles none."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object())
        await ready(world)
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: len(runs(world)) == 1)
        world.feed.triggers.stand_down()
        await start(world, "e-2")
        await ended(world, "e-2")
        assert len(runs(world)) == 1
        async with again(world) as second, ticking(second):
            await second.begin()
            await second.until(lambda: len(runs(second)) == 2)
            assert sorted(it["data"]["name"] for it in inputs(second)) == ["e-1", "e-2"]


async def test_a_refused_run_is_tried_again_until_it_is_given_up():
    """Its Trigger is not ready meanwhile; after an hour the next event has its turn."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object())
        await ready(world)
        world.time.pass_(1)
        refuse(world)
        await start(world, "e-1")
        await world.until(lambda: (condition(world) or {}).get("reason") == "CannotStart")
        refuse(world)
        world.time.pass_(turn.PATIENCE.total_seconds() + 60)
        await world.until(lambda: status_of(world).get("failed") == 1)
        await start(world, "e-2")
        await world.until(lambda: len(runs(world)) == 1)
        assert inputs(world)[0]["data"]["name"] == "e-2"


async def test_more_than_may_wait_are_dealt_with_in_time(monkeypatch):
    """Ends for which there is no room in memory are looked for later, and none is lost."""
    monkeypatch.setattr(watched, "MOST_WAITING", 3)
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(input=BY_NAME, suspend=False))
        await ready(world)
        world.time.pass_(1)
        for number in range(10):
            await start(world, f"e-{number}")
        await world.until(lambda: status_of(world).get("started") == 10)
        assert {it["name"] for it in inputs(world)} == {f"e-{number}" for number in range(10)}


async def test_runs_are_started_at_the_pace_of_the_trigger():
    """Further events wait for their turn."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object(maxPerMinute=1))
        await ready(world)
        world.time.pass_(1)
        for number in range(3):
            await start(world, f"e-{number}")
            await ended(world, f"e-{number}")
        await world.until(lambda: status_of(world).get("started") == 1)
        world.time.pass_(60)
        await world.until(lambda: status_of(world).get("started") == 2)
        world.time.pass_(60)
        await world.until(lambda: status_of(world).get("started") == 3)


async def test_private_payloads_stay_out_of_events():
    """Input, output and cause are null where the Workflow keeps payloads private."""
    async with triggered_world() as world:
        await world.apply("workflow", an_etl(FAILING, "secret", payloads="Private"))
        source = {"workflow": {"workflows": ["secret"], "outcomes": ["Failed"]}}
        await world.apply("trigger", trigger_object(source=source))
        await ready(world)
        world.time.pass_(1)
        await start(world, "e-1", "secret", input={"pin": 1234})
        await world.until(lambda: len(runs(world)) == 1)
        data = inputs(world)[0]["data"]
        assert (data["input"], data["output"], data["cause"]) == (None, None, None)
        assert data["error"] == "Late"


async def test_a_namespace_has_so_many_triggers(monkeypatch):
    """One more says that it has no effect, until another one is deleted."""
    monkeypatch.setattr("asw.platforms.kubernetes.triggers.book.MOST_TRIGGERS", 1)
    async with triggered_world() as world:
        first = await world.apply("trigger", trigger_object())
        await world.apply("trigger", trigger_object("second"))
        await world.until(
            lambda: (condition(world, "second") or {}).get("reason") == "TooManyTriggers"
        )
        await world.show("trigger", first, "DELETED")
        await ready(world, "second")
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: len(runs(world, "second")) == 1)
        assert runs(world) == []


async def test_retention_waits_for_the_trigger():
    """An Execution whose end was not dealt with is wanted, for an hour at most."""
    async with triggered_world() as world:
        await world.apply("trigger", trigger_object())
        await ready(world)
        world.time.pass_(1)
        refuse(world)
        await start(world, "e-1")
        await world.until(lambda: (condition(world) or {}).get("reason") == "CannotStart")
        seen = world.feed.cache.executions["uid-e-1"]
        assert world.feed.cache.is_wanted(seen)
        assert not world.feed.cache.is_wanted(replace(seen, ended_at=None))
        world.time.pass_(turn.PATIENCE.total_seconds() + 60)
        assert not world.feed.cache.is_wanted(seen)


async def test_a_run_of_that_name_that_somebody_else_made_is_not_taken():
    """The Trigger says so, and starts nothing in its place."""
    async with triggered_world() as world:
        made = await world.apply("trigger", trigger_object())
        await ready(world)
        event = Event(id="uid-e-1.0", source="/asw.dev/namespaces/shop/workflows/etl", type="t")
        name = run_name("on-failure", made["metadata"]["uid"], event)
        await start(world, name, "tell")
        world.time.pass_(1)
        await start(world, "e-1")
        await world.until(lambda: (condition(world) or {}).get("reason") == "CannotStart")
        assert "somebody else" in condition(world)["message"]
