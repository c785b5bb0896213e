"""Calls of HTTPS APIs on this machine: as whom they are made.

Secrets are in no file of asw: they come from its environment, at each call.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from asw.asl.errors import NO_CONNECTION, NO_CREDENTIALS
from asw.asl.values import JsonObject

if TYPE_CHECKING:  # clients are slow to import, and most runs need none
    from asw.connector.http.authorization import Authorization

PREFIX = "ASW_CONNECTION_"
"""How names of variables with secrets begin."""


class NoConnection(Exception):
    """The service cannot be called; the message says why, and what to do."""

    error = NO_CONNECTION


class NoCredentials(NoConnection):
    """There is nothing to authorize the call with."""

    error = NO_CREDENTIALS


def variable_of(connection: str, key: str) -> str:
    """The variable with the value of a key of the Connection's Secret.

    ``ASW_CONNECTION_MY_API_PASSWORD`` for ``password`` of Connection ``my-api``.
    """
    name = "".join(it if it.isalnum() else "_" for it in f"{connection}_{key}")
    return f"{PREFIX}{name.upper()}"


def authorization_of(
    connection: str, http: JsonObject | None, environ: Mapping[str, str]
) -> "Authorization | None":
    """How calls of the Connection show who they are. Raises NoCredentials."""
    from asw.connector.http import authorization as ways  # noqa: PLC0415

    def secret(key: str) -> str:
        variable = variable_of(connection, key)
        if not environ.get(variable):
            raise NoCredentials(
                f"Connection {connection} needs {variable} in the environment of asw"
            )
        return environ[variable]

    match http or {}:
        case {"basic": _}:
            return ways.Basic(username=secret("username"), password=secret("password"))
        case {"apiKey": {"header": header}}:
            return ways.ApiKey(header=header, value=secret("api_key"))
        case {"oauth": oauth}:
            return ways.OAuth(
                endpoint=oauth["endpoint"],
                client_id=secret("client_id"),
                client_secret=secret("client_secret"),
                form=tuple(oauth.get("parameters", {}).items()),
                in_body=oauth.get("credentialsIn") == "Body",
            )
        case {"url": _}:
            return ways.Whole(url=secret("url"))
    return None
