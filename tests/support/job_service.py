"""A service of jobs on the loopback that answers by a script, in the protocols of AWS."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from asw.asl.values import Json
from tests.support.odd_service import Behaviour, hangs_up, odd_service

ERRORS = {"busy": (400, "ThrottlingException"), "down": (503, "InternalServerException")}


@dataclass(slots=True)
class JobService:
    """What it was asked, by operation, in the order of the questions."""

    script: Mapping[str, Sequence[Json]]
    endpoint: str = ""
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Operations that are answered when their event is set."""
    asked: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))

    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until_asked(self, operation: str) -> None:
        """Wait for the first question of this kind."""
        async with self.news:
            await self.news.wait_for(lambda: bool(self.asked[operation]))

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer: the last answer of an operation repeats; a text is a fault."""
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        given = self.script[operation]
        answer = given[min(len(self.asked[operation]), len(given) - 1)]
        self.asked[operation].append(json.loads(await request.read()))
        async with self.news:
            self.news.notify_all()
        if operation in self.held:
            await self.held[operation].wait()
        if answer == "silent":
            return await hangs_up(request)
        if isinstance(answer, str):
            status, code = ERRORS.get(answer, (400, answer))
            return _json({"__type": code, "message": answer}, status)
        return _json(answer)


@asynccontextmanager
async def job_service(**script: Sequence[Json]) -> AsyncIterator[JobService]:
    """A service that answers each operation by its answers, until the block ends."""
    service = JobService(script)
    behaviour: Behaviour = service
    async with odd_service(behaviour) as running:
        service.endpoint = running.endpoint
        yield service


def _json(value: Json, status: int = 200) -> web.Response:
    headers = {"x-amzn-RequestId": "r-1"}
    kind = "application/x-amz-json-1.1"
    body = json.dumps(value).encode()
    return web.Response(status=status, body=body, content_type=kind, headers=headers)
