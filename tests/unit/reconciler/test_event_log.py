"""What the reconciler counts and says of the executions that it moves."""

import asyncio
import logging

import pytest

from asw.reconciler.counters import Histogram
from asw.reconciler.event_log import ABOUT
from asw.reconciler.platform import ExecutionKey
from tests.support.behaviours import Answer, always, fails, returns
from tests.support.builders import chain
from tests.support.world import World

SECRET = "4711-0815"


def a_world(answer: Answer) -> World:
    """A world with a flow of two tasks."""
    world = World()
    world.platform.put_workflow("flow", chain("work", "work"))
    world.platform.functions["work"] = always(answer)
    return world


async def test_a_run_is_counted() -> None:
    """Starts, ends, states entered, and how long steps, saves and starts of tasks took."""
    world = a_world(returns("ok"))
    await world.finish(world.platform.put_execution("flow"))
    await world.finish(world.platform.put_execution("flow"))
    counters = world.reconciler.counters
    assert (counters.started, counters.ended, counters.transitions) == (2, {"SUCCEEDED": 2}, 4)
    assert sum(counters.step_seconds.counts) == counters.passes
    assert sum(counters.save_seconds.counts) == counters.saves
    assert sum(counters.start_seconds.counts) == 4


async def test_nothing_waits_in_the_end() -> None:
    """Whatever woke a worker was heard, or its worker is gone."""
    world = a_world(returns("ok"))
    key = world.platform.put_execution("flow")
    assert world.reconciler.counters.waiting == 1
    await world.finish(key)
    await world.until(lambda: not world.reconciler.live)
    assert world.reconciler.counters.waiting == 0


async def test_the_log_of_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A line each for start, failure and end, that say where, and no word of what was passed."""
    caplog.set_level(logging.INFO, "asw")
    world = a_world(fails("Broken", SECRET))
    await world.finish(world.platform.put_execution("flow", SECRET))
    lines = [record for record in caplog.records if record.name == "asw.reconciler.event_log"]
    assert [line.getMessage() for line in lines] == [
        "execution started",
        "task failed: Broken",
        "execution ended: FAILED",
    ]
    assert {line.__dict__["workflow"] for line in lines} == {"flow"}
    assert (lines[1].__dict__["state"], lines[1].__dict__["task"]) == ("S1", 1)
    assert lines[2].__dict__["error"] == "Broken"
    assert SECRET not in str([line.__dict__ for line in lines])


async def test_an_execution_that_cannot_start(caplog: pytest.LogCaptureFixture) -> None:
    """It counts as failed, though it never began."""
    caplog.set_level(logging.INFO, "asw")
    world = World()
    key = world.platform.put_execution("nowhere")
    await world.until(lambda: world.execution(key).is_finished)
    assert world.reconciler.counters.ended == {"FAILED": 1}
    assert "execution ended: FAILED" in caplog.text


async def test_lines_know_whom_they_are_about() -> None:
    """Whoever logs in a pass need not say which execution it is for."""
    world = a_world(returns("ok"))
    seen: set[ExecutionKey | None] = set()
    world.platform.faults.on("save", lambda: seen.add(ABOUT.get()), times=99)
    keys = {world.platform.put_execution("flow"), world.platform.put_execution("flow")}
    await asyncio.gather(*map(world.finish, keys))
    assert seen == keys
    assert ABOUT.get() is None


def test_a_spread_counts_by_upper_bounds() -> None:
    """A duration on a bound belongs below it; nothing is too long."""
    spread = Histogram((1, 2))
    for seconds in (0.5, 1, 1.5, 3, -1):
        spread.add(seconds)
    assert (spread.counts, spread.total) == ([3, 1, 1], 6.0)
