"""Loops that must not die: each is killed once, and comes back or ends the process, by name."""

import asyncio
import threading
from contextlib import suppress

import pytest

from asw.operator.supervision import DEATH_SECONDS, MOST_DEATHS, Supervisor
from asw.reconciler.platform import NotActingError, Unavailable
from tests.support.whole_operator import Dying, running, whole_operator

LOOPS = {
    "beat": ("vitals", "beat"),
    "tick": ("sweeper", "tick"),
    "sweep": ("sweeper", "sweep"),
    "compare": ("sweeper", "compare"),
    "orphans": ("sweeper", "sweep_orphans"),
    "retention": ("retirement", "retire"),
    "keys": ("keys", "look"),
    "certificate": ("reception", "certify"),
    "results": ("reception", "open"),
    "address": ("reception", "follow"),
    "claims": ("territory", "keep"),
    "take-up": ("territory", "take_up"),
    "take-over": ("territory", "claim"),
}

ends_threads = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.mark.parametrize("name", LOOPS)
async def test_a_loop_that_dies_comes_back(name):
    """In the operator as production has it; meanwhile its health names the loop."""
    part, method = LOOPS[name]
    async with whole_operator() as (operator, probing):
        dying = Dying(getattr(operator, part), method, loop=name)
        setattr(operator, part, dying)
        async with running(operator) as run:
            await probing.until(lambda: run.done() or dying.calls > 1)
            await probing.until(lambda: run.done() or probing.ask() == "ok\n")
            assert not run.done()
            assert operator.supervisor.deaths[name] == 1
    said = f"the loop {name!r} died (it was cancelled from inside) and is being restarted\n"
    assert said in probing.answers


@ends_threads
async def test_the_thread_of_the_lease_comes_back():
    """What ends a thread for good, an exit in a plugin of the kubeconfig say, costs a pause."""
    exits = [SystemExit("gone")]

    def authorization():
        if threading.current_thread().name == "lease" and exits:
            raise exits.pop()
        return "Bearer secret"

    async with whole_operator(authorization) as (operator, probing), running(operator):
        await probing.until(operator.may_act)
        await probing.until(lambda: probing.ask() == "ok\n")
        assert operator.supervisor.deaths["lease"] == 1
    assert "the loop 'lease' died (it ended) and is being restarted\n" in probing.answers


@ends_threads
async def test_the_thread_that_answers_probes_comes_back():
    """Nobody could ask for it; it is begun again all the same."""
    async with whole_operator() as (operator, probing):
        exits, usual = [SystemExit("gone")], operator.health.service_actions

        def round_():
            if exits:
                raise exits.pop()
            usual()

        operator.health.service_actions = round_
        async with running(operator):
            await probing.until(lambda: operator.supervisor.deaths["health"] == 1)
            before = operator.health.rounds
            await probing.until(lambda: operator.health.rounds > before)
            await probing.until(lambda: probing.ask() == "ok\n")


async def test_watches_that_end_end_the_process():
    """Nobody begins kopf again in the same process: the kubelet begins all of it."""
    async with whole_operator() as (operator, probing), running(operator) as run:
        await probing.until(operator.may_act)
        watches = [it for it in asyncio.all_tasks() if "multitasker" in it.get_name()]
        assert watches
        watches[0].cancel()
        assert await run == "kopf ended: nothing is watched any more"
        assert probing.ask() == "kopf ended: nothing is watched any more\n"


async def test_a_loop_that_dies_again_and_again_ends_the_process():
    """With a sentence that names it, which is the process's last word."""
    async with whole_operator() as (operator, _):
        operator.sweeper = Dying(operator.sweeper, "compare", times=99)
        async with running(operator) as run:
            said = await run
    assert said == "the loop 'compare' died 5 times in a row, last: it was cancelled from inside"


async def test_a_loop_that_hangs_is_named():
    """A sweep that hangs in a request dies of nothing: it is told by its silence."""
    async with whole_operator() as (operator, probing), running(operator):
        await probing.until(operator.may_act)
        operator.sweeper = Hanging(operator.sweeper)
        await probing.until(lambda: operator.sweeper.hangs)
        assert probing.ask() == "ok\n"
        probing.ahead = 950.0
        await probing.until(lambda: operator.supervisor.ages()["tick"] < 900)
        await probing.until(lambda: operator.supervisor.ages()["lease"] < 60)
        said = operator.supervisor.complaint(answering_since=0.0)
        assert said.startswith("the loop 'sweep' has not come round for 95")
        assert operator.supervisor.complaint(answering_since=None) is None


