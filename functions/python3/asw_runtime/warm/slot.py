"""One slot: asks for a task, has its child run it, and asks for the next with the outcome."""

from __future__ import annotations

import _thread
import time

from .. import delivery, streams
from ..outcomes import dump
from . import answers
from .ledger import DRAINING, FINISHED, HELD
from .line import Interrupted, Line, Pauses
from .task import Delivery, Task
from .worker import NotTaken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .heartbeats import Heartbeats
    from .keeper import Keeper
    from .line import Addresses, Answer
    from .shared import Shared
    from .worker import Worker

ANSWER_SECONDS = 40.0
"""The operator answers within 25 s."""
_REFUSED_SECONDS = 5.0
"""How long an outcome is offered to an operator that does not believe us any more."""
_ATTEMPTS = 3
"""How many children a task is offered to that cannot have begun it."""


class Slot:
    """One task at a time. Others may call ``cancel`` and ``part``."""

    def __init__(
        self,
        index: int,
        shared: Shared,
        addresses: Addresses,
        keeper: Keeper,
        heartbeats: Heartbeats,
    ) -> None:
        self._index = index
        self._shared = shared
        self._ledger = shared.ledger
        self._line = Line(addresses)
        self._keeper = keeper
        self._output = keeper.output
        self._heartbeats = heartbeats
        self._lock = _thread.allocate_lock()
        self._task_id: str | None = None
        self._worker: Worker | None = None
        self._is_cancelled = False

    def run(self) -> None:
        """Serve until we drain and nothing is left to deliver."""
        done: Delivery | None = None
        while done is not None or not self._ledger.is_draining:
            task = self._next(done)
            done = None if task is None else self._served(task)

    def part(self) -> None:
        """Stop waiting for a task."""
        self._line.interrupt()

    def cancel(self, task_id: str) -> None:
        """End the task if it is here, and tell nobody."""
        with self._lock:
            if self._task_id == task_id:
                self._is_cancelled = True
                if self._worker is not None:
                    self._worker.kill()

    def _next(self, done: Delivery | None) -> Task | None:
        """The next task, none where there is none now, once the outcome is settled."""
        pauses = Pauses()
        until = time.monotonic() + self._shared.settings.result_wait
        while True:
            if done is None and self._ledger.is_draining:
                return None
            answer, retry_after = self._post(done), 0.0
            if answer is not None and answer.status == 200:
                done = self._settled(done, answer)
                if done is None:
                    return self._received(answer.content.get("task"))
                continue
            if answer is not None:
                if answer.status == 413 and done is not None and not done.is_replaced:
                    done = self._replaced(done, 413, "")
                    continue
                self._shared.judge(answer.status)
                retry_after = answer.retry_after
            if self._line.was_interrupted:
                continue
            if self._shared.is_refused:
                until = min(until, time.monotonic() + _REFUSED_SECONDS)
            pause = pauses.take(retry_after)
            if done is not None and (self._is_cancelled or time.monotonic() + pause >= until):
                self._drop(done)
                done = None
                continue
            self._ledger.pause(pause)

    def _post(self, done: Delivery | None) -> Answer | None:
        self._line.arm()
        try:
            return self._line.post("/v1/warm/next", self._request(done), ANSWER_SECONDS)
        except Interrupted:
            return None
        except OSError as error:
            streams.note(f"asw: slot {self._index}: the operator does not answer: {error}")
            return None

    def _request(self, done: Delivery | None) -> bytes:
        holds, is_draining = self._ledger.told()
        request = {
            **self._shared.identity,
            "slot": self._index,
            "holds": holds,
            "draining": is_draining,
        }
        if done is None:
            return dump(request)
        request["startedAt"] = done.started_at
        task_id = dump(done.task.task_id)
        outcome = b',"outcome":{"taskId":' + task_id + b',"outcome":' + done.body + b"}}"
        return dump(request)[:-1] + outcome

    def _settled(self, done: Delivery | None, answer: Answer) -> Delivery | None:
        """What is still to be delivered after the answer."""
        if done is None:
            return None
        verdict = answer.content.get("outcome")
        if verdict not in (400, 413):
            self._finish(done)
            return None
        if done.is_replaced:
            streams.note(f"asw: {done.task.task_id}: what replaced its outcome was refused too")
            self._drop(done)
            return None
        return self._replaced(done, verdict, str(answer.content.get("reason") or ""))

    def _replaced(self, done: Delivery, verdict: int, reason: str) -> Delivery:
        """What is told instead of an outcome that was refused."""
        streams.note(f"asw: {done.task.task_id}: its outcome was refused ({verdict})")
        if verdict == 400:
            done.body = delivery.refused(reason.encode()).body
        else:
            done.body = delivery.too_large(done.task.state).body
        done.is_replaced = True
        return done

    def _drop(self, done: Delivery) -> None:
        if not self._is_cancelled:
            streams.note(f"asw: {done.task.task_id}: its outcome could not be delivered")
        self._finish(done)

    def _finish(self, done: Delivery) -> None:
        with self._lock:
            self._task_id = None
        self._ledger.finish(done.task.task_id)

    def _received(self, plain: Any) -> Task | None:
        """The task, unless it is none or not to be run."""
        if plain is None:
            return None
        try:
            task = Task(plain, self._shared.settings.timeout_seconds)
        except (ValueError, TypeError, KeyError) as error:
            streams.note(f"asw: the operator sent what is no task: {type(error).__name__}")
            return None
        with self._lock:
            standing = self._ledger.receive(task.task_id)
            if standing not in (HELD, DRAINING):
                self._task_id, self._is_cancelled = task.task_id, False
        if standing in (HELD, DRAINING):
            streams.note(f"asw: {task.task_id}: not taken: {standing}")
            return None
        task.is_repeated = standing == FINISHED
        return task

    def _served(self, task: Task) -> Delivery | None:
        """The outcome to deliver; none of a task that was cancelled."""
        started_at = time.time()
        if task.is_repeated:
            streams.note(f"asw: {task.task_id}: has run here already")
            return Delivery(task, answers.repeated(), started_at)
        self._output.begin(task.task_id, task.state)
        body = self._run(task)
        self._output.end(task.task_id)
        done = Delivery(task, body, started_at)
        with self._lock:
            self._worker = None
            if not self._is_cancelled:
                return done
        self._drop(done)
        return None

    def _run(self, task: Task) -> bytes:
        worker: Worker | None = None
        try:
            for _ in range(_ATTEMPTS):
                worker = self._keeper.worker(worker)
                with worker.lock:
                    body = self._asked(worker, task)
                if body is not None:
                    return body
        except OSError as error:
            return answers.not_started(error.strerror or str(error))
        return answers.crashed("The process ends before it takes a task")

    def _asked(self, worker: Worker, task: Task) -> bytes | None:
        """The outcome; none where the child cannot have begun the task."""
        if not worker.is_usable():
            worker.kill()
            return None
        with self._lock:
            self._worker = worker
            if self._is_cancelled:
                return b""
        try:
            body = worker.ask(task, self._heartbeats.beat)
        except NotTaken:
            return b"" if self._is_cancelled else None
        self._output.drain(worker.printed)
        limit = self._shared.settings.max_calls
        if limit and worker.served >= limit:
            worker.kill()
        return body
