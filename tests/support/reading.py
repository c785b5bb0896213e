"""Objects of a cluster read over one connection that stays open.

Tests look again and again at what they wait for. A ``kubectl get`` takes a tenth of a second of
processor time, of which two processors have twenty: several tests that wait side by side would
leave none for what they wait for. This takes a fiftieth of it.
"""

import functools
import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from asw.platforms.kubernetes.client.connection import connect

_CORE = "/api/v1"
_GROUPS = {
    _CORE: ("configmaps", "pods", "resourcequotas", "secrets", "services"),
    "/apis/batch/v1": ("jobs",),
    "/apis/apps/v1": ("controllerrevisions", "deployments"),
    "/apis/asw.dev/v1alpha1": (
        "connections",
        "executions",
        "functions",
        "payloads",
        "taskdefaults",
        "workflows",
    ),
}
_KINDS = {
    name: (group, plural)
    for group, plurals in _GROUPS.items()
    for plural in plurals
    for name in (plural, plural.removesuffix("s"))
}
SELECTOR = "--selector="


class Missing(LookupError):
    """There is no such object."""


class Reader:
    """Reads as the administrator of a kubeconfig."""

    def __init__(self, kubeconfig: Path) -> None:
        self._connection = connect(str(kubeconfig))
        self._open: http.client.HTTPConnection | None = None

    def knows(self, kind: str, options: tuple[str, ...] = ()) -> bool:
        """Whether it can read this kind, chosen so; kubectl can read every one."""
        return kind in _KINDS and all(it.startswith(SELECTOR) for it in options)

    def get(self, namespace: str, kind: str, name: str) -> dict[str, Any]:
        """One object. Raises Missing."""
        return _shown(self._ask(f"{_path(namespace, kind)}/{quote(name)}"))

    def all(self, namespace: str, kind: str, *options: str) -> list[dict[str, Any]]:
        """All objects of a kind, or those that the selectors choose."""
        chosen = ",".join(it.removeprefix(SELECTOR) for it in options)
        listed = self._ask(f"{_path(namespace, kind)}?{urlencode({'labelSelector': chosen})}")
        group = {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List")}
        return [_shown({**group, **item}) for item in listed["items"]]

    def _ask(self, path: str) -> dict[str, Any]:
        try:
            answer = self._answer(path)
        except (http.client.HTTPException, ConnectionError):  # closed while nobody asked
            self._close()
            answer = self._answer(path)
        body = json.loads(answer.read())
        if answer.status == http.client.NOT_FOUND:
            raise Missing(body["message"])
        assert answer.status == http.client.OK, body
        found: dict[str, Any] = body
        return found

    def _answer(self, path: str) -> http.client.HTTPResponse:
        if self._open is None:
            self._open = self._connect()
        headers = {"Accept": "application/json"}
        if (authorization := self._connection.authorization()) is not None:
            headers["Authorization"] = authorization
        self._open.request("GET", path, headers=headers)
        return self._open.getresponse()

    def _connect(self) -> http.client.HTTPConnection:
        place = urlsplit(self._connection.server)
        assert place.hostname is not None
        if place.scheme == "http":
            return http.client.HTTPConnection(place.hostname, place.port, timeout=60)
        tls = self._connection.tls
        return http.client.HTTPSConnection(place.hostname, place.port, timeout=60, context=tls)

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


@functools.cache
def reader(kubeconfig: Path) -> Reader:
    """The one of this process; tests ask one after another."""
    return Reader(kubeconfig)


def _shown(item: dict[str, Any]) -> dict[str, Any]:
    """Without what kubectl does not show either."""
    item["metadata"].pop("managedFields", None)
    return item


def _path(namespace: str, kind: str) -> str:
    group, plural = _KINDS[kind]
    return f"{group}/namespaces/{namespace}/{plural}"
