"""Tasks that mean ill, over real sockets: what they hold is bounded, and a good one is answered."""

import asyncio
import logging
import socket
import struct
import tracemalloc
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.authority import server_context
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.keys import client_context, ensure_keys, install_certificate
from asw.platforms.kubernetes.results.bodies import (
    BODY_LIMIT_BYTES,
    BYTES_IN_FLIGHT,
    BYTES_OF_NAMESPACE,
    Bodies,
)
from asw.platforms.kubernetes.results.listening import (
    CONNECTIONS,
    CONNECTIONS_OF_ADDRESS,
    Patience,
    connection_shares,
    listening,
)
from asw.platforms.kubernetes.results.results import ResultServer
from asw.reconciler.deliveries import Delivery
from tests.support.kube_api import kube_api

NAME = "results.asw.svc"
GOOD, LIVE, ENDED = TaskId("good", 1), TaskId("evil", 1), TaskId("evil", 2)
HALF = b"x" * 65536


class FakeInbox:
    """Awaits all but ``ENDED``; a task's namespace is its execution's uid."""

    def __init__(self):
        self.saved = []

    async def deliver(self, fact):
        """See Inbox."""
        self.saved.append(fact.task_id)
        return Delivery.SAVED

    async def awaits(self, task_id):
        """See Inbox."""
        return task_id != ENDED

    def namespace(self, task_id):
        """See Inbox."""
        return task_id.execution_uid

    async def event(self, task_id):
        """See Inbox."""
        return None if task_id == ENDED else '"' + "x" * 1_000_000 + '"'


class Here:
    """This replica holds the lease."""

    def is_here(self):
        """See Holder."""
        return True


