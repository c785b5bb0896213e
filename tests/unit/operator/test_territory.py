"""Two operators on the same namespaces: one acts; the other says who, and acts once it is gone.

Each is put together as production does it, over one API server in memory.
"""

import asyncio
from contextlib import aclosing, asynccontextmanager
from types import SimpleNamespace

import pytest

from asw.operator.health import Answers
from asw.operator.operator import assembled
from asw.operator.settings import OperatorSettings, ResultServerSettings
from asw.operator.territory import Territory
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.resources import EXECUTIONS
from asw.platforms.kubernetes.leader.claims import CLAIM_SECONDS, LOOK_PERIOD, Claims
from asw.platforms.kubernetes.leader.permissions import CLAIM_OF_ONE
from asw.reconciler.platform import NotActingError
from asw.sandbox.sandbox import Sandbox
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import execution_object, workflow_object
from tests.support.kube_world import PATHS
from tests.support.leases import FakeLeases

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


class Clock:
    """The clock of Leases and claims, which tests own."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        """What time it is."""
        return self.now

    async def sleep(self, seconds):
        """Until a test let so much time go by."""
        until = self.now + seconds
        while self.now < until:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.001)


@asynccontextmanager
async def an_operator(api, clock, name, *namespaces):
    """An installation that has won the Lease of its own, and its caches filled."""
    connection = Connection(server=api.url, tls=None, authorization=lambda: None)
    settings = OperatorSettings(
        namespace=name,
        watch_namespaces=namespaces,
        result_server=ResultServerSettings(is_enabled=False),
    )
    sandbox = Sandbox(workers=1)
    async with KubeClient(connection) as client, aclosing(sandbox):
        await sandbox.start()
        operator = await assembled(settings, connection, client, sandbox, clock)
        operator.territory.sleep = clock.sleep
        await operator.fill()
        await hold(operator)
        yield operator
        clock.now += LOOK_PERIOD
        await operator.reconciler.stop()
        await asyncio.to_thread(operator.lease.release)
        operator.stand_down()


async def hold(operator):
    """Win or renew the Lease, and the claims where it acts."""
    await asyncio.to_thread(operator.lease.attempt)
    await operator.territory.keep()
    if operator.may_act():
        await operator.territory.take_up()


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.001)


async def run(api, name, *operators):
    """Create an Execution that all of them see; its status once it is over."""
    workflow = api.put(PATHS["workflow"], workflow_object(definition=PASS))
    made = execution_object()
    made["metadata"] |= {"name": name, "uid": f"uid-{name}"}
    execution = api.put(PATHS["execution"], made)
    for each in operators:
        await each.definitions.reconcile(each.feed.workflow("ADDED", workflow))
        each.feed.execution("ADDED", execution)
    path = f"{PATHS['execution']}/{name}"
    await until(lambda: api.objects[path].get("status", {}).get("phase") == "Succeeded")


@pytest.mark.parametrize("watched", [(), ("shop",)], ids=["all", "by name"])
async def test_of_two_one_acts_and_the_other_says_why_until_it_is_gone(watched):
    """The later one writes nothing and is ready all the same; it takes over without a restart."""
    async with kube_api() as (api, _):
        clock, answers = Clock(), Answers()
        async with an_operator(api, clock, "one") as one:
            await until(lambda: one.may_act_in("shop"))
            async with an_operator(api, clock, "two", *watched) as two:
                two.answer(SimpleNamespace(answers=answers))
                await until(lambda: two.territory.claims.troubles)
                await run(api, "first", one, two)
                assert not two.may_act()
                assert two.client.writes == {
                    "create secrets": 2
                }  # its keys, before it stood for a Lease
                with pytest.raises(NotActingError):
                    await two.client.create(EXECUTIONS, "shop", execution_object())
                status, _, body = answers.get("/readyz")
                assert status == 200
                assert b"installation one/asw-operator acts there" in body
                for _ in range(int(CLAIM_SECONDS / LOOK_PERIOD) + 3):
                    clock.now += LOOK_PERIOD
                    await hold(two)
                    await asyncio.sleep(0.02)
                await until(lambda: two.may_act_in("shop"))
                assert not one.may_act_in("shop")
                await run(api, "second", two)
                assert answers.get("/readyz")[2] == b"ok\n"


async def test_who_claims_all_takes_up_what_another_left():
    """It acts elsewhere meanwhile, and goes on with what the other one had not finished."""
    async with kube_api() as (api, _):
        clock = Clock()
        leases = collection("coordination.k8s.io/v1", "shop", "leases")
        spec = {"holderIdentity": "gone/asw", "leaseDurationSeconds": CLAIM_SECONDS}
        api.put(leases, {"metadata": {"name": CLAIM_OF_ONE}, "spec": spec})
        async with an_operator(api, clock, "one") as one:
            await until(lambda: one.may_act_in("elsewhere"))
            assert not one.may_act_in("shop")
            waiting = asyncio.create_task(run(api, "left", one))
            for _ in range(int(CLAIM_SECONDS / LOOK_PERIOD) + 3):
                clock.now += LOOK_PERIOD
                await hold(one)
            await waiting
            assert one.may_act_in("shop")


async def test_who_waits_for_others_shows_that_it_lives():
    """It may take days: the loop that waits comes round, so that nothing restarts it."""
    clock, leases, rounds = Clock(), FakeLeases(), []
    Claims(leases, "one/asw", (), clock).step()

    async def sleep(seconds):
        clock.now += seconds

    claims = Claims(leases, "two/asw", (), clock)
    territory = Territory(claims=claims, succession=None, turn=None, sleep=sleep)
    await territory.claim(lambda: rounds.append(clock.now))
    assert len(rounds) >= CLAIM_SECONDS / LOOK_PERIOD
    assert territory.covers("shop")
