"""Which addresses a call may reach."""

import socket
from ipaddress import ip_network

import pytest
from aiohttp.abc import AbstractResolver

from asw.connector.addresses import (
    AddressRefused,
    GuardedResolver,
    check,
    check_literal,
    named_networks,
)

REFUSED = (
    "127.0.0.1",
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
)


@pytest.mark.parametrize("address", REFUSED)
def test_no_private_address_is_reached_by_accident(address):
    """Private, link-local, loopback and metadata addresses are refused in every spelling."""
    with pytest.raises(AddressRefused, match="allowedAddresses"):
        check("service.example", address, ())
    with pytest.raises(AddressRefused):
        check_literal(address, ())


@pytest.mark.parametrize("address", ["52.94.5.1", "2600:1f14::1"])
def test_public_addresses_are_reached(address):
    """They need no list."""
    check("dynamodb.us-east-1.amazonaws.com", address, ())


@pytest.mark.parametrize(
    ("endpoint", "allowed", "address"),
    [
        ("http://10.1.2.3:9000", (), "10.1.2.3"),
        ("http://localhost:4566", (), "127.0.0.1"),
        ("http://[::1]:4566", (), "::1"),
        ("http://minio.storage.svc:9000", ("10.96.0.0/12",), "10.96.7.8"),
        (None, ("10.0.0.0/8",), "10.20.30.40"),
    ],
)
def test_what_a_connection_names_is_reached(endpoint, allowed, address):
    """An address as endpoint, localhost, and the networks of the list."""
    named = named_networks(endpoint, [ip_network(it) for it in allowed])
    check("host", address, named)
    with pytest.raises(AddressRefused):
        check("host", "192.168.7.7", named)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_a_metadata_address_has_to_be_in_the_list(host):
    """As an endpoint alone it is refused: that is how credentials of a machine are stolen."""
    address = host.strip("[]")
    with pytest.raises(AddressRefused):
        check_literal(address, named_networks(f"http://{host}", ()))
    listed = named_networks(f"http://{host}", [ip_network("169.254.0.0/16"), ip_network("::/0")])
    check_literal(address, listed)


class Rebinding(AbstractResolver):
    """A name whose answer changes from a public address to a private one."""

    def __init__(self):
        self.answers = ["52.94.5.1", "169.254.169.254"]

    async def resolve(self, host, port=0, family=socket.AF_INET):
        """The next answer."""
        address = self.answers.pop(0)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": family,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self):
        """Nothing is held."""


async def test_a_name_that_changes_its_answer_gains_nothing():
    """The addresses that are connected to are the ones that were checked, each time."""
    guarded = GuardedResolver((), Rebinding())
    assert [it["host"] for it in await guarded.resolve("a.example", 443)] == ["52.94.5.1"]
    with pytest.raises(AddressRefused):
        await guarded.resolve("a.example", 443)
