"""``asw run`` and ``asw validate`` with Tasks that call a cluster, by a kubeconfig."""

import asyncio
import json
import threading
from contextlib import contextmanager

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from tests.support import scripted_cluster as sc

API = {"apiVersion": "asw.dev/v1alpha1"}
GET = {
    "Type": "Task",
    "Resource": "asw:k8s:get",
    "Parameters": {"ApiVersion": "v1", "Kind": "ConfigMap", "Name": "m"},
    "End": True,
}
VERSION = {
    "Type": "Task",
    "Resource": "arn:aws:states:::eks:call",
    "Parameters": {"ClusterName": "here", "Method": "GET", "Path": "/version"},
    "End": True,
}


@contextmanager
def answering():
    """A scripted API server in a thread of its own: the command has a loop of its own, too."""
    ready, over = threading.Event(), asyncio.Event()
    found = {}

    async def serve():
        async with sc.scripted_cluster() as cluster:
            found["cluster"], found["loop"] = cluster, asyncio.get_running_loop()
            ready.set()
            await over.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield found["cluster"]
    finally:
        found["loop"].call_soon_threadsafe(over.set)
        thread.join()


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """An API server, as context ``lab`` of the kubeconfig."""
    with answering() as found:
        config = {
            "contexts": [
                {"name": "lab", "context": {"cluster": "c", "user": "u", "namespace": "lab"}}
            ],
            "clusters": [{"name": "c", "cluster": {"server": found.endpoint}}],
            "users": [{"name": "u", "user": {"token": "s3cret"}}],
            "current-context": "lab",
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
        monkeypatch.chdir(tmp_path)
        yield found


def asw(*arguments):
    """The command."""
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def write(folder, state, connections, **connection):
    """A Workflow of one state, and Connection ``here`` if it has fields."""
    definition = {"StartAt": "S", "States": {"S": state}}
    spec = {"definition": definition, "connections": connections}
    objects = [{**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec}]
    if connection:
        made = {**API, "kind": "Connection", "metadata": {"name": "here"}, "spec": connection}
        objects.append(made)
    (folder / "all.yaml").write_text(yaml.safe_dump_all(objects))


def lab(**fields):
    """The fields of a Connection to the context ``lab``."""
    return {"kind": "kubernetes", "kubernetes": {"context": "lab", **fields}}


def test_a_task_reads_an_object(cluster, tmp_path):
    """As the user of the context, in its namespace; the history shows the call as AWS's would."""
    cluster.on(f"GET {sc.MAPS}/m", sc.one(sc.a_map(1, a="1")))
    write(tmp_path, GET, {"k8s": "here"}, **lab())
    done = asw("run", "all.yaml", "--json")
    assert json.loads(done.stdout)["output"]["data"] == {"a": "1"}
    told = asw("history", "flow-1", "--local", "-o", "json").stdout
    events = json.loads(told)
    scheduled = next(
        it
        for it in (events if isinstance(events, list) else events["events"])
        if it["type"] == "TaskScheduled"
    )
    details = scheduled["taskScheduledEventDetails"]
    assert (details["resourceType"], details["resource"]) == ("k8s", "get")
    assert "s3cret" not in told + done.output


def test_a_namespace_of_the_connection(cluster, tmp_path):
    """It goes before that of the context."""
    path = "/api/v1/namespaces/own/configmaps/m"
    cluster.on(f"GET {path}", sc.one(sc.a_map(1)))
    write(tmp_path, GET, {"default": "here"}, **lab(namespace="own"))
    assert asw("run", "all.yaml").exit_code == 0
    assert cluster.seen[0].path == path


@pytest.mark.parametrize("connections", [{}, {"eks": "here"}])
def test_the_cluster_of_a_definition_for_aws(cluster, tmp_path, connections):
    """ClusterName may be the name of a Connection; else the Workflow says which it is."""
    cluster.on("GET /version", sc.one({"major": "1"}))
    write(tmp_path, VERSION, connections, **lab())
    done = asw("run", "all.yaml", "--json")
    assert json.loads(done.stdout)["output"]["ResponseBody"] == {"major": "1"}
    assert "no Connection" not in done.output


@pytest.mark.parametrize(
    ("connections", "connection", "told"),
    [
        ({}, {}, "No Connection for k8s: add it to spec.connections of Workflow flow"),
        ({"k8s": "here"}, {"kind": "kubernetes"}, "names no context of a kubeconfig"),
        (
            {"k8s": "here"},
            {"kind": "kubernetes", "kubernetes": {"context": "prod"}},
            "Connection here, context prod: the kubeconfig has no such context",
        ),
        (
            {"k8s": "here"},
            {"kind": "aws", "region": "eu-central-1"},
            "Connection here is of kind aws, and k8s needs one of kind kubernetes",
        ),
        ({"k8s": "here"}, {**lab(), "workflows": ["Other"]}, "is not for Workflow flow"),
    ],
)
def test_what_is_missing_is_named(cluster, tmp_path, connections, connection, told):
    """A call that cannot be made says what to add, and no context is taken by chance."""
    write(tmp_path, GET, connections, **connection)
    done = asw("run", "all.yaml", "--json")
    ended = json.loads(done.stdout)
    assert ended["error"] == "Asw.NoConnection"
    assert told in ended["cause"]
    assert not cluster.seen


def test_a_job_is_waited_for(cluster, tmp_path):
    """It is made once, asked for until it is over, and is the result with what it has written."""
    jobs, made = "/apis/batch/v1/namespaces/default/jobs", sc.a_job()
    cluster.on(f"POST {jobs}", sc.one(made, 201))
    cluster.on(f"GET {jobs}/pi", sc.one(made), sc.one(sc.a_job("Complete")))
    cluster.on("GET /api/v1/namespaces/default/pods", sc.listed(sc.a_pod_of_job()))
    cluster.on("GET /api/v1/namespaces/default/pods/pi-1/log", sc.one({"pi": 3.14}))
    parameters = {"ClusterName": "here", "Job": made, "LogOptions": {"RetrieveLogs": True}}
    run = {
        **VERSION,
        "Resource": "arn:aws:states:::eks:runJob.sync",
        "Parameters": parameters,
        "ResultSelector": {"status.$": "$.status", "logs.$": "$.logs..pi"},
    }
    write(tmp_path, run, {}, **lab())
    ended = json.loads(asw("run", "all.yaml", "--json").stdout)
    assert ended["output"] == {"status": sc.a_job("Complete")["status"], "logs": [3.14]}, ended
    assert [it.method for it in cluster.seen].count("POST") == 1


def test_a_job_that_takes_too_long_is_deleted(cluster, tmp_path):
    """With its pods, and only if it is still the one that the Task has made."""
    jobs, made = "/apis/batch/v1/namespaces/default/jobs", sc.a_job()
    cluster.on(f"POST {jobs}", sc.one(made, 201))
    cluster.on(f"GET {jobs}/pi", sc.one(made))
    cluster.on(f"DELETE {jobs}/pi", sc.one({"kind": "Status"}))
    run = {
        **VERSION,
        "Resource": "arn:aws:states:::eks:runJob.sync",
        "Parameters": {"Job": made},
        "TimeoutSeconds": 2,
    }
    write(tmp_path, run, {"eks": "here"}, **lab())
    assert json.loads(asw("run", "all.yaml", "--json").stdout)["error"] == "States.Timeout"
    (deleted,) = [it.body for it in cluster.seen if it.method == "DELETE"]
    assert deleted["propagationPolicy"] == "Background"
    assert deleted["preconditions"] == {"uid": "j-1"}


@pytest.mark.parametrize(
    ("mocked", "state"),
    [
        ("k8s:get", {}),
        ("eks:runJob.sync", {"Parameters": {"Job": {}}}),
        ("eks:deleteCluster.sync", {"Parameters": {"Name": "c"}}),
    ],
)
def test_mocks_answer_in_tests(tmp_path, monkeypatch, mocked, state):
    """By service and action, as they do for services of AWS; no Connection is needed."""
    monkeypatch.chdir(tmp_path)
    resource = f"{'asw:' if mocked == 'k8s:get' else 'arn:aws:states:::'}{mocked}"
    write(tmp_path, {**GET, **state, "Resource": resource}, {})
    cases = {
        **API,
        "kind": "WorkflowTest",
        "workflow": "all.yaml",
        "functions": {mocked: {"result": {"data": {"a": "1"}}}},
        "cases": [{"name": "found", "expect": {"output": {"data": {"a": "1"}}}}],
    }
    (tmp_path / "flow.test.yaml").write_text(yaml.safe_dump(cases))
    done = asw("test", "flow.test.yaml")
    assert done.exit_code == 0, done.output
