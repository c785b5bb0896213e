"""The request that the parameters of ``http:invoke`` mean. Pure.

From the Step Functions Developer Guide ("Call HTTPS APIs in Step Functions workflows"): fields,
the headers that a state may not set, and the URL encoding of a body.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from yarl import URL

from asw.asl.values import Json, to_text

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
READING: Final = ("GET", "OPTIONS", "HEAD")
"""Methods that change nothing (RFC 9110: safe), so that a request may be sent twice."""
_CONNECTION_FIELDS: Final = ("InvocationConfig", "Authentication")
_CONNECTION_ARN: Final = re.compile(r"arn:aws[\w-]*:events:[^:]*:[^:]*:connection/([^/:]+)(?:/.*)?")
_FORBIDDEN_NAMES: Final = """
a-im accept-charset accept-datetime accept-encoding cache-control connection content-encoding
content-length content-md5 date expect forwarded from host http2-settings if-match
if-modified-since if-none-match if-range if-unmodified-since max-forwards origin pragma
proxy-authorization referer server te trailer transfer-encoding upgrade via warning
"""
_FORBIDDEN: Final = frozenset(_FORBIDDEN_NAMES.split())
_FORBIDDEN_PREFIXES: Final = ("x-amz-", "x-amzn-", "x-forwarded-")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
"""What no header has: control characters, and halves of pairs that have no UTF-8."""
_FORM: Final = "application/x-www-form-urlencoded"
_JSON: Final = "application/json"
_ARRAYS: Final = ("INDICES", "REPEAT", "COMMAS", "BRACKETS")

Pairs = tuple[tuple[str, str], ...]


class BadRequest(Exception):
    """No request can be made of the parameters; the message names the field, not its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """What is sent, but for its authorization."""

    method: str
    url: URL
    headers: Pairs = ()
    body: bytes | None = None

    def with_header(self, name: str, value: str) -> Pairs:
        """The headers with this one in place of others of its name."""
        rest = (it for it in self.headers if it[0].lower() != name.lower())
        return (*rest, (name, value))


def http_request(parameters: Json) -> HttpRequest:
    """The request. Raises BadRequest."""
    if not isinstance(parameters, dict):
        raise BadRequest("the whole must be an object")
    method = parameters.get("Method")
    if method not in METHODS:
        raise BadRequest(f"Method must be one of {', '.join(METHODS)}")
    headers = _headers(parameters.get("Headers"))
    body, kind = _body(parameters, {name.lower(): value for name, value in headers})
    if kind is not None:
        headers = (*headers, ("Content-Type", kind))
    url = _url(parameters.get("ApiEndpoint"), parameters.get("QueryParameters"))
    return HttpRequest(method=method, url=url, headers=headers, body=body)


def connection_named(parameters: Json) -> str | None:
    """The name of the Connection: what follows ``connection/`` in the ARN; None without one."""
    fields = parameters if isinstance(parameters, dict) else {}
    for field in _CONNECTION_FIELDS:
        given = fields.get(field)
        arn = given.get("ConnectionArn") if isinstance(given, dict) else None
        found = _CONNECTION_ARN.fullmatch(arn) if isinstance(arn, str) else None
        if found is not None:
            return found[1]
    return None


def is_connection_known(parameters: Json) -> bool:
    """Whether these parameters of a definition say the Connection, not what a run puts there."""
    fields = parameters if isinstance(parameters, dict) else {}
    given = [fields.get(field) for field in _CONNECTION_FIELDS]
    told = [it.get("ConnectionArn") for it in given if isinstance(it, dict)]
    has_marks = any(f"{field}.$" in fields for field in _CONNECTION_FIELDS) or any(
        isinstance(it, dict) and "ConnectionArn.$" in it for it in given
    )
    is_open = isinstance(parameters, str) or any(isinstance(it, str) for it in (*given, *told))
    return not has_marks and (not is_open or connection_named(parameters) is not None)


def is_reading(parameters: Json) -> bool:
    """Whether the request may be sent twice without harm."""
    return isinstance(parameters, dict) and parameters.get("Method") in READING


def url_of(text: str) -> URL | None:
    """The text as the URL of an API; None if it is none."""
    try:
        url = URL(text)
        _ = url.port
    except ValueError:
        return None
    return url if url.scheme in ("https", "http") and url.host else None


