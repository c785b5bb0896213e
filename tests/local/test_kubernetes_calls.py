"""What calls of a cluster send, and what the state gets of the answers."""

import json
from http import HTTPStatus

import pytest
from aiohttp import web

from asw.connector.calls import Done
from asw.connector.kubernetes.caller import KubernetesCaller, may_repeat
from tests.support import scripted_cluster as sc

CONFIG_MAP = {"ApiVersion": "v1", "Kind": "ConfigMap", "Name": "m"}


@pytest.fixture
async def cluster():
    """An API server."""
    async with sc.scripted_cluster() as found:
        yield found


@pytest.fixture
async def make(cluster):
    """Makes a call there."""
    async with KubernetesCaller(sc.QUICK) as caller:
        access = cluster.access()
        yield lambda call: caller.make(call, access)


async def test_apply_is_server_side(cluster, make):
    """One request as the manager asw, which takes no field of others and lets no typo pass."""
    cluster.on(f"PATCH {sc.MAPS}/m", sc.one(sc.a_map(1, a="1")))
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}
    outcome = await make(sc.a_call("apply", Manifest=manifest))
    assert outcome.output["data"] == {"a": "1"}
    assert "managedFields" not in outcome.output["metadata"]
    [seen] = cluster.seen
    assert seen.query == {"fieldManager": "asw", "force": "false", "fieldValidation": "Strict"}
    assert seen.content_type == "application/apply-patch+yaml"
    assert seen.body == manifest


async def test_a_conflict_of_managers_says_what_to_do(cluster, make):
    """Who wants the field all the same is told how."""
    told = 'Apply failed with 1 conflict: conflict with "other": .data.a'
    cluster.on(f"PATCH {sc.MAPS}/m", sc.refusal(409, told))
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}}
    outcome = await make(sc.a_call("apply", Manifest=json.dumps(manifest)))
    assert outcome.error == "K8s.409"
    assert outcome.cause == f'{told} ("Force": true takes the fields over)'


@pytest.mark.parametrize(
    ("kind", "patch", "content_type"),
    [
        ({}, {"data": {"a": None}}, "application/merge-patch+json"),
        ({"Type": "strategic"}, {"data": {}}, "application/strategic-merge-patch+json"),
        ({"Type": "json"}, [{"op": "test"}], "application/json-patch+json"),
    ],
)
async def test_patches_of_three_types(cluster, make, kind, patch, content_type):
    """A merge patch, which keeps its nulls, unless Type says otherwise."""
    cluster.on(f"PATCH {sc.MAPS}/m", sc.one(sc.a_map(1)))
    assert isinstance(await make(sc.a_call("patch", **CONFIG_MAP, Patch=patch, **kind)), Done)
    [seen] = cluster.seen
    assert (seen.body, seen.content_type) == (patch, content_type)


async def test_delete_with_propagation(cluster, make):
    """What the object owns goes in the background, unless it says otherwise."""
    cluster.on(f"DELETE {sc.MAPS}/m", sc.one({"kind": "Status", "status": "Success"}))
    await make(sc.a_call("delete", **CONFIG_MAP))
    await make(sc.a_call("delete", **CONFIG_MAP, Propagation="Orphan", Namespace="lab"))
    sent = [it.body["propagationPolicy"] for it in cluster.seen]
    assert sent == ["Background", "Orphan"]


async def test_what_is_not_there(make):
    """It is an error, or none for who does not mind."""
    outcome = await make(sc.a_call("delete", **CONFIG_MAP))
    assert (outcome.error, outcome.cause) == ("K8s.404", f"{sc.MAPS}/m not found")
    assert await make(sc.a_call("delete", **CONFIG_MAP, IgnoreNotFound=True)) == Done(output=None)


