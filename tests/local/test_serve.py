"""``asw serve --local``: clients of a cluster's door do their work on one machine."""

import asyncio
import json
import shlex
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from tests.local.test_activities import SHIP, events
from tests.local.test_callbacks import API, ASK, CODE, ENVIRON, asw, running, token
from tests.support.callback_client import main_handler
from tests.support.examples import examples

POLL = "/v1/activities/poll"
ASKED = {"token": "any", "namespace": "shop", "activity": "ship", "worker": "bench 3"}


@dataclass
class Door:
    """A running ``asw serve --local``."""

    process: asyncio.subprocess.Process
    plain: str
    key: str

    @property
    def address(self):
        """The address with the key in it: all that a client needs."""
        return f"{self.plain}/{self.key}"

    async def post(self, path, said, *, address=None, **headers):
        """Status, and object of the answer, as the client of the cluster's tests gets them."""
        event = {"address": address or self.address, "path": path, "said": said}
        got = await asyncio.to_thread(main_handler, {**event, "headers": headers}, None)
        return got["status"], got["body"]

    async def report(self, what, given, **said):
        """Report on a callback."""
        return await self.post(f"/v1/callbacks/{what}", {"token": given, **said})


@asynccontextmanager
async def serving(folder, *words):
    """The door of the folder's store; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "asw", "serve", "--local", "--port", "0", *words),
        cwd=folder,
        env=ENVIRON,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said = (await process.stderr.readline()).decode()
        assert said.startswith("serving on http"), said
        key = (folder / ".asw" / "serve-key").read_text().strip()
        yield Door(process, said.split()[2].rstrip(";"), key)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def folder(tmp_path):
    """A folder with a Workflow ``flow`` whose only Task waits for a callback."""
    code = {"runtime": "python3"}
    code["code"] = {"inline": {"index.py": CODE.replace("FOLDER", str(tmp_path))}}
    function = {**API, "kind": "Function", "metadata": {"name": "ask"}, "spec": code}
    write(tmp_path, {"Ask": ASK}, function)
    return tmp_path


def write(folder, states, *more):
    """Make these the states of ``flow``."""
    spec = {"definition": {"StartAt": next(iter(states)), "States": states}}
    spec["defaultInput"] = {"order": 7}
    flow = {**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec}
    (folder / "flow.yaml").write_text(yaml.safe_dump_all([*more, flow]))


async def test_a_client_of_a_cluster_reports_here(folder):
    """Heartbeat and success count, once; a late report and a forged token hear AWS's errors."""
    async with serving(folder) as door, running(folder) as run:
        given = await token(folder)
        assert await door.report("heartbeat", given) == (200, {})
        status, said = await door.report("success", given[:-1] + "99", output=1)
        assert (status, said["__type"]) == (400, "TaskDoesNotExist")
        status, said = await door.report("success", "forged", output=1)
        assert (status, said["__type"]) == (400, "InvalidToken")
        assert await door.report("success", given, output=[1]) == (200, {})
        assert (await run)[:2] == (0, "[1]\n")
        status, said = await door.report("success", given, output=[1])
        assert (status, said["__type"]) == (400, "TaskTimedOut")


async def test_a_failure_is_told_as_it_was_said(folder):
    """Error and cause reach the execution; the key may be in a head of its own."""
    async with serving(folder) as door, running(folder) as run:
        said = {"token": await token(folder), "error": "Denied", "cause": "dear"}
        told = await door.post(
            *("/v1/callbacks/failure", said),
            address=door.plain,
            Authorization=f"Bearer {door.key}",
        )
        assert told == (200, {})
        code, _, words = await run
    assert code == 1
    assert "Denied" in words
    assert "dear" in words


async def test_asw_callback_reports_by_the_address(folder):
    """``--url`` leads to the door of this machine as to that of a cluster."""
    async with serving(folder) as door, running(folder) as run:
        words = ("callback", "success", await token(folder), "--output", "2")
        assert (await asw(folder, *words, "--url", door.address))[0] == 0
        assert (await run)[:2] == (0, "2\n")


async def test_a_worker_of_a_cluster_polls_and_reports_here(folder):
    """A poll that waits gets the task once there is one, and its token ends it."""
    write(folder, {"Ship": SHIP})
    async with serving(folder) as door:
        poll = asyncio.create_task(door.post(POLL, ASKED))
        async with running(folder) as run:
            status, task = await poll
            assert (status, task["input"], task["state"]) == (200, {"order": 7}, "Ship")
            assert task["execution"] == "flow-1"
            assert (await door.report("heartbeat", task["taskToken"]))[0] == 200
            assert (await door.report("success", task["taskToken"], output="sent"))[0] == 200
            assert (await run)[:2] == (0, '"sent"\n')
    started = [it for it in await events(folder) if it["type"] == "ActivityStarted"]
    assert [it["activityStartedEventDetails"]["workerName"] for it in started] == ["bench 3"]