class Target:
    """A result server as production serves it, and ways to talk to it."""

    def __init__(self, keys, site, server, shares):
        self.keys, self.site, self.shares = keys, site, shares
        self.server, self.bodies, self.inbox = server, server.bodies, server.inbox
        self._tls = client_context(keys)
        self._writers = []

    async def connect(self, address="127.0.0.1", *, tls=True):
        """A connection from an address of this machine, which stays open until the end."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1",
            self.site.port,
            local_addr=(address, 0),
            ssl=self._tls if tls else None,
            server_hostname=NAME if tls else None,
        )
        self._writers.append(writer)
        return reader, writer

    def head(self, task_id, length, what="POST outcome", more=""):
        """A request up to its body."""
        method, what = what.split()
        token = self.keys.tokens.issue(task_id)
        return (
            f"{method} /v1/tasks/{task_id}/{what} HTTP/1.1\r\nHost: x\r\n{more}"
            f"Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    async def send(self, data, address="127.0.0.1"):
        """Send it over a new connection; where to read the answer."""
        reader, writer = await self.connect(address)
        writer.write(data)
        return reader

    async def push(self, task_id, body=b'{"output": 1}', address="127.0.0.1"):
        """A whole push, as a runtime does it: the status of its answer, and goodbye."""
        reader, writer = await self.connect(address)
        writer.write(self.head(task_id, len(body)) + body)
        try:
            return await status(reader)
        finally:
            writer.transport.abort()

    async def close(self):
        """Close what is open."""
        for writer in self._writers:
            writer.transport.abort()
        await until(lambda: not len(self.shares))
        self._writers.clear()


async def status(reader):
    """The status of the next answer."""
    async with asyncio.timeout(60):
        return int((await reader.readline()).split()[1])


@asynccontextmanager
async def a_target(bodies=None, patience=None):
    now = datetime.now(UTC)  # the ssl module has no other clock
    async with kube_api() as (_, client):
        keys = await ensure_keys(client, "asw", now)
    context = server_context()
    install_certificate(context, keys, [NAME], now)
    shares = connection_shares()
    server = ResultServer(
        keys=KeyRing(keys.tokens, None),
        inbox=FakeInbox(),
        holder=Here(),
        now=lambda: now,
        bodies=bodies or Bodies(),
    )
    application = server.application()
    async with listening(application, 0, context, shares, patience or Patience()) as site:
        target = Target(keys, site, server, shares)
        try:
            yield target
        finally:
            await target.close()


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  sockets tell nobody
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("is_reset", [False, True], ids=["end", "reset"])
@pytest.mark.parametrize(
    ("what", "more", "sent"),
    [
        ("POST outcome", "", b'{"out'),
        ("POST outcome", "Expect: 100-continue\r\n", b""),
        ("POST outcome", "", b'{"output": 1}'),
        ("POST heartbeat", "", b"-" * 13),
        ("GET event", "", b"-" * 13),
    ],
    ids=["half a body", "asked for", "saved", "heartbeat", "event"],
)
async def test_a_task_that_goes_away_is_not_logged(what, more, sent, is_reset, caplog):
    """Whatever it was about to send or to be told: pods end at any moment."""
    async with a_target() as target:
        asked, leave = asyncio.Event(), asyncio.Event()
        awaits, event = target.inbox.awaits, target.inbox.event

        async def held(answer, task_id):
            asked.set()
            await leave.wait()
            return await answer(task_id)

        target.inbox.awaits = lambda task_id: held(awaits, task_id)
        target.inbox.event = lambda task_id: held(event, task_id)
        _, writer = await target.connect()
        writer.write(target.head(LIVE, 13, what, more) + sent)
        if what != "POST heartbeat":
            await asked.wait()
        if is_reset:
            plain = writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await until(lambda: not len(target.shares))
        leave.set()
        assert await target.push(GOOD) == 200
    assert [it.getMessage() for it in caplog.records if it.levelno > logging.DEBUG] == []


async def test_a_task_that_ended_sends_no_body():
    """Its head is answered; nobody says that the body may come, and nobody waits for it."""
    async with a_target() as target:
        for more in ("", "Expect: 100-continue\r\n"):
            reader = await target.send(target.head(ENDED, BODY_LIMIT_BYTES, more=more))
            assert await status(reader) == 409
        assert target.bodies.shares.peak == 0


async def test_a_task_that_is_awaited_is_told_to_go_on():
    """Whoever asks whether to send the body is told, once there is room for it."""
    async with a_target() as target:
        reader, writer = await target.connect()
        writer.write(target.head(LIVE, 13, more="Expect: 100-continue\r\n"))
        assert await status(reader) == 100
        await reader.readline()
        writer.write(b'{"output": 1}')
        assert await status(reader) == 200
    assert target.inbox.saved == [LIVE]


async def test_a_large_body_is_refused_by_its_head():
    """What is longer than the limit is not read at all, whatever the limits of memory."""
    async with a_target() as target:
        reader = await target.send(target.head(LIVE, BODY_LIMIT_BYTES + 1))
        assert await status(reader) == 413
        chunked = target.head(LIVE, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
        chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        assert await status(await target.send(chunked + chunk * 3)) == 413
        assert target.bodies.shares.held == 0


async def test_half_sent_bodies_of_one_task():
    """A task has one body on its way, the newest: a hundred hold no more than one."""
    async with a_target() as target:
        half = target.head(LIVE, BODY_LIMIT_BYTES) + HALF
        answers = [await target.send(half, f"127.0.1.{each % 4}") for each in range(100)]
        given_up = [await status(reader) for reader in answers[:-1]]
        assert given_up == [503] * 99
        assert target.bodies.shares.held == BODY_LIMIT_BYTES
        assert await target.push(LIVE) == 200
        assert await status(answers[-1]) == 503


async def test_a_sign_of_life_ends_no_push():
    """A task may send a heartbeat, or ask for its event, while its outcome is on its way."""
    async with a_target() as target:
        reader, writer = await target.connect()
        body = b'{"output": 1}'
        writer.write(target.head(LIVE, len(body)) + body[:5])
        await until(lambda: target.bodies.shares.held == len(body))
        for what in ("POST heartbeat", "GET event"):
            assert await status(await target.send(target.head(LIVE, 0, what))) == 200
        writer.write(body[5:])
        assert await status(reader) == 200


async def test_half_sent_bodies_of_a_namespace():
    """All that the tasks of one namespace send is half of the room, and others have the rest."""
    async with a_target() as target:
        for each in range(40):
            half = target.head(TaskId("evil", each + 10), BODY_LIMIT_BYTES) + HALF
            await target.send(half, f"127.0.1.{each % 4}")
        await until(lambda: target.bodies.shares.held == BYTES_OF_NAMESPACE)
        assert await target.push(GOOD) == 200
        large = b'{"output": "' + b"\\u6c42" * 80_000 + b'"}'
        assert await target.push(GOOD, large) == 200
        assert await target.push(TaskId("evil", 99)) == 503
        assert target.bodies.shares.peak <= BYTES_IN_FLIGHT


async def test_many_namespaces_give_way_to_one_that_holds_less():
    """Where all is taken, the oldest of who holds most makes room, and is told to come again."""
    async with a_target() as target:
        answers = []
        for each in range(18):
            half = target.head(TaskId(f"evil-{each % 3}", each), BODY_LIMIT_BYTES) + HALF
            answers.append(await target.send(half))
        await until(lambda: len(target.bodies.shares) == 16)
        assert await target.push(GOOD) == 200
        assert target.bodies.shares.peak == BYTES_IN_FLIGHT


async def test_a_body_that_does_not_arrive_is_not_waited_for():
    """Half a body has its time, and is then answered; its room is free again."""
    async with a_target(Bodies(seconds=0.1)) as target:
        assert await status(await target.send(target.head(LIVE, 1000) + b"half")) == 408
        assert target.bodies.shares.held == 0


async def test_an_answer_that_nobody_takes_is_not_held():
    """An event waits for its reader no longer than a body for its sender."""
    async with a_target(Bodies(seconds=0.2)) as target:
        _, writer = await target.connect()
        writer.transport.pause_reading()
        writer.write(target.head(LIVE, 0, "GET event") * 20)
        await until(lambda: target.bodies.shares.peak >= 1_000_000)
        await until(lambda: len(target.shares) == 0)
        assert target.bodies.shares.held == 0


@pytest.mark.parametrize("kind", ["idle", "half a head", "after a request"])
async def test_connections_that_ask_nothing_are_closed(kind):
    """A head has its time, from the handshake or the answer before on, however it drips."""
    async with a_target(patience=Patience(idle=0.2)) as target:
        reader, writer = await target.connect()
        if kind == "half a head":
            writer.write(target.head(LIVE, 0)[:40])
        elif kind == "after a request":
            writer.write(target.head(LIVE, 0, "POST heartbeat"))
        async with asyncio.timeout(60):
            await reader.read()
        await until(lambda: len(target.shares) == 0)


async def test_handshakes_that_never_end_are_ended():
    """A connection that never speaks TLS is counted as well, and closed."""
    async with a_target(patience=Patience(handshake=0.2)) as target:
        reader, _ = await target.connect(tls=False)
        await until(lambda: len(target.shares) == 1)
        async with asyncio.timeout(60):
            assert await reader.read() == b""
        await until(lambda: len(target.shares) == 0)


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\n" + b"X: y\r\n" * 100 + b"\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"y" * 10_000 + b"\r\n\r\n",
        b"POST /" + b"y" * 10_000 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["many lines", "a long line", "a long path"],
)
async def test_large_heads_are_refused(head):
    """A head has its size too: a token needs a hundred characters."""
    async with a_target() as target:
        assert await status(await target.send(head)) == 400


async def test_connections_are_counted_from_the_accept_on():
    """So many from one address, those without a handshake too; another address is answered."""
    async with a_target() as target:
        for _ in range(CONNECTIONS_OF_ADDRESS):
            await target.connect("127.0.1.1", tls=False)
        await until(lambda: len(target.shares) == CONNECTIONS_OF_ADDRESS)
        reader, _ = await target.connect("127.0.1.1", tls=False)
        async with asyncio.timeout(60):
            with_reset = await reader.read()
        assert with_reset == b""
        assert await target.push(GOOD) == 200


async def test_a_connection_holds_a_tenth_of_a_mebibyte_at_most():
    """Eight hundred of them fit beside the operator: asyncio alone would hold 256 KiB for each."""
    ends = 2 * CONNECTIONS_OF_ADDRESS  # both are in this process
    async with a_target() as target:
        await target.connect("127.0.0.2")
        tracemalloc.start()
        try:
            for _ in range(CONNECTIONS_OF_ADDRESS):
                await target.connect()
            await until(lambda: len(target.shares) == CONNECTIONS_OF_ADDRESS + 1)
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held / ends < 0.1 * 1024 * 1024


CROWD = CONNECTIONS // CONNECTIONS_OF_ADDRESS + 4
"""Addresses that share all connections without any having too many."""


async def test_of_all_connections_who_has_most_gives_way():
    """Where there are as many as there may be, one of a crowd is closed for who has none."""
    async with a_target() as target:
        for each in range(CONNECTIONS):
            await target.connect(f"127.0.2.{each % CROWD}", tls=False)
        await until(lambda: len(target.shares) == CONNECTIONS)
        assert await target.push(GOOD) == 200
        assert target.shares.peak == CONNECTIONS


async def test_all_of_it_at_once():
    """Half bodies of ended and live tasks, idle ones, slow heads, large ones: all in bounds."""
    async with a_target() as target:
        for each in range(100):
            task_id = (ENDED, LIVE)[each % 2]
            attacks = [
                (target.head(task_id, BODY_LIMIT_BYTES) + HALF, f"127.0.3.{each % 10}"),
                (b"", f"127.0.4.{each % 10}"),
                (target.head(LIVE, 0)[:40], f"127.0.5.{each % 3}"),
                (target.head(LIVE, 2 * BODY_LIMIT_BYTES), f"127.0.6.{each % 3}"),
            ]
            for data, address in attacks:
                with suppress(ConnectionError):  # refused, as it should be
                    await target.send(data, address)
            if each % 5 == 0:
                assert await target.push(GOOD) == 200
        assert await target.push(GOOD) == 200
        assert target.bodies.shares.peak <= 2 * BODY_LIMIT_BYTES
        assert target.shares.peak <= CONNECTIONS
    assert set(target.inbox.saved) == {GOOD}
    assert len(target.inbox.saved) == 21


async def test_a_body_that_breaks_off_is_no_fault_of_ours(caplog):
    """Whoever goes away in the middle leaves nothing behind, in memory or in the log."""
    async with a_target() as target:
        _, writer = await target.connect()
        writer.write(target.head(LIVE, 1000) + b"half")
        await until(lambda: target.bodies.shares.held == 1000)
        writer.transport.abort()
        await until(lambda: target.bodies.shares.held == 0)
    assert not [it for it in caplog.records if it.levelname == "ERROR"]
