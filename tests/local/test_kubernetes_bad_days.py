"""API servers that break, forget, refuse or send anything: calls end with a name."""

import asyncio
import ssl

import pytest

from asw.connector.calls import Done, Failed
from asw.connector.kubernetes.access import (
    NoCluster,
    cluster_elsewhere,
    own_cluster,
    trusting,
)
from asw.connector.kubernetes.caller import KubernetesCaller
from tests.support import odd_service as odd
from tests.support import scripted_cluster as sc
from tests.support.certificates import own_certificate

WAIT = {
    "ApiVersion": "v1",
    "Kind": "ConfigMap",
    "Name": "m",
    "JsonPath": "$.data.state",
    "Value": "done",
}
GET = {"ApiVersion": "v1", "Kind": "ConfigMap", "Name": "m"}
NEW = sc.event("MODIFIED", sc.a_map(12, state="done"))
OLD = sc.event("MODIFIED", sc.a_map(11, state="going"))
EXPIRED = sc.event("ERROR", {"kind": "Status", "code": 410, "message": "too old"})
BUSY = sc.event("ERROR", {"kind": "Status", "code": 500, "message": "etcd"})
BOOKMARK = sc.event("BOOKMARK", {"metadata": {"resourceVersion": "15"}})
WATCH = f"WATCH {sc.MAPS}"
LIST = f"GET {sc.MAPS}"


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


@pytest.mark.parametrize(
    "first",
    [
        sc.watched(OLD),
        sc.cut(OLD),
        sc.watched(OLD, "no JSON at all"),
        sc.watched({"type": "MODIFIED"}),
        sc.watched(OLD, EXPIRED),
        sc.watched(BUSY),
        sc.watched(BOOKMARK),
        sc.refusal(410, "too old"),
        sc.refusal(429, "slowly", **{"Retry-After": "0"}),
        sc.refusal(503, "starting"),
        odd.hangs_up,
    ],
    ids=[
        "ends",
        "is cut",
        "garbage",
        "no object",
        "expires",
        "breaks inside",
        "bookmark",
        "410",
        "429",
        "503",
        "hangs up",
    ],
)
async def test_a_watch_that_breaks_goes_on(cluster, make, first):
    """Whatever ends a watch, the next one or a fresh list shows what happened meanwhile."""
    cluster.on(LIST, sc.listed(sc.a_map(10, state="new")))
    cluster.on(WATCH, first, sc.watched(NEW, stays=True))
    outcome = await make(sc.a_call("wait", **WAIT))
    assert isinstance(outcome, Done)
    assert outcome.output["data"] == {"state": "done"}


async def test_a_watch_continues_where_it_was(cluster, make):
    """A bookmark is a place to continue from, so that nothing is told twice."""
    cluster.on(LIST, sc.listed(sc.a_map(10, state="new")))
    cluster.on(WATCH, sc.watched(OLD, BOOKMARK), sc.watched(NEW))
    await make(sc.a_call("wait", **WAIT))
    watches = [it.query["resourceVersion"] for it in cluster.seen if "watch" in it.query]
    assert watches == ["10", "15"]
    assert {it.query["fieldSelector"] for it in cluster.seen} == {"metadata.name=m"}


async def test_a_right_that_is_taken_away(cluster, make):
    """A refusal that no waiting mends ends the wait at once."""
    cluster.on(LIST, sc.listed())
    cluster.on(WATCH, sc.refusal(403, "you may not watch"))
    outcome = await make(sc.a_call("wait", **WAIT))
    assert (outcome.error, outcome.cause) == ("K8s.403", "you may not watch")


@pytest.mark.parametrize(
    ("goal", "item", "told"),
    [
        ({"JsonPath": "$.data.state", "Value": "done"}, {"data": {"state": "going"}}, '"going"'),
        ({"JsonPath": "$.data.state"}, {"data": {}}, "it is not there"),
        ({"Condition": "Ready"}, {}, "the object has no such condition"),
        ({"Deleted": True}, {}, "nobody deletes it"),
        ({"Condition": "Ready"}, None, "there is no such object"),
    ],
)
async def test_a_wait_that_takes_too_long(cluster, make, goal, item, told):
    """The cause names the object, what it waited for, and what was there instead."""
    state = () if item is None else ({"metadata": {"name": "m"}, **item},)
    cluster.on(LIST, sc.listed(*state))
    cluster.on(WATCH, sc.watched(stays=True))
    outcome = await make(sc.a_call("wait", **GET, **goal, TimeoutSeconds=1))
    assert outcome.error == "K8s.Timeout"
    assert outcome.cause.startswith("configmaps/m in namespace lab: ")
    assert "after 1 s; " in outcome.cause
    assert told in outcome.cause


async def test_a_wait_for_the_end(cluster, make):
    """An object that goes ends it."""
    cluster.on(LIST, sc.listed(sc.a_map(10)))
    cluster.on(WATCH, sc.watched(sc.event("DELETED", sc.a_map(11))))
    assert await make(sc.a_call("wait", **GET, Deleted=True)) == Done(output=None)


