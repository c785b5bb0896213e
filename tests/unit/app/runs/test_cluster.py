"""Executions of a cluster through the port, over an API server in memory and real HTTP."""

import json
import ssl

import aiohttp
import pytest
from aiohttp import web

from asw.app.exits import NO_CLUSTER, NOT_FOUND
from asw.app.failures import Failure
from asw.app.runs.cluster import ClusterRuns
from asw.app.runs.cluster_failures import cluster_failure
from asw.app.runs.connecting import Place
from asw.app.runs.patience import Patience
from asw.app.runs.port import Query
from asw.kubernetes.client import KubeClient
from asw.kubernetes.connection import Connection
from asw.reconciler.platform import Unavailable
from tests.support.kube_api import collection, kube_api

EXECUTIONS = collection("asw.dev/v1alpha1", "shop", "executions")
PLACE = Place(context="dev", namespace="shop", server="https://dev.example:6443")
DENIED = (
    'executions.asw.dev is forbidden: User "ann" cannot list resource "executions" in API group'
    ' "asw.dev" in the namespace "shop"'
)


def runs_of(client):
    return ClusterRuns(client, PLACE, Patience("it"))


def an_execution(name, *, workflow="flow", phase="Running", **metadata):
    """An Execution as the operator leaves one."""
    return {
        "metadata": {"name": name, **metadata},
        "spec": {"workflowRef": {"name": workflow}},
        "status": {"phase": phase},
    }


async def failure(awaitable):
    with pytest.raises(Failure) as caught:
        await awaitable
    return caught.value


def refusal(status, message):
    return web.json_response({"kind": "Status", "message": message}, status=status)


async def test_lists_are_whole_and_oldest_first():
    """Children of Maps come only on request; every condition of the query holds."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("b", creationTimestamp="2026-01-01T12:00:00Z"))
        api.put(EXECUTIONS, an_execution("a", creationTimestamp="2026-01-02T12:00:00Z"))
        api.put(EXECUTIONS, an_execution("c", labels={"asw.dev/parent-uid": "u"}))
        api.put(EXECUTIONS, an_execution("d", workflow="other", phase="Failed"))
        runs = runs_of(client)
        assert [run.name for run in await runs.list(Query())] == ["b", "d", "a"]
        assert len(await runs.list(Query(with_children=True))) == 4
        assert [it.name for it in await runs.list(Query(phases=("Failed",)))] == ["d"]
        assert [it.name for it in await runs.list(Query(workflow="other"))] == ["d"]
        first = (await runs.list(Query()))[0]
        assert (first.manifest["kind"], first.manifest["apiVersion"]) == (
            "Execution",
            "asw.dev/v1alpha1",
        )


async def test_a_name_that_is_not_there_has_a_nearest():
    """The newest names are offered where none is near."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("order-1"))
        told = await failure(runs_of(client).get("ordr-1"))
        assert (told.code, "order-1" in told.remedy) == (NOT_FOUND, True)
        assert "there is: order-1" in (await failure(runs_of(client).get("zzz"))).remedy


