"""Tokens are good for the start that they name, and cannot be made without the key."""

import pytest

from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.client.objects import Owner
from asw.platforms.kubernetes.keys.tokens import SigningKey, TokenKeys, batches_of, tokens_secret
from tests.support.kube_objects import UID

OLD, NEW = SigningKey("k1", b"old"), SigningKey("k2", b"new")
KEYS = TokenKeys(NEW, OLD)
TASK = TaskId(UID, 7)


def test_token_names_its_start():
    """Who verifies a token learns which start it is good for."""
    assert KEYS.verify(KEYS.issue(TASK)) == TASK


def test_same_start_same_token():
    """Tokens are stateless: a restart issues the same."""
    assert KEYS.issue(TASK) == TokenKeys(NEW).issue(TASK)


def test_previous_key_still_counts():
    """Tokens of running tasks survive one change of keys."""
    assert KEYS.verify(TokenKeys(OLD).issue(TASK)) == TASK


@pytest.mark.parametrize(
    "token",
    [
        "",
        "k2",
        "k2.x.y",
        f"k2.{UID}-7.",
        KEYS.issue(TASK)[:-1],
        KEYS.issue(TASK).replace("-7.", "-8."),
        KEYS.issue(TASK).replace("k2", "k1"),
        TokenKeys(SigningKey("k3", b"new")).issue(TASK),
        TokenKeys(SigningKey("k2", b"guess")).issue(TASK),
        KEYS.issue(TASK) + "é",
    ],
)
def test_forged_token_is_refused(token):
    """Nothing but the token itself is accepted."""
    assert KEYS.verify(token) is None


def test_secret_holds_the_tokens_of_its_batch():
    """Thirty-two starts, each under its ordinal, owned by the Execution."""
    secret = tokens_secret(KEYS, Owner("Execution", "order-1", UID), 1)
    assert secret["metadata"]["name"] == "0b2bd0a47c0c-t-1-k2"
    assert secret["immutable"] is True
    assert list(secret["stringData"]) == [str(n) for n in range(33, 65)]
    assert KEYS.verify(secret["stringData"]["40"]) == TaskId(UID, 40)


def test_batches():
    """Ordinals 1 to 32 are batch 0."""
    assert batches_of(TaskId(UID, n) for n in (1, 32, 33, 65)) == {0, 1, 2}


def test_a_seal_confirms_one_text():
    """Who sees a seal can put it on nothing that says otherwise; one change of keys is borne."""
    seal = KEYS.seal("job/shop/a")
    assert KEYS.has_sealed("job/shop/a", seal)
    assert KEYS.has_sealed("job/shop/a", TokenKeys(OLD).seal("job/shop/a"))
    assert not KEYS.has_sealed("job/shop/b", seal)
    assert not KEYS.has_sealed(
        "job/shop/a", TokenKeys(SigningKey("k2", b"guess")).seal("job/shop/a")
    )
    assert not any(KEYS.has_sealed("job/shop/a", text) for text in ("", "k2", "k2.", "文.x"))


def test_no_token_is_a_seal():
    """Whoever has the token of a task cannot seal with it, nor the other way round."""
    claim = str(TASK)
    assert KEYS.issue(TASK).rpartition(".")[2] != KEYS.seal(claim).rpartition(".")[2]
    assert KEYS.verify(f"k2.{claim}.{KEYS.seal(claim).rpartition('.')[2]}") is None