@pytest.mark.parametrize(
    ("behaviour", "error", "told"),
    [
        (odd.garbage, "K8s.NoAnswer", "Unable to execute HTTP request: "),
        (odd.huge, "States.DataLimitExceeded", "LabelSelector, FieldSelector or Limit"),
        (odd.huge_in_pieces, "States.DataLimitExceeded", "'k8s' returned a result"),
        (odd.hangs_up, "K8s.NoAnswer", "closed the connection without an answer"),
        (odd.elsewhere, "K8s.302", "Found"),
        (odd.never, "K8s.Timeout", "within 0.5 s"),
        (odd.drip, "K8s.Timeout", "within 0.5 s"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_bad_server_has_a_named_end(cluster, behaviour, error, told):
    """Whatever it does, the state gets an error that a Catch may take."""
    cluster.on(f"DELETE {sc.MAPS}/m", behaviour)
    seconds = 0.5 if error == "K8s.Timeout" else 60
    async with KubernetesCaller(sc.QUICK) as caller:
        access = cluster.access(call_seconds=seconds)
        outcome = await caller.make(sc.a_call("delete", **GET), access)
    assert isinstance(outcome, Failed)
    assert outcome.error == error
    assert told in outcome.cause


async def test_a_result_of_more_than_256_kib(cluster, make):
    """It is refused as at AWS, with a way to ask for less."""
    cluster.on(f"GET {sc.MAPS}/m", sc.one({"data": {"a": "x" * 262_144}}))
    outcome = await make(sc.a_call("get", **GET))
    assert outcome.error == "States.DataLimitExceeded"
    assert "FieldSelector" in outcome.cause


async def test_a_throttled_request_is_made_again(cluster, make):
    """It never began, so this changes nothing twice."""
    slowly = sc.refusal(429, "slowly", **{"Retry-After": "0"})
    cluster.on(f"DELETE {sc.MAPS}/m", slowly, slowly, sc.one({"status": "Success"}))
    assert isinstance(await make(sc.a_call("delete", **GET)), Done)
    assert len(cluster.seen) == 3


async def test_what_may_have_been_done_is_not_done_again(cluster, make):
    """A JSON patch whose answer was lost is sent once; a merge patch is sent until it is told."""
    cluster.on(f"PATCH {sc.MAPS}/m", sc.refusal(503, "restarting"), sc.one(sc.a_map(1)))
    outcome = await make(sc.a_call("patch", **GET, Type="json", Patch=[]))
    assert outcome.error == "K8s.503"
    assert len(cluster.seen) == 1
    cluster.on(f"PATCH {sc.MAPS}/m", odd.hangs_up, sc.one(sc.a_map(1)))
    assert isinstance(await make(sc.a_call("patch", **GET, Patch={})), Done)


async def test_a_deletion_that_lost_its_answer_is_sent_once(cluster, make):
    """A second one would find nothing, or delete what somebody made meanwhile."""
    cluster.on(f"DELETE {sc.MAPS}/m", odd.hangs_up, sc.one({"status": "Success"}))
    outcome = await make(sc.a_call("delete", **GET))
    assert isinstance(outcome, Failed)
    assert [it.method for it in cluster.seen] == ["DELETE"]


async def test_a_cancelled_wait_leaves_nothing(cluster, make):
    """A state that timed out or a run that was stopped ends the watch."""
    cluster.on(LIST, sc.listed())
    cluster.on(WATCH, sc.watched(stays=True))
    waiting = asyncio.create_task(make(sc.a_call("wait", **WAIT)))
    await cluster.until_watched()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_many_waits_hold_up_no_call(cluster, make):
    """Three hundred that wait leave room for one that does not."""
    cluster.on(LIST, sc.listed())
    cluster.on(WATCH, sc.watched(stays=True))
    cluster.on(f"GET {sc.MAPS}/m", sc.one(sc.a_map(1)))
    waiting = [asyncio.create_task(make(sc.a_call("wait", **WAIT))) for _ in range(300)]
    await cluster.until_watched(300)
    assert isinstance(await make(sc.a_call("get", **GET)), Done)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_nobody_listens():
    """A server that is not there is told at once, with its address."""
    async with sc.scripted_cluster() as gone:
        access = gone.access()
    async with KubernetesCaller(sc.QUICK) as caller:
        outcome = await caller.make(sc.a_call("wait", **WAIT), access)
    assert outcome.error == "K8s.NoAnswer"
    assert gone.endpoint in outcome.cause


async def test_a_cluster_elsewhere_at_a_private_address():
    """Its address is checked as those of all services are, unless the Connection names it."""
    access = cluster_elsewhere("far", "https://10.1.2.3", ca=None, token="t", allowed=())
    assert access.tls is not None
    assert access.tls.verify_mode is ssl.CERT_REQUIRED
    metadata = cluster_elsewhere("far", "http://169.254.169.254", ca=None, token="t", allowed=())
    async with KubernetesCaller(sc.QUICK) as caller:
        outcome = await caller.make(sc.a_call("get", **GET), metadata)
    assert outcome.error == "Asw.AddressRefused"


async def test_tls_by_the_authority_of_the_cluster(tmp_path):
    """A server is trusted by the cluster's own authority, and by nothing less."""
    pem, tls = own_certificate(tmp_path)
    async with odd.odd_service(sc.one({"major": "1"}), tls) as service:
        call = sc.a_call("call", "eks", Method="GET", Path="/version")

        async def outcome_with(context):
            access = sc.ScriptedCluster(service.endpoint).access(tls=context)
            async with KubernetesCaller(sc.QUICK) as caller:
                return await caller.make(call, access)

        assert isinstance(await outcome_with(trusting(text=pem)), Done)
        refused = await outcome_with(trusting())
        assert refused.error == "EKS.SdkClientException"
        assert f"the certificate of {service.endpoint}/version is not trusted" in refused.cause
        assert len(service.bodies) == 1


async def test_a_token_is_in_no_outcome(cluster):
    """It is sent, and told to nobody."""
    seen = []

    async def refuse(request):
        seen.append(request.headers["Authorization"])
        return await sc.refusal(401, "Unauthorized")(request)

    cluster.on(f"GET {sc.MAPS}/m", refuse)
    async with KubernetesCaller(sc.QUICK) as caller:
        access = cluster.access(authorization=lambda: "Bearer s3cret")
        outcome = await caller.make(sc.a_call("get", **GET), access)
    assert seen == ["Bearer s3cret"]
    assert outcome.error == "K8s.401"
    assert "s3cret" not in outcome.cause + repr(outcome)


def test_a_pod_finds_its_own_cluster(tmp_path):
    """By the variables and the files that every pod has; the token is read each time anew."""
    (tmp_path / "namespace").write_text("lab\n")
    (tmp_path / "token").write_text("one")
    pem = ssl.get_default_verify_paths().cafile
    (tmp_path / "ca.crt").symlink_to(pem or "/etc/ssl/certs/ca-certificates.crt")
    where = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    access = own_cluster("here", where, tmp_path)
    assert (access.server, access.namespace) == ("https://[fd00::1]:443", "lab")
    assert access.authorization() == "Bearer one"
    (tmp_path / "token").write_text("two")
    assert access.authorization() == "Bearer two"
    with pytest.raises(NoCluster, match="this is no pod"):
        own_cluster("here", {}, tmp_path)


async def test_a_rollout_to_its_end(cluster, make):
    """It waits for the pods of the new revision, and gives the workload."""
    cluster.on(f"GET {sc.DEPLOYMENTS}", sc.listed(sc.a_deployment(10, ready=0)))
    done = sc.event("MODIFIED", sc.a_deployment(11, ready=1))
    cluster.on(f"WATCH {sc.DEPLOYMENTS}", sc.watched(done, stays=True))
    outcome = await make(sc.a_call("rollout", Kind="Deployment", Name="web"))
    assert outcome.output["status"]["availableReplicas"] == 1


async def test_a_rollout_whose_pods_cannot_start(cluster, make):
    """Only pods of the newest revision count, and the cause is the kubelet's."""
    sets, pods = "/apis/apps/v1/namespaces/lab/replicasets", "/api/v1/namespaces/lab/pods"
    cluster.on(f"GET {sc.DEPLOYMENTS}", sc.listed(sc.a_deployment(10, ready=0)))
    cluster.on(f"WATCH {sc.DEPLOYMENTS}", sc.watched(stays=True))
    cluster.on(f"GET {sets}", sc.listed(sc.a_replica_set(1), sc.a_replica_set(2)))
    pulling = sc.a_pod("ErrImagePull", "no such image")
    cluster.on(f"GET {pods}", sc.refusal(503, "busy"), sc.listed(pulling))
    outcome = await make(sc.a_call("rollout", Kind="Deployment", Name="web"))
    assert outcome.error == "K8s.RolloutFailed"
    assert outcome.cause == (
        "deployments/web in namespace lab: pod web-1, container web: ErrImagePull: no such image"
    )
    asked = [it.query["labelSelector"] for it in cluster.seen if it.path == pods]
    assert set(asked) == {"app=web,pod-template-hash=hash-2"}


async def test_a_rollout_by_a_user_who_sees_no_pods(cluster, make):
    """The Deployment's own deadline ends it all the same."""
    late = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "too late"}
    cluster.on(f"GET {sc.DEPLOYMENTS}", sc.listed(sc.a_deployment(10, ready=0)))
    failed = sc.event("MODIFIED", sc.a_deployment(11, ready=0, conditions=[late]))
    cluster.on(f"WATCH {sc.DEPLOYMENTS}", sc.watched(failed, stays=True))
    outcome = await make(sc.a_call("rollout", Kind="Deployment", Name="web"))
    assert outcome.cause.endswith("ProgressDeadlineExceeded: too late")


async def test_a_rollout_of_nothing(cluster, make):
    """A workload that is not there is told at once."""
    cluster.on(f"GET {sc.DEPLOYMENTS}", sc.listed())
    outcome = await make(sc.a_call("rollout", Kind="Deployment", Name="web"))
    assert "there is no such object" in outcome.cause