class Hanging:
    """A sweeper whose sweep never ends."""

    def __init__(self, sweeper):
        self._sweeper = sweeper
        self.hangs = False

    def __getattr__(self, name):
        return getattr(self._sweeper, name)

    async def sweep(self):
        """See Sweeper."""
        self.hangs = True
        await asyncio.Event().wait()


# The supervisor alone


class Clock:
    """A clock that tests own; pauses are noted, and pass at once."""

    def __init__(self):
        self.now, self.pauses = 1000.0, []

    def __call__(self):
        """What time it is."""
        return self.now

    async def sleep(self, seconds):
        """Let the time pass."""
        self.pauses.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


async def test_pauses_grow_while_it_dies_soon():
    """Twice as long each time; one that lived for long begins with a short one again."""
    clock = Clock()
    supervisor = Supervisor(clock, clock.sleep)
    lives = iter([0, 0, 0, DEATH_SECONDS, 0, 0, 0, 0, 0])

    async def work(_):
        clock.now += next(lives)
        raise KeyError("ours")

    async with supervisor.keeping("work", work):
        await asyncio.wait_for(supervisor.stop.wait(), 60)
    assert clock.pauses[:6] == [0.5, 1.0, 2.0, 0.5, 1.0, 2.0]
    assert (
        supervisor.verdict == f"the loop 'work' died {MOST_DEATHS} times in a row, last: KeyError"
    )


@pytest.mark.parametrize("error", [Unavailable("down"), NotActingError("lapsed")])
async def test_what_the_platform_cannot_do_kills_nothing(error):
    """An outage is waited for, however long: it is nobody's fault here."""
    clock, tries = Clock(), []
    supervisor = Supervisor(clock, clock.sleep)

    async def work(_):
        tries.append(1)
        if len(tries) < 20:
            raise error

    await supervisor.finish("work", work, patience=60)
    assert (len(tries), supervisor.deaths["work"], supervisor.verdict) == (20, 0, None)
    assert supervisor.complaint(0.0) is None


async def test_a_slow_loop_that_was_begun_again_is_well():
    """Its next round may be days away: only while it is dead is it a complaint."""
    clock = Clock()
    supervisor = Supervisor(clock, clock.sleep)
    lives, said = [KeyError("ours")], []

    async def work(_):
        if lives:
            raise lives.pop()
        said.append(supervisor.complaint(0.0))
        supervisor.stop.set()
        await asyncio.Event().wait()

    async with supervisor.keeping("work", work, patience=3600):
        await asyncio.wait_for(supervisor.stop.wait(), 60)
    assert said == [None]
    assert supervisor.deaths["work"] == 1


async def test_an_outage_does_not_count_as_silence():
    """A loop that needs the API server has its time anew once that answers again."""
    clock = Clock()
    supervisor = Supervisor(clock, clock.sleep)
    forever = asyncio.Event()
    async with supervisor.keeping("work", lambda _: forever.wait(), patience=60):
        await asyncio.sleep(0)
        clock.now += 3600
        assert supervisor.complaint(answering_since=None) is None
        assert supervisor.complaint(answering_since=clock.now - 60) is None
        said = supervisor.complaint(answering_since=clock.now - 61)
    assert said == "the loop 'work' has not come round for 61 s"
    assert supervisor.complaint(answering_since=0.0) is None


@pytest.mark.parametrize(
    "error",
    [Unavailable("?"), NotActingError(), KeyError("ours")],
    ids=lambda it: type(it).__name__,
)
async def test_background_work_outlives_failures(error):
    """Whatever goes wrong once, the next time comes."""
    clock, calls = Clock(), []
    supervisor = Supervisor(clock, clock.sleep)

    async def action():
        calls.append(1)
        if len(calls) == 3:
            supervisor.stop.set()
        raise error

    async with supervisor.keeping("work", supervisor.repeated("work", 1.0, action)):
        await asyncio.wait_for(supervisor.stop.wait(), 60)
    assert supervisor.deaths["work"] == 0


async def test_a_cancellation_from_outside_is_obeyed():
    """Whoever ends the process ends its loops, and these count as no deaths."""
    supervisor = Supervisor()
    forever = asyncio.Event()
    task = asyncio.create_task(supervisor.finish("work", lambda _: forever.wait(), patience=60))
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert supervisor.deaths["work"] == 0
