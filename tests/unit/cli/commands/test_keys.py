"""``asw keys``: a key is rotated, and no task loses its token unless somebody insists."""

import json
from contextlib import asynccontextmanager

import pytest

from asw.api.names import ANNOTATION_ROTATED
from asw.cli.commands import keys
from asw.executions.cluster.connecting import find_place, reach
from asw.executions.target import Target
from asw.exits import NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.keys.keys import ensure_keys, token_keys
from asw.platforms.kubernetes.keys.serve_keys import callback_keys, ensure_serve_keys
from tests.support.kube_api import collection, kube_api
from tests.support.kube_objects import NOW

JOBS = collection("batch/v1", "shop", "jobs")


@asynccontextmanager
async def a_cluster(tmp_path):
    """An installation in a namespace, and how a user reaches it."""
    async with kube_api() as (api, client):
        await ensure_keys(client, "asw-system", NOW)
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": api.url}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        }
        path = tmp_path / "config"
        path.write_text(json.dumps(config))
        yield api, Target(namespace="asw-system", kubeconfig=path)


def secret_of(api):
    """The Secret as it is stored."""
    return api.named("/secrets/asw-keys")[0]


def pass_time(api):
    """The last rotation is long ago."""
    secret_of(api)["metadata"]["annotations"][ANNOTATION_ROTATED] = "2020-01-01T00:00:00.000Z"


def a_job(key_id, *conditions):
    """A Job of a task whose token this key signed."""
    metadata = {"name": "order-1", "labels": {"asw.dev/token-key": key_id}}
    return {"metadata": metadata, "status": {"conditions": list(conditions)}}


async def test_a_rotation_says_what_becomes_of_tokens(tmp_path, capsys):
    """The new key signs, the one before holds, and no secret is printed."""
    async with a_cluster(tmp_path) as (api, target):
        old = token_keys(secret_of(api)).current
        assert await keys.rotate(target, is_now=False) == 0
        new = token_keys(secret_of(api))
        assert new.previous == old
        await keys.show(target)
    assert capsys.readouterr().out.splitlines() == [
        f"key {new.current.id} signs from now on",
        f"tokens of key {old.id} are valid until the next rotation; running tasks are not affected",
        f"key {new.current.id} signs the tokens of tasks",
        f"tokens of key {old.id} are valid until the next rotation",
    ]


async def test_a_second_rotation_waits_for_the_tasks_of_the_first(tmp_path, capsys):
    """A task that runs with the key before keeps it; one that ended does not matter."""
    async with a_cluster(tmp_path) as (api, target):
        first = token_keys(secret_of(api)).current
        await keys.rotate(target, is_now=False)
        pass_time(api)
        job = api.put(JOBS, a_job(first.id))
        with pytest.raises(Failure, match="shop/order-1") as refused:
            await keys.rotate(target, is_now=False)
        assert refused.value.code == NOT_SUCCEEDED
        assert token_keys(secret_of(api)).previous == first
        job["status"]["conditions"] = [{"type": "Complete", "status": "True"}]
        assert await keys.rotate(target, is_now=False) == 0
        assert token_keys(secret_of(api)).previous != first
    assert f"tokens of key {first.id} are no longer valid" in capsys.readouterr().out


async def test_a_rotation_that_nobody_noticed_is_not_rotated_over(tmp_path):
    """A replica may still sign with a key that would be dropped; who insists has his way."""
    async with a_cluster(tmp_path) as (api, target):
        await keys.rotate(target, is_now=False)
        with pytest.raises(Failure, match="rotated at") as refused:
            await keys.rotate(target, is_now=False)
        assert refused.value.code == NOT_SUCCEEDED
        before = token_keys(secret_of(api)).current
        assert await keys.rotate(target, is_now=True) == 0
        assert token_keys(secret_of(api)).previous == before


@pytest.mark.parametrize("is_forgetting", [False, True])
async def test_a_rotation_keeps_tokens_of_callbacks_unless_told_not_to(
    tmp_path, capsys, is_forgetting
):
    """People may answer for a year by tokens of older keys; whoever must can end that."""
    async with a_cluster(tmp_path) as (api, target):
        async with KubeClient(reach(target, find_place(target))) as client:
            made = await ensure_serve_keys(client, "asw-system", b"PEM", NOW)
        await keys.rotate(target, is_now=True, is_forgetting=is_forgetting)
        stored = callback_keys(api.named("/secrets/asw-serve-keys")[0])
    assert stored.current != made.callbacks.current
    assert [it.key for it in stored.former] == ([] if is_forgetting else [made.callbacks.current])
    told = "are no longer valid" if is_forgetting else "are valid for a year"
    assert f"older tokens of callbacks {told}" in capsys.readouterr().out


async def test_another_namespace_holds_no_keys(tmp_path):
    """Whoever names the wrong one is told which one is meant."""
    async with a_cluster(tmp_path) as (_, target):
        elsewhere = Target(namespace="shop", kubeconfig=target.kubeconfig)
        with pytest.raises(Failure, match="no Secret asw-keys in namespace shop") as refused:
            await keys.show(elsewhere)
        assert refused.value.code == NOT_FOUND
