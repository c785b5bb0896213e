"""The client: errors, chunks, throttling, numbers of any size, and terms of office."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from asw.platforms.kubernetes.client import client as client_module
from asw.platforms.kubernetes.client.client import CONNECTIONS, PAGE_BYTES, KubeClient, dump
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound, Stranger
from asw.platforms.kubernetes.client.lanes import LANE
from asw.platforms.kubernetes.client.resources import CONFIG_MAPS, EXECUTIONS, SERVICES
from asw.reconciler.platform import Conflict, NotActingError, Refused, TooLarge, Unavailable
from tests.support.kube_api import collection, kube_api

MAPS = collection("v1", "shop", "configmaps")
RUNS = collection("asw.dev/v1alpha1", "shop", "executions")


def a_map(name="a", **labels):
    return {"metadata": {"name": name, "labels": labels}, "data": {}}


async def test_object_is_read_and_written():
    """What was created can be read; the answer to the write says its version."""
    async with kube_api() as (_, client):
        made = await client.create(CONFIG_MAPS, "shop", a_map())
        found = await client.get(CONFIG_MAPS, "shop", "a")
        assert made["metadata"]["resourceVersion"] == found["metadata"]["resourceVersion"]
        assert client.writes == {"create configmaps": 1}


async def test_missing_object():
    """Nothing there is an answer that callers expect."""
    async with kube_api() as (_, client):
        with pytest.raises(NotFound):
            await client.get(CONFIG_MAPS, "shop", "a")


async def test_namesake_is_there():
    """A create that finds its name taken is no conflict of versions."""
    async with kube_api() as (_, client):
        await client.create(CONFIG_MAPS, "shop", a_map())
        with pytest.raises(AlreadyExists):
            await client.create(CONFIG_MAPS, "shop", a_map())


async def test_stale_version_conflicts():
    """A status is only written over the version that it was made from."""
    async with kube_api() as (api, client):
        version = api.put(RUNS, {"metadata": {"name": "a"}})["metadata"]["resourceVersion"]
        run = (EXECUTIONS, "shop", "a")
        await client.replace_status(*run, version=version, status={"phase": "x"})
        with pytest.raises(Conflict):
            await client.replace_status(*run, version=version, status={})
        assert api.named("executions")[0]["status"] == {"phase": "x"}


async def test_pages_are_as_long_as_objects_are_small():
    """A list of objects of a megabyte is read a few at a time, one of small ones by the hundred."""
    for size, second in ((10, 100), (PAGE_BYTES // 40, 39), (PAGE_BYTES // 4, 3)):
        async with kube_api() as (api, client):
            for number in range(21):
                item = a_map(f"m{number:02}") | {"data": {"a": "x" * (size if number < 20 else 1)}}
                api.put(MAPS, item)
            found = [item async for item in client.list(CONFIG_MAPS, "shop")]
            assert len(found) == 21
            assert [query["limit"] for query in api.queries] == ["20", str(second)]


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, Refused), (422, Refused), (400, Refused), (500, Unavailable), (401, Unavailable)],
)
async def test_refusals_and_outages(status, error):
    """Who must act decides the class: a human, or nobody."""
    async with kube_api() as (api, client):
        answer = web.json_response({"message": "exceeded quota: q"}, status=status)
        api.fail("POST", "configmaps", answer)
        with pytest.raises(error, match="exceeded quota: q"):
            await client.create(CONFIG_MAPS, "shop", a_map())


async def test_a_field_that_older_crds_lack_is_no_outage():
    """The API server answers 500, and would for ever."""
    said = (
        "failed to create typed patch object (/w; asw.dev/v1alpha1, Kind=Workflow): "
        ".spec.brandNew: field not declared in schema"
    )
    async with kube_api() as (api, client):
        api.fail("PATCH", "executions", web.json_response({"message": said}, status=500))
        with pytest.raises(Refused, match=r"\.spec\.brandNew"):
            await client.apply(EXECUTIONS, "shop", {"metadata": {"name": "w"}}, manager="asw-plan")


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (413, "Request entity too large: limit is 3145728"),
        (500, "etcdserver: request is too large"),
        (500, "rpc error: trying to send message larger than max (2148098 vs. 2097152)"),
        (422, 'ConfigMap "a" is invalid: []: Too long: may not be more than 1048576 bytes'),
        (422, "status.history: Too many: 70000: must have at most 1000 items"),
        (400, "request entity too large"),
    ],
)
async def test_refusals_for_size(status, message):
    """However it is worded: the same write never succeeds, and callers can do something else."""
    async with kube_api() as (api, client):
        api.fail("POST", "configmaps", web.json_response({"message": message}, status=status))
        with pytest.raises(TooLarge):
            await client.create(CONFIG_MAPS, "shop", a_map())


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>log in</html>", "content_type": "text/html"},
        {"status": 302, "headers": {"Location": "https://sso.invalid/login"}},
    ],
    ids=["a page", "a redirect"],
)
async def test_an_answer_that_is_no_api_servers(answer):
    """A page to log in at is an outage, and nobody is followed to another place."""
    async with kube_api() as (api, client):
        api.fail("GET", "services", web.Response(**answer))
        with pytest.raises(Stranger):
            await client.get(SERVICES, "shop", "x")


async def test_no_server_is_unavailable():
    """A connection that cannot be made is an outage, not a crash."""
    async with kube_api() as (_, client):
        client._server = "http://127.0.0.1:1"
        with pytest.raises(Unavailable, match="GET /api/v1/namespaces/shop/services/x"):
            await client.get(SERVICES, "shop", "x")


async def test_throttled_request_is_repeated():
    """The server says when to come again; nothing was done yet."""
    async with kube_api() as (api, client):
        api.fail("POST", "configmaps", web.Response(status=429, headers={"Retry-After": "0"}))
        await client.create(CONFIG_MAPS, "shop", a_map())
        assert len(api.writes()) == 2


async def test_endless_throttling_is_an_outage():
    """It is not repeated for ever, nor at once where no time is named."""
    async with kube_api() as (api, client):
        for _ in range(3):
            api.fail("POST", "configmaps", web.Response(status=429, headers={"Retry-After": "0"}))
        with pytest.raises(Unavailable):
            await client.create(CONFIG_MAPS, "shop", a_map())


async def test_long_lists_come_in_chunks():
    """Every object is listed once, of one namespace or of all."""
    async with kube_api() as (api, client):
        for n in range(1200):
            api.put(collection("v1", f"ns{n % 2}", "configmaps"), a_map(f"m{n}"))
        assert len([it async for it in client.list(CONFIG_MAPS)]) == 1200
        assert len([it async for it in client.list(CONFIG_MAPS, "ns1")]) == 600
        assert len(api.requests) == 13 + 7


async def test_lists_are_selected():
    """Selectors go to the server."""
    async with kube_api() as (api, client):
        api.put(MAPS, a_map("a", kind="page"))
        api.put(MAPS, a_map("b", kind="code"))
        found = [it async for it in client.list(CONFIG_MAPS, "shop", labels="kind=page")]
        assert [it["metadata"]["name"] for it in found] == ["a"]


async def test_an_empty_list_of_metadata_is_empty():
    """A server answers null for its items, where that of whole objects is an empty list."""
    async with kube_api() as (_, client):
        assert [it async for it in client.list(CONFIG_MAPS, "shop", is_metadata_enough=True)] == []


async def test_a_strict_client_wants_no_field_dropped():
    """An order that lost a field to older CRDs would be taken for done."""
    async with kube_api() as (api, client):
        await client.create(CONFIG_MAPS, "shop", a_map())
        assert api.queries[-1] == {}
        connection = Connection(server=client._server, tls=None, authorization=lambda: None)
        async with KubeClient(connection, is_strict=True) as strict:
            await strict.create(CONFIG_MAPS, "shop", a_map("b"))
        assert api.queries[-1] == {"fieldValidation": "Strict"}


async def test_delete_spares_namesakes():
    """With a uid only that very object is deleted."""
    async with kube_api() as (api, client):
        api.put(MAPS, a_map())
        with pytest.raises(Conflict):
            await client.delete(CONFIG_MAPS, "shop", "a", uid="another")
        with pytest.raises(Conflict):
            await client.delete(CONFIG_MAPS, "shop", "a", version="another")
        await client.delete(CONFIG_MAPS, "shop", "a")
        assert api.objects == {}
        assert b'"propagationPolicy":"Background"' in api.bodies[-1]


@pytest.mark.parametrize("value", [2**80, 1.5, "\ud800", "求"])
def test_every_value_can_be_sent(value):
    """Integers beyond 64 bits and halves of surrogate pairs are no reason to fail."""
    assert dump({"a": value}).startswith(b'{"a":')


class Term:
    """Whether writes are allowed; ``yes`` times more, then no more."""

    def __init__(self, yes):
        self.yes = yes

    def __call__(self, _):
        """See KubeClient.guard."""
        self.yes -= 1
        return self.yes >= 0


@pytest.mark.parametrize(
    "write",
    [
        lambda client, _: client.create(CONFIG_MAPS, "shop", a_map()),
        lambda client, version: client.replace_status(
            EXECUTIONS, "shop", "a", version=version, status={}
        ),
        lambda client, _: client.delete(EXECUTIONS, "shop", "a"),
    ],
    ids=["create", "status", "delete"],
)
async def test_no_write_without_the_lease(write):
    """What is not ours to write never reaches the server; reading goes on."""
    async with kube_api() as (api, client):
        version = api.put(RUNS, {"metadata": {"name": "a"}})["metadata"]["resourceVersion"]
        client.guard(lambda _: False)
        with pytest.raises(NotActingError):
            await write(client, version)
        assert await client.get(EXECUTIONS, "shop", "a")
        assert api.writes() == []
        assert client.withheld == 1


async def test_the_last_question_comes_after_the_connection():
    """Who lost the lease while the request waited for a connection sends nothing of it."""
    async with kube_api() as (api, client):
        client.guard(Term(1))  # one yes when the request begins, none when its bytes would go
        with pytest.raises(NotActingError):
            await client.create(CONFIG_MAPS, "shop", a_map())
        assert api.requests == []
        client.guard(lambda _: True)
        await client.create(CONFIG_MAPS, "shop", a_map())


async def test_throttled_write_is_not_repeated_without_the_lease():
    """The pause that the server asked for outlasted our term."""
    async with kube_api() as (api, client):
        client.guard(Term(2))
        api.fail("POST", "configmaps", web.Response(status=429, headers={"Retry-After": "0"}))
        with pytest.raises(NotActingError):
            await client.create(CONFIG_MAPS, "shop", a_map())
        assert len(api.requests) == 1


async def test_writes_under_way_are_given_up():
    """When the term ends nobody waits for answers any more, and reading goes on."""
    async with kube_api() as (api, client):
        api.slow = asyncio.Event()
        writing = asyncio.create_task(client.create(CONFIG_MAPS, "shop", a_map()))
        while not api.requests:  # noqa: ASYNC110  the server tells nobody
            await asyncio.sleep(0.001)
        client.abort_writes()
        client.abort_writes()
        with pytest.raises(NotActingError):
            await writing
        api.slow.set()


async def test_requests_are_timed():
    """How long requests took is known by verb and kind."""
    async with kube_api() as (_, client):
        await client.create(CONFIG_MAPS, "shop", a_map())
        await client.get(CONFIG_MAPS, "shop", "a")
        counts = {key: sum(spread.counts) for key, spread in client.seconds.items()}
        assert counts == {("create", "configmaps"): 1, ("get", "configmaps"): 1}


async def test_streams_keep_no_connection_from_requests(monkeypatch):
    """Whoever follows many executions or pods can still ask for something else."""
    monkeypatch.setattr(client_module, "CONNECTIONS", 1)
    monkeypatch.setattr(client_module, "TIMEOUT_SECONDS", 5.0)
    is_over = asyncio.Event()

    async def answer(request):
        if "watch" not in request.query:
            return web.json_response(a_map())
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first\n")
        await is_over.wait()
        return response

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application) as server:
        url = f"http://{server.host}:{server.port}"
        connection = Connection(server=url, tls=None, authorization=lambda: None)
        async with KubeClient(connection) as client:
            streams = [client.lines(MAPS, {"watch": "true"}) for _ in range(3)]
            try:
                async with asyncio.timeout(30):  # nobody else would end it
                    assert [await anext(stream) for stream in streams] == [b"first"] * 3
                    assert await client.get(CONFIG_MAPS, "shop", "a") == a_map()
            finally:
                is_over.set()
                for stream in streams:
                    await stream.aclose()


async def test_requests_of_one_namespace_keep_nobody_elses_waiting():
    """However many there are at once, connections are left for another namespace."""
    async with kube_api() as (api, client):
        api.slow = asyncio.Event()
        many = [
            asyncio.create_task(client.create(CONFIG_MAPS, "shop", a_map(f"m-{number}")))
            for number in range(3 * CONNECTIONS)
        ]
        while len(api.requests) < LANE:  # noqa: ASYNC110  the server tells nobody
            await asyncio.sleep(0.001)
        one = asyncio.create_task(client.create(CONFIG_MAPS, "bank", a_map()))
        bank = ("POST", collection("v1", "bank", "configmaps"))
        async with asyncio.timeout(60):
            while bank not in api.requests:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert len(api.requests) == LANE + 1
        api.slow.set()
        await asyncio.gather(one, *many)
        assert client.writes["create configmaps"] == 3 * CONNECTIONS + 1
