"""Credentials for registries, from the places where ``docker login`` keeps them.

Source: docker/cli, config.json (auths, credHelpers, credsStore) and docker-credential-helpers.
"""

import base64
import binascii
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from asw.failures import Failure
from asw.images.names import HUB
from asw.messages import t

_HUB_KEY: Final = "index.docker.io"
_TOKEN_USER: Final = "<token>"  # noqa: S105 -- the name by which helpers mark a token
_NOT_THERE: Final = "credentials not found"
_PATIENCE: Final = 60
"""Seconds for a helper, which may ask a cloud or a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a registry wants to know; ``refresh_token`` stands instead of a password."""

    user: str = ""
    password: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of the header Authorization for the scheme Basic."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def login_for(registry: str, environment: Mapping[str, str] = os.environ) -> Login | None:
    """The login of a registry; None where there is none. Raises Failure.

    Order as in Docker: a helper for this registry, the helper for all, the file itself.
    """
    folder = environment.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    path = Path(folder) / "config.json"
    config = _read(path)
    host = _HUB_KEY if registry == HUB else registry
    key = f"https://{_HUB_KEY}/v1/" if registry == HUB else registry
    helper = _text(_members(config, "credHelpers"), key) or _text(config, "credsStore")
    if helper and (login := _from_helper(helper, key)):
        return login
    for name, entry in _members(config, "auths").items():
        if _host(name) == host and isinstance(entry, dict):
            return _from_entry(entry, name, path)
    return None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Failure(
            t("cannot read {path}: {reason}", path=path, reason=error),
            remedy=t("fix the file, or log in again with docker login"),
        ) from error
    return content if isinstance(content, dict) else {}


def _members(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def _text(config: Mapping[str, Any], name: str) -> str:
    found = config.get(name)
    return found if isinstance(found, str) else ""


def _host(key: str) -> str:
    """The host of a key, which older tools write as an address."""
    return key.partition("://")[2].partition("/")[0] if "://" in key else key.partition("/")[0]


def _from_helper(helper: str, key: str) -> Login | None:
    program = f"docker-credential-{helper}"
    remedy = t("install it, or log in again with docker login")
    try:
        done = subprocess.run(  # noqa: S603 -- the user's own configuration names it
            [program, "get"],
            input=key.encode(),
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = getattr(error, "strerror", None) or t("it did not answer")
        message = t("credential helper {program}: {reason}", program=program, reason=reason)
        raise Failure(message, remedy=remedy) from error
    said = (done.stdout + done.stderr).decode(errors="replace")
    if done.returncode and _NOT_THERE in said:
        return None
    try:
        answer = {} if done.returncode else json.loads(done.stdout)
        user, secret = answer["Username"], answer["Secret"]
    except (ValueError, KeyError, TypeError) as error:
        # What it printed may be a secret; what it says of its failure is not.
        reason = said.strip() if done.returncode else t("its answer has no user and secret")
        message = t("credential helper {program}: {reason}", program=program, reason=reason)
        raise Failure(message, remedy=remedy) from error
    if user == _TOKEN_USER:
        return Login(refresh_token=secret)
    return Login(user=user, password=secret)


def _from_entry(entry: Mapping[str, Any], name: str, path: Path) -> Login | None:
    if token := _text(entry, "identitytoken"):
        return Login(refresh_token=token)
    if not (auth := _text(entry, "auth")):
        user, password = _text(entry, "username"), _text(entry, "password")
        return Login(user=user, password=password) if user else None
    try:
        user, colon, password = base64.b64decode(auth, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        user, colon, password = "", "", ""
    if not colon:
        raise Failure(
            t("{path}: auth of {name} is not base64 of user:password", path=path, name=name),
            remedy=t("log in again with docker login"),
        )
    return Login(user=user, password=password.rstrip("\0"))
