"""The operator's keys: one Secret in its own namespace, made by whichever replica is first.

It holds the HMAC key of task tokens (and the previous one) and a long-lived certificate
authority. ``rotation`` makes another key sign; running operators notice. The authority is not
rotated: every running task got it at its start, and would not trust its successor. The certificate
of the result server is issued from it in memory, lives for days and never leaves the process. The
chart contains no key material.
"""

import contextlib
import secrets
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asw.api.instants import instant_text
from asw.api.names import ANNOTATION_ROTATED
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import tls_trusting
from asw.platforms.kubernetes.client.errors import AlreadyExists, NotFound
from asw.platforms.kubernetes.client.resources import SECRETS
from asw.platforms.kubernetes.keys.authority import Authority, issue_certificate, new_authority
from asw.platforms.kubernetes.keys.secret_data import data_of, encoded
from asw.platforms.kubernetes.keys.tokens import SigningKey, TokenKeys

KEYS_NAME = "asw-keys"
_TOKEN_KEY = ("token-key-id", "token-key")
FIX = "put it back, or delete it and restart the operator while no task runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the Secret holds, as bytes of PEM and as keys."""

    tokens: TokenKeys
    ca_certificate: bytes
    ca_key: bytes


async def ensure_keys(client: KubeClient, namespace: str, now: datetime) -> Keys:
    """The keys of this installation, created if there are none yet."""
    with contextlib.suppress(NotFound):
        return _read(await client.get(SECRETS, namespace, KEYS_NAME))
    with contextlib.suppress(AlreadyExists):  # the other replica was faster
        await client.create(SECRETS, namespace, _new_secret(now))
    return _read(await client.get(SECRETS, namespace, KEYS_NAME))


async def read_token_keys(client: KubeClient, namespace: str) -> TokenKeys:
    """The token keys as they are stored. Raises NotFound, Damaged."""
    return _read(await client.get(SECRETS, namespace, KEYS_NAME)).tokens


def _read(secret: Mapping[str, Any]) -> Keys:
    data = data_of(secret, (*_TOKEN_KEY, "ca.crt", "ca.key"), FIX)
    return Keys(tokens=token_keys(secret), ca_certificate=data["ca.crt"], ca_key=data["ca.key"])


def token_keys(secret: Mapping[str, Any]) -> TokenKeys:
    """The token keys in the Secret, or in a change of it. Raises Damaged."""
    data = data_of(secret, _TOKEN_KEY, FIX)
    previous = None
    if "previous-token-key" in data:
        previous = SigningKey(_id(data, "previous-token-key-id"), data["previous-token-key"])
    return TokenKeys(SigningKey(_id(data, "token-key-id"), data["token-key"]), previous)


def _id(data: Mapping[str, bytes], name: str) -> str:
    return data.get(name, b"").decode(errors="replace")


def rotation(secret: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """A merge patch that makes a new key sign, and the one that did the previous one.

    It names the version of the Secret: a rotation at the same time gets a Conflict. Raises Damaged.
    """
    token_keys(secret)
    data = secret["data"]
    metadata = {
        "resourceVersion": secret["metadata"]["resourceVersion"],
        "annotations": {ANNOTATION_ROTATED: instant_text(now)},
    }
    kept = {f"previous-{name}": data[name] for name in _TOKEN_KEY}
    return {"metadata": metadata, "data": {**kept, **encoded(_new_token_key())}}


def _new_token_key() -> Mapping[str, bytes]:
    return dict(
        zip(_TOKEN_KEY, (secrets.token_hex(4).encode(), secrets.token_bytes(32)), strict=True)
    )


def _new_secret(now: datetime) -> Mapping[str, Any]:
    authority = new_authority("asw result server", now)
    data = {
        **_new_token_key(),
        "ca.crt": authority.certificate,
        "ca.key": authority.key,
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": KEYS_NAME, "labels": {"app.kubernetes.io/managed-by": "asw-operator"}},
        "type": "Opaque",
        "data": encoded(data),
    }


def client_context(keys: Keys) -> ssl.SSLContext:
    """A context that trusts only the result servers of this installation."""
    return tls_trusting(text=keys.ca_certificate.decode())


def install_certificate(
    context: ssl.SSLContext, keys: Keys, names: Iterable[str], now: datetime
) -> None:
    """Issue a certificate for these names and addresses; new connections get it at once."""
    authority = Authority(certificate=keys.ca_certificate, key=keys.ca_key)
    issue_certificate(context, authority, names, now)
