"""The result server's table of answers (docs/reference/task-contract.md)."""

import io
import json
from contextlib import asynccontextmanager

import pytest
from aiohttp.test_utils import TestClient, TestServer

from asw.engine.facts import TaskFailed, TaskHeartbeat, TaskSucceeded, TaskVanished
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.key_ring import KeyRing
from asw.platforms.kubernetes.keys.tokens import SigningKey, TokenKeys
from asw.platforms.kubernetes.results.results import REFUSAL_SECONDS, ResultServer
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import Unavailable
from tests.support.kube_objects import NOW, UID

KEYS = TokenKeys(SigningKey("k", b"secret"))


async def stored_keys():
    """The keys as they are stored."""
    return KEYS


TASK = TaskId(UID, 1)


class FakeInbox:
    """Takes facts and answers as told."""

    def __init__(self, answer=Delivery.SAVED):
        self.answer = answer
        self.facts = []
        self.payload = '{"large":1.0}'
        self.is_awaited = True

    async def awaits(self, task_id):
        """See Inbox."""
        return self.is_awaited

    def namespace(self, task_id):
        """See Inbox."""
        return "shop"

    async def deliver(self, fact):
        """See Inbox."""
        self.facts.append(fact)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def event(self, task_id):
        """See Inbox."""
        return self.payload


class FakeHolder:
    """Whether we hold the lease, and what the holder answers."""

    def __init__(self, is_ours=True, answer=(200, "saved\n")):
        self.is_ours = is_ours
        self.answer = answer

    def is_here(self):
        """See Holder."""
        return self.is_ours

    async def forward(self, request, body):
        """See Holder."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@asynccontextmanager
async def a_server(inbox=None, holder=None, pauses=None):
    async def pause(seconds):
        (pauses if pauses is not None else []).append(seconds)

    server = ResultServer(
        keys=KeyRing(KEYS, stored_keys),
        inbox=inbox or FakeInbox(),
        holder=holder or FakeHolder(),
        now=lambda: NOW,
        pause=pause,
    )
    async with TestClient(TestServer(server.application())) as client:
        yield client


def authorized(task_id=TASK):
    return {"Authorization": f"Bearer {KEYS.issue(task_id)}"}


async def post(client, body, what="outcome", headers=None, task_id=TASK):
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    path = f"/v1/tasks/{task_id}/{what}"
    async with client.post(path, data=data, headers=headers or authorized(task_id)) as answer:
        return answer.status


async def test_event_that_could_not_be_fetched_is_a_loss():
    """A task that reached the server too late for its event did not run: it is started anew."""
    inbox = FakeInbox()
    async with a_server(inbox) as client:
        assert await post(client, {"error": "Asw.EventLost", "cause": "answered 503"}) == 200
    lost = TaskVanished(task_id=TASK, at=NOW, error="Asw.EventLost", reason="answered 503")
    assert inbox.facts == [lost]


async def test_output_is_saved():
    """The answer comes after the reconciler saved it, value for value."""
    inbox = FakeInbox()
    async with a_server(inbox) as client:
        assert await post(client, b'{"output": 1.0}') == 200
    assert inbox.facts == [TaskSucceeded(task_id=TASK, at=NOW, output=1.0)]
    assert isinstance(inbox.facts[0].output, float)


async def test_error_is_saved():
    """Error and cause are the task's."""
    inbox = FakeInbox()
    async with a_server(inbox) as client:
        assert await post(client, {"error": "E", "cause": "c"}) == 200
    assert inbox.facts == [TaskFailed(task_id=TASK, at=NOW, error="E", cause="c")]


@pytest.mark.parametrize(
    ("answer", "status"),
    [(Delivery.LATE, 409), (Delivery.GONE, 409), (Unavailable("down"), 503)],
)
async def test_outcome_that_is_not_saved(answer, status):
    """An attempt that is over is a conflict; an outage is to be tried again."""
    async with a_server(FakeInbox(answer)) as client:
        assert await post(client, {"output": 1}) == status


