"""The archive through the door: who finds what, and what a hostile tenant gets."""

import asyncio
import logging
import threading

import aiohttp
import pytest

from asw.archive.questions import manifest_of
from asw.archive.store import ArchiveStore
from asw.executions.run import Run
from asw.serve.rates import Rates
from asw.serve.threads import Threads
from tests.support.archives import a_row, a_tail, allowed, an_archive, archive_door

BANKS = a_row("b1", namespace="bank", fields={"order.id": "secret-7"}, error="Bank.Secret")


async def test_a_search_answers_executions_the_newest_first(tmp_path):
    """Items have the shape of Executions, so that they are listed as those of the cluster."""
    runs = [a_row("u1"), a_row("u2", ended_at=1_767_268_802_001, phase="Succeeded", error=None)]
    async with archive_door(an_archive(tmp_path, *((run, b"") for run in runs))) as door:
        status, page = await door.ask("search")
        assert (status, page["next"]) == (200, None)
        assert page["items"] == [manifest_of(runs[1]), manifest_of(runs[0])]
        run = Run(page["items"][1])
        assert (run.name, run.workflow, run.phase, run.error) == ("run-u1", "etl", "Failed", "Boom")
        assert run.status["completionTime"] == "2026-01-01T12:00:01.250Z"
        assert run.uid == "u1"
        assert "error" not in page["items"][0]["status"]


@pytest.mark.parametrize(
    ("condition", "is_found"),
    [
        ({"name": "run-u1"}, True), ({"name": "run"}, False),
        ({"workflow": "etl"}, True), ({"workflow": "x"}, False),
        ({"phases": ["Failed", "Aborted"]}, True), ({"phases": ["Succeeded"]}, False),
        ({"error": "Boom"}, True), ({"error": "Bang"}, False),
        ({"since": "2026-01-01T13:00:01.250+01:00"}, True),
        ({"since": "2026-01-01T12:00:01.251Z"}, False),
        ({"until": "2026-01-01T12:00:01.251Z"}, True),
        ({"until": "2026-01-01T12:00:01.250Z"}, False),
        ({"labels": {"team": "blue"}}, True), ({"labels": {"team": "red"}}, False),
        ({"fields": {"order.id": "7"}}, True), ({"fields": {"order.id": "8"}}, False),
        ({"namespace": None, "token": "token-of-root"}, True),
    ],
    ids=str,
)  # fmt: skip
async def test_runs_are_found_by(tmp_path, condition, is_found):
    """Each condition finds what it names and nothing else."""
    async with archive_door(an_archive(tmp_path, (a_row(), b""))) as door:
        assert await door.uids(**condition) == (["u1"] if is_found else [])


