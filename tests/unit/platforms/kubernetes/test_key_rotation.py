"""Keys are rotated while everything runs: what was signed before holds until the next time."""

import asyncio

import pytest

from asw.engine.facts import TaskSucceeded
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.client.resources import SECRETS
from asw.platforms.kubernetes.keys.key_ring import LOOK_SECONDS, KeyRing
from asw.platforms.kubernetes.keys.keys import (
    KEYS_NAME,
    ensure_keys,
    read_token_keys,
    rotation,
    token_keys,
)
from asw.platforms.kubernetes.keys.tokens import SigningKey, TokenKeys
from asw.reconciler.deliveries import Delivery
from asw.reconciler.platform import Conflict, Unavailable
from tests.support.kube_api import kube_api
from tests.support.kube_objects import NOW, UID, execution_object, function_object, workflow_object
from tests.support.kube_world import kube_world

TASK = TaskId(UID, 1)
OLD, NEW = SigningKey("old", b"1"), SigningKey("new", b"2")


class Clock:
    """A clock that tests own."""

    now = 1000.0

    def __call__(self):
        """What time it is."""
        return self.now


class Stored:
    """The keys as they are stored; ``fault`` is raised instead."""

    def __init__(self, keys):
        self.keys, self.fault, self.reads = keys, None, 0

    async def read(self):
        """See KeyRing."""
        self.reads += 1
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return self.keys


async def test_a_rotation_keeps_all_but_the_oldest_key():
    """The new one signs, the one before verifies, the authority stays."""
    async with kube_api() as (api, client):
        before = await ensure_keys(client, "asw", NOW)
        for _ in range(2):
            secret = api.named("secrets")[0]
            change = rotation(secret, NOW)
            assert change["metadata"]["resourceVersion"] == secret["metadata"]["resourceVersion"]
            secret["data"] = {**secret["data"], **change["data"]}
            after = await ensure_keys(client, "asw", NOW)
            assert after.tokens.previous == before.tokens.current
            assert after.tokens.current not in (before.tokens.current, before.tokens.previous)
            assert after.ca_certificate == before.ca_certificate
            before = after


@pytest.mark.parametrize("data", [None, {}, {"token-key": "eA=="}, {"ca.crt": "no base64"}])
async def test_a_damaged_secret_is_named(data):
    """Whoever edited it by hand is told what it lacks, and what to do."""
    async with kube_api() as (api, client):
        await ensure_keys(client, "asw", NOW)
        secret = api.named("secrets")[0]
        secret["data"] = data
        for read in (token_keys, lambda it: rotation(it, NOW)):
            with pytest.raises(Damaged, match=KEYS_NAME):
                read(secret)
        with pytest.raises(Damaged, match="put it back"):
            await read_token_keys(client, "asw")


async def test_an_unknown_key_is_looked_for_at_once():
    """A replica that has not noticed the rotation refuses no token of the new key."""
    stored = Stored(TokenKeys(NEW, OLD))
    ring = KeyRing(TokenKeys(OLD), stored.read, Clock())
    token = stored.keys.issue(TASK)
    assert await asyncio.gather(*(ring.task_of(token) for _ in range(5))) == [TASK] * 5
    assert stored.reads == 1
    assert await ring.task_of(TokenKeys(OLD).issue(TASK)) == TASK
    assert ring.keys.current == NEW


async def test_forged_tokens_cost_a_look_a_second():
    """Unknown keys are refused or put off; what is no token at all costs nothing."""
    clock, stored = Clock(), Stored(TokenKeys(NEW, OLD))
    ring = KeyRing(stored.keys, stored.read, clock)
    forged = TokenKeys(SigningKey("mine", b"3")).issue(TASK)
    assert await ring.task_of(forged) is None
    with pytest.raises(Unavailable):
        await ring.task_of(forged)
    assert await ring.task_of("garbage") is None
    assert await ring.task_of(stored.keys.issue(TASK) + "x") is None
    assert stored.reads == 1
    clock.now += LOOK_SECONDS
    assert await ring.task_of(forged) is None
    assert stored.reads == 2


async def test_keys_that_cannot_be_read_now_refuse_nobody():
    """The task comes again; a refusal would be final."""
    clock, stored = Clock(), Stored(TokenKeys(NEW, OLD))
    ring = KeyRing(TokenKeys(OLD), stored.read, clock)
    stored.fault = Unavailable("down")
    with pytest.raises(Unavailable):
        await ring.task_of(stored.keys.issue(TASK))
    assert await ring.task_of(TokenKeys(OLD).issue(TASK)) == TASK
    stored.fault = None
    clock.now += LOOK_SECONDS
    assert await ring.task_of(stored.keys.issue(TASK)) == TASK


async def test_what_starts_after_a_rotation_has_tokens_of_the_new_key():
    """Its Job says which key signed, and its Secret is another than that of the tasks before."""
    definition = {
        "StartAt": "One",
        "States": {
            "One": {"Type": "Task", "Resource": "asw:function:sum", "Next": "Two"},
            "Two": {"Type": "Task", "Resource": "asw:function:sum", "End": True},
        },
    }
    async with kube_world() as world:
        await world.apply("function", function_object())
        await world.apply("workflow", workflow_object(definition=definition))
        await world.apply("execution", execution_object())
        await world.until(lambda: len(world.api.named("/jobs/")) == 1)
        world.ring.keys = TokenKeys(NEW, world.ring.keys.current)
        done = TaskSucceeded(task_id=TASK, at=world.time.now, output=1)
        assert await world.inbox.deliver(done) is Delivery.SAVED
        await world.until(lambda: len(world.api.named("/jobs/")) == 2)
        jobs = world.api.named("/jobs/")
        assert [it["metadata"]["labels"]["asw.dev/token-key"] for it in jobs] == ["k", "new"]
        names = [it["metadata"]["name"] for it in world.api.named("/secrets/")]
        assert sorted(names) == ["0b2bd0a47c0c-t-0-k", "0b2bd0a47c0c-t-0-new"]
        (container,) = jobs[1]["spec"]["template"]["spec"]["containers"]
        assert {"name": "0b2bd0a47c0c-t-0-new", "key": "2"} in [
            it["valueFrom"]["secretKeyRef"]
            for it in container["env"]
            if "valueFrom" in it and "secretKeyRef" in it["valueFrom"]
        ]


async def test_two_that_rotate_at_once():
    """The change names the version that it is of: one of two meets a conflict."""
    async with kube_api() as (_, client):
        await ensure_keys(client, "asw", NOW)
        secret = await client.get(SECRETS, "asw", KEYS_NAME)
        await client.merge(SECRETS, "asw", KEYS_NAME, rotation(secret, NOW))
        with pytest.raises(Conflict):
            await client.merge(SECRETS, "asw", KEYS_NAME, rotation(secret, NOW))
