"""The operator's keys: one Secret in its own namespace, made by whichever replica is first.

It holds the HMAC key of task tokens (and the previous one) and a long-lived certificate
authority. ``rotation`` makes another key sign; running operators notice. The authority is not
rotated: every running task got it at its start, and would not trust its successor. The certificate
of the result server is issued from it in memory, lives for days and never leaves the process. The
chart contains no key material.
"""

import base64
import contextlib
import ipaddress
import secrets
import ssl
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from asw.api.instants import instant_text
from asw.api.names import ANNOTATION_ROTATED
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import tls_trusting
from asw.platforms.kubernetes.client.errors import AlreadyExists, Damaged, NotFound
from asw.platforms.kubernetes.client.resources import SECRETS
from asw.platforms.kubernetes.keys.tokens import SigningKey, TokenKeys

KEYS_NAME = "asw-keys"
_TOKEN_KEY = ("token-key-id", "token-key")
FIX = "put it back, or delete it and restart the operator while no task runs"
CA_LIFETIME = timedelta(days=3650)
CERTIFICATE_LIFETIME = timedelta(days=7)
CLOCK_SKEW = timedelta(hours=1)
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108


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
    data = _data(secret, (*_TOKEN_KEY, "ca.crt", "ca.key"))
    return Keys(tokens=token_keys(secret), ca_certificate=data["ca.crt"], ca_key=data["ca.key"])


def token_keys(secret: Mapping[str, Any]) -> TokenKeys:
    """The token keys in the Secret, or in a change of it. Raises Damaged."""
    data = _data(secret, _TOKEN_KEY)
    previous = None
    if "previous-token-key" in data:
        previous = SigningKey(_id(data, "previous-token-key-id"), data["previous-token-key"])
    return TokenKeys(SigningKey(_id(data, "token-key-id"), data["token-key"]), previous)


def _data(secret: Mapping[str, Any], needed: Sequence[str]) -> Mapping[str, bytes]:
    try:
        data = {it: base64.b64decode(value) for it, value in (secret.get("data") or {}).items()}
    except ValueError as error:
        raise Damaged(f"Secret {KEYS_NAME}: {error}; {FIX}") from error
    if missing := [name for name in needed if name not in data]:
        raise Damaged(f"Secret {KEYS_NAME} lacks {', '.join(missing)}; {FIX}")
    return data


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
    return {"metadata": metadata, "data": {**kept, **_encoded(_new_token_key())}}


def _new_token_key() -> Mapping[str, bytes]:
    return dict(
        zip(_TOKEN_KEY, (secrets.token_hex(4).encode(), secrets.token_bytes(32)), strict=True)
    )


def _encoded(data: Mapping[str, bytes]) -> Mapping[str, str]:
    return {name: base64.b64encode(value).decode() for name, value in data.items()}


def _new_secret(now: datetime) -> Mapping[str, Any]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "asw result server")])
    certificate = (
        _certificate(name, name, key.public_key(), now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    data = {
        **_new_token_key(),
        "ca.crt": certificate.public_bytes(Encoding.PEM),
        "ca.key": _pem(key),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": KEYS_NAME, "labels": {"app.kubernetes.io/managed-by": "asw-operator"}},
        "type": "Opaque",
        "data": _encoded(data),
    }


def server_context() -> ssl.SSLContext:
    """A context for the result server, still without a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def client_context(keys: Keys) -> ssl.SSLContext:
    """A context that trusts only the result servers of this installation."""
    return tls_trusting(text=keys.ca_certificate.decode())


def install_certificate(
    context: ssl.SSLContext, keys: Keys, names: Iterable[str], now: datetime
) -> None:
    """Issue a certificate for these names and addresses; new connections get it at once."""
    authority = x509.load_pem_x509_certificate(keys.ca_certificate)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "asw-operator")])
    builder = _certificate(subject, authority.subject, key.public_key(), now, CERTIFICATE_LIFETIME)
    certificate = (
        builder.add_extension(x509.SubjectAlternativeName(_names(names)), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(_private_key(keys.ca_key), hashes.SHA256())
    )
    _load(context, certificate.public_bytes(Encoding.PEM) + _pem(key))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + lifetime)
    )


def _names(names: Iterable[str]) -> list[x509.GeneralName]:
    made: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            made.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            made.append(x509.DNSName(name))
    return made


def _private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Load the key; ssl reads only files, so it goes through shared memory, which is writable."""
    folder = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        file.write(pem)
        file.flush()
        context.load_cert_chain(file.name)
