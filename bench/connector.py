"""What a call of a service costs over the server's own answer: `python -m bench.connector`.

The server answers GetItem of DynamoDB at once, in a process of its own.
"""

import asyncio
import json
import resource
import subprocess
import sys
import time
from statistics import median

import aiohttp
from aiohttp import web

from asw.connector.calls import Call, Done
from asw.connector.connector import Connector
from asw.connector.places import Access, Credentials

ALONE, TOGETHER, IN_FLIGHT, SLOW_SECONDS = 500, 5000, 500, 3
ITEM = json.dumps({"Item": {"id": {"S": "1"}, "text": {"S": "x" * 200}}}).encode()


def call_of(table: str) -> Call:
    """A read from the table."""
    parameters = {"TableName": table, "Key": {"id": {"S": "1"}}}
    return Call(
        service="dynamodb", action="getItem", sdk=True, parameters=parameters, task_id="uid-1"
    )


CALL = call_of("quick")


async def serve() -> None:
    """Answer until killed, and print the port first; of table ``slow`` after three seconds."""

    async def answer(request: web.Request) -> web.Response:
        if b"slow" in await request.read():
            await asyncio.sleep(SLOW_SECONDS)
        headers = {"x-amzn-RequestId": "r-1"}
        return web.Response(body=ITEM, content_type="application/x-amz-json-1.0", headers=headers)

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def measure(endpoint: str) -> None:
    """Print the figures."""
    key = Credentials(access_key_id="AKIDEXAMPLE", secret_access_key="of-bench")
    access = Access(name="lab", region="us-east-1", endpoint=endpoint, credentials=key)
    bare = await bare_seconds(endpoint)
    async with Connector() as connector:
        assert isinstance(await connector.make(CALL, access), Done)
        alone = [await _timed(connector, access) for _ in range(ALONE)]
        began, busy = time.perf_counter(), time.process_time()
        await _many(connector, access, CALL, TOGETHER)
        rate = TOGETHER / (time.perf_counter() - began)
        cpu = (time.process_time() - busy) / TOGETHER
        began = time.perf_counter()
        await _many(connector, access, call_of("slow"), IN_FLIGHT)
        waited = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"bare POST, p50                     {bare * 1000:7.2f} ms")
    print(f"call, p50                          {median(alone) * 1000:7.2f} ms")
    print(f"overhead, p50                      {(median(alone) - bare) * 1000:7.2f} ms")
    print(f"calls a second, {IN_FLIGHT} in flight      {rate:7.0f}")
    print(f"CPU a call                         {cpu * 1000:7.2f} ms")
    print(f"{IN_FLIGHT} calls of {SLOW_SECONDS} s at once            {waited:7.2f} s")
    print(f"memory at most                     {peak:7.0f} MiB")


async def bare_seconds(endpoint: str) -> float:
    """Seconds that the service takes to answer whoever asks it without us, p50."""
    async with aiohttp.ClientSession() as session:
        spans = []
        for _ in range(ALONE):
            began = time.perf_counter()
            async with session.post(f"{endpoint}/", data=b"{}") as response:
                await response.read()
            spans.append(time.perf_counter() - began)
    return median(spans)


async def _timed(connector: Connector, access: Access) -> float:
    began = time.perf_counter()
    await connector.make(CALL, access)
    return time.perf_counter() - began


async def _many(connector: Connector, access: Access, call: Call, count: int) -> None:
    outcomes = await asyncio.gather(*(connector.make(call, access) for _ in range(count)))
    failed = {str(it) for it in outcomes if not isinstance(it, Done)}
    assert not failed, failed


def main() -> None:
    """Measure against a server of its own."""
    if "--serve" in sys.argv:
        asyncio.run(serve())
        return
    command = (sys.executable, "-m", "bench.connector", "--serve")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            asyncio.run(measure(f"http://127.0.0.1:{server.stdout.readline().strip()}"))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
