"""A context of a kubeconfig as a connection: TLS, tokens, exec plugins, proxies.

For the command line. The operator uses the ``kubernetes`` package, which takes a quarter of a
second to import and continues without credentials if a plugin fails.
"""

import base64
import os
import ssl
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from asw.platforms.kubernetes.client.connection import Connection, NoConnection, tls_trusting
from asw.platforms.kubernetes.client.exec_plugin import Credential, ExecPlugin
from asw.platforms.kubernetes.client.kubeconfig import Entry, Kubeconfig, Part

NOT_SUPPORTED = ("auth-provider",)
"""Kubernetes removed it in 1.26 in favour of exec plugins."""


def connection_of(
    config: Kubeconfig, context: str, environ: Mapping[str, str] = os.environ
) -> Connection:
    """How to reach the context's cluster as its user. Raises NoConnection.

    This may run an exec plugin, which may ask its user something on the terminal.
    """
    named = config.contexts[context].part
    cluster = _entry(config.clusters, "cluster", named, context)
    user = _entry(config.users, "user", named, context) if named.get("user") else None
    server = str(cluster.part.get("server") or "").rstrip("/")
    if not server:
        raise NoConnection(f"cluster {named['cluster']!r} of the kubeconfig names no server")
    who = _User(user, cluster, environ)
    return Connection(
        server=server,
        tls=_tls(cluster, who) if server.startswith("https") else None,
        server_name=cluster.part.get("tls-server-name"),
        authorization=who.authorization,
        proxy=cluster.part.get("proxy-url") or _proxy(server, environ),
        headers=who.headers,
    )


class _User:
    """Our identity: what every request carries, and the TLS client certificate."""

    def __init__(self, user: Entry | None, cluster: Entry, environ: Mapping[str, str]) -> None:
        part: Part = {} if user is None else user.part
        for name in NOT_SUPPORTED:
            if name in part:
                raise NoConnection(
                    f"{name} of the kubeconfig is not supported: it was removed from Kubernetes;"
                    " use an exec plugin or a token"
                )
        self._part = part
        self._folder = Path() if user is None else user.folder
        self._plugin: ExecPlugin | None = None
        if not self._has_token() and "exec" in part:
            self._plugin = ExecPlugin(part["exec"], self._folder, cluster.part, environ)
            self._plugin.credential()  # errors in it are reported now
        self.headers = _impersonation(part)

    def authorization(self) -> str | None:
        """The header of a request; tokens in files and of plugins are renewed."""
        if (token := self._token()) is not None:
            return f"Bearer {token}"
        if self._part.get("username") is not None:
            words = f"{self._part['username']}:{self._part.get('password') or ''}"
            return f"Basic {base64.b64encode(words.encode()).decode()}"
        return None

    def _has_token(self) -> bool:
        return bool(self._part.get("token") or self._part.get("tokenFile"))

    def _token(self) -> str | None:
        if path := self._part.get("tokenFile"):
            try:
                return Path(self._folder, path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise NoConnection(f"tokenFile of the kubeconfig: {error}") from error
        if token := self._part.get("token"):
            return str(token)
        return None if self._plugin is None else self._plugin.credential().token

    def load_certificate(self, context: ssl.SSLContext) -> None:
        """Have TLS present the client certificate, if there is one."""
        credential = Credential() if self._plugin is None else self._plugin.credential()
        certificate = credential.certificate or _pem(self._part, "client-certificate", self._folder)
        key = credential.key or _pem(self._part, "client-key", self._folder)
        if certificate is None:
            return
        with tempfile.TemporaryDirectory(prefix="asw-") as folder:  # ssl takes files alone
            chain, secret = Path(folder, "chain.pem"), Path(folder, "key.pem")
            chain.write_text(certificate)
            secret.touch(mode=0o600)
            secret.write_text(key or "")
            try:
                context.load_cert_chain(chain, secret)
            except (ssl.SSLError, OSError) as error:
                raise NoConnection(f"the kubeconfig's client certificate: {error}") from error


def _entry(entries: Mapping[str, Entry], kind: str, named: Part, context: str) -> Entry:
    name = str(named.get(kind))
    if name not in entries:
        raise NoConnection(f"context {context!r} names the {kind} {name!r}, which does not exist")
    return entries[name]


def _tls(cluster: Entry, who: _User) -> ssl.SSLContext:
    authorities = _pem(cluster.part, "certificate-authority", cluster.folder)
    try:
        context = tls_trusting(text=authorities)
    except (ssl.SSLError, ValueError) as error:
        raise NoConnection(f"the kubeconfig's certificate-authority: {error}") from error
    if cluster.part.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    who.load_certificate(context)
    return context


def _pem(part: Part, key: str, folder: Path) -> str | None:
    """A certificate or key, from the kubeconfig itself (``KEY-data``) or the file that it names."""
    try:
        if data := part.get(f"{key}-data"):
            return base64.b64decode(data).decode()
        return Path(folder, part[key]).read_text(encoding="utf-8") if part.get(key) else None
    except (OSError, ValueError) as error:
        raise NoConnection(f"{key} of the kubeconfig: {error}") from error


def _impersonation(part: Part) -> tuple[tuple[str, str], ...]:
    """Headers of Kubernetes' user impersonation; without them we would act with other rights."""
    if not part.get("as"):
        return ()
    headers = [("Impersonate-User", str(part["as"]))]
    headers += [("Impersonate-Group", str(group)) for group in part.get("as-groups") or ()]
    if uid := part.get("as-uid"):
        headers.append(("Impersonate-Uid", str(uid)))
    for key, values in (part.get("as-user-extra") or {}).items():
        headers += [(f"Impersonate-Extra-{key}", str(value)) for value in values]
    return tuple(headers)


def _proxy(server: str, environ: Mapping[str, str]) -> str | None:
    """The proxy by HTTPS_PROXY and NO_PROXY, as in kubectl; none for this machine, as in Go."""
    address = urlsplit(server)
    is_here = _is_this_machine(address.hostname or "")
    if environ is not os.environ or is_here or proxy_bypass(address.netloc):
        return None
    return getproxies_environment().get(address.scheme)


def _is_this_machine(host: str) -> bool:
    """Whether Go's net/http.ProxyFromEnvironment would skip the host: localhost and loopback."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
