"""The request that the parameters of ``apigateway:invoke`` mean. Pure.

From the Step Functions Developer Guide ("Create API Gateway REST APIs with Step Functions"): the
fields, the headers that a state may not set, and what becomes of null values.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from yarl import URL

from asw.asl.values import Json, to_text
from asw.connector.http.requests import METHODS, BadRequest, HttpRequest, Pairs, header_lines

SERVICE: Final = "apigateway"
ACTION: Final = "invoke"
SIGNED_AS: Final = "execute-api"
"""What signatures and host names call the service."""
STATUS: Final = "ApiGateway."
"""Starts an error's name; the status follows."""
_NAME: Final = re.compile(rf"[0-9a-z]+\.{SIGNED_AS}\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
_HOST: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?(?::[0-9]{1,5})?")
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_IN_PATHS: Final = "/%!$&'()*+,;=:@~"
_NO_AUTH: Final = "NO_AUTH"
_IAM_ROLE: Final = "IAM_ROLE"
_RESOURCE_POLICY: Final = "RESOURCE_POLICY"
_FORBIDDEN_NAMES: Final = """
authorization connection content-md5 expect host max-forwards proxy-authenticate server te
transfer-encoding trailer upgrade via www-authenticate
"""
# Its value could end a request early, and nobody but the sender knows it.
_FORBIDDEN: Final = frozenset((*_FORBIDDEN_NAMES.split(), "content-length"))
_FORBIDDEN_PREFIXES: Final = ("x-amz", "x-forwarded")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRequest:
    """What is sent, but for its signature."""

    request: HttpRequest
    is_signed: bool


def gateway_request(parameters: Json, endpoint: str | None) -> GatewayRequest:
    """The request; to the origin of ``endpoint`` if that is given. Raises BadRequest."""
    if not isinstance(parameters, dict):
        raise BadRequest("the whole must be an object")
    method = parameters.get("Method")
    if method not in METHODS:
        raise BadRequest(f"Method must be one of {', '.join(METHODS)}")
    is_signed = _is_signed(parameters.get("AuthType"))
    host = _host(parameters.get("ApiEndpoint"), is_free=endpoint is not None)
    origin = f"https://{host}" if endpoint is None else str(URL(endpoint).origin())
    query = _query(parameters.get("QueryParameters"))
    headers = [*_headers(parameters.get("Headers"))]
    body = _body(parameters)
    if body is not None and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "application/json"))
    if endpoint is not None:
        headers.append(("Host", host))  # by it, one endpoint tells APIs apart
    request = HttpRequest(
        method=method,
        url=URL(f"{origin}{_path(parameters)}{'?' if query else ''}{query}", encoded=True),
        headers=tuple(headers),
        body=body,
    )
    return GatewayRequest(request=request, is_signed=is_signed)


def _is_signed(kind: Json) -> bool:
    if kind == _RESOURCE_POLICY:
        raise BadRequest(
            f"AuthType {_RESOURCE_POLICY} is for calls of AWS's own service: use {_IAM_ROLE}, and"
            " let the API's policy name who signs"
        )
    if kind not in (None, _NO_AUTH, _IAM_ROLE):
        raise BadRequest(f"AuthType must be {_NO_AUTH} or {_IAM_ROLE}")
    return bool(kind == _IAM_ROLE)


def _host(given: Json, *, is_free: bool) -> str:
    """The host; ``is_free`` if it says no more than which API of an endpoint is meant."""
    if not isinstance(given, str) or not (_HOST if is_free else _NAME).fullmatch(given):
        told = "must be a host" if is_free else "must be the host of an API in API Gateway"
        raise BadRequest(
            f"ApiEndpoint {told}, such as abc123.{SIGNED_AS}.eu-central-1.amazonaws.com"
        )
    return given


def _path(parameters: Mapping[str, Json]) -> str:
    stage = _text(parameters, "Stage").strip("/")
    path = _text(parameters, "Path").removeprefix("/")
    whole = f"/{stage}/{path}" if stage else f"/{path}"
    return quote(_STRAY_PERCENT.sub("%25", whole).encode(errors="surrogatepass"), safe=_IN_PATHS)


def _query(given: Json) -> str:
    return "&".join(
        f"{_quoted(name)}={_quoted(value)}" for name, value in _pairs(given, "QueryParameters")
    )


def _quoted(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")


def _headers(given: Json) -> Pairs:
    found = header_lines(_pairs(given, "Headers"))
    refused = sorted({name for name, _ in found if _is_forbidden(name.lower())})
    if refused:
        raise BadRequest(f"The 'Headers' field contains unsupported values: [{', '.join(refused)}]")
    return tuple(it for it in found if it[0].lower() != "accept-encoding")  # ours is sent


def _is_forbidden(name: str) -> bool:
    return name in _FORBIDDEN or name.startswith(_FORBIDDEN_PREFIXES)


def _pairs(given: Json, field: str) -> Iterator[tuple[str, str]]:
    """Each value under its name: AWS takes lists of them, and nothing else."""
    unfit = BadRequest(f"The value of the field '{field}' has an invalid format")
    if given is not None and not isinstance(given, dict):
        raise unfit
    for name, values in (given or {}).items():
        if values is None:
            continue
        if not isinstance(values, list) or any(isinstance(it, dict | list) for it in values):
            raise unfit
        for each in values:
            if each is not None:
                yield name, each if isinstance(each, str) else to_text(each)


def _body(parameters: Mapping[str, Json]) -> bytes | None:
    body, allowed = parameters.get("RequestBody"), parameters.get("AllowNullValues")
    if allowed not in (None, True, False):
        raise BadRequest("AllowNullValues must be true or false")
    if body is None:
        return None
    if isinstance(body, str):
        return body.encode(errors="surrogatepass")
    return to_text(body if allowed else _without_nulls(body)).encode(errors="surrogatepass")


def _without_nulls(value: Json) -> Json:
    """The value without fields that are null, at any depth."""
    match value:
        case dict():
            return {name: _without_nulls(it) for name, it in value.items() if it is not None}
        case list():
            return [_without_nulls(it) for it in value]
    return value


def _text(parameters: Mapping[str, Json], field: str) -> str:
    value = parameters.get(field)
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{field} must be a text")
    return value or ""
