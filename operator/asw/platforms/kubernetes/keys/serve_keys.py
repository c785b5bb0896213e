"""What ``asw serve`` and the operator share: one Secret beside the operator's own keys.

It holds the keys of callbacks' tokens, the certificate of the authority that result servers are
known by, and an authority of its own for the certificate of ``asw serve``. Whoever reads all of it
can neither report for a pod nor pass for a result server. The operator makes it, and mends it if
its own authority is another one; ``asw keys rotate`` makes another key sign.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asw.api.instants import instant_text, parse_instant
from asw.asl.values import from_text, to_text
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import AlreadyExists, Damaged, NotFound
from asw.platforms.kubernetes.client.resources import SECRETS
from asw.platforms.kubernetes.keys.authority import Authority, new_authority
from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys, FormerKey, new_key
from asw.platforms.kubernetes.keys.secret_data import data_of, encoded
from asw.platforms.kubernetes.keys.tokens import SigningKey

SERVE_KEYS_NAME: Final = "asw-serve-keys"
_FIX: Final = "delete it and restart the operator: tokens of callbacks made so far become invalid"
_KEY: Final = ("callback-key-id", "callback-key")
_FORMER: Final = "former-callback-keys"
_RESULTS: Final = "results-ca.crt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeKeys:
    """What the Secret holds."""

    callbacks: CallbackKeys
    authority: Authority
    results_certificate: bytes


async def ensure_serve_keys(
    client: KubeClient, namespace: str, results_certificate: bytes, now: datetime
) -> ServeKeys:
    """The keys of this installation, created if there are none yet. Raises PlatformError."""
    try:
        found = await client.get(SECRETS, namespace, SERVE_KEYS_NAME)
    except NotFound:
        with contextlib.suppress(AlreadyExists):  # the other replica was faster
            await client.create(SECRETS, namespace, _new_secret(results_certificate, now))
        found = await client.get(SECRETS, namespace, SERVE_KEYS_NAME)
    keys = serve_keys(found)
    if keys.results_certificate != results_certificate:
        mended = {"data": encoded({_RESULTS: results_certificate})}
        await client.merge(SECRETS, namespace, SERVE_KEYS_NAME, mended)
        keys = await read_serve_keys(client, namespace)
    return keys


async def read_serve_keys(client: KubeClient, namespace: str) -> ServeKeys:
    """The keys as they are stored. Raises NotFound, Damaged."""
    return serve_keys(await client.get(SECRETS, namespace, SERVE_KEYS_NAME))


async def read_callback_keys(client: KubeClient, namespace: str) -> CallbackKeys:
    """The keys of tokens as they are stored. Raises NotFound, Damaged."""
    return (await read_serve_keys(client, namespace)).callbacks


def serve_keys(secret: Mapping[str, Any]) -> ServeKeys:
    """What this Secret holds. Raises Damaged."""
    data = data_of(secret, (*_KEY, _RESULTS, "ca.crt", "ca.key"), _FIX)
    return ServeKeys(
        callbacks=callback_keys(secret),
        authority=Authority(certificate=data["ca.crt"], key=data["ca.key"]),
        results_certificate=data[_RESULTS],
    )


def callback_keys(secret: Mapping[str, Any]) -> CallbackKeys:
    """The keys of tokens in the Secret, or in a change of it. Raises Damaged."""
    data = data_of(secret, _KEY, _FIX)
    try:
        former = [
            FormerKey(SigningKey(it["id"], bytes.fromhex(it["key"])), parse_instant(it["until"]))
            for it in from_text(data.get(_FORMER, b"[]"))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Damaged(f"Secret {SERVE_KEYS_NAME}: {_FORMER} is unreadable; {_FIX}") from error
    current = SigningKey(data[_KEY[0]].decode(errors="replace"), data[_KEY[1]])
    return CallbackKeys(current, tuple(former))


def callback_rotation(
    secret: Mapping[str, Any], now: datetime, *, forgets: bool = False
) -> Mapping[str, Any]:
    """A merge patch that makes a new key sign; with ``forgets`` no older one verifies any more.

    It names the version of the Secret: a rotation at the same time gets a Conflict. Raises Damaged.
    """
    rotated = callback_keys(secret).rotated(now)
    keys = CallbackKeys(rotated.current) if forgets else rotated
    metadata = {"resourceVersion": secret["metadata"]["resourceVersion"]}
    return {"metadata": metadata, "data": encoded(_stored(keys))}


def _stored(keys: CallbackKeys) -> Mapping[str, bytes]:
    former = [
        {"id": it.key.id, "key": it.key.secret.hex(), "until": instant_text(it.until)}
        for it in keys.former
    ]
    return {
        _KEY[0]: keys.current.id.encode(),
        _KEY[1]: keys.current.secret,
        _FORMER: to_text(former).encode(),
    }


def _new_secret(results_certificate: bytes, now: datetime) -> Mapping[str, Any]:
    authority = new_authority("asw serve", now)
    data = {
        **_stored(CallbackKeys(new_key())),
        "ca.crt": authority.certificate,
        "ca.key": authority.key,
        _RESULTS: results_certificate,
    }
    labels = {"app.kubernetes.io/managed-by": "asw-operator"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SERVE_KEYS_NAME, "labels": labels},
        "type": "Opaque",
        "data": encoded(data),
    }
