"""Executions of a cluster through the port, over an API server in memory and real HTTP."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
from contextlib import aclosing
from datetime import UTC, datetime

import aiohttp
import pytest
from aiohttp import web

from asw.api.crd import custom_resource_definition
from asw.api.execution import Execution
from asw.api.names import LABEL_CHILD_UID, job_name
from asw.cli.acting.actor import Choice, chosen
from asw.cli.objects.tables import Look, runs_table
from asw.cli.waiting_notice import WaitingNotice
from asw.executions.bundles.gathering import failed_children
from asw.executions.cluster.access import Access
from asw.executions.cluster.connecting import ClusterContext
from asw.executions.cluster.failures import cluster_failure
from asw.executions.cluster.runs import ClusterRuns
from asw.executions.patience import Patience, told_by
from asw.executions.port import LogOptions, Query, RedriveOptions, StartOrder
from asw.executions.run import Run
from asw.exits import NO_CLUSTER, NOT_FOUND
from asw.failures import Failure
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.connection import Connection
from asw.platforms.kubernetes.client.errors import Stranger
from asw.platforms.kubernetes.client.resources import EXECUTIONS as KIND
from asw.reconciler.platform import Refused, Unavailable
from tests.support.kube_api import collection, kube_api

EXECUTIONS = collection("asw.dev/v1alpha1", "shop", "executions")
PLACE = ClusterContext(context="dev", namespace="shop", server="https://dev.example:6443")
SUSPENDED_FLOW = {"workflowRef": {"name": "flow"}, "suspend": True}
DENIED = (
    'executions.asw.dev is forbidden: User "ann" cannot list resource "executions" in API group'
    ' "asw.dev" in the namespace "shop"'
)


def runs_of(client):
    return ClusterRuns(Access(client, PLACE, Patience("it")))


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


def columns_of(kind):
    """The printer columns of our CRD, name and path of each."""
    version = custom_resource_definition(kind)["spec"]["versions"][0]
    return [(it["name"], it["jsonPath"]) for it in version["additionalPrinterColumns"]]


def put_large(api):
    """Executions in all that a row may show, each with an input and a history of its own size."""
    started = {"startTime": "2026-01-01T12:00:01.250Z", "states": "Pay x 3, Wait"}
    ended = {"completionTime": "2026-01-01T12:00:09.750Z", "error": "Sad", "states": ""}
    statuses = (
        {},
        {"phase": "Running", **started},
        {"phase": "Failed", **started, **ended, "history": ["y" * 20_000]},
        {"phase": "Succeeded", **started, **ended, "error": None, "output": {"a": [1, "b"]}},
    )
    for number, status in enumerate(statuses):
        spec = {"workflowRef": {"name": "flow"}, "input": "x" * 20_000, "suspend": number < 2}
        item = {"metadata": {"name": f"e-{number}"}, "spec": spec, "status": status}
        api.put(EXECUTIONS, item)


def table_of(runs, *, is_wide=False):
    """What is printed of them."""
    now = datetime(2026, 1, 1, 13, tzinfo=UTC)
    return runs_table(runs, Look(is_wide=is_wide, has_namespace=True), now)


async def test_a_table_reads_what_it_shows_and_no_more():
    """Rows come of the API server's own table: the same to look at, a tenth to read."""
    async with kube_api() as (api, client):
        put_large(api)
        runs = runs_of(client)
        whole = await runs.list(Query())
        api.sent, large = 0, api.sent
        api.tables["executions"] = columns_of(Execution)
        assert table_of(await runs.list(Query(), "row")) == table_of(whole)
        assert api.sent * 10 < large
        failed = await runs.list(Query(phases=("Failed", "Aborted")), "row")
        assert [run.name for run in failed] == ["e-2"]
        assert await runs.list(Query(since=datetime(2026, 2, 1, tzinfo=UTC)), "row") == []


async def test_labels_choose_rows_and_the_few_to_act_on_are_read_whole():
    """Of thousands with a label a verb needs names and phases, and all of none."""
    async with kube_api() as (api, client):
        put_large(api)
        api.tables["executions"] = columns_of(Execution)
        choice = Choice(selector="!other")
        found = await chosen(runs_of(client), choice, phases=("Pending", "Running"))
        assert [(run.name, run.phase, run.is_suspended) for run in found] == [
            ("e-0", "Pending", True),
            ("e-1", "Running", True),
        ]
        assert api.sent < 20_000