def _url(endpoint: Json, query: Json) -> URL:
    if not isinstance(endpoint, str):
        raise BadRequest("ApiEndpoint must be a text")
    url = url_of(endpoint)
    if url is None:
        raise BadRequest("ApiEndpoint must be a URL such as https://api.example.com/orders")
    if url.raw_user is not None or url.raw_password is not None:
        raise BadRequest("ApiEndpoint must have no user and password: a Connection has them")
    return url.with_fragment(None).extend_query(list(_query(query)))


def _query(given: Json) -> Iterator[tuple[str, str]]:
    for name, value in _object(given, "QueryParameters").items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, _scalar(each, f"QueryParameters.{name}")


def _headers(given: Json) -> Pairs:
    named = _object(given, "Headers")
    for name in named:
        low = name.lower()
        if low in _FORBIDDEN or low.startswith(_FORBIDDEN_PREFIXES):
            raise BadRequest(f"Headers must not have {name}")
    return header_lines(_header_pairs(named))


def _header_pairs(given: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, _scalar(each, f"Headers.{name}")


def header_lines(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """The headers, each a name and one line of text. Raises BadRequest for any other."""
    found = tuple(pairs)
    for name, text in found:
        if not _HEADER.fullmatch(name):
            raise BadRequest("Headers has a name that no header can have")
        if _CONTROL.search(text):
            raise BadRequest(f"Headers.{name} must be one line of text")
    return found


def _body(
    parameters: Mapping[str, Json], headers: Mapping[str, str]
) -> tuple[bytes | None, str | None]:
    """The bytes, and their type unless the headers say it."""
    transform = _object(parameters.get("Transform"), "Transform")
    encoding = transform.get("RequestBodyEncoding") or "NONE"
    if encoding not in ("NONE", "URL_ENCODED"):
        raise BadRequest("Transform.RequestBodyEncoding must be NONE or URL_ENCODED")
    body, kind = parameters.get("RequestBody"), headers.get("content-type")
    if body is None:
        return None, None
    if encoding == "NONE":
        text = body if isinstance(body, str) else to_text(body)
        return text.encode(errors="surrogatepass"), None if kind else _JSON
    if kind is not None and kind.partition(";")[0].strip().lower() != _FORM:
        raise BadRequest(f"Headers.Content-Type must be {_FORM} with URL_ENCODED")
    options = _object(transform.get("RequestEncodingOptions"), "Transform.RequestEncodingOptions")
    arrays = options.get("ArrayFormat") or "INDICES"
    if arrays not in _ARRAYS:
        raise BadRequest(f"ArrayFormat must be one of {', '.join(_ARRAYS)}")
    if not isinstance(body, dict):
        raise BadRequest("RequestBody must be an object with URL_ENCODED")
    return url_encoded(body, arrays).encode(), None if kind else _FORM


def url_encoded(body: Mapping[str, Json], arrays: str) -> str:
    """The body as a form; ``arrays`` is how AWS's ArrayFormat writes items of arrays."""
    pairs = (pair for name, value in body.items() for pair in _form(name, value, arrays))
    return "&".join(f"{quote(name, safe='[]')}={quote(value, safe=',')}" for name, value in pairs)


def _form(name: str, value: Json, arrays: str) -> Iterable[tuple[str, str]]:
    match value:
        case None:
            return
        case dict():
            for key, item in value.items():
                yield from _form(f"{name}[{key}]", item, arrays)
        case list() if arrays == "COMMAS":
            yield name, ",".join(_scalar(it, name) for it in value)
        case list():
            for at, item in enumerate(value):
                spelt = {"INDICES": f"{name}[{at}]", "BRACKETS": f"{name}[]"}.get(arrays, name)
                yield from _form(spelt, item, arrays)
        case _:
            yield name, _scalar(value, name)


def _object(given: Json, field: str) -> Mapping[str, Json]:
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadRequest(f"{field} must be an object")
    return given


def _scalar(value: Json, field: str) -> str:
    if isinstance(value, dict | list):
        raise BadRequest(f"{field} must be a text, a number or a boolean")
    return value if isinstance(value, str) else to_text(value)


def form_of(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Names and values as a form."""
    return urlencode(list(pairs)).encode()
