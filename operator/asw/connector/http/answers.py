"""What a state gets for the answer of an API: AWS's result, or an error by its status. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from typing import Final

from asw.asl.errors import DATA_LIMIT_EXCEEDED, HTTP_SOCKET, RUNTIME
from asw.asl.values import Json, from_text
from asw.connector.calls import Done, Failed, Outcome
from asw.connector.http.authorization import redacted

MOST_BYTES: Final = 262_144
"""AWS: bytes of an answer's body."""
_STATUS: Final = "States.Http.StatusCode."
_NO_TEXT: Final = ("application/octet-stream", "audio/", "image/", "video/")
"""AWS: types of answers that no result can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What an API answered, read to its end."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    data: bytes


class _NotText(Exception):
    """The body is no text; the message says what it is."""


def outcome_of(answer: HttpAnswer, secrets: Sequence[str], status: str = _STATUS) -> Outcome:
    """The outcome, without any of the secrets; ``status`` starts the name of an error."""
    kind = _content_type(answer)
    try:
        text = redacted(_text(answer, kind), secrets)
    except _NotText as error:
        if is_success(answer.status):
            return Failed(error=RUNTIME, cause=f"The response of the HTTP endpoint {error}")
        text = ""
    reason = answer.reason or _phrase(answer.status)
    if not is_success(answer.status):
        return Failed(error=f"{status}{answer.status}", cause=text or reason)
    headers: dict[str, Json] = {}
    for name, value in answer.headers:
        headers.setdefault(name, []).append(redacted(value, secrets))
    output = {
        "Headers": headers,
        "ResponseBody": _value(text, kind.get_content_type()),
        "StatusCode": answer.status,
        "StatusText": reason,
    }
    return Done(output=output)


def is_success(status: int) -> bool:
    """Whether the API did what it was asked for; redirects are not followed."""
    return 200 <= status < 300


def too_large() -> Failed:
    """The body has more bytes than AWS takes."""
    told = (
        "The state/task 'http' returned a result with a size exceeding the maximum number of"
        " bytes service limit."
    )
    return Failed(error=DATA_LIMIT_EXCEEDED, cause=told)


def no_answer(why: str) -> Failed:
    """Nothing came back, or not in time."""
    return Failed(error=HTTP_SOCKET, cause=why)


def unfit(why: str) -> Failed:
    """No request can be made of the parameters."""
    told = f"The Parameters could not be used to start the Task http: [{why}]"
    return Failed(error=RUNTIME, cause=told)


def _content_type(answer: HttpAnswer) -> Message:
    message = Message()
    message["Content-Type"] = next(
        (value for name, value in answer.headers if name.lower() == "content-type"), "text/plain"
    )
    return message


def _text(answer: HttpAnswer, kind: Message) -> str:
    """The body as text. Raises _NotText."""
    if answer.data and kind.get_content_type().startswith(_NO_TEXT):
        raise _NotText(f"is {kind.get_content_type()}, which a result cannot hold")
    charset = kind.get_content_charset() or "utf-8"
    try:
        return answer.data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise _NotText("cannot be read as text") from None


def _value(text: str, kind: str) -> Json:
    if kind != "application/json" and not kind.endswith("+json"):
        return text
    try:
        return from_text(text)
    except (ValueError, RecursionError, json.JSONDecodeError):
        return text


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
