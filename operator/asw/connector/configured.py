"""What a connector's pod was given of its Connection, as an Access.

The Connection's spec stands in a variable, without anything secret; keys, certificates and the
token of the service account are files that the kubelet keeps up to date, so they are read again
when they have changed.
"""

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import ValidationError

from asw.api.connection import (
    CallCredentials,
    ConnectionSpec,
    HttpCalls,
    KubernetesCalls,
    NamedKey,
    TrustedCertificates,
)
from asw.asl.errors import NO_CONNECTION, NO_CREDENTIALS
from asw.connector.calls import Failed
from asw.connector.http.access import HttpAccess
from asw.connector.http.authorization import ApiKey, Authorization, Basic, OAuth, Whole
from asw.connector.kubernetes.access import (
    ClusterAccess,
    NoCluster,
    cluster_elsewhere,
    own_cluster,
)
from asw.connector.places import Access, Credentials, WebIdentity

FILES: Final = "/var/run/asw/connection"
"""Where a pod has them: ``credentials/KEY``, ``ca/KEY``, ``cluster/...`` and ``token``."""
_KEY_ID: Final = "AWS_ACCESS_KEY_ID"
_SECRET_KEY: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  a name
_SESSION_TOKEN: Final = "AWS_SESSION_TOKEN"  # noqa: S105  a name
_HTTP_FILES: Final = ("username", "password", "api_key", "client_id", "client_secret", "url")
"""What a call of an API may be authorized with."""
_NO_KEYS: Final = "it has none: add spec.credentials"
_LARGEST_FILE: Final = 1024 * 1024
"""What a Secret or ConfigMap may hold."""
_ATTEMPTS: Final = 3
"""How often files are read that change meanwhile: a key goes with its own secret."""

AnyAccess: TypeAlias = Access | HttpAccess | ClusterAccess
"""By kind of the Connection."""
_Marks: TypeAlias = tuple[tuple[int, ...] | None, ...]


