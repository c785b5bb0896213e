"""Tokens of callbacks (``$$.Task.Token``): HMACs by keys of their own. Pure and stateless.

By the token with which it reports a pod must not complete the callback that it only asked for, and
by the token of a callback nobody must report for the pod. So neither the keys nor the texts have
anything in common. A token is the whole authority of whoever has it (AWS: SendTaskSuccess), and may
be presented as long as the execution waits: former keys verify for a year.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.tokens import SigningKey, signature

KEPT: Final = timedelta(days=366)
"""How long a key verifies after it signed its last token: no execution at AWS lives longer."""
MOST_FORMER: Final = 500
"""Most former keys, the newest: the Secret must stay small, and nobody rotates daily."""
_PURPOSE: Final = "asw-callback"
LONGEST_TOKEN: Final = 1024
"""Most characters of a text that is looked at (AWS: taskToken)."""


class Claim(NamedTuple):
    """What a genuine token says: a start in a namespace."""

    namespace: str
    task_id: TaskId


class FormerKey(NamedTuple):
    """A key that signs no more; after ``until`` it does not verify either."""

    key: SigningKey
    until: datetime


@dataclass(frozen=True, slots=True)
class CallbackKeys:
    """The key that signs, and those that still verify."""

    current: SigningKey
    former: Sequence[FormerKey] = ()

    def issue(self, claim: Claim) -> str:
        """The token of one start: always the same one by the same key."""
        return _token(self.current, claim)

    def knows(self, token: str) -> bool:
        """Whether its key is one of these, or it is no token at all; else other keys may fit."""
        read = _read(token)
        return read is None or self.key_of(read[0], None) is not None

    def verify(self, token: str, now: datetime) -> Claim | None:
        """What a genuine token says, else None."""
        read = _read(token)
        key = None if read is None else self.key_of(read[0], now)
        if read is None or key is None:
            return None
        genuine = _token(key, read[1])
        return read[1] if hmac.compare_digest(genuine.encode(), token.encode()) else None

    def rotated(self, now: datetime) -> "CallbackKeys":
        """A new key signs; those that may have signed what somebody still has are kept."""
        kept = [it for it in self.former if it.until > now]
        former = (*kept, FormerKey(self.current, now + KEPT))
        return CallbackKeys(new_key(), former[-MOST_FORMER:])

    def key_of(self, key_id: str, now: datetime | None) -> SigningKey | None:
        """The key of this id that verifies at the instant, or ever."""
        if key_id == self.current.id:
            return self.current
        former = (it for it in self.former if it.key.id == key_id)
        return next((it.key for it in former if now is None or it.until > now), None)


def new_key() -> SigningKey:
    """A key that nobody has seen."""
    return SigningKey(secrets.token_hex(4), secrets.token_bytes(32))


def is_callback_token(text: str) -> bool:
    """Whether the text has the form of such a token, be it genuine or not."""
    return _read(text) is not None


def _read(token: str) -> tuple[str, Claim] | None:
    """The id of its key and its claim, unproved; None for any other text."""
    parts = token.split(".") if token.isascii() and len(token) <= LONGEST_TOKEN else ()
    if len(parts) != 5 or parts[0] != _PURPOSE:
        return None
    try:
        return parts[1], Claim(parts[2], TaskId.parse(parts[3]))
    except ValueError:
        return None


def _token(key: SigningKey, claim: Claim) -> str:
    said = f"{_PURPOSE}.{key.id}.{claim.namespace}.{claim.task_id}"
    return f"{said}.{signature(key, said)}"
