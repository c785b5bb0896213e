"""Permits: by one, ``asw serve`` shows the result server that it asks for workers. Pure.

Workers prove who they are to ``asw serve``, which asks the API server whether they may poll. Pods
reach the result server as well, and must not pass for it there. So each of its requests has a
permit, signed by the key of callbacks, which only it shares with the operator, and good for a
minute. Nobody else ever sees one.
"""

import hmac
from datetime import UTC, datetime, timedelta
from typing import Final

from asw.platforms.kubernetes.keys.callback_tokens import KEPT, CallbackKeys
from asw.platforms.kubernetes.keys.tokens import SigningKey, signature

LASTS: Final = timedelta(minutes=1)
SKEW: Final = timedelta(minutes=1)
"""How far apart the clocks of two nodes may be."""
AFTER_ROTATION: Final = timedelta(minutes=5)
"""How long a former key is good for permits: ``asw serve`` reads its Secret every minute."""
_PURPOSE: Final = "asw-serve"
_LONGEST: Final = 200
_DIGITS: Final = 11


def permit(keys: CallbackKeys, now: datetime) -> str:
    """A permit that is good from now on."""
    return _permit(keys.current, int((now + LASTS).timestamp()))


def is_of_known_key(keys: CallbackKeys, text: str) -> bool:
    """Whether one of the keys may have signed it, or it is no permit at all."""
    read = _read(text)
    return read is None or read[0] in {keys.current.id, *(it.key.id for it in keys.former)}


def is_permit(keys: CallbackKeys, text: str, now: datetime) -> bool:
    """Whether the text is a permit that is good now."""
    read = _read(text)
    key = None if read is None else _key(keys, read[0], now)
    if read is None or key is None or not hmac.compare_digest(_permit(key, read[1]), text):
        return False
    until = datetime.fromtimestamp(read[1], UTC)
    return now - SKEW <= until <= now + LASTS + SKEW


def _read(text: str) -> tuple[str, int] | None:
    """The id of its key, and until when it is good, unproved; None for any other text."""
    parts = text.split(".") if text.isascii() and len(text) <= _LONGEST else ()
    if len(parts) != 4 or parts[0] != _PURPOSE or not parts[2].isdigit():
        return None
    return (parts[1], int(parts[2])) if len(parts[2]) <= _DIGITS else None


def _key(keys: CallbackKeys, key_id: str, now: datetime) -> SigningKey | None:
    if key_id == keys.current.id:
        return keys.current
    recent = (it.key for it in keys.former if it.until - KEPT + AFTER_ROTATION > now)
    return next((key for key in recent if key.id == key_id), None)


def _permit(key: SigningKey, until: int) -> str:
    said = f"{_PURPOSE}.{key.id}.{until}"
    return f"{said}.{signature(key, said)}"
