"""Where tasks reach the result server, and the names in its certificate."""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.resources import SERVICES


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """``url`` holds an IP address, so tasks need no DNS; ``name`` is in the certificate."""

    url: str
    name: str

    def certified(self, *more: str | None) -> Sequence[str]:
        """Names and addresses of the certificate."""
        host = urlsplit(self.url).hostname
        return [name for name in (self.name, host, *more) if name]


async def service_address(client: KubeClient, namespace: str, name: str) -> ServerAddress:
    """The address of the Service in front of all replicas."""
    service = await client.get(SERVICES, namespace, name)
    ports = service["spec"]["ports"]
    port = next((it["port"] for it in ports if it.get("name") == "results"), ports[0]["port"])
    address = _in_url(service["spec"]["clusterIP"])
    return ServerAddress(url=f"https://{address}:{port}", name=f"{name}.{namespace}.svc")


def outside_address(url: str | None, api_server: str, port: int) -> ServerAddress:
    """The address of an operator outside the cluster: as configured, else as the server sees it."""
    made = url or f"https://{_in_url(_address_towards(api_server))}:{port}"
    return ServerAddress(url=made, name="asw-results.local")


def _address_towards(api_server: str) -> str:
    """Our own address on the way to the API server; nothing is sent."""
    parts = urlsplit(api_server)
    target = (parts.hostname or "127.0.0.1", parts.port or 443)
    family, kind, _, _, address = socket.getaddrinfo(*target, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as probe:
        probe.connect(address)
        host: str = probe.getsockname()[0]
    return host


def _in_url(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
