"""Where the API server is and who we are to it, read by the ``kubernetes`` package.

Inside a pod: the service account, its token re-read as the kubelet renews it. Elsewhere: the
kubeconfig with client certificates, tokens and exec plugins. One value serves our own client,
kopf and the Lease thread.
"""

import os
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from asw.connector.sessions import CUTS_TLS

USER_AGENT = "asw-operator"
AUTHORIZATION_SECONDS = 5.0
"""Tokens are renewed a minute and more before they expire."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to reach the API server; ``authorization`` is asked before every request."""

    server: str
    tls: ssl.SSLContext | None
    authorization: Callable[[], str | None]
    proxy: str | None = None
    user_agent: str = USER_AGENT
    server_name: str | None = None
    """The name that the server's certificate is checked against, where it is not the address."""
    headers: tuple[tuple[str, str], ...] = ()
    """Of every request, a name more than once perhaps."""

    def session(
        self,
        *,
        limit: int,
        timeout: float | None,
        middlewares: Sequence[aiohttp.ClientMiddlewareType] = (),
    ) -> aiohttp.ClientSession:
        """A session of its own, with fresh credentials on every request."""
        connector = aiohttp.TCPConnector(
            limit=limit,
            ssl=self.tls or True,
            keepalive_timeout=60,
            enable_cleanup_closed=CUTS_TLS,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=10),
            headers=[("User-Agent", self.user_agent), *self.headers],
            middlewares=(self._authorize, *middlewares),
            proxy=self.proxy,
            auto_decompress=True,
        )

    async def _authorize(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if value := self.authorization():
            request.headers["Authorization"] = value
        if self.server_name is not None:
            # An option of each request, which kopf's are made without; the connector reads it here.
            request.server_hostname = self.server_name
        return await handler(request)


def is_in_cluster(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a pod, which finds its API server and its account by itself."""
    return "KUBERNETES_SERVICE_HOST" in environ


class NoConnection(Exception):
    """Nothing says where the API server is, or what says so cannot be read."""


def connect(kubeconfig: str | None = None, context: str | None = None) -> Connection:
    """The connection of this process: in-cluster where there is one, unless a file is named.

    Raises NoConnection.
    """
    # Imported when needed: the package takes a quarter of a second.
    from kubernetes.client import Configuration  # noqa: PLC0415
    from kubernetes.config import (  # noqa: PLC0415
        ConfigException,
        load_incluster_config,
        load_kube_config,
    )

    configuration = Configuration()
    try:
        if kubeconfig is None and context is None and is_in_cluster():
            load_incluster_config(configuration)  # type: ignore[no-untyped-call]
        else:
            load_kube_config(kubeconfig, context, configuration)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        raise NoConnection(str(error)) from error
    return _from_configuration(configuration)


def _from_configuration(configuration: Any) -> Connection:
    server = configuration.host.rstrip("/")

    @_kept_for(AUTHORIZATION_SECONDS)
    def authorization() -> str | None:
        if configuration.username:
            basic: str = configuration.get_basic_auth_token()
            return basic
        key: str | None = configuration.get_api_key_with_prefix(
            "BearerToken", alias="authorization"
        )
        return key

    return Connection(
        server=server,
        tls=_tls(configuration) if server.startswith("https") else None,
        authorization=authorization,
        proxy=configuration.proxy,
    )


def _kept_for(seconds: float) -> Callable[[Callable[[], str | None]], Callable[[], str | None]]:
    """Ask again only after so long: each time the package builds its whole configuration."""

    def decorate(ask: Callable[[], str | None]) -> Callable[[], str | None]:
        kept: tuple[float, str | None] | None = None

        def answer() -> str | None:
            nonlocal kept
            now = time.monotonic()
            if kept is None or now - kept[0] >= seconds:
                kept = now, ask()
            return kept[1]

        return answer

    return decorate


def tls_trusting(*, file: str | None = None, text: str | None = None) -> ssl.SSLContext:
    """A context that trusts these authorities, else the system's, and verifies as kubectl does.

    Python 3.13 and newer also want what RFC 5280 has of optional fields: certificates of many
    clusters, and our own, do not name the key of their authority, which Go does not ask for.
    """
    context = ssl.create_default_context(cafile=file, cadata=text)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _tls(configuration: Any) -> ssl.SSLContext:
    context = tls_trusting(file=configuration.ssl_ca_cert)
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
