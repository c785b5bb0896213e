"""Jobs whose service stays silent when they are to stop: time is virtual, and nobody answers."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from asw.asl.resources import ServiceInvocation
from asw.connector.calls import Done, Failed, Outcome
from asw.connector.jobs import Patience
from asw.engine.record import OnTask, Record
from asw.platforms.kubernetes.port.jobs import AT_A_TIME, STOP_SECONDS, Jobs
from asw.reconciler.platform import ExecutionKey
from tests.support.builders import START, a_record, finished, on_task
from tests.support.virtual_time import VirtualTimeLoop, virtual_now

KEY = ExecutionKey("shop", "order-1", "uid-1")
BUSY = Failed(error="EKS.503", cause="the server is not there")
ANSWER = {"ResponseBody": {"metadata": {"namespace": "shop", "name": "pi", "uid": "j-1"}}}


class Silent:
    """Whoever asks questions: the answer comes after ``seconds``, and is always the same."""

    def __init__(self, answer: Outcome, seconds: float) -> None:
        self.answer = answer
        self.seconds = seconds
        self.asked: list[float] = []

    async def ask(self, *_question: object) -> Outcome:
        """Note when it was asked."""
        self.asked.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.seconds)
        return self.answer


def awaiting(key: ExecutionKey = KEY) -> Record:
    """A record that waits for a Job of a cluster."""
    invocation = ServiceInvocation(service="eks", action="runJob", pattern=".sync")
    submitted: OnTask = on_task(
        invocation=invocation,
        payload={"Job": {}},
        call="service",
        started_at=START,
        is_submitted=True,
        answer=ANSWER,
    )
    record = a_record(submitted)
    return replace(record, header=replace(record.header, uid=key.uid))


def jobs_of(questions: Silent, patience: Patience) -> Jobs:
    """Jobs that are asked for by nobody but the test."""
    clock: Callable[[], float] = lambda: asyncio.get_running_loop().time()  # noqa: E731
    cache: Any = SimpleNamespace(clock=clock, now=virtual_now, executions={})
    calls: Any = SimpleNamespace(where=lambda *_: ("shop", "connection/lab"))
    asking: Any = questions
    return Jobs(cache=cache, calls=calls, questions=asking, patience=patience)


def played(story: Coroutine[Any, Any, None]) -> None:
    """Play it in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(story)


async def passing(jobs: Jobs, seconds: int) -> None:
    """Time goes by, and the operator's loop comes round each second."""
    for _ in range(seconds):
        await asyncio.sleep(1)
        jobs.work()


def test_a_silent_service_holds_a_save_up_for_a_while_only() -> None:
    """The save goes on after ``STOP_SECONDS``, while the question still waits for its answer."""

    async def story() -> None:
        service = Silent(Done(output=None), seconds=3600)
        jobs = jobs_of(service, Patience())
        jobs.keep(KEY, awaiting())
        loop = asyncio.get_running_loop()
        before = loop.time()
        await jobs.stop(KEY, finished(awaiting()))
        assert loop.time() - before == STOP_SECONDS
        assert len(service.asked) == 1
        jobs.stand_down()

    played(story())


def test_a_service_that_answers_holds_nothing_up() -> None:
    """The save goes on as soon as the job was told to stop."""

    async def story() -> None:
        service = Silent(Done(output=None), seconds=0.5)
        jobs = jobs_of(service, Patience())
        jobs.keep(KEY, awaiting())
        loop = asyncio.get_running_loop()
        before = loop.time()
        await jobs.stop(KEY, finished(awaiting()))
        assert loop.time() - before == 0.5

    played(story())


def test_questions_that_were_never_asked_take_no_room_of_the_next_term() -> None:
    """The Lease may be lost in the moment in which they were due, and be had again."""

    async def story() -> None:
        service = Silent(Done(output=None), seconds=1)
        jobs = jobs_of(service, Patience())
        keys = [replace(KEY, uid=f"uid-{number}") for number in range(AT_A_TIME)]
        for key in keys:
            jobs.keep(key, awaiting(key))
        await asyncio.sleep(60)
        jobs.work()
        jobs.stand_down()
        await asyncio.sleep(1)
        assert not service.asked
        for key in keys:
            jobs.keep(key, awaiting(key))
        await passing(jobs, 60)
        assert len(service.asked) >= AT_A_TIME
        jobs.stand_down()

    played(story())


def test_a_job_is_told_to_stop_twenty_times(caplog: pytest.LogCaptureFixture) -> None:
    """In the background, after the save; at last the log says so, without a name of the job."""

    async def story() -> None:
        service = Silent(BUSY, seconds=1)
        jobs = jobs_of(service, Patience())
        jobs.keep(KEY, awaiting())
        await jobs.stop(KEY, finished(awaiting()))
        with caplog.at_level(logging.WARNING):
            await passing(jobs, 3600)
        assert len(service.asked) == 1 + Patience().most_failures
        (line,) = caplog.messages
        assert line == "shop/order-1: a job of eks could not be stopped"
        assert not jobs._of
        assert not jobs._due

    played(story())
