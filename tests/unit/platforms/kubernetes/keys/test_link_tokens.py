"""Tokens of one-time links: what they say, and what does not pass for one."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_tokens import CallbackKeys, Claim, new_key
from asw.platforms.kubernetes.keys.link_tokens import (
    Link,
    is_link_of_known_key,
    link_of,
    link_token,
)
from asw.platforms.kubernetes.keys.permits import is_permit, permit
from tests.support.kube_objects import CALLBACK_KEYS, UID

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLAIM = Claim("shop", TaskId(UID, 7))
LINK = Link(CLAIM, "ann", "bot", NOW + timedelta(hours=1))
TOKEN = link_token(CALLBACK_KEYS, LINK)


@pytest.mark.parametrize(
    "name", ["ann", "system:serviceaccount:shop:bot", 'a.b"c', "王小明", "é" * 128]
)
def test_a_link_says_who_answers_on_whose_word(name):
    """Whatever their names are, and in characters that an address may have."""
    link = LINK._replace(by=name, maker=name[::-1])
    token = link_token(CALLBACK_KEYS, link)
    assert link_of(CALLBACK_KEYS, token, NOW) == link
    assert all(it.isalnum() or it in "-_.=" for it in token)


def test_one_that_is_over_still_says_so():
    """Whoever has it is told that it expired, and not that it is forged."""
    assert link_of(CALLBACK_KEYS, TOKEN, LINK.until + timedelta(days=1)) == LINK


def test_none_of_the_purposes_passes_for_another():
    """A callback's token is no link, a link no callback's, and neither is a permit."""
    callback, allowed = CALLBACK_KEYS.issue(CLAIM), permit(CALLBACK_KEYS, NOW)
    for text in (callback, allowed):
        assert link_of(CALLBACK_KEYS, text, NOW) is None
    assert CALLBACK_KEYS.verify(TOKEN, NOW) is None
    assert not is_permit(CALLBACK_KEYS, TOKEN, NOW)


def changed(position, text):
    """The token with one part replaced."""
    parts = TOKEN.split(".")
    parts[position] = text
    return ".".join(parts)


EVE = base64.urlsafe_b64encode(b'["eve","bot"]').decode()
FORGED = {
    "another purpose": changed(0, "asw-callback"),
    "another key": changed(1, "k1"),
    "a later end": changed(2, "99999999999"),
    "an end without end": changed(2, "9" * 12),
    "an end that is no number": changed(2, "²"),
    "another namespace": changed(3, "bank"),
    "another task": changed(4, str(TaskId(UID, 8))),
    "no task": changed(4, "x"),
    "another person": changed(5, EVE),
    "one name": changed(5, base64.urlsafe_b64encode(b'["eve"]').decode()),
    "names that are none": changed(5, base64.urlsafe_b64encode(b"[1,2]").decode()),
    "no base64": changed(5, "a"),
    "deep JSON": changed(5, base64.urlsafe_b64encode(b"[" * 1000).decode()),
    "no signature": changed(6, ""),
    "a part more": TOKEN + ".x",
    "nothing": "",
    "too much": TOKEN + "x" * 2048,
    "no ASCII": TOKEN + "é",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_forged_links_are_none(text):
    """Whatever is changed of one, or is none at all."""
    assert link_of(CALLBACK_KEYS, text, NOW) is None


def test_a_link_outlives_a_rotation_and_no_leak():
    """Former keys verify; those that were forgotten do not."""
    rotated = CALLBACK_KEYS.rotated(NOW)
    assert link_of(rotated, TOKEN, NOW) == LINK
    assert is_link_of_known_key(rotated, TOKEN)
    forgotten = CallbackKeys(new_key())
    assert link_of(forgotten, TOKEN, NOW) is None
    assert not is_link_of_known_key(forgotten, TOKEN)
    assert is_link_of_known_key(forgotten, "x")
