"""Questions about a Job of ``eks:runJob.sync``: its end, its logs, and servers that play tricks."""

import pytest

from asw.connector.calls import Done
from asw.connector.kubernetes.caller import KubernetesCaller
from asw.connector.kubernetes.jobs import MOST_LOGS, MOST_LOGS_OF_A_FAILURE, log_of, state_of
from tests.support import scripted_cluster as sc

JOB = "/apis/batch/v1/namespaces/default/jobs/pi"
PODS = "/api/v1/namespaces/default/pods"
NAMED = {"Namespace": "default", "Name": "pi", "Uid": "j-1"}


@pytest.fixture
async def cluster():
    """An API server."""
    async with sc.scripted_cluster() as found:
        yield found


@pytest.fixture
async def ask(cluster):
    """Asks for the end of the Job there."""
    async with KubernetesCaller(sc.QUICK) as caller:
        access = cluster.access(call_seconds=1)

        async def asked(action="jobEnd", **parameters):
            return await caller.make(sc.a_call(action, "eks", **NAMED, **parameters), access)

        yield asked


def logs(**options):
    """LogOptions that ask for them."""
    return {"LogOptions": {"RetrieveLogs": True, **options}}


@pytest.mark.parametrize(
    ("conditions", "state"),
    [
        ([], "Active"),
        ([("Suspended", "True")], "Active"),
        ([("SuccessCriteriaMet", "True")], "Active"),
        ([("FailureTarget", "True")], "Active"),
        ([("Complete", "False")], "Active"),
        ([("SuccessCriteriaMet", "True"), ("Complete", "True")], "Complete"),
        ([("FailureTarget", "True"), ("Failed", "True")], "Failed"),
    ],
)
def test_when_a_job_is_over(conditions, state):
    """With the condition that is its last, not with one that announces it."""
    found = [{"type": kind, "status": status} for kind, status in conditions]
    assert state_of({"status": {"conditions": found}}) == state


@pytest.mark.parametrize(
    "status", [None, [], {"conditions": 7}, {"conditions": ["Complete", None]}]
)
def test_a_status_that_makes_no_sense_is_no_end(status):
    """A server may send anything."""
    assert state_of({"status": status}) == "Active"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"pi": 3.14}\n', {"pi": 3.14}),
        ("7", 7),
        ("one\ntwo\n", "one\ntwo\n"),
        ("", ""),
        ("NaN", "NaN"),
        ("[" * 5000, "[" * 5000),
        ("[" * 395 + "]" * 395, "[" * 395 + "]" * 395),
    ],
)
def test_a_log_is_json_if_it_can_be(text, value):
    """AWS: else a text; RawLogs is always a text."""
    assert log_of(text.encode(), is_raw=False) == value
    assert log_of(text.encode(), is_raw=True) == text


async def test_a_question_while_the_job_runs(cluster, ask):
    """One small request, and no logs."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job()))
    assert await ask(**logs()) == Done(output={"State": "Active"})
    assert len(cluster.seen) == 1


async def test_logs_of_all_pods_at_the_end(cluster, ask):
    """By pod and container, page by page, of the Job's own pods alone, as LogParameters say."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Complete")))
    first = {"items": [sc.a_pod_of_job()], "metadata": {"continue": "more"}}
    strange = sc.a_pod_of_job("strange", owner="j-2")
    cluster.on(f"GET {PODS}", sc.one(first), sc.listed(strange, sc.a_pod_of_job("pi-2")))
    cluster.on(f"GET {PODS}/pi-1/log", sc.written('{"pi": 3}'))
    cluster.on(f"GET {PODS}/pi-2/log", sc.refusal(403, "no logs for you"))
    told = (await ask(**logs(LogParameters={"tailLines": ["6"], "follow": ["true"]}))).output
    refused = {"error": "EKS.403", "cause": "no logs for you"}
    assert told["Job"]["logs"] == {
        "pods": {
            "pi-1": {"containers": {"main": {"log": {"pi": 3}}}},
            "pi-2": {"containers": {"main": refused}},
        }
    }
    asked = next(it.query for it in cluster.seen if it.path.endswith("pi-1/log"))
    sized = str(MOST_LOGS + 1)
    assert asked == {"tailLines": "6", "follow": "false", "limitBytes": sized, "container": "main"}


