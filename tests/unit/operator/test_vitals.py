"""When a process counts as alive: its watches are heard of, its event loop answers."""

import asyncio
import threading
import time
from contextlib import suppress

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from asw.operator.vitals import (
    BEAT_SECONDS,
    LONGEST_LAG_SECONDS,
    LONGEST_SILENCE_SECONDS,
    Vitals,
)

JOBS = "/apis/batch/v1/jobs"
PODS = "/api/v1/pods"


class Clock:
    """A clock that tests own."""

    now = 1000.0

    def __call__(self):
        """What time it is."""
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def vitals(clock):
    return Vitals(clock)


def test_nothing_is_wrong_before_anything_began(vitals, clock):
    """Caches are filled before watches and before the loop is watched: that may take long."""
    clock.now += 3600
    assert vitals.complaint(answering_since=0.0) is None
    assert (vitals.worst_lag(), vitals.watch_ages()) == (0.0, {})


def test_a_silent_watch_is_named(vitals, clock):
    """Neither event nor bookmark for too long, from a server that answers others."""
    vitals.expect([JOBS, PODS])
    clock.now += LONGEST_SILENCE_SECONDS
    vitals.hear(PODS)
    assert vitals.complaint(answering_since=0.0) is None
    clock.now += 1
    assert vitals.complaint(answering_since=0.0) == "watch of jobs silent for 151 s"
    vitals.hear(JOBS)
    assert vitals.complaint(answering_since=0.0) is None


def test_an_outage_is_not_our_fault(vitals, clock):
    """While the API server is away a restart helps nobody; once it is back, watches get time."""
    vitals.expect([JOBS])
    clock.now += 3600
    assert vitals.complaint(answering_since=None) is None
    assert vitals.complaint(answering_since=clock.now - LONGEST_SILENCE_SECONDS) is None
    assert vitals.complaint(answering_since=clock.now - LONGEST_SILENCE_SECONDS - 1) is not None


def test_of_several_namespaces_the_oldest_counts(vitals, clock):
    """One watch that is silent is one too many."""
    vitals.expect(["/api/v1/namespaces/a/pods", "/api/v1/namespaces/b/pods"])
    clock.now += 7
    vitals.hear("/api/v1/namespaces/a/pods")
    assert vitals.watch_ages() == {"pods": 7.0}


async def test_a_lagging_loop(vitals, clock):
    """What the loop did not answer is a complaint while it lasts, and a number for a while."""
    beat = asyncio.create_task(vitals.beat())
    await asyncio.sleep(0)
    clock.now += BEAT_SECONDS + LONGEST_LAG_SECONDS
    assert vitals.complaint(answering_since=None) is None
    clock.now += 1
    assert vitals.complaint(answering_since=None) == "the event loop has answered nothing for 11 s"
    assert vitals.worst_lag() == LONGEST_LAG_SECONDS + 1
    beat.cancel()
    with suppress(asyncio.CancelledError):
        await beat
    clock.now += 3600
    assert vitals.complaint(answering_since=None) is None


async def test_a_blocked_loop_shows_from_another_thread():
    """Whoever asks from a thread sees that the loop does not run."""
    vitals = Vitals()
    beat = asyncio.create_task(vitals.beat())
    await asyncio.sleep(0)
    seen = []
    reader = threading.Timer(BEAT_SECONDS + 0.4, lambda: seen.append(vitals.worst_lag()))
    reader.start()
    time.sleep(BEAT_SECONDS + 0.5)  # noqa: ASYNC251  what a loop must never do
    reader.join()
    beat.cancel()
    assert seen[0] > 0


async def test_signs_of_life_are_overheard(vitals, clock):
    """Each chunk of a watch counts, and arrives unchanged; lists and refusals do not count."""
    go_on = asyncio.Event()

    async def serve(request):
        if "refused" in request.query:
            return web.Response(status=403)
        if "watch" not in request.query:
            return web.Response(text="a list")
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one")
        await go_on.wait()
        await response.write(b"two")
        return response

    application = web.Application()
    application.router.add_get(PODS, serve)
    vitals.expect([PODS])
    async with TestServer(application) as server, ClientSession(middlewares=(vitals.listen,)) as it:
        url = f"http://{server.host}:{server.port}{PODS}"
        clock.now += 10
        async with it.get(url) as listed:
            assert await listed.text() == "a list"
        await it.get(url, params={"watch": "true", "refused": "1"})
        assert vitals.watch_ages() == {"pods": 10.0}
        async with it.get(url, params={"watch": "true"}) as response:
            assert vitals.watch_ages() == {"pods": 0.0}
            chunks = response.content.iter_chunked(1024)
            assert await anext(chunks) == b"one"
            clock.now += 5
            assert vitals.watch_ages() == {"pods": 5.0}
            go_on.set()
            assert await anext(chunks) == b"two"
            assert vitals.watch_ages() == {"pods": 0.0}