@pytest.mark.parametrize(
    ("answer", "headers", "pauses"),
    [
        (Delivery.SAVED, None, []),
        (Delivery.LATE, None, [REFUSAL_SECONDS]),
        (Delivery.SAVED, {"Authorization": "Bearer stranger"}, [REFUSAL_SECONDS]),
    ],
    ids=["what is awaited", "what is over", "what is nobody's"],
)
async def test_a_refusal_is_not_hurried(answer, headers, pauses):
    """Whoever posts for an ended task without end gets so many answers a second, and no more."""
    found = []
    async with a_server(FakeInbox(answer), pauses=found) as client:
        await post(client, {"output": 1}, headers=headers)
    assert found == pauses


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"output": NaN}', b'{"error": 5}', b"\xff"])
async def test_bad_outcome_is_refused(body):
    """What is no outcome is said to be none, and reaches nobody."""
    inbox = FakeInbox()
    async with a_server(inbox) as client:
        assert await post(client, body) == 400
    assert inbox.facts == []


async def test_deep_nesting_is_refused():
    """A body that nests without end does not hurt the server."""
    async with a_server() as client:
        assert await post(client, b'{"output":' + b"[" * 100_000) == 400


async def test_large_output_is_refused():
    """AWS: 256 KiB; the limit counts the bytes of the value's text, not of its spelling."""
    async with a_server() as client:
        assert await post(client, {"output": "x" * 262_143}) == 413
        assert await post(client, {"output": "x" * 262_142}) == 200
        escaped = b'{"output":"' + b"\\u6c42" * 80_000 + b'"}'
        assert await post(client, escaped) == 200


async def test_endless_body_is_refused():
    """No more than two megabytes are read."""
    async with a_server() as client:
        assert await post(client, b" " * (2 * 1024 * 1024 + 1)) == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X": "no authorization"}, 401),
        ({"Authorization": "Basic abc"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Bearer forged"}, 403),
        (authorized(TaskId(UID, 2)), 403),
        (authorized(TaskId("another", 1)), 403),
    ],
)
async def test_wrong_token_is_refused(headers, status):
    """Forged tokens and tokens of another start are good for nothing."""
    inbox = FakeInbox()
    async with a_server(inbox) as client:
        assert await post(client, {"output": 1}, headers=headers) == status
        assert await post(client, {}, "heartbeat", headers=headers) == status
        async with client.get(f"/v1/tasks/{TASK}/event", headers=headers) as answer:
            assert answer.status == status
    assert inbox.facts == []


async def test_heartbeat_is_taken():
    """A sign of life has no body."""
    inbox = FakeInbox()
    async with a_server(inbox) as client:
        assert await post(client, b"", "heartbeat") == 200
    assert inbox.facts == [TaskHeartbeat(task_id=TASK, at=NOW)]


async def test_event_is_served_as_it_is():
    """A large event is fetched as JSON text."""
    async with (
        a_server() as client,
        client.get(f"/v1/tasks/{TASK}/event", headers=authorized()) as answer,
    ):
        assert (answer.status, await answer.text()) == (200, '{"large":1.0}')
        assert answer.content_type == "application/json"


async def test_event_of_a_closed_task():
    """Nobody waits for it any more."""
    inbox = FakeInbox()
    inbox.payload = None
    async with (
        a_server(inbox) as client,
        client.get(f"/v1/tasks/{TASK}/event", headers=authorized()) as answer,
    ):
        assert answer.status == 409


@pytest.mark.parametrize(
    ("answer", "status"), [((200, "saved\n"), 200), ((409, "over\n"), 409), (Unavailable("x"), 503)]
)
async def test_standby_forwards(answer, status):
    """A replica without the lease answers what the holder answers."""
    inbox = FakeInbox()
    async with a_server(inbox, FakeHolder(is_ours=False, answer=answer)) as client:
        assert await post(client, {"output": 1}) == status
    assert inbox.facts == []
