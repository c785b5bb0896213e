"""From a replica without the lease to its holder."""

import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.authority import server_context
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.keys import client_context, ensure_keys, install_certificate
from asw.platforms.kubernetes.results.bodies import BYTES_OF_NAMESPACE
from asw.platforms.kubernetes.results.callbacks import CallbackServer
from asw.platforms.kubernetes.results.forwarding import FORWARDED, LeaseHolder
from asw.platforms.kubernetes.results.results import ResultServer
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import kube_api
from tests.support.kube_objects import CALLBACK_KEYS, UID, a_callback_ring

TASK = TaskId(UID, 1)


class Saving:
    """An inbox that saves everything."""

    async def deliver(self, fact):
        """See Inbox."""
        return Delivery.SAVED

    is_awaited = True

    async def awaits(self, task_id):
        """See Inbox."""
        return self.is_awaited

    def namespace(self, task_id):
        """See Inbox."""
        return "shop"

    async def event(self, task_id):
        """See Inbox."""
        return "[1.0]"


@dataclass
class Replica:
    """A result server, and whom it takes for the holder of the lease."""

    server: ResultServer
    client: TestClient | None = None
    callbacks: CallbackServer | None = None


@asynccontextmanager
async def two_replicas(callbacks=None):
    """The holder, a standby with a client of its, and the headers of a task."""
    now = datetime.now(UTC)  # the ssl module has no other clock
    async with kube_api() as (_, client):
        keys = await ensure_keys(client, "asw", now)
    context = server_context()
    install_certificate(context, keys, ["results.asw.svc"], now)
    tls = client_context(keys)

    def replica(holds_it, address):
        holder = LeaseHolder(lambda: holds_it, lambda: address, tls, "results.asw.svc")
        ring = KeyRing(keys.tokens, None)
        taking = callbacks and callbacks(holder, now)
        further = (taking.add_to,) if taking else ()
        server = ResultServer(
            keys=ring, inbox=Saving(), holder=holder, now=lambda: now, further=further
        )
        return server, taking

    first, first_callbacks = replica(True, None)
    leader = TestServer(first.application(), scheme="https")
    await leader.start_server(ssl=context)
    second, second_callbacks = replica(False, f"127.0.0.1:{leader.port}")
    headers = {"Authorization": f"Bearer {keys.tokens.issue(TASK)}"}
    async with TestClient(TestServer(second.application())) as standby:
        yield (
            Replica(first, callbacks=first_callbacks),
            Replica(second, standby, second_callbacks),
            headers,
        )
    await second.holder.close()
    await leader.close()


async def test_both_answer_the_same():
    """A standby hands request and token on, over TLS, and the holder's answer back."""
    async with two_replicas() as (_, second, headers):
        path = f"/v1/tasks/{TASK}"
        body = json.dumps({"output": 1})
        async with second.client.post(f"{path}/outcome", data=body, headers=headers) as answer:
            assert answer.status == 200
        async with second.client.post(f"{path}/heartbeat", headers=headers) as answer:
            assert answer.status == 200
        async with second.client.get(f"{path}/event", headers=headers) as answer:
            assert await answer.text() == "[1.0]"


async def test_the_head_goes_first():
    """Of a task that nobody awaits no replica reads the body: the holder is asked before it."""
    async with two_replicas() as (first, second, headers):
        first.server.inbox.is_awaited = False
        path = f"/v1/tasks/{TASK}/outcome"
        for _ in range(3):  # the connection to the holder serves again
            async with second.client.post(path, data="x" * 1000, headers=headers) as answer:
                assert answer.status == 409
        assert first.server.bodies.shares.peak == second.server.bodies.shares.peak == 0
        first.server.inbox.is_awaited = True
        async with second.client.post(path, data='{"output": 1}', headers=headers) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("which", [0, 1], ids=["the holder", "the standby"])
