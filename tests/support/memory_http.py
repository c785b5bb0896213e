"""Requests to an aiohttp application without sockets, so that it runs in virtual time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import Mock

from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request


@dataclass(slots=True)
class Caller:
    """One connection: whoever asks, until they hang up."""

    address: str = "10.1.0.1"
    is_gone: bool = False

    def is_closing(self) -> bool:
        """See asyncio.Transport."""
        return self.is_gone

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """See asyncio.Transport."""
        return (self.address, 1) if name == "peername" else default


async def post(
    application: web.Application,
    path: str,
    said: Mapping[str, Any],
    *,
    token: str = "",
    caller: Caller | None = None,
) -> tuple[int, dict[str, Any]]:
    """Status and object of the answer to a POST."""
    data = json.dumps(said).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(data))}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    content = StreamReader(Mock(spec=BaseProtocol, _reading_paused=False), 2**16)
    content.feed_data(data)
    content.feed_eof()
    transport: Any = caller or Caller()
    request = make_mocked_request(
        "POST", path, headers=headers, payload=content, transport=transport, app=application
    )
    answer = await application._handle(request)
    assert isinstance(answer, web.Response)
    assert isinstance(answer.text, str)
    told = answer.text
    return answer.status, json.loads(told) if told.startswith("{") else {}