async def test_the_first_children_that_failed_are_read_alone():
    """Of ten thousand children one is explained: the others are rows, in their parent's order."""
    async with kube_api() as (api, client):
        api.tables["executions"] = columns_of(Execution)
        for number in (10, 9, 8):
            labels = {"asw.dev/parent-uid": "u", "asw.dev/child": str(number)}
            child = an_execution(f"c-{number}", phase="Failed", labels=labels)
            child["spec"] |= {"input": "x" * 20_000, "parent": {"ordinal": number, "name": "a"}}
            api.put(EXECUTIONS, child)
        api.put(EXECUTIONS, an_execution("a", uid="u"))
        runs = runs_of(client)
        children, count = await failed_children(runs, await runs.get("a"), 1)
        assert ([run.name for run in children], count) == (["c-8"], 3)
        assert "input" in children[0].spec
        assert api.sent < 20_000  # lists alone are counted


async def test_too_many_are_counted_without_being_read():
    """Histories of that many children nobody waits for, nor for what they would be read from."""
    async with kube_api() as (api, client):
        put_large(api)
        access = Access(client, PLACE, Patience("it"))
        whole = {
            count: await access.is_more_than(count, KIND, "shop", labels="") for count in (3, 4)
        }
        assert whole == {3: True, 4: False}
        assert await access.is_more_than(0, KIND, "other", labels="") is False


async def test_older_columns_are_no_obstacle():
    """Where the table lacks what a row needs, executions are read whole, and held without bulk."""
    async with kube_api() as (api, client):
        put_large(api)
        runs = runs_of(client)
        whole = await runs.list(Query())
        api.tables["executions"] = columns_of(Execution)[:-1]
        for detail in ("row", "wide"):
            found = await runs.list(Query(), detail)
            assert table_of(found, is_wide=True) == table_of(whole, is_wide=True)
            assert not any("input" in run.spec or "history" in run.status for run in found)


async def test_what_is_over_is_not_read_where_it_is_not_meant():
    """A namespace is full of what is over: the API server leaves out what nobody asks for."""
    asked = {
        ("Pending", "Running"): ["e-0", "e-1"],
        ("Pending", "Suspended"): ["e-0", "e-1"],
        ("Running", "Failed"): ["e-1", "e-2"],
        ("Failed", "TimedOut", "Aborted"): ["e-2"],
        ("Succeeded", "Suspended"): ["e-0", "e-1", "e-3"],
    }
    async with kube_api() as (api, client):
        put_large(api)
        runs = runs_of(client)
        await runs.list(Query())
        large = api.sent
        for phases, names in asked.items():
            api.sent = 0
            found = await runs.list(Query(phases=phases))
            assert [run.name for run in found] == names
            assert api.sent < large - 20_000  # one at least was left out


async def test_what_is_shown_as_suspended_is_found_as_such():
    """Suspended is what a table shows, whatever the phase; one that is over is over."""
    async with kube_api() as (api, client):
        put_large(api)
        runs = runs_of(client)
        api.put(EXECUTIONS, an_execution("over", phase="Failed") | {"spec": SUSPENDED_FLOW})
        for detail in ("row", "whole"):
            api.tables["executions"] = columns_of(Execution)
            found = await runs.list(Query(phases=("Suspended",)), detail)
            assert [run.name for run in found] == ["e-0", "e-1"]
            assert {run.shown_phase for run in found} == {"Suspended"}
            running = await runs.list(Query(phases=("Running",)), detail)
            assert [run.name for run in running] == ["e-1"]


async def test_what_nobody_looked_at_yet_is_pending():
    """Without an operator an Execution has no phase that a server could choose it by."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, {"metadata": {"name": "a"}, "spec": {"workflowRef": {"name": "f"}}})
        api.put(EXECUTIONS, an_execution("b", phase="Pending"))
        api.put(EXECUTIONS, an_execution("c"))
        found = await runs_of(client).list(Query(phases=("Pending",)))
        assert [run.name for run in found] == ["a", "b"]


async def test_a_name_that_is_not_there_has_a_nearest():
    """The newest names are offered where none is near."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("order-1"))
        told = await failure(runs_of(client).get("ordr-1"))
        assert (told.code, "order-1" in told.remedy) == (NOT_FOUND, True)
        assert "available: order-1" in (await failure(runs_of(client).get("zzz"))).remedy


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