async def test_a_list_by_selectors(cluster, make):
    """Without Name it is a list, and selectors and limit are the server's own."""
    cluster.on(f"GET {sc.MAPS}", sc.listed(sc.a_map(1)))
    chosen = {"LabelSelector": "app=web", "FieldSelector": "metadata.name=m", "Limit": 3}
    outcome = await make(sc.a_call("get", ApiVersion="v1", Kind="ConfigMap", **chosen))
    assert "managedFields" not in outcome.output["items"][0]["metadata"]
    assert cluster.seen[0].query == {
        "labelSelector": "app=web",
        "fieldSelector": "metadata.name=m",
        "limit": "3",
    }


async def test_a_kind_of_the_whole_cluster(cluster, make):
    """Its path has no namespace."""
    cluster.on("GET /api/v1/nodes/n", sc.one({"metadata": {"name": "n"}}))
    outcome = await make(sc.a_call("get", ApiVersion="v1", Kind="Node", Name="n"))
    assert outcome == Done(output={"metadata": {"name": "n"}})


@pytest.mark.parametrize(
    ("action", "parameters", "told"),
    [
        ("get", {"ApiVersion": "v1", "Kind": "Sheep"}, "the cluster has no kind Sheep in v1"),
        ("get", {"ApiVersion": "farm/v1", "Kind": "Sheep"}, "the cluster has no farm/v1"),
        ("get", {**CONFIG_MAP, "Limit": 3}, "Limit is for lists"),
        ("get", {**CONFIG_MAP, "Name": "../secrets"}, "Name must be a name of Kubernetes"),
        ("get", {**CONFIG_MAP, "Namespace": "a/b"}, "Namespace must be a name"),
        ("get", {**CONFIG_MAP, "name": "m"}, 'The field "name" is not supported'),
        ("patch", CONFIG_MAP, "The field Patch is required but was missing"),
        ("patch", {**CONFIG_MAP, "Patch": [], "Type": "merge"}, "Patch must be an object"),
        ("patch", {**CONFIG_MAP, "Patch": {}, "Type": "yaml"}, "Type must be one of merge"),
        ("apply", {"Manifest": {"kind": "ConfigMap"}}, "Manifest must have metadata.name"),
        ("wait", CONFIG_MAP, "exactly one of Condition, JsonPath, Deleted"),
        ("wait", {**CONFIG_MAP, "JsonPath": "$..a"}, "must name one value"),
        ("wait", {**CONFIG_MAP, "Deleted": True, "TimeoutSeconds": 0}, "from 1 to"),
        ("rollout", {"Kind": "Pod", "Name": "m"}, "Kind must be one of Deployment"),
    ],
)
async def test_parameters_that_do_not_fit(make, action, parameters, told):
    """Data may bring anything: the cause names the field and what it takes."""
    outcome = await make(sc.a_call(action, **parameters))
    assert outcome.error == "States.Runtime"
    assert told in outcome.cause


async def test_a_call_as_at_aws(cluster, make):
    """The answer with its headers, its status and its body."""
    cluster.on("GET /api/v1/namespaces/lab/pods", sc.one({"items": []}))
    call = sc.a_call(
        "call",
        "eks",
        Method="GET",
        Path="/api/v1/namespaces/lab/pods",
        QueryParameters={"labelSelector": ["a=b"], "limit": ["1"]},
    )
    output = (await make(call)).output
    assert (output["StatusCode"], output["StatusText"]) == (200, "OK")
    assert output["ResponseBody"] == {"items": []}
    assert output["Headers"]["Content-Type"] == ["application/json; charset=utf-8"]
    assert cluster.seen[0].query == {"labelSelector": "a=b", "limit": "1"}


