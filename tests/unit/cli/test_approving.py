"""``asw inbox`` before a cluster of several namespaces."""

import asyncio
import json
import uuid

import pytest

from asw.cli.approving import inbox
from asw.executions.target import Target
from tests.support.kube_api import collection
from tests.support.kube_objects import KEY, UID
from tests.unit.platforms.kubernetes.test_approvals import waiting


@pytest.fixture
async def target(tmp_path):
    """A cluster with the same open approval in two namespaces; the context's is shop."""
    async with waiting() as world:
        text = json.dumps(world.stored("execution"))
        other = json.loads(text.replace(UID, str(uuid.uuid4())))
        other["metadata"] |= {"namespace": "bank"}
        world.api.put(collection("asw.dev/v1alpha1", "bank", "executions"), other)
        context = {"cluster": "c", "user": "u", "namespace": "shop"}
        config = {
            "current-context": "here",
            "contexts": [{"name": "here", "context": context}],
            "clusters": [{"name": "c", "cluster": {"server": world.api.url}}],
            "users": [{"name": "u", "user": {"token": "mine"}}],
        }
        (tmp_path / "config").write_text(json.dumps(config))
        yield Target(kubeconfig=tmp_path / "config")


async def listed(target, **how):
    """The inbox prints in a loop of its own."""
    await asyncio.to_thread(inbox, target, **{"is_everywhere": False, "is_json": False, **how})


async def test_every_namespace_is_named_beside_what_it_asks(target, capsys):
    """With -A a row tells where it is, and the command that answers there."""
    await listed(target, is_everywhere=True)
    lines = capsys.readouterr().out.splitlines()
    heads, commands = lines[::2], lines[1::2]
    assert sorted(it.split(" ")[0] for it in heads) == [f"bank/{KEY.name}", f"shop/{KEY.name}"]
    for head, command in zip(heads, commands, strict=True):
        assert f"asw approve {KEY.name} --task 1 -n {head.split('/')[0]}" in command


async def test_a_row_has_columns(target, capsys):
    """Two blanks are between them, as in other tables: one may be in a title."""
    await listed(target)
    name, state, title, choices = capsys.readouterr().out.splitlines()[0].split("  ")
    assert (name, state) == (KEY.name, "Ask")
    assert (title, choices) == ("Go?", "(approve, reject)")


async def test_one_namespace_shows_its_own(target, capsys):
    """Without -A the other one's approvals are not listed, and the name stands alone."""
    await listed(target)
    assert capsys.readouterr().out.splitlines()[0].startswith(f"{KEY.name}  ")
    await listed(target, is_json=True)
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["namespace"], row["users"], row["groups"]) == ("shop", ["ann"], ["ops"])


async def test_programs_get_a_line_of_each_namespace(target, capsys):
    """JSON says where each is, as a field."""
    await listed(target, is_everywhere=True, is_json=True)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(row["namespace"] for row in rows) == ["bank", "shop"]
    assert {row["execution"] for row in rows} == {KEY.name}