async def test_watches_and_followed_logs_are_refused_in_the_same_words():
    """Rights to list do not bring those to watch; a cluster without CRDs has nothing to watch."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a", phase="Running"))
        runs = runs_of(client)
        run = await runs.get("a")
        api.fail("GET", "/executions", web.Response(status=404, text="404 page not found"))
        assert "helm install" in (await failure(anext(runs.watch(Query())))).remedy
        api.fail("GET", "/executions", refusal(403, DENIED))
        assert "may not list" in (await failure(anext(runs.watch(Query())))).message
        api.fail("GET", "/executions", refusal(403, DENIED))
        followed = runs.logs(run, LogOptions(follow=True))
        assert "may not list" in (await failure(anext(followed))).message


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
        ("http://no-such-host.invalid:1", "host name cannot be resolved"),
    ],
)
async def test_a_cluster_that_is_not_there(server, words):
    """Refused connections and unknown names are told apart, with the address."""
    connection = Connection(server=server, tls=None, authorization=lambda: None)
    place = ClusterContext(context="dev", namespace="shop", server=server)
    async with KubeClient(connection) as client:
        told = await failure(ClusterRuns(Access(client, place, Patience("it"))).list(Query()))
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


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_name_that_would_be_another_path_is_not_found(name):
    """A variable that is empty in a script means no execution, and not the list of all."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a"))
        told = await failure(runs_of(client).get(name))
        assert (told.code, told.remedy) == (NOT_FOUND, "available: a")


def test_a_field_that_the_crds_lack_is_told_without_the_object():
    """What strict validation says holds all of it, payloads included."""
    said = (
        'patch: Invalid value: "{\\"secret\\":1}": strict decoding error: unknown field "spec.new"'
    )
    told = cluster_failure(Refused(said), PLACE)
    assert told.message == "the CRDs of dev lack fields that this needs: spec.new"
    assert "kubectl apply --server-side -f crds/" in told.remedy


def test_a_proxy_is_no_cluster():
    """Who has to log in first is told that the answer is somebody else's."""
    told = cluster_failure(Stranger("GET /x: the answer is no JSON"), PLACE)
    assert told.code == NO_CLUSTER
    assert "what answers there is not an API server (GET /x: the answer is no JSON)" in told.message


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


async def test_who_may_see_executions_alone_follows_them():
    """A glance has no machine then; whoever draws the machine is told what may not be read."""
    async with kube_api() as (api, client):
        item = an_execution("a")
        item["status"]["revision"] = "r-1"
        api.put(EXECUTIONS, item)
        runs = runs_of(client)
        run = await runs.get("a")
        for what in ("/controllerrevisions", "/workflows/flow"):
            api.fail("GET", what, refusal(403, DENIED))
        snapshot = await runs.snapshot(run, with_children=False)
        assert (snapshot.run, snapshot.machine) == (run, None)
        for what in ("/controllerrevisions", "/workflows/flow"):
            api.fail("GET", what, refusal(403, DENIED))
        assert (await failure(runs.snapshot(run))).code == NO_CLUSTER


async def test_a_slow_cluster_is_waited_for_with_a_word(capsys):
    """Nobody sits before a silent terminal; nothing is said where nobody is to be told."""
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a"))
        runs = ClusterRuns(Access(client, PLACE, Patience("dev", seconds=0)))
        await runs.get("a")
        assert capsys.readouterr().err == ""
        with told_by(WaitingNotice()):
            await runs.get("a")
            await runs.get("a")
        assert capsys.readouterr().err == "waiting for dev ...\n"


async def test_lines_have_the_times_that_the_cluster_noted():
    """The time goes before the line, which may have spaces; what a node says itself has none."""
    pods = collection("v1", "shop", "pods")
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a", uid="uid-a"))
        api.put(pods, a_pod(1, **container(running={"startedAt": "2026-01-01T12:00:00Z"})))
        text = "2026-01-01T12:00:01.25Z  two words\n2026-01-01T12:00:02+01:00 \nunable to read\n"
        api.fail("GET", "/log", web.Response(text=text))
        runs = runs_of(client)
        options = LogOptions(has_times=True)
        lines = [line async for line in runs.logs(await runs.get("a"), options)]
        assert [(line.at, line.text) for line in lines] == [
            ("2026-01-01T12:00:01.25Z", " two words"),
            ("2026-01-01T12:00:02+01:00", ""),
            ("", "unable to read"),
        ]


