"""Tokens of one-time links, by which one person answers one approval. Pure and stateless.

They are signed by the keys of callbacks, as permits are, and for a purpose of their own: none of
the three passes for another, nor for a pod's. A link says who answers by it and who made it, and
ends by itself; that it works once is the record's doing, where an approval is answered once.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from asw.asl.values import from_text, to_text
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys, Claim
from asw.platforms.kubernetes.keys.tokens import SigningKey, signature

LONGEST_LIFE: Final = timedelta(days=30)
LONGEST_NAME: Final = 256
"""Bytes of a name in UTF-8: a link must fit into what chats take for one."""
_PURPOSE: Final = "asw-link"
_LONGEST: Final = 2048
_DIGITS: Final = 11


class Link(NamedTuple):
    """Who answers which approval, on whose word, until when."""

    claim: Claim
    by: str
    maker: str
    until: datetime


def link_token(keys: CallbackKeys, link: Link) -> str:
    """The token; ``until`` counts in whole seconds."""
    return _token(keys.current, link)


def is_link_of_known_key(keys: CallbackKeys, text: str) -> bool:
    """Whether its key is one of these, or it is no link at all; else other keys may fit."""
    read = _read(text)
    return read is None or keys.key_of(read[0], None) is not None


def link_of(keys: CallbackKeys, text: str, now: datetime) -> Link | None:
    """What a genuine link says, be it over or not; else None."""
    read = _read(text)
    key = None if read is None else keys.key_of(read[0], now)
    if read is None or key is None or not hmac.compare_digest(_token(key, read[1]), text):
        return None
    return read[1]


def _read(text: str) -> tuple[str, Link] | None:
    """The id of its key and what it says, unproved; None for any other text."""
    parts = text.split(".") if text.isascii() and len(text) <= _LONGEST else ()
    if len(parts) != 7 or parts[0] != _PURPOSE or not parts[2].isdigit():
        return None
    try:
        names = from_text(base64.urlsafe_b64decode(parts[5]))
        claim = Claim(parts[3], TaskId.parse(parts[4]))
    except (ValueError, binascii.Error, RecursionError):
        return None
    is_pair = isinstance(names, list) and len(names) == 2
    if len(parts[2]) > _DIGITS or not is_pair or not all(isinstance(it, str) for it in names):
        return None
    return parts[1], Link(claim, names[0], names[1], datetime.fromtimestamp(int(parts[2]), UTC))


def _token(key: SigningKey, link: Link) -> str:
    names = base64.urlsafe_b64encode(to_text([link.by, link.maker]).encode()).decode()
    until = int(link.until.timestamp())
    said = f"{_PURPOSE}.{key.id}.{until}.{link.claim.namespace}.{link.claim.task_id}.{names}"
    return f"{said}.{signature(key, said)}"