async def test_a_body_that_there_is_no_room_for(which):
    """Whichever replica has no room says so; the task comes again in a second."""
    async with two_replicas() as (*replicas, headers):
        full = replicas[which].server.bodies.shares
        share = full.take("shop", BYTES_OF_NAMESPACE, lambda: None)
        client, path = replicas[1].client, f"/v1/tasks/{TASK}/outcome"
        async with client.post(path, data='{"output": 1}', headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        share.release()
        async with client.post(path, data='{"output": 1}', headers=headers) as answer:
            assert answer.status == 200


async def test_a_body_without_an_end_is_refused_by_the_standby():
    """What has no length is read up to the limit, and the answer says why."""

    async def endless():
        while True:
            yield b" " * 65536

    async with two_replicas() as (_, second, headers):
        path = f"/v1/tasks/{TASK}/outcome"
        async with second.client.post(path, data=endless(), headers=headers) as answer:
            assert answer.status == 413


@pytest.mark.parametrize("address", [None, "", "127.0.0.1:1"])
async def test_no_holder_is_not_now(address):
    """Nobody holds the lease, or the holder does not answer: the task tries again."""
    holder = LeaseHolder(lambda: False, lambda: address, None, "x")
    request = make_mocked_request("GET", "/", {"Authorization": "Bearer x"})
    with pytest.raises(Unavailable):
        await holder.forward(request, None)
    await holder.close()


async def test_forwarded_request_is_not_sent_on():
    """Two replicas that each take the other for the holder do not play ping-pong."""
    holder = LeaseHolder(lambda: False, lambda: "127.0.0.1:1", None, "x")
    headers = {"Authorization": "Bearer x", FORWARDED: "1"}
    with pytest.raises(Unavailable, match="nobody holds"):
        await holder.forward(make_mocked_request("GET", "/", headers), None)


async def test_a_holder_that_just_lost_it_is_not_now():
    """Its 503 becomes ours, with the time to come again, not an answer to the task."""
    now = datetime.now(UTC)  # the ssl module has no other clock
    async with kube_api() as (_, client):
        keys = await ensure_keys(client, "asw", now)
    context = server_context()
    install_certificate(context, keys, ["results.asw.svc"], now)

    def replica(address):
        holder = LeaseHolder(
            lambda: False, lambda: address, client_context(keys), "results.asw.svc"
        )
        ring = KeyRing(keys.tokens, None)
        server = ResultServer(keys=ring, inbox=Saving(), holder=holder, now=lambda: now)
        return holder, server.application()

    _, former = replica(None)
    server = TestServer(former, scheme="https")
    await server.start_server(ssl=context)
    holder, second = replica(f"127.0.0.1:{server.port}")
    headers = {"Authorization": f"Bearer {keys.tokens.issue(TASK)}"}
    async with TestClient(TestServer(second)) as standby:
        path = f"/v1/tasks/{TASK}/outcome"
        async with standby.post(path, data='{"output": 1}', headers=headers) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert holder.forwarded == 0
    await holder.close()
    await server.close()


class Awaiting:
    """An inbox that awaits one callback."""

    def __init__(self):
        self.facts = []

    async def deliver(self, fact):
        """See CallbackInbox."""
        self.facts.append(fact)
        return Delivery.SAVED

    async def awaits_callback(self, claim):
        """See CallbackInbox."""
        return Delivery.LATE if self.facts else Delivery.SAVED


async def test_reports_on_callbacks_are_forwarded_too():
    """Whichever replica asw serve meets, the holder decides, and its answer comes back whole."""
    token = CALLBACK_KEYS.issue(Claim("shop", TASK))
    headers, path = {"Authorization": f"Bearer {token}"}, "/v1/callbacks/success"
    async with two_replicas(with_callbacks) as (first, second, _):
        inbox = first.callbacks.inbox
        async with second.client.post(path, data='{"output": [1]}', headers=headers) as answer:
            assert (answer.status, await answer.json()) == (200, {})
        async with second.client.post(path, data='{"output": 2}', headers=headers) as answer:
            told = await answer.json()
            assert (answer.status, told["__type"]) == (400, "TaskTimedOut")
        assert [fact.output for fact in inbox.facts] == [[1]]
        assert second.callbacks.inbox.facts == []


def with_callbacks(holder, now):
    """What takes callbacks at a replica."""
    ring = a_callback_ring(lambda: now)
    return CallbackServer(keys=ring, inbox=Awaiting(), holder=holder, now=lambda: now)
