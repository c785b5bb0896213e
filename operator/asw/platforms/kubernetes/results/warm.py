"""The requests of warm pods: they ask for tasks, and tell how these ended.

The protocol is docs/reference/warm-contract.md. A token names a pool; which pod asks is what the
pod says, after the API server confirmed that there is such a pod and that the pool's Deployment
made it. An outcome is taken only from the process that the record binds its task to.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from aiohttp import web
from pydantic import ValidationError

from asw.api.names import PAYLOAD_LIMIT_BYTES
from asw.asl.values import Json, from_text, to_text
from asw.engine.facts import TaskFact, TaskHeartbeat
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.pools.admission import Admission
from asw.platforms.kubernetes.pools.deployments import pool_of
from asw.platforms.kubernetes.pools.line import Handover
from asw.platforms.kubernetes.pools.pool import Ask, PoolKey, WarmPod, task_id_of
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.results.bodies import Bodies, NotRead
from asw.platforms.kubernetes.results.requests import Beat, Ended, Hello, Next, Said
from asw.platforms.kubernetes.results.results import NOT_AWAITED, REFUSAL_SECONDS
from asw.platforms.kubernetes.tasks.reported import InvalidOutcome, end_of, outcome_of
from asw.platforms.kubernetes.tasks.settings import MOST_CALLS
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import PlatformError

HELD_SECONDS: Final = 25.0
"""How long a request waits for news: shorter than any proxy's patience."""


class Inbox(Protocol):
    """Who takes what tasks report."""

    async def deliver(self, fact: TaskFact) -> Delivery:
        """Take a fact; an outcome is answered once it was saved. Raises PlatformError."""
        ...

    async def bound_to(self, task_id: TaskId) -> str | None:
        """The warm process that the task is bound to; None if it is not, or not awaited."""
        ...

    def namespace(self, task_id: TaskId) -> str:
        """The namespace of the task; empty if nothing is known of it."""
        ...


