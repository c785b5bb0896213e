"""Task tokens and seals: HMACs by the operator's key. Pure and stateless.

A token names the one start that it is valid for (outcome, heartbeat, event; a callback's is another
one, ``callback_tokens``) and the key that signed it, so that it survives restarts and one rotation.
Pods get theirs by ``secretKeyRef`` from an immutable Secret that holds the tokens of 32 starts:
one write for 32, and neither ``get pods`` nor another task shows it. Its name says which key signed
them, so tasks that start after a rotation have tokens of the new one.

A seal proves that the operator made an object. Whoever reads it learns nothing that would fit
another object.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asw.api.names import tokens_name
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.objects import Owner, owned_metadata

BATCH = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One HMAC key; its id tells tokens of different keys apart."""

    id: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """The key that signs, and those that still verify (the current one first)."""

    current: SigningKey
    previous: SigningKey | None = None

    def issue(self, task_id: TaskId) -> str:
        """The token of one start."""
        return _token(self.current, task_id)

    def knows(self, token: str) -> bool:
        """Whether its key is one of these, or it is no token at all; else other keys may fit."""
        key_id, _, rest = token.partition(".")
        try:
            TaskId.parse(rest.rpartition(".")[0])
        except ValueError:
            return True
        return key_id in {key.id for key in (self.current, self.previous) if key is not None}

    def verify(self, token: str) -> TaskId | None:
        """The start that a genuine token names, else None."""
        key_id, _, rest = token.partition(".")
        claim, _, _ = rest.rpartition(".")
        try:
            task_id = TaskId.parse(claim)
        except ValueError:
            return None
        for key in (self.current, self.previous):
            if key is not None and key.id == key_id:
                genuine = _token(key, task_id)
                return task_id if hmac.compare_digest(genuine.encode(), token.encode()) else None
        return None

    def has_signed(self, token: str) -> bool:
        """Whether the token says that it is signed by one of these keys."""
        key_id = token.partition(".")[0]
        return key_id in {key.id for key in (self.current, self.previous) if key is not None}

    def issue_to_pool(self, claim: str) -> str:
        """The token by which the pods of a pool ask for work; ``claim`` names the pool."""
        return f"{self.current.id}.{claim}.{signature(self.current, f'pool/{claim}')}"

    def pool_of(self, token: str) -> str | None:
        """The claim of a genuine token of a pool, else None."""
        key_id, _, rest = token.partition(".")
        claim, _, _ = rest.rpartition(".")
        for key in (self.current, self.previous):
            if key is not None and key.id == key_id:
                genuine = f"{key.id}.{claim}.{signature(key, f'pool/{claim}')}"
                return claim if hmac.compare_digest(genuine.encode(), token.encode()) else None
        return None

    def seal(self, text: str) -> str:
        """What proves that the operator made the object that the text describes."""
        return _seal(self.current, text)

    def has_sealed(self, text: str, seal: str) -> bool:
        """Whether the seal is genuine for this text."""
        key_id, _, _ = seal.partition(".")
        return any(
            hmac.compare_digest(_seal(key, text).encode(), seal.encode())
            for key in (self.current, self.previous)
            if key is not None and key.id == key_id
        )


def batch_of(ordinal: int) -> int:
    """The batch that holds the token of an ordinal; batch 0 holds 1 to 32."""
    return (ordinal - 1) // BATCH


def batches_of(task_ids: Iterable[TaskId]) -> set[int]:
    """The batches that hold the tokens of these tasks."""
    return {batch_of(task_id.ordinal) for task_id in task_ids}


def tokens_secret(keys: TokenKeys, owner: Owner, batch: int) -> Mapping[str, Any]:
    """The Secret with the tokens of one batch, each under its ordinal."""
    ordinals = range(batch * BATCH + 1, (batch + 1) * BATCH + 1)
    return _secret(keys, owner, [TaskId(owner.uid, ordinal) for ordinal in ordinals])


def token_secret(keys: TokenKeys, owner: Owner, task_id: TaskId) -> Mapping[str, Any]:
    """The Secret with the token of one task of an express child of the owner.

    The task's number is not consecutive, so there is no batch of neighbours.
    """
    return _secret(keys, owner, [task_id])


def _secret(keys: TokenKeys, owner: Owner, task_ids: Sequence[TaskId]) -> Mapping[str, Any]:
    first = task_ids[0]
    name = tokens_name(first.execution_uid, batch_of(first.ordinal), keys.current.id)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned_metadata(owner, name, kind="tokens"),
        "type": "Opaque",
        "immutable": True,
        "stringData": {str(it.ordinal): keys.issue(it) for it in task_ids},
    }


def _token(key: SigningKey, task_id: TaskId) -> str:
    claim = f"{key.id}.{task_id}"
    return f"{claim}.{signature(key, claim)}"


def _seal(key: SigningKey, text: str) -> str:
    """A seal is never a token, nor a token a seal: ids of keys have no slash."""
    return f"{key.id}.{signature(key, f'seal/{text}')}"


def signature(key: SigningKey, text: str) -> str:
    """The HMAC of the text, in letters that need no quoting anywhere."""
    digest = hmac.new(key.secret, text.encode(errors="surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
