"""The transport of calls: what it tries again, and what it does not."""

import socket
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
from aiohttp.abc import AbstractResolver

from asw.connector.sessions import NoAnswer
from asw.connector.transport import Transport
from tests.support import odd_service as odd
from tests.support.moto import access_to

NAME = "service.test"


class Flaky(AbstractResolver):
    """A resolver that fails a number of times before it knows the loopback."""

    def __init__(self, failures):
        self.left, self.asked = failures, 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        """The address, or a failure."""
        self.asked += 1
        if self.left:
            self.left -= 1
            raise OSError("try again")
        known = {"host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}
        return [{"hostname": host, **known}]

    async def close(self):
        """Nothing is held."""


@dataclass
class Request:
    """What botocore would have prepared."""

    url: str
    method: str = "POST"
    headers: dict = field(default_factory=dict)
    body: bytes = b"{}"


async def sent(service, failures):
    """The answer to a request by name, and how often the name was asked for."""
    endpoint = service.endpoint.replace("127.0.0.1", NAME)
    access = access_to(endpoint, allowed=(ip_network("127.0.0.0/8"),))
    resolver = Flaky(failures)
    transport = Transport(access, limit=1, resolver=resolver)
    try:
        return await transport.send(Request(f"{endpoint}/")), resolver
    finally:
        await transport.close()


async def test_connecting_is_tried_again():
    """Nothing was sent, so nothing can be done twice."""
    async with odd.odd_service(odd.item) as service:
        answer, resolver = await sent(service, 2)
        assert await answer.content == odd.ITEM
        assert resolver.asked == 3
        assert service.bodies == [b"{}"]


async def test_connecting_is_not_tried_forever():
    """Then the call fails, and the state's Retry decides."""
    async with odd.odd_service(odd.item) as service:
        with pytest.raises(NoAnswer, match=f"the host of http://{NAME}:.* is unknown"):
            await sent(service, 3)


async def test_what_was_sent_is_not_sent_again():
    """A service that took a request and hung up may have done what it asks."""
    async with odd.odd_service(odd.hangs_up) as service:
        with pytest.raises(NoAnswer, match="closed the connection"):
            await sent(service, 0)
        assert len(service.bodies) == 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_kept_connection_that_breaks_repeats_nothing(method):
    """The service hangs up on the second request: it may have been done, whatever its method."""
    behaviours = iter((odd.item, odd.hangs_up))

    async def behaviour(request):
        ports.append(request.transport.get_extra_info("peername")[1])
        return await next(behaviours, odd.item)(request)

    ports = []
    async with odd.odd_service(behaviour) as service:
        access = access_to(service.endpoint, allowed=(ip_network("127.0.0.0/8"),))
        transport = Transport(access, limit=1)
        try:
            await transport.send(Request(f"{service.endpoint}/", method=method))
            with pytest.raises(NoAnswer, match=r"closed the connection|is broken"):
                await transport.send(Request(f"{service.endpoint}/", method=method))
        finally:
            await transport.close()
    assert len(ports) == 2
    assert ports[0] == ports[1]
