"""Tokens of callbacks, and the Secret with their keys."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.errors import Damaged
from asw.platforms.kubernetes.keys.callback_ring import CallbackRing
from asw.platforms.kubernetes.keys.callback_tokens import (
    KEPT,
    MOST_FORMER,
    CallbackKeys,
    Claim,
    is_callback_token,
    new_key,
)
from asw.platforms.kubernetes.keys.serve_keys import (
    SERVE_KEYS_NAME,
    callback_keys,
    callback_rotation,
    ensure_serve_keys,
    read_serve_keys,
)
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import kube_api
from tests.support.kube_objects import NOW, UID

CLAIM = Claim("shop", TaskId(UID, 7))
KEYS = CallbackKeys(new_key())


def test_a_token_is_the_same_each_time_and_says_what_it_is_for() -> None:
    """Nothing but its key need be kept to make it again."""
    token = KEYS.issue(CLAIM)
    assert token == KEYS.issue(CLAIM)
    assert KEYS.verify(token, NOW) == CLAIM
    assert is_callback_token(token)
    assert len(token) < 200


@pytest.mark.parametrize("position", range(0, 120, 7))
def test_no_letter_can_be_changed(position: int) -> None:
    """Purpose, key, namespace, start and signature hold each other."""
    token = KEYS.issue(CLAIM)
    other = "B" if token[position % len(token)] != "B" else "C"
    place = position % len(token)
    assert KEYS.verify(token[:place] + other + token[place + 1 :], NOW) is None


@pytest.mark.parametrize("text", ["", ".", "asw-callback....", "é" * 9, "a.b.c.d.e", "x" * 9999])
def test_other_texts_are_no_tokens(text: str) -> None:
    """Whatever comes in by the door; no key is looked for because of it."""
    assert KEYS.knows(text)
    assert KEYS.verify(text, NOW) is None
    assert not is_callback_token(text)


def test_a_former_key_verifies_for_a_year() -> None:
    """As long as an execution may wait; then its tokens are no tokens any more."""
    token, rotated = KEYS.issue(CLAIM), KEYS.rotated(NOW)
    assert rotated.verify(token, NOW + KEPT - timedelta(seconds=1)) == CLAIM
    assert rotated.verify(token, NOW + KEPT) is None
    assert rotated.issue(CLAIM) != token
    assert [it.key for it in rotated.rotated(NOW + KEPT).former] == [rotated.current]


def test_former_keys_are_bounded() -> None:
    """Whoever rotates all day fills no Secret."""
    keys = KEYS
    for _ in range(MOST_FORMER + 3):
        keys = keys.rotated(NOW)
    assert len(keys.former) == MOST_FORMER


async def test_the_secret_is_made_once_and_rotated() -> None:
    """The second replica finds it; a rotation keeps the former key, or forgets it if told so."""
    async with kube_api() as (api, client):
        made = await ensure_serve_keys(client, "asw", b"PEM", NOW)
        assert (await ensure_serve_keys(client, "asw", b"PEM", NOW)).callbacks == made.callbacks
        secret = api.named(f"/secrets/{SERVE_KEYS_NAME}")[0]
        rotated = callback_keys(callback_rotation(secret, NOW))
        assert [it.key for it in rotated.former] == [made.callbacks.current]
        forgotten = callback_keys(callback_rotation(secret, NOW, forgets=True))
        assert list(forgotten.former) == []


async def test_another_authority_of_results_is_told() -> None:
    """Once the operator's own keys are made anew, asw serve learns whom to trust."""
    async with kube_api() as (_, client):
        first = await ensure_serve_keys(client, "asw", b"ONE", NOW)
        second = await ensure_serve_keys(client, "asw", b"TWO", NOW)
        assert second.results_certificate == b"TWO"
        assert (await read_serve_keys(client, "asw")).callbacks == first.callbacks


async def test_the_secret_shares_nothing_with_the_operators_own() -> None:
    """Whoever reads it can neither sign for pods nor pass for a result server."""
    async with kube_api() as (api, client):
        await ensure_serve_keys(client, "asw", b"PEM", NOW)
        data = api.named(f"/secrets/{SERVE_KEYS_NAME}")[0]["data"]
        assert sorted(data) == [
            "ca.crt",
            "ca.key",
            "callback-key",
            "callback-key-id",
            "former-callback-keys",
            "results-ca.crt",
        ]
        assert b64decode(data["results-ca.crt"]) == b"PEM"
        assert json.loads(b64decode(data["former-callback-keys"])) == []


async def test_a_damaged_secret_is_named() -> None:
    """What is missing, and what to do about it."""
    async with kube_api() as (api, client):
        await ensure_serve_keys(client, "asw", b"PEM", NOW)
        del api.named(f"/secrets/{SERVE_KEYS_NAME}")[0]["data"]["callback-key"]
        with pytest.raises(Damaged, match="lacks callback-key; delete it"):
            await read_serve_keys(client, "asw")


async def test_forged_ids_of_keys_cause_one_read_a_second() -> None:
    """A key that nobody has is looked for once; who knocks again is told to wait."""
    reads = []
    now = [0.0]

    async def read() -> CallbackKeys:
        reads.append(1)
        return KEYS

    ring = CallbackRing(KEYS, read, clock=lambda: now[0], now=lambda: NOW)
    foreign = CallbackKeys(new_key()).issue(CLAIM)
    assert await ring.claim_of(foreign) is None
    for _ in range(5):
        with pytest.raises(Unavailable):
            await ring.claim_of(foreign)
    assert len(reads) == 1
    assert await ring.claim_of(KEYS.issue(CLAIM)) == CLAIM