class NotConfigured(Exception):
    """No call can be made; ``failure`` says why, and what to do."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.failure = Failed(error=error, cause=cause)


@dataclass(frozen=True, slots=True)
class _Known:
    paths: Sequence[Path]
    marks: _Marks
    access: AnyAccess


class Configured:
    """The Connection of a pod, by the pod's variables. ``files`` is the folder of its files."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._name = variables.get("ASW_CONNECTION_NAME", "")
        self._text = variables.get("ASW_CONNECTION", "")
        self._files = Path(variables.get("ASW_CONNECTION_FILES") or FILES)
        self._spec: ConnectionSpec | None = None
        self._known: _Known | None = None

    def access(self) -> AnyAccess:
        """Where calls go and as whom they are made now. Raises NotConfigured."""
        known = self._known
        if known is None or _marks(known.paths) != known.marks:
            known = self._known = self._read(self._read_spec())
        return known.access

    def amiss(self) -> Failed | None:
        """What every call would fail with now; None if calls can be made."""
        try:
            self.access()
        except NotConfigured as error:
            return error.failure
        return None

    def _read_spec(self) -> ConnectionSpec:
        if self._spec is None:
            try:
                self._spec = ConnectionSpec.model_validate_json(self._text)
            except ValidationError as error:
                told = error.errors(include_url=False, include_input=False, include_context=False)
                place = ".".join(map(str, ("spec", *told[0]["loc"])))
                raise self._refusal(f"{place}: {told[0]['msg']}") from None
        return self._spec

    def _paths(self, spec: ConnectionSpec) -> Sequence[Path]:
        """The files that an Access is made of; others are read when they are used."""
        found = []
        if spec.credentials is not None and spec.credentials.secret_ref is not None:
            found += [self._key_file(it) for it in (_KEY_ID, _SECRET_KEY, _SESSION_TOKEN)]
        if spec.is_own_cluster:
            found += [self._files / "cluster" / it for it in ("ca.crt", "namespace")]
        elif spec.kubernetes is not None:
            found.append(self._key_file("token"))
        if spec.http is not None:
            found += [self._key_file(it) for it in _HTTP_FILES]
        if spec.ca is not None:
            found.append(self._files / "ca" / _reference(spec.ca)[1].key)
        return found

    def _read(self, spec: ConnectionSpec) -> _Known:
        paths = self._paths(spec)
        for _ in range(_ATTEMPTS):
            marks = _marks(paths)
            access = self._access(spec)
            if _marks(paths) == marks:
                break
        return _Known(paths, marks, access)

    def _access(self, spec: ConnectionSpec) -> AnyAccess:
        if spec.kind == "http":
            return self._http(spec)
        if spec.kind == "kubernetes":
            return self._cluster(spec)
        assert spec.region is not None  # kind aws has one: the model says so
        credentials, identity = None, None
        if spec.credentials is not None:
            credentials, identity = self._signs_with(spec.credentials)
        return Access(
            name=self._name,
            region=spec.region,
            endpoint=spec.endpoint,
            path_style=spec.path_style,
            ca=None if spec.ca is None else self._certificates(spec.ca),
            connect_seconds=spec.connect_timeout_seconds,
            call_seconds=spec.timeout_seconds,
            calls_per_second=spec.max_calls_per_second,
            credentials=credentials,
            web_identity=identity,
            unsigned=None if spec.credentials is not None else self._unsigned(_NO_KEYS),
            allowed=tuple(ip_network(it) for it in spec.allowed_addresses),
        )

    def _http(self, spec: ConnectionSpec) -> HttpAccess:
        return HttpAccess(
            name=self._name,
            endpoint=spec.endpoint,
            ca=None if spec.ca is None else self._certificates(spec.ca),
            connect_seconds=spec.connect_timeout_seconds,
            call_seconds=spec.timeout_seconds,
            calls_per_second=spec.max_calls_per_second,
            allowed=tuple(ip_network(it) for it in spec.allowed_addresses),
            authorization=None if spec.http is None else self._authorization(spec.http),
        )

    def _authorization(self, http: HttpCalls) -> Authorization | None:
        if http.basic is not None:
            secret = http.basic.secret_ref.name
            return Basic(
                username=self._secret("username", secret, "username"),
                password=self._secret("password", secret, "password"),
            )
        if http.api_key is not None:
            given = http.api_key
            value = self._secret("api_key", given.secret_key_ref.name, given.secret_key_ref.key)
            return ApiKey(header=given.header, value=value)
        if http.oauth is not None:
            oauth, secret = http.oauth, http.oauth.secret_ref.name
            return OAuth(
                endpoint=oauth.endpoint,
                client_id=self._secret("client_id", secret, "clientId"),
                client_secret=self._secret("client_secret", secret, "clientSecret"),
                form=tuple(oauth.parameters.items()),
                in_body=oauth.credentials_in == "Body",
            )
        if http.url is not None:
            key = http.url.secret_key_ref
            return Whole(url=self._secret("url", key.name, key.key))
        return None

    def _cluster(self, spec: ConnectionSpec) -> ClusterAccess:
        try:
            found = self._own_cluster() if spec.is_own_cluster else self._cluster_elsewhere(spec)
        except NoCluster as error:
            raise self._refusal(str(error)) from None
        given = spec.kubernetes or KubernetesCalls()
        return replace(
            found,
            namespace=given.namespace or found.namespace,
            connect_seconds=spec.connect_timeout_seconds,
            call_seconds=spec.timeout_seconds,
            calls_per_second=spec.max_calls_per_second,
        )

    def _own_cluster(self) -> ClusterAccess:
        """The pod's, as its account, whose token is read for each request."""
        account = self._files / "cluster"
        if not (account / "token").is_file():
            told = f"Connection {self._name}: the pod has no token of its service account"
            raise NotConfigured(NO_CREDENTIALS, told)
        return own_cluster(self._name, self._variables, account)

    def _cluster_elsewhere(self, spec: ConnectionSpec) -> ClusterAccess:
        given = None if spec.kubernetes is None else spec.kubernetes.secret_key_ref
        assert given is not None  # both are there: the model says so
        assert spec.endpoint is not None
        return cluster_elsewhere(
            self._name,
            spec.endpoint,
            ca=None if spec.ca is None else self._certificates(spec.ca),
            token=self._secret("token", given.name, given.key),
            allowed=tuple(ip_network(it) for it in spec.allowed_addresses),
        )

    def _secret(self, file: str, secret: str, key: str) -> str:
        """What a file has of a Secret's key. Raises NotConfigured without anything."""
        text = _text_of(self._key_file(file))
        if not text:
            told = f"Connection {self._name}: Secret {secret} has no key {key}: add it"
            raise NotConfigured(NO_CREDENTIALS, told)
        return text

    def _signs_with(self, given: CallCredentials) -> tuple[Credentials | None, WebIdentity | None]:
        """Keys or a role: what the machine itself may do is nothing that a Connection has."""
        if given.secret_ref is not None:
            return self._keys(given.secret_ref.name), None
        assert given.web_identity is not None  # one of them is there: the model says so
        token = self._files / "token"
        if not token.is_file():
            raise self._nothing_to_sign("the pod has no token of its service account")
        role = given.web_identity.role_arn
        return None, WebIdentity(role_arn=role, token_file=str(token))

    def _keys(self, secret: str) -> Credentials:
        found = {it: _text_of(self._key_file(it)) for it in (_KEY_ID, _SECRET_KEY, _SESSION_TOKEN)}
        for key in (_KEY_ID, _SECRET_KEY):
            if not found[key]:
                raise self._nothing_to_sign(f"Secret {secret} has no key {key}: add it")
        return Credentials(
            access_key_id=found[_KEY_ID],
            secret_access_key=found[_SECRET_KEY],
            session_token=found[_SESSION_TOKEN] or None,
        )

    def _certificates(self, ca: TrustedCertificates) -> str:
        kind, reference = _reference(ca)
        place = f"{kind} {reference.name}, key {reference.key}"
        text = _text_of(self._files / "ca" / reference.key)
        if not text:
            raise self._refusal(f"its certificates are in {place}: add it")
        try:
            ssl.create_default_context(cadata=text)
        except (ssl.SSLError, ValueError):
            raise self._refusal(f"{place} holds no certificates in PEM") from None
        return text

    def _key_file(self, key: str) -> Path:
        return self._files / "credentials" / key

    def _refusal(self, why: str) -> NotConfigured:
        return NotConfigured(NO_CONNECTION, f"Connection {self._name}: {why}")

    def _nothing_to_sign(self, why: str) -> NotConfigured:
        return NotConfigured(NO_CREDENTIALS, self._unsigned(why))

    def _unsigned(self, why: str) -> str:
        return f"Connection {self._name}: there is nothing to sign calls with: {why}"


def _reference(ca: TrustedCertificates) -> tuple[str, NamedKey]:
    if ca.config_map_key_ref is not None:
        return "ConfigMap", ca.config_map_key_ref
    assert ca.secret_key_ref is not None  # one of them is there: the model says so
    return "Secret", ca.secret_key_ref


def _marks(paths: Sequence[Path]) -> _Marks:
    """What changes when one of the files does; the kubelet swaps a folder below its links."""
    return tuple(map(_mark, paths))


def _mark(path: Path) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  twice as fast, for each call
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _text_of(path: Path) -> str:
    """The text in the file, which editors end with a line; empty if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE).decode().strip()
    except (OSError, UnicodeDecodeError):
        return ""
