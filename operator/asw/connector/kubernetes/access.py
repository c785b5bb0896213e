"""How the API server of a cluster is reached, and as whom: resolved to plain values."""

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asw.connector.addresses import Network

ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds token, certificates and namespace of its service account."""
OWN_ALONE: Final = "this is no pod: KUBERNETES_SERVICE_HOST is not set"


class NoCluster(Exception):
    """Nothing says where the cluster is, or what says so cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterAccess:
    """Everything that a call needs besides itself. Each value has connections of its own.

    ``authorization`` gives the header of a request; it may block, and raise NoCluster. ``tls`` is
    None for a server without TLS. ``namespace`` is that of calls that name none. ``allowed`` are
    networks besides public ones, None where nobody but the user named the server.
    """

    name: str
    server: str
    tls: ssl.SSLContext | None
    authorization: Callable[[], str | None] = lambda: None
    headers: tuple[tuple[str, str], ...] = ()
    proxy: str | None = None
    server_name: str | None = None
    namespace: str = "default"
    allowed: tuple[Network, ...] | None = None
    connect_seconds: float = 5
    call_seconds: float = 60
    calls_per_second: float | None = None


def trusting(*, text: str | None = None, file: Path | None = None) -> ssl.SSLContext:
    """TLS that trusts these authorities, else the system's, and verifies as kubectl does.

    Python 3.13 and newer also want fields that certificates of many clusters lack. Raises
    NoCluster.
    """
    try:
        context = ssl.create_default_context(cafile=file, cadata=text)
    except (OSError, ValueError) as error:
        raise NoCluster(f"the certificates of the cluster cannot be read: {error}") from error
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def own_cluster(name: str, environ: Mapping[str, str], account: Path = ACCOUNT) -> ClusterAccess:
    """The cluster of this pod, as its service account. Raises NoCluster.

    The kubelet renews the token, so that it is read for each request.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST"), environ.get("KUBERNETES_SERVICE_PORT")
    if not host:
        raise NoCluster(OWN_ALONE)
    shown = f"[{host}]" if ":" in host else host
    return ClusterAccess(
        name=name,
        server=f"https://{shown}:{port or 443}",
        tls=trusting(file=account / "ca.crt"),
        authorization=lambda: f"Bearer {_read(account / 'token')}",
        namespace=_read(account / "namespace"),
    )


def cluster_elsewhere(
    name: str, endpoint: str, *, ca: str | None, token: str, allowed: tuple[Network, ...]
) -> ClusterAccess:
    """Another cluster, by a token; its address is checked as those of all services are."""
    return ClusterAccess(
        name=name,
        server=endpoint,
        tls=trusting(text=ca) if endpoint.startswith("https:") else None,
        authorization=lambda: f"Bearer {token}",
        allowed=allowed,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NoCluster(f"the service account of this pod cannot be read: {path.name}") from error