class Holder(Protocol):
    """The replica that holds the lease."""

    def is_here(self) -> bool:
        """Whether that is this one."""
        ...

    def elsewhere(self) -> str | None:
        """The address of the replica, host and port; None if nobody holds the lease."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmCall:
    """One request: ``read`` brings its body, on account of a namespace, or raises NotRead.

    ``listens`` says whether whoever asked still waits for the answer.
    """

    what: str
    token: str
    read: Callable[[str], Awaitable[bytes]]
    listens: Callable[[], bool]


class _Refused(Exception):
    """The request is answered with this status and text."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmServer:
    """Answers the requests of warm pods."""

    keys: KeyRing
    inbox: Inbox
    holder: Holder
    pools: Pools
    admission: Admission
    now: Callable[[], datetime]
    clock: Callable[[], float]
    bodies: Bodies = field(default_factory=Bodies)
    pause: Callable[[float], Awaitable[object]] = asyncio.sleep

    def add_to(self, application: web.Application) -> None:
        """Add the routes."""
        application.router.add_post("/v1/warm/{what:hello|next|heartbeat}", self._handle)

    async def _handle(self, request: web.Request) -> web.Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        name = f"warm/{id(request.transport)}"  # one body at a time of a connection

        async def read(namespace: str) -> bytes:
            async with self.bodies.incoming(request, namespace=namespace, task=name) as body:
                return await body.read()

        def listens() -> bool:
            return request.transport is not None and not request.transport.is_closing()

        call = WarmCall(
            what=request.match_info["what"],
            token=token if scheme.lower() == "bearer" else "",
            read=read,
            listens=listens,
        )
        status, answer = await self.answer(call)
        if status in (401, 403):
            await self.pause(REFUSAL_SECONDS)
        headers = {"Retry-After": "1"} if status == 503 else None
        body = to_text(answer).encode()
        return web.Response(
            status=status, body=body, headers=headers, content_type="application/json"
        )

    async def answer(self, call: "WarmCall") -> tuple[int, Json]:
        """Status and body of the answer."""
        try:
            key = await self._authenticated(call.token)
            if not self.holder.is_here():
                return _elsewhere(self.holder.elsewhere())
            term = self.pools.term
            said = from_text(await call.read(key.namespace))
            self._require_term(term)
            match call.what:
                case "hello":
                    return 200, await self._hello(key, Hello.model_validate(said))
                case "next":
                    return 200, await self._next(key, Next.model_validate(said), call.listens)
                case _:
                    return 200, await self._heartbeat(key, Beat.model_validate(said))
        except (_Refused, NotRead, ValueError, RecursionError, PlatformError) as error:
            return _refusal_of(error)

    async def _authenticated(self, token: str) -> PoolKey:
        if not token:
            raise _Refused(401, "a token is needed")
        claim = await self.keys.pool_of(token)
        key = None if claim is None else pool_of(claim)
        if key is None:
            raise _Refused(403, "the token is not that of a pool")
        return key

    async def _hello(self, key: PoolKey, said: Hello) -> Json:
        pod, term = self.pools.pod(said.pod, said.boot), self.pools.term
        amiss = None if said.amiss is None else said.amiss.plain()
        if pod is None:
            known = await self.admission.admit(
                key, said.pod, said.name, partial(self._is_named, key, said)
            )
            self._require_term(term)
            if known is None:
                raise _Refused(403, "no such pod belongs to this pool")
            if known.is_leaving and not said.draining and not said.holds:
                # Asked to end before it could hear that: a first process has no handler at first.
                raise _Refused(410, "this pod is to end")
            if self.pools.pod(said.pod, said.boot) is None:
                pod = WarmPod(
                    uid=said.pod,
                    name=said.name,
                    boot=said.boot,
                    slots=said.slots,
                    seen_at=self.clock(),
                    started_at=said.started_at,
                    is_draining=said.draining or known.is_leaving,
                    amiss=amiss,
                )
                self.pools.hello(key, pod, said.holds, known.last_end)
            return {"cancel": []}
        self._require_of(pod, key)
        pod.seen_at, pod.amiss = self.clock(), amiss
        told, is_again = self.pools.hears(pod, said.holds), pod.is_draining
        if said.draining:
            self.pools.leaves(pod, said.holds)
        elif not told:
            await _until_nudged(pod)
            told = [it for it, is_told in pod.to_cancel.items() if not is_told]
        if not told and (is_again or not said.draining):
            await self.pause(REFUSAL_SECONDS)  # whoever asks again and again gets no further
        pod.to_cancel.update(dict.fromkeys(told, True))
        pod.seen_at = self.clock()
        return {"cancel": told}

    def _require_term(self, term: int) -> None:
        """What was said in an earlier term may be untrue: the pod got more from others since."""
        if self.pools.term != term:
            raise _Refused(503, "the lease was lost meanwhile")

    async def _is_named(self, key: PoolKey, said: Hello) -> bool:
        """Whether a record names this process. After a restart, records are read as it asks."""
        if self.pools.is_named(key.namespace, said.pod, said.boot):
            return True
        for task_id in filter(None, map(task_id_of, said.holds[:MOST_CALLS])):
            if await self.inbox.bound_to(task_id) == f"{said.pod}/{said.boot}":
                return self.inbox.namespace(task_id) == key.namespace
        return False

    async def _next(self, key: PoolKey, said: Next, listens: Callable[[], bool]) -> Json:
        pod = self._known(key, said)
        verdict: dict[str, Json] = {}
        fact = await self._end(pod, said.outcome, verdict)
        if self._known(key, said) is not pod:
            raise _Refused(503, "this process was forgotten meanwhile")
        is_refused = fact is None and verdict.get("outcome") in (400, 413)
        if said.draining or not said.wait or is_refused:
            if fact is not None:
                verdict["outcome"] = await self._deliver(fact)
            elif verdict.get("outcome") != 200:
                await self.pause(REFUSAL_SECONDS)
            return verdict
        asked = asyncio.get_running_loop().create_future()
        ask = Ask(slot=said.slot, give=_setter(asked), is_open=listens)
        self.pools.asks(pod, ask, said.holds)
        if fact is not None:
            try:
                verdict["outcome"] = await self._deliver(fact)
            except BaseException:
                self.pools.withdraw(pod, ask, asked.result() if asked.done() else None)
                raise
        handover = await _given(asked)
        if handover is None:
            self.pools.withdraw(pod, ask, None)
            await self.pause(REFUSAL_SECONDS)
            return verdict
        return {**verdict, "task": _told(handover)}

    def _known(self, key: PoolKey, said: Said) -> WarmPod:
        pod = self.pools.pod(said.pod, said.boot)
        if pod is None:
            raise _Refused(425, "say hello first")
        self._require_of(pod, key)
        pod.seen_at = self.clock()
        return pod

    def _require_of(self, pod: WarmPod, key: PoolKey) -> None:
        if not self.pools.is_of(pod, key):
            raise _Refused(403, "the token is not that of this pod's pool")

    async def _end(
        self, pod: WarmPod, ended: Ended | None, verdict: dict[str, Json]
    ) -> TaskFact | None:
        """The end that the request tells; the verdict if nobody may have it."""
        if ended is None:
            return None
        try:
            task_id = TaskId.parse(ended.task_id)
            outcome = outcome_of(ended.outcome)
        except (InvalidOutcome, ValueError) as error:
            verdict |= {"outcome": 400, "reason": f"not an outcome: {error}"}
            return None
        if outcome.error is None and len(to_text(outcome.output).encode()) > PAYLOAD_LIMIT_BYTES:
            limit = f"the output has more than {PAYLOAD_LIMIT_BYTES} bytes"
            verdict |= {"outcome": 413, "reason": limit}
            return None
        if self.pools.answered(pod, task_id, outcome):
            verdict |= {"outcome": 200}
            return None
        if await self.inbox.bound_to(task_id) != pod.process:
            self.pools.ended(pod, task_id)
            verdict |= {"outcome": 409, "reason": NOT_AWAITED.strip()}
            return None
        started_at = self.pools.ended(pod, task_id)
        return end_of(task_id, outcome, self.now(), started_at=started_at)

    async def _deliver(self, fact: TaskFact) -> int:
        return 200 if await self.inbox.deliver(fact) is Delivery.SAVED else 409

    async def _heartbeat(self, key: PoolKey, said: Beat) -> Json:
        pod = self._known(key, said)
        try:
            task_id = TaskId.parse(said.task_id)
        except ValueError:
            raise _Refused(400, "taskId is no id of a task") from None
        if task_id in pod.running and await self.inbox.bound_to(task_id) == pod.process:
            await self.inbox.deliver(TaskHeartbeat(task_id=task_id, at=self.now()))
        return {}