async def test_pods_that_cannot_be_listed(cluster, ask):
    """The Job is complete all the same: why there are no logs stands in their place."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Complete")))
    cluster.on(f"GET {PODS}", sc.refusal(403, "no pods for you"))
    told = (await ask(**logs())).output["Job"]["logs"]
    assert told == {"pods": {}, "error": "EKS.403", "cause": "no pods for you"}


async def test_logs_that_no_result_has_room_for(cluster, ask):
    """AWS: the limit of results; the cause names what makes logs shorter."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Complete")))
    cluster.on(f"GET {PODS}", sc.listed(sc.a_pod_of_job()))
    cluster.on(f"GET {PODS}/pi-1/log", sc.written("x" * (MOST_LOGS + 1)))
    told = await ask(**logs())
    assert told.error == "States.DataLimitExceeded"
    assert "LogOptions.LogParameters" in told.cause


async def test_long_logs_of_a_job_that_failed(cluster, ask):
    """They do not hide that it failed: their place says that there is no room."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Failed")))
    cluster.on(f"GET {PODS}", sc.listed(sc.a_pod_of_job()))
    cluster.on(f"GET {PODS}/pi-1/log", sc.written("x" * (MOST_LOGS_OF_A_FAILURE + 1)))
    told = (await ask(**logs())).output
    assert told["State"] == "Failed"
    main = told["Job"]["logs"]["pods"]["pi-1"]["containers"]["main"]
    assert main["error"] == "States.DataLimitExceeded"


async def test_a_server_with_pages_without_end(cluster, ask):
    """Reading logs has an end in time; what the Job has come to is told."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Complete")))
    cluster.on(f"GET {PODS}", sc.one({"items": [], "metadata": {"continue": "again"}}))
    told = (await ask(**logs())).output
    assert told["Job"]["logs"]["error"] == "EKS.SdkClientException"


@pytest.mark.parametrize(
    "pod",
    [
        {"metadata": {"name": "../../secrets/s", "ownerReferences": [{"uid": "j-1"}]}},
        {"metadata": {"name": {}, "ownerReferences": [{"uid": "j-1"}]}},
        {"metadata": {"ownerReferences": [{"uid": "j-1"}]}},
        "pod",
    ],
)
async def test_pods_that_are_none(cluster, ask, pod):
    """A server may send anything; no other path is asked for."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Complete")))
    named = {**pod, "spec": {"containers": [{"name": "main"}]}} if isinstance(pod, dict) else pod
    cluster.on(f"GET {PODS}", sc.listed(named))
    assert (await ask(**logs())).output["State"] == "Complete"
    assert {it.path for it in cluster.seen} == {JOB, PODS}


async def test_half_of_a_pair_in_a_log(cluster, ask):
    """It has no UTF-8, and ends no call of others."""
    cluster.on(f"GET {JOB}", sc.one(sc.a_job("Complete")))
    cluster.on(f"GET {PODS}", sc.listed(sc.a_pod_of_job()))
    cluster.on(f"GET {PODS}/pi-1/log", sc.written('"\\ud800"'))
    assert isinstance(await ask(**logs()), Done)


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (sc.refusal(404, "none"), "Asw.JobGone", "Job pi was deleted before it was over"),
        (sc.one(sc.a_job("Complete", uid="j-2")), "Asw.JobGone", "another one has its name"),
        (sc.one("<html>"), "EKS.SdkClientException", "the answer is no Job"),
        (sc.refusal(403, "no"), "EKS.403", '"StatusCode":403,"StatusText":"Forbidden"}'),
    ],
)
async def test_a_job_that_is_not_there(cluster, ask, reply, error, told):
    """One that was deleted has failed, and so has one whose name another one has by now."""
    cluster.on(f"GET {JOB}", reply)
    failed = await ask()
    assert failed.error == error
    assert told in failed.cause


async def test_the_job_is_deleted_by_its_uid(cluster, ask):
    """With its pods; another one of its name stays."""
    cluster.on(f"DELETE {JOB}", sc.one({"kind": "Status"}))
    await ask("deleteJob")
    (seen,) = cluster.seen
    assert seen.body == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "propagationPolicy": "Background",
        "preconditions": {"uid": "j-1"},
    }