async def test_asw_activity_worker_works_by_the_address(folder):
    """The worker of ``asw`` polls by ``--url`` as it does at a cluster."""
    write(folder, {"Ship": SHIP})
    async with serving(folder) as door, running(folder) as run:
        words = ("activity", "worker", "ship", "--once", "--url", door.address, "-n", "shop")
        code, _, said = await asw(folder, *words, "--token-file", ".asw/serve-key", "--", "cat")
        assert code == 0, said
        assert (await run)[:2] == (0, '{"order":7}\n')


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_workers_that_wait_are_answered_at_the_end(folder, number):
    """A signal ends the door at once: nobody's poll breaks off."""
    body = json.dumps(ASKED).encode()
    async with serving(folder) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(door.plain).port)
        head = f"POST /{door.key}{POLL} HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")  # it is at work on the poll
        writer.write(body)
        door.process.send_signal(number)
        answer = await reader.read()
        assert b" 200 " in answer.partition(b"\r\n")[0]
        assert answer.endswith(b'{"taskToken":null}')
        assert await door.process.wait() == 0
        writer.close()


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("", {}, 401, "UnrecognizedClientException"),
        ("/wrong", {}, 401, "UnrecognizedClientException"),
        ("", {"Authorization": "Bearer wrong"}, 401, "UnrecognizedClientException"),
        ("/KEY", {"Host": "evil.example:8700"}, 403, "AccessDeniedException"),
        ("/wrong", {"Authorization": "Bearer KEY"}, 401, "UnrecognizedClientException"),
    ],
    ids=["no key", "wrong path", "wrong bearer", "foreign Host", "two keys"],
)
async def test_others_do_not_get_in(folder, path, headers, status, code):
    """Neither without the key nor by a name of another machine, whatever the route."""
    async with serving(folder) as door:
        headers = {name: text.replace("KEY", door.key) for name, text in headers.items()}
        address = door.plain + path.replace("KEY", door.key)
        for route in ("/v1/callbacks/success", POLL):
            got, said = await door.post(route, ASKED, address=address, **headers)
            assert (got, said["__type"]) == (status, code)
            assert door.key not in json.dumps(said)


async def test_what_is_too_large_is_refused(folder):
    """A body and an output have the limits of a cluster; the Task waits on."""
    async with serving(folder) as door, running(folder) as run:
        given = await token(folder)
        status, said = await door.report("success", given, output="x" * 300_000)
        assert (status, said["__type"]) == (400, "ValidationException")
        status, said = await door.report("success", given, output="x" * 2_100_000)
        assert (status, said["__type"]) == (413, "ValidationException")
        assert await door.report("success", given, output=3) == (200, {})
        assert (await run)[:2] == (0, "3\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--local", "--host", "0.0.0.0"), "can be reached from other machines"),
        (("--local", "--host", "127.0.0.1", "--tls", "nowhere"), "cannot serve: No such file"),
        (("--port", "1"), "--port goes with --local only"),
    ],
    ids=["no TLS", "no certificate", "cluster"],
)
async def test_a_setting_that_makes_no_sense_is_refused(folder, words, told):
    """Nothing is opened to others by mistake."""
    code, _, said = await asw(folder, "serve", *words)
    assert code == 2
    assert told in said


async def test_a_key_that_others_can_read_is_refused(folder):
    """The folder's key stays the same from start to start, and private."""
    async with serving(folder) as door:
        key = door.key
    async with serving(folder) as door:
        assert door.key == key
    path = folder / ".asw" / "serve-key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    code, _, said = await asw(folder, "serve", "--local", "--port", "0")
    assert code == 2
    assert "is no file that you alone can read" in said


_OURS = [it for it in examples("endless") if it.command.startswith("asw serve")]


@pytest.mark.parametrize("example", _OURS, ids=lambda example: example.command)
async def test_an_example_serves(folder, example):
    """It says where it listens, and ends by SIGTERM."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *shlex.split(example.command)),
        cwd=Path(folder),
        env=ENVIRON,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        said = (await process.stderr.readline()).decode()
        assert said == "serving on http://127.0.0.1:8700; the key is in .asw/serve-key\n"
    finally:
        process.terminate()
        assert await process.wait() == 0