async def test_pages_are_small_and_lead_on(tmp_path):
    """Nobody gets more at once than a page, and all of them together have each run once."""
    runs = [(a_row(f"u{n:03}", ended_at=n // 7), b"") for n in range(205)]
    async with archive_door(an_archive(tmp_path, *runs)) as door:
        status, page = await door.ask("search")
        assert (status, len(page["items"])) == (200, 100)
        assert await door.uids() == [f"u{n:03}" for n in reversed(range(205))]
        assert len(await door.uids(limit=41)) == 205
        assert (await door.ask("search", limit=101))[0] == 400


async def test_children_of_maps_come_on_request(tmp_path):
    """As in lists of a cluster, one run with many items does not hide all others."""
    child = a_row("u2", labels={"asw.dev/parent-uid": "u1"})
    async with archive_door(an_archive(tmp_path, (a_row(), b""), (child, b""))) as door:
        assert await door.uids() == ["u1"]
        assert await door.uids(children=True) == ["u2", "u1"]


async def test_a_bundle_comes_byte_for_byte(tmp_path):
    """By name, by uid, by both; of a name the newest. It is sent in parts, however large."""
    content = bytes(range(256)) * 3000
    older = a_row("u0", name="run-u1", ended_at=1)
    async with archive_door(an_archive(tmp_path, (older, b"old"), (a_row(), content))) as door:
        assert await door.ask("bundle", name="run-u1") == (200, content)
        assert await door.ask("bundle", uid="u1") == (200, content)
        assert await door.ask("bundle", name="run-u1", uid="u0") == (200, b"old")
        for wanted in ({"name": "no"}, {"uid": "no"}, {"name": "no", "uid": "u1"}):
            status, told = await door.ask("bundle", **wanted)
            assert (status, told["__type"]) == (404, "ExecutionDoesNotExist")


async def test_a_tenant_gets_nothing_of_another_namespace(tmp_path):
    """Not by uid, name, search or position, in one's own namespace, the other, or everywhere."""
    store = an_archive(tmp_path, (a_row(), b"ours"), (BANKS, b"theirs"))
    async with archive_door(store) as door:
        for wanted in ({"uid": "b1"}, {"name": "run-b1"}, {"uid": "b1", "name": "run-b1"}):
            status, told = await door.ask("bundle", **wanted)
            assert (status, told["__type"]) == (404, "ExecutionDoesNotExist")
            status, told = await door.ask("bundle", namespace="bank", **wanted)
            assert (status, told["__type"]) == (403, "AccessDeniedException")
        _, page = await door.ask("search", "token-of-eve", namespace="bank", limit=1)
        assert [it["metadata"]["uid"] for it in page["items"]] == ["b1"]
        for after in (f"{BANKS.ended_at}.b1", f"{BANKS.ended_at + 1}.a", "999999999999999.zz"):
            assert set(await door.uids(after=after)) <= {"u1"}
        assert await door.uids(fields={"order.id": "secret-7"}) == []
        assert await door.uids(error="Bank.Secret") == []
        for namespace in ("bank", None):
            status, told = await door.ask("search", namespace=namespace)
            assert (status, told["__type"]) == (403, "AccessDeniedException")
            assert "b1" not in told["message"]


async def test_everywhere_takes_a_right_for_everywhere(tmp_path):
    """Whoever may list executions in all namespaces finds those of all."""
    store = an_archive(tmp_path, (a_row(), b""), (BANKS, b""))
    async with archive_door(store) as door:
        assert await door.uids("token-of-root", namespace=None) == ["u1", "b1"]


async def test_without_a_name_a_role_for_one_name_is_not_enough(tmp_path):
    """RBAC is asked for the very name, and by a uid alone for all of them."""
    asked = []

    async def named(kind, spec):
        if "token" in spec:
            return await allowed(kind, spec)
        asked.append(spec["resourceAttributes"])
        return {"allowed": spec["resourceAttributes"]["name"] == "run-u1"}

    async with archive_door(an_archive(tmp_path, (a_row(), b"ours")), ask=named) as door:
        assert await door.ask("bundle", name="run-u1") == (200, b"ours")
        assert (await door.ask("bundle", uid="u1"))[0] == 403
        assert (await door.ask("search"))[0] == 403
    assert [(it["verb"], it["name"]) for it in asked] == [
        ("get", "run-u1"), ("get", ""), ("list", "")
    ]  # fmt: skip


async def test_private_payloads_take_the_right_to_read_payloads(tmp_path):
    """As on the cluster: whoever may see the run, but no Payloads, does not get its values."""
    async with archive_door(an_archive(tmp_path, (a_row(is_private=True), b"values"))) as door:
        status, told = await door.ask("bundle", uid="u1")
        assert (status, told["__type"]) == (403, "AccessDeniedException")
        assert "payloads" in told["message"]
        assert await door.ask("bundle", "token-of-root", uid="u1") == (200, b"values")
        assert await door.uids() == ["u1"]


@pytest.mark.parametrize("token", ["", "forged", "ü", None, 7, "x" * 20_000], ids=repr)
async def test_strangers_are_nobody(tmp_path, token):
    """Without a token that the cluster knows nothing is read."""
    async with archive_door(an_archive(tmp_path, (a_row(), b"ours"))) as door:
        for what, said in (("search", {}), ("bundle", {"uid": "u1"})):
            assert (await door.ask(what, token, **said))[0] in (400, 401)


@pytest.mark.parametrize(
    "said",
    [
        {"namespace": ""}, {"namespace": "a b"}, {"namespace": "shop\n"}, {"namespace": ["shop"]},
        {"after": "x"}, {"after": "1"}, {"after": "1.a;b"}, {"after": "9" * 40 + ".a"},
        {"after": "1.\0"}, {"since": "yesterday"}, {"since": "2026-01-01T00:00:00"},
        {"until": "9" * 300}, {"limit": 0}, {"limit": True}, {"limit": "5"}, {"labels": {"a": 1}},
        {"labels": {"": "x"}}, {"fields": {"x" * 300: "1"}}, {"fields": {"x": "y" * 300}},
        {"fields": {str(n): "1" for n in range(17)}}, {"phases": "Failed"}, {"unknown": 1},
    ],
    ids=lambda said: repr(said)[:30],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_before_the_archive(tmp_path, said):
    """Bounded texts and numbers only; the message repeats nothing of a tenant's."""
    async with archive_door(an_archive(tmp_path, (a_row(), b""))) as door:
        status, told = await door.ask("search", **said)
        assert (status, told["__type"]) == (400, "ValidationException")
        assert "y" * 20 not in told["message"]


async def test_nul_finds_what_was_stored_for_it(tmp_path):
    """What databases refuse in a text is looked for as it was stored."""
    row = a_row(fields={"a\N{REPLACEMENT CHARACTER}": "\N{REPLACEMENT CHARACTER}"})
    async with archive_door(an_archive(tmp_path, (row, b""))) as door:
        assert await door.uids(fields={"a\0": "\0"}) == ["u1"]


async def test_a_bundle_needs_a_name_or_a_uid(tmp_path):
    """And a namespace: there is no bundle of all of them."""
    async with archive_door(an_archive(tmp_path)) as door:
        for said in ({}, {"namespace": None, "uid": "u1"}, {"uid": "a b"}):
            assert (await door.ask("bundle", "token-of-root", **said))[0] == 400


async def test_an_archive_that_is_away_is_503(caplog):
    """In a sentence without its address; nothing of it is logged."""
    caplog.set_level(logging.DEBUG)
    store = ArchiveStore("postgresql://me:hunter2@127.0.0.1:1/db", seconds=1)
    async with archive_door(store) as door:
        for what, said in (("search", {"fields": {"a": "payload"}}), ("bundle", {"uid": "u1"})):
            status, told = await door.ask(what, **said)
            assert (status, told["__type"]) == (503, "ArchiveUnavailable")
            assert "does not answer now" in told["message"]
            assert "hunter2" not in told["message"]
    for secret in ("hunter2", "payload", "token-of-ann"):
        assert secret not in caplog.text


class HangingStore(ArchiveStore):
    """One whose database takes its time until it is told to go on."""

    def __init__(self, url):
        super().__init__(url)
        self.go_on = threading.Event()

    def list(self, *given, **more):
        """Hang."""
        self.go_on.wait(60)
        return super().list(*given, **more)


async def test_an_archive_that_hangs_stalls_nobody_else(tmp_path):
    """Its threads are few; other routes answer meanwhile, and who waits is told in time."""

    def add(application):
        async def callback(request):
            return aiohttp.web.json_response({})

        application.router.add_post("/v1/callbacks/success", callback)

    an_archive(tmp_path, (a_row(), b"")).close()
    store = HangingStore(f"sqlite:///{tmp_path}/archive.db")
    threads = Threads(seconds=0.2)
    async with archive_door(store, threads=threads, parts=[add]) as door:
        many = [asyncio.create_task(door.ask("search")) for _ in range(40)]
        url = f"{door.url}/v1/callbacks/success"
        async with aiohttp.ClientSession() as client, client.post(url) as answer:
            assert answer.status == 200
        assert {status for status, _ in await asyncio.gather(*many)} == {503}
        store.go_on.set()


async def test_a_client_that_does_not_read_is_left(tmp_path):
    """A bundle on its way holds no thread, and no longer than a client may take for a part."""
    store = an_archive(tmp_path, (a_row(), bytes(64 << 20)))
    async with archive_door(store, seconds=0.05) as door:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(door.url.rpartition(":")[2])
        )
        body = b'{"token": "token-of-ann", "namespace": "shop", "uid": "u1"}'
        writer.write(b"POST /v1/archive/bundle HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b"
                     % (len(body), body))  # fmt: skip
        await reader.read(1)
        while door.archived._sent:  # noqa: ASYNC110  nobody tells the client
            await asyncio.sleep(0)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(64 << 20)
        writer.close()


async def test_one_namespace_is_slowed_down(tmp_path):
    """More requests of one namespace than are good for the others are refused."""
    store = an_archive(tmp_path, (a_row(), b""), (BANKS, b""))
    rates = Rates(per_second=0.001, burst=2)
    async with archive_door(store, rates=rates) as door:
        assert [(await door.ask("search"))[0] for _ in range(3)] == [200, 200, 400]
        assert (await door.ask("search", "token-of-eve", namespace="bank"))[0] == 200


async def test_without_an_archive_there_is_no_such_route(tmp_path):
    """A client learns by 404 that this installation has none."""
    async with archive_door(an_archive(tmp_path)) as door:
        assert (await door.ask("else"))[0] == 404


async def test_logs_come_in_the_order_of_the_starts(tmp_path):
    """Page by page, with what is known of each; a state or a child alone on request."""
    store = an_archive(tmp_path)
    large = [a_tail(n, content=b"x" * 200_000) for n in (2, 3)]
    lost = a_tail(4, content=b"", lost="late", state="Pay", attempt=1)
    binary = a_tail(5, content=b"\xff\0", is_cut=True, task_uid="c1")
    store.tails.put([binary, lost, *large, a_tail()])
    async with archive_door(store) as door:
        found, after = [], {}
        while True:
            status, page = await door.ask("logs", uid="u1", **after)
            assert status == 200
            found += page["items"]
            if page["next"] is None:
                break
            after = {"after": page["next"]}
        assert [it["number"] for it in found] == [1, 2, 3, 4, 5]
        assert found[0]["text"].endswith("Z hello\n")
        told = [(it["state"], it["attempt"], it["lost"], it["child"]) for it in found[3:]]
        assert told == [("Pay", 1, "late", ""), ("Add", 0, "", "c1")]
        assert (found[4]["text"], found[4]["isCut"]) == ("\ufffd\0", True)
        of_state = (await door.ask("logs", uid="u1", state="Pay"))[1]["items"]
        assert [it["number"] for it in of_state] == [4]
        of_child = (await door.ask("logs", uid="u1", child="c1"))[1]["items"]
        assert [it["number"] for it in of_child] == [5]


async def test_logs_take_the_right_that_pods_take(tmp_path):
    """Whoever may get executions, but no log of a pod, gets none here either."""
    store = an_archive(tmp_path)
    store.tails.put([a_tail(), a_tail(namespace="bank", content=b"secret-7")])
    async with archive_door(store) as door:
        status, told = await door.ask("logs", "token-of-eve", namespace="bank", uid="u1")
        assert (status, told["__type"]) == (403, "AccessDeniedException")
        assert "get pods/log in namespace 'bank'" in told["message"]
        assert (await door.ask("logs", "token-of-ann", namespace="bank", uid="u1"))[0] == 403
        assert (await door.ask("logs", "nobody", uid="u1"))[0] == 401
        mine = (await door.ask("logs", uid="u1", after="0.u1"))[1]
        assert "secret" not in str(mine)
        assert len(mine["items"]) == 1
        for said in ({}, {"uid": "u1", "after": "x"}, {"uid": "u'1"}, {"uid": "u1", "name": "n"}):
            assert (await door.ask("logs", **said))[0] == 400
