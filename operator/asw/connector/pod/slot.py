"""One slot: asks for a task, makes its call, and asks for the next with the outcome."""

import asyncio
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from asw.asl.values import Json, to_text
from asw.connector.pod.asked import Asked
from asw.connector.pod.ledger import Standing
from asw.connector.pod.line import Answer, NoOperator, Pauses
from asw.connector.pod.shared import Shared
from asw.connector.pod.task import Delivery, Task, instant, repeated, timed_out

logger = logging.getLogger(__name__)

Answering: TypeAlias = Callable[[str], Awaitable[bytes]]
"""The outcome, JSON of the task contract, for an event in JSON text; it may be cancelled."""

_REFUSED_SECONDS: Final = 5.0
"""How long an outcome is offered to an operator that does not believe us any more."""


class Slot:
    """One task at a time."""

    def __init__(self, index: int, shared: Shared, answering: Answering) -> None:
        self._index = index
        self._shared = shared
        self._ledger = shared.ledger
        self._answering = answering
        self._asked = Asked()
        self._task_id: str | None = None
        self._work: asyncio.Task[bytes] | None = None
        self._is_cancelled = False
        self._is_repeated = False

    async def run(self) -> None:
        """Serve until we drain and nothing is left to deliver."""
        done: Delivery | None = None
        while done is not None or not self._ledger.is_draining:
            task = await self._next(done)
            done = None if task is None else await self._served(task)

    def part(self) -> None:
        """Stop waiting for a task."""
        self._asked.break_off()

    def cancel(self, task_id: str) -> None:
        """End the task if it is here, and tell nobody."""
        if self._task_id == task_id:
            self._is_cancelled = True
            if self._work is not None:
                self._work.cancel()

    async def _next(self, done: Delivery | None) -> Task | None:
        """The next task, none where there is none now, once the outcome is settled."""
        pauses = Pauses()
        clock = asyncio.get_running_loop().time
        until = clock() + self._shared.settings.result_seconds
        while done is not None or not self._ledger.is_draining:
            answer, retry_after = await self._post(done), 0.0
            if answer is _BROKEN_OFF:
                continue
            if isinstance(answer, Answer):
                if answer.status == 200:
                    done = self._settled(done, answer)
                    if done is None:
                        return self._received(answer.content.get("task"))
                    continue
                if answer.status == 413 and done is not None and not done.is_replaced:
                    self._replace(done, 413, "")
                    continue
                self._shared.judge(answer.status)
                retry_after = answer.retry_after
            if self._shared.is_refused:
                until = min(until, clock() + _REFUSED_SECONDS)
            pause = pauses.take(retry_after)
            if done is not None and (self._is_cancelled or clock() + pause >= until):
                self._drop(done)
                return None
            await self._shared.pause(pause)
        return None

    async def _post(self, done: Delivery | None) -> "Answer | str | None":
        """The answer, ``_BROKEN_OFF``, or none where none came."""
        try:
            answer = await self._asked.wait(self._ask(done))
        except NoOperator as error:
            logger.warning("slot %d: the operator does not answer: %s", self._index, error)
            return None
        return _BROKEN_OFF if answer is None else answer

    async def _ask(self, done: Delivery | None) -> Answer:
        """Ask for a task when it is this slot's turn; an outcome does not wait for that."""
        asking, has_room = self._shared.asking, self._shared.has_room
        if done is None:
            await has_room.wait()
        waits = done is None or not (asking.locked() or not has_room.is_set())
        async with asking if waits else self._shared.delivering:
            return await self._shared.operator.post("next", self._request(done, waits=waits))

    def _request(self, done: Delivery | None, *, waits: bool) -> bytes:
        more: dict[str, Json] = {"slot": self._index}
        if done is None:
            return self._shared.body(more)
        if not waits:
            more["wait"] = False
        more["startedAt"] = done.started_at
        task_id = to_text(done.task.task_id).encode()
        # the outcome was written once, and is not written again
        outcome = b',"outcome":{"taskId":' + task_id + b',"outcome":' + done.body + b"}}"
        return self._shared.body(more)[:-1] + outcome

    def _settled(self, done: Delivery | None, answer: Answer) -> Delivery | None:
        """What is still to be delivered after the answer."""
        if done is None:
            return None
        verdict = answer.content.get("outcome")
        if verdict not in (400, 413):
            self._finish(done)
            return None
        if done.is_replaced:
            logger.warning("%s: what replaced its outcome was refused too", done.task.task_id)
            self._drop(done)
            return None
        return self._replace(done, verdict, str(answer.content.get("reason") or ""))

    def _replace(self, done: Delivery, verdict: object, reason: str) -> Delivery:
        logger.warning("%s: its outcome was refused (%s)", done.task.task_id, verdict)
        done.replace(verdict, reason)
        return done

    def _drop(self, done: Delivery) -> None:
        if not self._is_cancelled:
            logger.warning("%s: its outcome could not be delivered", done.task.task_id)
        self._finish(done)

    def _finish(self, done: Delivery) -> None:
        self._task_id = None
        self._shared.hold(-len(done.task.event))
        self._ledger.finish(done.task.task_id)

    def _received(self, plain: Json) -> Task | None:
        """The task, unless it is none or not to be run."""
        if plain is None:
            return None
        try:
            task = Task.of(plain, self._shared.settings.call_seconds)
        except ValueError as error:
            logger.warning("the operator sent what is no task: %s", error)
            return None
        standing = self._ledger.receive(task.task_id)
        if standing in (Standing.HELD, Standing.DRAINING):
            logger.warning("%s: not taken: %s", task.task_id, standing.name)
            return None
        self._shared.hold(len(task.event))
        self._task_id, self._is_cancelled = task.task_id, False
        self._is_repeated = standing is Standing.FINISHED
        return task

    async def _served(self, task: Task) -> Delivery | None:
        """The outcome to deliver; none of a task that was cancelled."""
        started_at = instant(time.time())
        if self._is_repeated:
            logger.warning("%s: has run here already", task.task_id)
            return Delivery(task=task, body=repeated(), started_at=started_at)
        body = await self._made(task)
        done = Delivery(task=task, body=body, started_at=started_at)
        if not self._is_cancelled:
            return done
        self._drop(done)
        return None

    async def _made(self, task: Task) -> bytes:
        _log(f"START {task.task_id} {task.state}".rstrip())
        self._work = asyncio.ensure_future(self._within(task))
        try:
            return await self._work
        except asyncio.CancelledError:
            if self._is_cancelled:
                return b""
            raise
        finally:
            self._work = None
            _log(f"END {task.task_id}")

    async def _within(self, task: Task) -> bytes:
        try:
            async with asyncio.timeout(task.seconds or None):
                return await self._answering(task.event)
        except TimeoutError:
            return timed_out(task)


def _log(line: str) -> None:
    """One line of the pod's log, which says which calls it makes and nothing of them."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


_BROKEN_OFF: Final = "broken off"