async def test_a_name_that_is_no_path_reaches_nothing_else():
    """A slash in a name is part of the name."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a"))
        assert (await failure(runs_of(client).get("../executions/a"))).code == NOT_FOUND


async def test_a_namespace_that_is_not_there_is_told():
    """An empty list of nowhere would be a riddle."""
    async with kube_api() as (_, client):
        told = await failure(runs_of(client).list(Query()))
        assert "no namespace 'shop'" in told.message
        assert told.code == NO_CLUSTER


async def test_an_empty_namespace_is_empty():
    """No executions are no failure, whether or not namespaces may be read."""
    async with kube_api() as (api, client):
        api.fail("GET", "/namespaces/shop", refusal(200, ""))
        api.objects["/api/v1/namespaces/shop"] = {"metadata": {"name": "shop"}}
        api.failures.clear()
        assert await runs_of(client).list(Query()) == []
        del api.objects["/api/v1/namespaces/shop"]
        api.fail("GET", "/api/v1/namespaces/shop", refusal(403, "no"))
        assert await runs_of(client).list(Query()) == []


async def test_a_cluster_without_crds_says_how_to_install_them():
    """Neither a list nor a name ends in a bare 404."""
    async with kube_api() as (api, client):
        for _ in range(3):
            api.fail("GET", "/executions", web.Response(status=404, text="404 page not found"))
        for asked in (runs_of(client).list(Query()), runs_of(client).get("a")):
            told = await failure(asked)
            assert "helm install" in told.remedy
            assert told.code == NO_CLUSTER


async def test_a_refusal_names_verb_resource_namespace_and_the_rule_it_takes():
    """Who asks for the right can hand the remedy on."""
    async with kube_api() as (api, client):
        api.fail("GET", "/executions", refusal(403, DENIED))
        told = await failure(runs_of(client).list(Query()))
        assert told.message == "ann may not list executions in namespace shop"
        assert 'resources: ["executions"], verbs: ["list"]' in told.remedy
        assert told.code == NO_CLUSTER


async def test_other_prohibitions_are_handed_on():
    """Not every 403 is RBAC's: webhooks and quotas have their own words."""
    async with kube_api() as (api, client):
        api.fail("GET", "/executions", refusal(403, "exceeded quota"))
        assert "exceeded quota" in (await failure(runs_of(client).list(Query()))).message


async def test_unknown_credentials_are_told():
    """401 is about logging in, not about rights."""
    async with kube_api() as (api, client):
        api.fail("GET", "/executions", refusal(401, "Unauthorized"))
        told = await failure(runs_of(client).list(Query()))
        assert "log in" in told.remedy
        assert told.code == NO_CLUSTER


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("http://127.0.0.1:1", "nothing listens there"),
        ("http://no-such-host.invalid:1", "host name is not known"),
    ],
)
async def test_a_cluster_that_is_not_there(server, words):
    """Refused connections and unknown names are told apart, with the address."""
    connection = Connection(server=server, tls=None, authorization=lambda: None)
    place = Place(context="dev", namespace="shop", server=server)
    async with KubeClient(connection) as client:
        told = await failure(ClusterRuns(client, place, Patience("it")).list(Query()))
    assert words in told.message
    assert server in told.message
    assert "--local" in told.remedy


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ssl.SSLCertVerificationError(), "certificate"),
        (TimeoutError(), "does not answer"),
        (aiohttp.ServerDisconnectedError(), "cannot answer now"),
    ],
)
def test_what_keeps_a_cluster_from_answering_is_named(cause, words):
    """Each kind of trouble has its sentence."""
    error = Unavailable("GET /x: broken")
    error.__cause__ = cause
    assert words in cluster_failure(error, PLACE).message


async def test_a_definition_that_may_not_be_read_is_taken_of_the_workflow():
    """Who may read Workflows only sees the machine all the same, as long as it is the same."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    async with kube_api() as (api, client):
        item = an_execution("a")
        item["status"]["revision"] = "r-1"
        api.put(EXECUTIONS, item)
        workflow = {
            "metadata": {"name": "flow"},
            "spec": {"definition": definition},
            "status": {"revision": "r-1"},
        }
        api.put(collection("asw.dev/v1alpha1", "shop", "workflows"), workflow)
        runs = runs_of(client)
        run = await runs.get("a")
        api.fail("GET", "/controllerrevisions", refusal(403, DENIED))
        found = await runs.definition(run)
        assert json.loads(found.text) == definition
        api.fail("GET", "/controllerrevisions", refusal(403, DENIED))
        api.named("/workflows/flow")[0]["status"]["revision"] = "r-2"
        assert (await failure(runs.definition(run))).code == NO_CLUSTER


async def test_a_slow_cluster_is_waited_for_with_a_word(capsys):
    """Nobody sits before a silent terminal."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a"))
        runs = ClusterRuns(client, PLACE, Patience("dev", seconds=0))
        await runs.get("a")
        await runs.get("a")
        assert capsys.readouterr().err == "waiting for dev ...\n"
