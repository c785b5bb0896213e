"""Executions that are stopped or let go on, at an API server in memory."""

import asyncio
import json

import pytest
from aiohttp import web

from asw.cli.acting.actor import Choice
from asw.cli.acting.waiting import Waiting
from asw.cli.commands.resume import resume
from asw.cli.commands.stop import StopOptions, stop
from asw.executions.target import Target
from asw.exits import NO_CLUSTER
from tests.support.kube_api import collection, kube_api

EXECUTIONS = collection("asw.dev/v1alpha1", "shop", "executions")


def the_cluster(api, folder):
    """The target that leads there."""
    there = {"cluster": "c", "user": "u", "namespace": "shop"}
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": there}],
        "clusters": [{"name": "c", "cluster": {"server": api.url}}],
        "users": [{"name": "u", "user": {}}],
    }
    (folder / "config").write_text(json.dumps(config))
    return Target(kubeconfig=folder / "config")


@pytest.mark.parametrize(
    "act",
    [
        lambda *place: stop(*place[:2], StopOptions(is_yes=True), *place[2:]),
        resume,
    ],
    ids=["stop", "resume"],
)
async def test_what_could_not_be_asked_is_not_waited_for(act, tmp_path, capsys):
    """Who waits for the end of what was refused would wait for as long as it runs by itself."""
    async with kube_api() as (api, _):
        api.put(
            EXECUTIONS,
            {
                "metadata": {"name": "a"},
                "spec": {"workflowRef": {"name": "flow"}, "suspend": True},
                "status": {"phase": "Running"},
            },
        )
        refusal = {"kind": "Status", "message": "not today"}
        api.fail("PATCH", "/executions/a", web.json_response(refusal, status=403))
        waiting = Waiting(is_waiting=True, timeout=2)
        target = the_cluster(api, tmp_path)
        code = await asyncio.to_thread(act, target, Choice(names=("a",)), waiting)
    assert code == NO_CLUSTER
    assert "not today" in capsys.readouterr().err