def _elsewhere(address: str | None) -> tuple[int, Json]:
    if address:
        return 421, {"holder": f"https://{address}"}
    return 503, {"reason": "nobody holds the lease"}


def _refusal_of(error: Exception) -> tuple[int, Json]:
    match error:
        case _Refused() | NotRead():
            return error.status, {"reason": error.text.strip()}
        case ValidationError():
            told = error.errors(include_url=False, include_input=False, include_context=False)[0]
            place = ".".join(map(str, told["loc"]))
            return 400, {"reason": f"{place}: {told['msg']}"}
        case PlatformError():
            return 503, {"reason": "not now"}
    return 400, {"reason": "the body is no JSON"}


def _setter(asked: "asyncio.Future[Handover | None]") -> Callable[[Handover | None], None]:
    def give(handover: Handover | None) -> None:
        if not asked.done():
            asked.set_result(handover)

    return give


async def _given(asked: "asyncio.Future[Handover | None]") -> Handover | None:
    """What the slot is given; None after a while."""
    timer = asyncio.get_running_loop().call_later(HELD_SECONDS, _setter(asked), None)
    try:
        return await asked
    finally:
        timer.cancel()


async def _until_nudged(pod: WarmPod) -> None:
    """Until there is news for the pod, or for a while; an older hello is answered at once."""
    if pod.nudge is not None:
        pod.nudge()
    nudged: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def nudge() -> None:
        if not nudged.done():
            nudged.set_result(None)

    pod.nudge = nudge
    timer = asyncio.get_running_loop().call_later(HELD_SECONDS, nudge)
    try:
        await nudged
    finally:
        timer.cancel()
        if pod.nudge is nudge:
            pod.nudge = None


def _told(handover: Handover) -> Json:
    return {
        "taskId": str(handover.task_id),
        "event": handover.event,
        "environment": handover.environment,
    }
