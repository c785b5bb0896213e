"""A Function run alone on a cluster: what is created for it, and that nothing of it stays."""

import asyncio
import json

import pytest
from aiohttp import web

from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.invoking import invocation, require_function
from asw.executions.invocations import InvokeOrder
from asw.executions.patience import Patience
from asw.exits import BAD_INPUT, NO_CLUSTER, NOT_FOUND
from asw.failures import Failure
from tests.support.kube_api import collection, kube_api

FUNCTIONS = collection("asw.dev/v1alpha1", "shop", "functions")
PLACE = ClusterContext(context="dev", namespace="shop", server="https://dev.example:6443")
ORDER = InvokeOrder(function="Resize_Image", input={"b": 1, "a": 1.0})


def access_to(client):
    """The access of a verb."""
    return Access(client, PLACE, Patience("it"))


def a_function(name, public_name=None, **status):
    """A Function, with its public name if it has one of its own."""
    spec = {"runtime": "python3"} | ({"name": public_name} if public_name else {})
    return {"metadata": {"name": name}, "spec": spec, "status": status}


def denied(verb):
    """RBAC's answer."""
    message = (
        f'x is forbidden: User "ann" cannot {verb} resource "functions" in API group "asw.dev"'
        ' in the namespace "shop"'
    )
    return web.json_response({"kind": "Status", "message": message}, status=403)


async def test_one_execution_owns_one_workflow_of_one_task():
    """Both are marked; removing the one takes the other along, as does its retention."""
    async with kube_api() as (api, client):
        async with invocation(access_to(client), ORDER) as run:
            (execution,), (flow,) = api.named("/executions/"), api.named("/workflows/")
            assert run.name == execution["metadata"]["name"] == flow["metadata"]["name"]
            assert run.name.startswith("invoke-resize-image-")
            assert execution["spec"]["workflowRef"] == {"name": run.name}
            assert json.loads(execution["spec"]["inputText"]) == {"b": 1, "a": 1.0}
            (owner,) = flow["metadata"]["ownerReferences"]
            assert (owner["kind"], owner["uid"]) == ("Execution", run.uid)
            assert {it["ttlSeconds"] for it in flow["spec"]["retention"].values()} == {60}
            definition = json.loads(flow["spec"]["definitionText"])
            assert definition["States"]["Invoke"]["Resource"] == "asw:function:Resize_Image"
            labels = [it["metadata"]["labels"] for it in (execution, flow)]
            assert labels == [{"asw.dev/invocation": "resize-image"}] * 2
        assert api.named("/executions/") == api.named("/workflows/") == []


@pytest.mark.parametrize("name", ["客户", "__", "a" * 80])
async def test_any_name_makes_a_valid_object(name):
    """Functions have names that no object may have."""
    async with kube_api() as (_, client):
        order = InvokeOrder(function=name, input=None)
        async with invocation(access_to(client), order) as run:
            assert run.name.isascii()
            assert len(run.name) <= 57


async def test_a_cancelled_command_removes_both():
    """Ctrl-C cancels what is waited for; what was created goes all the same."""
    async with kube_api() as (api, client):
        is_there = asyncio.Event()

        async def work():
            async with invocation(access_to(client), ORDER):
                is_there.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(work())
        await is_there.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert api.named("/executions/") == api.named("/workflows/") == []


async def test_without_the_right_to_a_workflow_nothing_stays():
    """The Execution, which came first, is removed; the failure names the right."""
    async with kube_api() as (api, client):
        api.fail("POST", "/workflows", denied("create"))
        with pytest.raises(Failure) as caught:
            async with invocation(access_to(client), ORDER):
                pass
        assert caught.value.code == NO_CLUSTER
        assert "ann may not create" in caught.value.message
        assert api.named("/executions/") == []


async def test_what_cannot_be_removed_is_said():
    """With the command that does it, and when it goes by itself."""
    async with kube_api() as (api, client):
        with pytest.raises(Failure) as caught:
            async with invocation(access_to(client), ORDER) as run:
                api.fail("DELETE", "/executions", denied("delete"))
        assert f"cannot remove {run.name}: ann may not delete" in caught.value.message
        assert f"kubectl delete execution {run.name} -n shop" in caught.value.remedy
        assert "60 s after its end" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "code", "remedy"),
    [
        ("thumb", None, ""),
        ("Resize_Image", None, ""),
        ("resize-image", NOT_FOUND, "did you mean Resize_Image?"),
        ("Resize_Imag", NOT_FOUND, "did you mean Resize_Image?"),
        ("broken", BAD_INPUT, "asw validate --cluster"),
        ("mended", None, ""),
    ],
)
async def test_a_function_is_looked_up_by_the_name_of_definitions(name, code, remedy):
    """One that is missing, or that its operator refuses, is told before anything is created."""
    ready = {"type": "Ready", "status": "False", "message": "no such account"}
    async with kube_api() as (api, client):
        api.put(FUNCTIONS, a_function("thumb"))
        api.put(FUNCTIONS, a_function("resize-image", "Resize_Image"))
        for each, generation in (("broken", 1), ("mended", 0)):
            condition = {**ready, "observedGeneration": generation}
            api.put(FUNCTIONS, a_function(each, conditions=[condition]))
        asked = require_function(access_to(client), name)
        if code is None:
            await asked
            return
        with pytest.raises(Failure) as caught:
            await asked
        assert caught.value.code == code
        assert remedy in caught.value.remedy


async def test_the_right_to_run_does_not_need_the_right_to_read():
    """Whoever may not read Functions is refused nothing: the task says what is missing."""
    async with kube_api() as (api, client):
        api.fail("GET", "/functions", denied("get"))
        await require_function(access_to(client), "thumb")
