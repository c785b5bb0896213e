"""The Lease over a server whose answers are odd, once: it is renewed all the same."""

import asyncio

import pytest

from asw.platforms.kubernetes.client.connection import Connection, NoConnection
from asw.platforms.kubernetes.leader.lease import LOOK_PERIOD, RETRY_PERIOD, Candidate, Lease
from asw.platforms.kubernetes.leader.lease_api import LISTED_AT_ONCE, LeaseApi
from asw.reconciler.platform import PlatformError, Unavailable
from tests.support.kube_api import collection, kube_api
from tests.support.odd_answers import ODD_ANSWERS, lease_server

ME = Candidate(namespace="asw", name="lease", identity="me", address="me:8443")
SECONDS = 0.3
"""For an odd answer, which may never end."""
PATIENCE_SECONDS = 60
"""For all others, on a busy machine too."""
METHODS = {"create": "POST", "replace": "PUT"}


class Clock:
    """A monotonic clock that tests own."""

    now = 1000.0

    def __call__(self):
        """What time it is."""
        return self.now


class Asking:
    """A LeaseApi that soon gives up an odd answer, and no other one."""

    def __init__(self, served, connection):
        self._served = served
        self._patient = LeaseApi(connection, PATIENCE_SECONDS)
        self._impatient = LeaseApi(connection, SECONDS)

    def __getattr__(self, name):
        method, _ = self._served.odd or ("", b"")
        is_odd = method == METHODS.get(name, "GET")
        return getattr(self._impatient if is_odd else self._patient, name)


@pytest.fixture
def server():
    with lease_server() as (served, connection):
        yield served, Asking(served, connection)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_an_odd_answer_before_the_lease_is_ours(server, odd, method):
    """Whatever comes instead of an answer costs a try, and no more."""
    served, api = server
    clock, told = Clock(), []
    lease = Lease(api, ME, told.append, clock)
    served.odd = (method, ODD_ANSWERS[odd])
    lease.attempt()
    assert served.was_odd.wait(PATIENCE_SECONDS)
    for _ in range(2):
        clock.now += LOOK_PERIOD
        lease.attempt()
    assert (lease.may_act(), told) == (True, [True])
    assert lease.answering_since is not None


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_an_odd_answer_to_a_renewal(server, odd):
    """The term goes on, and is renewed by the next try: nobody is told of anything."""
    served, api = server
    clock, told = Clock(), []
    lease = Lease(api, ME, told.append, clock)
    lease.attempt()
    clock.now += RETRY_PERIOD
    served.odd = ("PUT", ODD_ANSWERS[odd])
    lease.attempt()
    assert served.was_odd.wait(PATIENCE_SECONDS)
    assert lease.may_act()
    clock.now += LOOK_PERIOD
    lease.attempt()
    clock.now += 9
    assert (lease.may_act(), told) == (True, [True])


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_what_answers_is_a_lease_or_a_platform_error(server, odd):
    """Nothing else leaves the border, so nothing else has to be thought of behind it."""
    served, api = server
    served.odd = ("GET", ODD_ANSWERS[odd])
    with pytest.raises(PlatformError):
        api.get("asw", "lease")


@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_what_answers_is_a_list_of_leases_or_a_platform_error(server, odd):
    """Claims of others are read as carefully as our own Lease: one Lease is no list of them."""
    served, api = server
    served.odd = ("GET", ODD_ANSWERS[odd])
    with pytest.raises(PlatformError):
        list(api.named("namespace.asw.dev"))
    assert served.was_odd.wait(PATIENCE_SECONDS)
    served.lease = {"metadata": {"name": "asw", "resourceVersion": "1"}, "spec": {}}
    with pytest.raises(Unavailable, match="the answer is no list of Leases"):
        list(api.named("namespace.asw.dev"))


async def test_leases_of_a_name_are_listed_a_few_at_a_time():
    """All of them, of this name alone, however many namespaces have one."""
    async with kube_api() as (api, _):
        there = [f"team-{number}" for number in range(2 * LISTED_AT_ONCE + 1)]
        for namespace in there:
            leases = collection("coordination.k8s.io/v1", namespace, "leases")
            for name in ("mine", "other"):
                api.put(leases, {"metadata": {"name": name}, "spec": {}})
        connection = Connection(server=api.url, tls=None, authorization=lambda: None)
        found = await asyncio.to_thread(lambda: list(LeaseApi(connection).named("mine")))
        assert sorted(it["metadata"]["namespace"] for it in found) == sorted(there)


def test_credentials_that_cannot_be_had_are_no_answer():
    """A plugin that fails for once is waited for like a server."""

    def authorization():
        raise NoConnection("the plugin gave no credentials")

    api = LeaseApi(Connection(server="http://x", tls=None, authorization=authorization))
    with pytest.raises(PlatformError, match="plugin"):
        api.get("asw", "lease")


def test_an_answer_that_shows_another_holder_is_no_renewal(server):
    """A write counts only where the answer shows it: a cache of somebody's may answer, too."""
    served, api = server
    clock, told = Clock(), []
    lease = Lease(api, ME, told.append, clock)
    lease.attempt()
    foreign = dict(served.lease, spec={**served.lease["spec"], "holderIdentity": "you"})
    served.answer = lambda *_, usual=served.answer: usual("GET", b"")
    served.lease = foreign
    clock.now += 9.9
    lease.attempt()
    clock.now += 0.2
    assert not lease.may_act()