async def test_a_pod_that_shows_its_start_after_the_end_of_its_run_is_read():
    """A result is pushed, and can be seconds ahead of what the node reports of the pod."""
    pods = collection("v1", "shop", "pods")
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a", uid="uid-a", phase="Succeeded"))
        for ordinal in (1, 2, 3):
            api.put(pods, a_pod(ordinal, phase="Pending"))
        api.fail("GET", "/pod-1/log", web.Response(text="printed\n"))
        runs = runs_of(client)
        async with aclosing(runs.logs(await runs.get("a"), LogOptions(follow=True))) as followed:
            first = asyncio.create_task(anext(followed))
            await asyncio.sleep(0.05)
            api.put(pods, a_pod(1, **container(terminated={"exitCode": 0})))
            assert (await first).text == "printed"
            api.put(pods, a_pod(2, phase="Failed"))
            api.remove(f"{pods}/pod-3")
            assert [line async for line in followed] == []


async def test_the_lines_of_one_express_child_can_be_chosen():
    """Its tasks are Jobs of its parent, with a label that names the child."""
    pods = collection("v1", "shop", "pods")
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a", uid="uid-a"))
        for number in (1, 2):
            pod = a_pod(number, **container(running={"startedAt": "2026-01-01T12:00:00Z"}))
            if number == 2:
                labels = {**pod["metadata"]["labels"], LABEL_CHILD_UID: "child-1"}
                pod["metadata"] = {**pod["metadata"], "labels": labels}
            api.put(pods, pod)
        api.fail("GET", "/pod-2/log", web.Response(text="printed\n"))
        runs = runs_of(client)
        run = await runs.get("a")
        options = LogOptions(child="child-1")
        lines = [line async for line in runs.logs(run, options)]
        assert [(it.number, it.child, it.text) for it in lines] == [(2, "child-1", "printed")]


def last_merge(api):
    method, path = api.writes()[-1]
    assert method == "PATCH"
    return path.rsplit("/", 1)[-1], json.loads(api.bodies[-1])["spec"]


async def test_verbs_are_fields_of_the_spec():
    """Stop, suspend and redrive are what docs/reference/executions.md has kubectl write."""
    async with kube_api() as (api, client):
        item = an_execution("a", phase="Failed")
        item["status"]["redriveCount"] = 2
        item["spec"]["stop"] = {}
        api.put(EXECUTIONS, item)
        runs = runs_of(client)
        run = await runs.get("a")
        await runs.stop(run, error=None, cause="因为")
        assert last_merge(api) == ("a", {"stop": {"cause": "因为"}})
        await runs.suspend(run, is_suspended=True)
        assert last_merge(api) == ("a", {"suspend": True})
        await runs.redrive(run, RedriveOptions(revision="r-1"))
        redrive = {"number": 3, "revision": "r-1"}
        assert last_merge(api) == ("a", {"stop": None, "redrive": redrive})
        gone = Run({**run.manifest, "metadata": {**run.manifest["metadata"], "name": "b"}})
        assert (await failure(runs.stop(gone, error=None, cause=None))).code == NOT_FOUND


async def test_a_redrive_counts_on_from_the_last_wish():
    """A number that was refused is not used again, and revisions are not inherited."""
    async with kube_api() as (api, client):
        item = an_execution("a", phase="Failed")
        item["spec"]["redrive"] = {"number": 4, "revision": "bad"}
        api.put(EXECUTIONS, item)
        runs = runs_of(client)
        await runs.redrive(await runs.get("a"), RedriveOptions())
        assert last_merge(api)[1]["redrive"] == {"number": 5, "revision": None}


async def test_a_start_needs_a_workflow_that_can_run():
    """A typing error, and a broken definition, are told before there is an execution."""
    workflows = collection("asw.dev/v1alpha1", "shop", "workflows")
    async with kube_api() as (api, client):
        runs = runs_of(client)
        workflow = {"metadata": {"name": "flow"}, "spec": {}, "status": {}}
        api.put(workflows, workflow)
        assert "flow" in (await failure(runs.start(StartOrder(workflow="flwo")))).remedy
        made = await runs.start(StartOrder(workflow="flow", name="mine"))
        assert (made.name, made.namespace, made.phase) == ("mine", "shop", "Pending")
        told = await failure(runs.start(StartOrder(workflow="flow", name="mine")))
        assert "already" in told.message
        broken = {"type": "Ready", "status": "False", "message": "StartAt is missing"}
        workflow["status"] = {"observedGeneration": 1, "conditions": [broken]}
        api.put(workflows, workflow)
        told = await failure(runs.start(StartOrder(workflow="flow")))
        assert "StartAt is missing" in told.message
        assert len(api.named("/executions/")) == 1
        unresolved = {"type": "Ready", "status": "False", "reason": "FunctionNotFound"}
        workflow["status"] = {"observedGeneration": 1, "conditions": [unresolved]}
        api.put(workflows, workflow)
        await runs.start(StartOrder(workflow="flow", name="b"))  # its tasks wait for what it lacks
        assert len(api.named("/executions/")) == 2


