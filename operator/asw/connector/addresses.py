"""Which addresses a call may reach: checked when a name is resolved, and again never.

The address that was checked is the one that is connected to, so that a name whose answer changes
(DNS rebinding) gains nothing.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOOPBACK_NAMES: Final = ("localhost", "ip6-localhost")
_LOOPBACK: Final = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that stand for those of IPv4 in their last 32 bits."""


class AddressRefused(Exception):
    """The endpoint is at an address that the Connection does not name."""


def named_networks(endpoint: str | None, allowed: Sequence[Network]) -> tuple[Network, ...]:
    """What the Connection names: its list, and the endpoint itself if that is an address.

    A link-local address counts in the list only: credentials of the machine are at one of them.
    """
    host = urlsplit(endpoint or "").hostname or ""
    if host in _LOOPBACK_NAMES:
        return (*allowed, *_LOOPBACK)
    address = _literal(host)
    if address is None or _inner(address).is_link_local:
        return tuple(allowed)
    return (*allowed, ipaddress.ip_network(address))


def check(host: str, address: str, named: Sequence[Network]) -> None:
    """Raise AddressRefused unless the address is public, or named."""
    found = ipaddress.ip_address(address.partition("%")[0])
    for each in {found, _inner(found)}:
        if each.is_global and not each.is_multicast:
            continue
        if not any(each in network for network in named if network.version == each.version):
            raise AddressRefused(
                f"{host} is at {found}, which is not a public address;"
                " add it to spec.allowedAddresses of the Connection"
            )


def check_literal(host: str, named: Sequence[Network]) -> None:
    """The same for a host that is an address already, which nobody resolves."""
    if _literal(host) is not None:
        check(host, host, named)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine, by its name or as an address."""
    address = _literal(host)
    return host in _LOOPBACK_NAMES or (address is not None and address.is_loopback)


class GuardedResolver(AbstractResolver):
    """Resolves names, and gives only addresses that a call may reach."""

    def __init__(self, named: Sequence[Network], resolver: AbstractResolver | None = None) -> None:
        self._named = named
        self._resolver = resolver or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of the host. Raises AddressRefused if one of them is refused."""
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            check(host, each["host"], self._named)
        return found

    async def close(self) -> None:
        """Release the resolver."""
        await self._resolver.close()


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _inner(address: Address) -> Address:
    """The IPv4 address that one of IPv6 stands for, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