@pytest.mark.parametrize(
    ("status", "error"), [(401, "EKS.401"), (404, "EKS.404"), (429, "EKS.429"), (503, "EKS.503")]
)
async def test_a_call_is_sent_once(cluster, make, status, error):
    """Whatever the server says is an error of that number; Retry of the state decides."""
    cluster.on("POST /apis/x", sc.refusal(status, "no"))
    outcome = await make(sc.a_call("call", "eks", Method="POST", Path="/apis/x", RequestBody={}))
    assert outcome.error == error
    told = json.loads(outcome.cause)
    assert list(told) == ["ResponseBody", "StatusCode", "StatusText"]
    assert told["ResponseBody"]["message"] == "no"
    assert (told["StatusCode"], told["StatusText"]) == (status, HTTPStatus(status).phrase)
    assert len(cluster.seen) == 1


DEEP = "[" * 601 + "]" * 601


@pytest.mark.parametrize(
    ("text", "body"),
    [("", None), ("<html>", "<html>"), ('"\\ud800"', "?"), (DEEP, DEEP), ("9" * 200_000, None)],
    ids=["nothing", "no JSON", "half of a pair", "too deep", "too much"],
)
async def test_an_odd_refusal(cluster, make, text, body):
    """Whatever its body is, the cause has it and can be saved."""

    async def reply(_request):
        return web.Response(text=text, status=403)

    cluster.on("GET /apis/x", reply)
    outcome = await make(sc.a_call("call", "eks", Method="GET", Path="/apis/x"))
    assert outcome.error == "EKS.403"
    assert len(outcome.cause.encode()) <= 32_768
    if len(text) < 10_000:
        assert json.loads(outcome.cause)["ResponseBody"] == body


@pytest.mark.parametrize(
    "parameters",
    [
        {"Method": "TRACE", "Path": "/version"},
        {"Method": "GET", "Path": "version"},
        {"Method": "GET", "Path": "/api/../version"},
        {"Method": "GET", "Path": "/version?a=b"},
        {"Method": "GET", "Path": "//elsewhere.example\r\nX: y"},
        {"Method": "GET", "Path": "/api/v1/pods", "QueryParameters": {"watch": ["1"]}},
        {"Method": "GET", "Path": "/api/v1/pods", "QueryParameters": {"limit": "1"}},
    ],
)
async def test_calls_that_are_not_made(cluster, make, parameters):
    """A path is a path, and an answer has an end."""
    outcome = await make(sc.a_call("call", "eks", **parameters))
    assert outcome.error == "States.Runtime"
    assert not cluster.seen


async def test_a_job_is_made_once_by_a_task(cluster, make):
    """The same task finds its own Job; another one's namesake is AWS's error."""
    jobs = "/apis/batch/v1/namespaces/default/jobs"
    cluster.on(f"POST {jobs}", sc.one({}, 201), sc.refusal(409, "exists"))
    job = {"metadata": {"generateName": "pi-"}, "spec": {}}
    options = {"RetrieveLogs": True, "LogParameters": {"tailLines": ["6"]}}
    call = sc.a_call("runJob", "eks", Job=job, LogOptions=options)
    assert (await make(call)).output["StatusCode"] == 201
    made = cluster.seen[0].body
    name = made["metadata"]["name"]
    assert name.startswith("pi-")
    cluster.on(f"GET {jobs}/{name}", sc.one(made))
    assert (await make(call)).output["ResponseBody"] == made
    other = sc.a_call("runJob", "eks", "uid-2", Job={"metadata": {"name": name}})
    assert (await make(other)).error == "EKS.409"


@pytest.mark.parametrize(
    ("call", "is_repeated"),
    [
        (sc.a_call("call", "eks", Method="GET"), True),
        (sc.a_call("call", "eks", Method="POST"), False),
        (sc.a_call("runJob", "eks"), True),
        (sc.a_call("apply"), True),
        (sc.a_call("patch"), True),
        (sc.a_call("patch", Type="json"), False),
        (sc.a_call("delete"), False),
        (sc.a_call("delete", IgnoreNotFound=True), True),
        (sc.a_call("wait"), True),
    ],
)
def test_which_calls_may_be_made_again(call, is_repeated):
    """Those that change nothing the second time."""
    assert may_repeat(call.action, call.parameters) is is_repeated