def a_job(ordinal, **status):
    """The Job of a task of the execution ``a``."""
    owner = {"uid": "uid-a", "controller": True, "kind": "Execution", "name": "a"}
    return {
        "metadata": {
            "name": job_name("a", "uid-a", ordinal),
            "uid": f"uid-job-{ordinal}",
            "labels": {
                "asw.dev/execution-uid": "uid-a",
                "asw.dev/kind": "task",
                "asw.dev/task": str(ordinal),
                "asw.dev/function": "pay",
            },
            "annotations": {"asw.dev/state": "Pay", "asw.dev/attempt": str(ordinal - 1)},
            "ownerReferences": [owner],
        },
        "spec": {"template": {"spec": {"containers": [{"name": "task"}]}}},
        "status": status,
    }


def a_pod(ordinal, **status):
    """The Pod of that Job."""
    job = a_job(ordinal)
    owner = {"uid": f"uid-job-{ordinal}", "controller": True, "kind": "Job", "name": "j"}
    metadata = {**job["metadata"], "name": f"pod-{ordinal}", "ownerReferences": [owner]}
    return {
        "metadata": {**metadata, "uid": f"uid-pod-{ordinal}"},
        "spec": {"nodeName": "n"},
        "status": status,
    }


def container(**state):
    return {"phase": "Running", "containerStatuses": [{"name": "task", "state": state}]}


async def test_tasks_say_what_ails_them():
    """Pods that wait, and Jobs without one, say why; what runs or went well says nothing."""
    jobs = collection("batch/v1", "shop", "jobs")
    pods, events = collection("v1", "shop", "pods"), collection("v1", "shop", "events")
    started = {"startedAt": "2026-01-01T12:00:00Z"}
    ended = {**started, "finishedAt": "2026-01-01T12:00:01Z", "exitCode": 137}
    async with kube_api() as (api, client):
        api.put(EXECUTIONS, an_execution("a", uid="uid-a"))
        for ordinal in (1, 2, 3, 4):
            api.put(jobs, a_job(ordinal))
        young = a_job(1)
        young["metadata"]["creationTimestamp"] = datetime.now(UTC).isoformat()
        api.put(jobs, young)
        waiting = {"reason": "CreateContainerError", "message": "no such file"}
        now = datetime.now(UTC).isoformat()
        stuck = a_pod(1, **container(waiting=waiting))
        stuck["metadata"]["creationTimestamp"] = now
        api.put(pods, stuck)
        api.put(pods, a_pod(2, **container(running=started)))
        api.put(pods, a_pod(3, **container(terminated={**ended, "reason": "OOMKilled"})))
        about = {"involvedObject": {"uid": "uid-job-4"}, "type": "Warning"}
        api.put(events, {"metadata": {"name": "e"}, "message": "exceeded quota", **about})
        runs = runs_of(client)
        found = await runs.tasks(await runs.get("a"))
        assert [task.number for task in found] == [1, 2, 3, 4]
        assert found[0].trouble == "CreateContainerError: no such file"
        assert (found[1].trouble, found[1].pod, found[1].node) == ("", "pod-2", "n")
        assert found[2].trouble.startswith("Asw.OutOfMemory: ")
        assert "exceeded quota" in found[3].trouble
        assert {task.state for task in found} == {"Pay"}
        assert {task.function for task in found} == {"pay"}


def test_a_list_pays_for_no_language():
    """Who lists executions loads neither parser, nor engine, nor the models of resources."""
    code = (
        "import sys, asw.cli.commands.list;"
        "import asw.executions.cluster.runs, asw.executions.cluster.connecting;"
        "heavy = {'asw.asl.parse', 'asw.engine.step', 'asw.api.execution', 'kubernetes', 'kopf'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "[]\n"
