"""``asw run`` with Tasks that call a real cluster, as the user of a kubeconfig."""

import json
from itertools import pairwise

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from dev.images import version

pytestmark = pytest.mark.cluster

API = {"apiVersion": "asw.dev/v1alpha1"}
SETTINGS = {"ApiVersion": "v1", "Kind": "ConfigMap", "Name": "settings"}
WEB = {"app": "web"}


@pytest.fixture
def play(tmp_path, monkeypatch, cluster, namespace):
    """Runs states one after the other, which call the cluster in a namespace of their own."""
    config = json.loads(cluster.kubectl("config", "view", "-o", "json").stdout)
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.chdir(tmp_path)
    calls = {"context": config["current-context"], "namespace": namespace}
    services = dict.fromkeys(("k8s", "eks", "ecs", "batch"), "here")
    connection = {
        **API,
        "kind": "Connection",
        "metadata": {"name": "here"},
        "spec": {"kind": "kubernetes", "kubernetes": calls},
    }

    def run(**states):
        spec = {"definition": in_a_row(states), "connections": services}
        workflow = {**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec}
        (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([connection, workflow]))
        done = CliRunner().invoke(main, ("run", "all.yaml", "--json"), catch_exceptions=False)
        return json.loads(done.stdout)

    run.namespace = namespace
    return run


def in_a_row(states):
    """A definition of these states, one after the other."""
    names = list(states)
    made = {name: {**states[name], "Next": after} for name, after in pairwise(names)}
    return {"StartAt": names[0], "States": {**made, names[-1]: {**states[names[-1]], "End": True}}}


def k8s(verb, **parameters):
    """A Task that adds the result of a short form to the data."""
    resource = f"asw:k8s:{verb}"
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": parameters,
        "ResultPath": f"$.{verb}",
    }


def a_deployment(image):
    """A Deployment of one pod."""
    container = {"name": "web", "image": image}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": WEB},
            "template": {"metadata": {"labels": WEB}, "spec": {"containers": [container]}},
        },
    }


def test_an_object_from_its_birth_to_its_end(play):
    """It is applied, patched, waited for, read and deleted, each time as Kubernetes does it."""
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings"},
        "data": {"color": "blue"},
    }
    done = play(
        Apply=k8s("apply", Manifest=manifest),
        Patch=k8s("patch", **SETTINGS, Patch={"data": {"size": "7"}}),
        Wait=k8s("wait", **SETTINGS, JsonPath="$.data.size", Value="7", TimeoutSeconds=30),
        Get=k8s("get", **SETTINGS),
        Delete=k8s("delete", **SETTINGS, Propagation="Foreground"),
        Gone={
            **k8s("wait", **SETTINGS, Deleted=True, TimeoutSeconds=60),
            "ResultPath": "$.gone",
        },
    )
    assert done["status"] == "SUCCEEDED", done
    output = done["output"]
    assert output["apply"]["data"] == {"color": "blue"}
    assert output["get"]["data"] == {"color": "blue", "size": "7"}
    assert "managedFields" not in output["get"]["metadata"]
    assert output["gone"] is None


def test_a_rollout_that_cannot_pull_its_image(play):
    """It fails with the pod and the kubelet's own words, long before the Deployment gives up."""
    done = play(
        Apply=k8s("apply", Manifest=a_deployment("registry.invalid/none:1")),
        Rollout=k8s("rollout", Kind="Deployment", Name="web", TimeoutSeconds=240),
    )
    assert done["status"] == "FAILED", done
    assert done["error"] == "K8s.RolloutFailed"
    assert "container web: " in done["cause"]
    assert "registry.invalid/none:1" in done["cause"]


def test_what_does_not_happen_in_time(play):
    """The cause names what was waited for, and what was there instead."""
    done = play(
        Apply=k8s("apply", Manifest=a_deployment("registry.invalid/none:1")),
        Wait=k8s(
            "wait",
            ApiVersion="apps/v1",
            Kind="Deployment",
            Name="web",
            Condition="Available",
            TimeoutSeconds=5,
        ),
    )
    assert done["error"] == "K8s.Timeout"
    assert "condition Available is not True after 5 s; it is False (Minimum" in done["cause"]


def test_calls_as_they_are_written_for_aws(play):
    """eks:call and eks:runJob give AWS's results and errors, whatever cluster they name."""
    cluster = {"ClusterName": "prod", "Endpoint": "https://nowhere", "CertificateAuthority": "x"}
    job = {
        "metadata": {"generateName": "pi-"},
        "spec": {
            "suspend": True,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "pi", "image": "registry.invalid/none:1"}],
                }
            },
        },
    }
    missing = {
        "Type": "Task",
        "Resource": "arn:aws:states:::eks:call",
        "Parameters": {**cluster, "Method": "DELETE", "Path": "/api/v1/namespaces/none/pods/none"},
        "ResultPath": None,
        "Catch": [{"ErrorEquals": ["EKS.404"], "ResultPath": "$.missing", "Next": "Run"}],
    }
    run = {
        "Type": "Task",
        "Resource": "arn:aws:states:::eks:runJob",
        "Parameters": {**cluster, "Namespace.$": "$.namespace", "Job": job},
        "ResultPath": "$.job",
    }
    version = {
        "Type": "Task",
        "Resource": "arn:aws:states:::eks:call",
        "Parameters": {**cluster, "Method": "GET", "Path": "/version"},
        "ResultPath": "$.version",
    }
    namespace = {"Type": "Pass", "Result": play.namespace, "ResultPath": "$.namespace"}
    done = play(Namespace=namespace, Missing=missing, Run=run, Version=version)
    assert done["status"] == "SUCCEEDED", done
    output = done["output"]
    assert json.loads(output["missing"]["Cause"])["ResponseBody"]["reason"] == "NotFound"
    assert output["job"]["StatusCode"] == 201
    assert output["job"]["ResponseBody"]["metadata"]["name"].startswith("pi-")
    assert output["version"]["StatusText"] == "OK"
    assert output["version"]["ResponseBody"]["major"] == "1"
    assert output["version"]["Headers"]["Content-Type"] == ["application/json"]


def a_template(name, code=0, **changed):
    """A Task that applies a CronJob, the template of a Job that says its variables and ends so."""
    container = {
        "name": "main",
        "image": f"docker.io/asw/shell:{version()}",
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c"],
        "args": [f"echo $KEY > /dev/termination-log; exit {code}"],
        **changed,
    }
    pod = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    spec = {"backoffLimit": 0, "template": pod}
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": spec}},
    }
    return {**k8s("apply", Manifest=manifest), "ResultPath": None}


def test_a_task_of_ecs_and_a_job_of_batch_run_as_jobs(play):
    """The definitions are AWS's, the pods are real: exit codes and messages come from them."""
    environment = [{"Name": "KEY", "Value": "a.png"}]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {
            "Cluster": "prod",
            "LaunchType": "FARGATE",
            "TaskDefinition": "Resize_Image:3",
            "Overrides": {"ContainerOverrides": [{"Name": "main", "Environment": environment}]},
        },
        "ResultPath": "$.task",
    }
    job = {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Parameters": {
            "JobName": "resize",
            "JobQueue": "prod",
            "JobDefinition": "broken",
            "ContainerOverrides": {"Environment": environment},
        },
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.job", "Next": "Done"}],
    }
    done = play(
        Good=a_template("resize-image", 0),
        Bad=a_template("broken", 3),
        Task=task,
        Job=job,
        Done={"Type": "Pass"},
    )
    assert done["status"] == "SUCCEEDED", done
    [container] = done["output"]["task"]["Containers"]
    assert (container["ExitCode"], container["Reason"].strip()) == (0, "a.png")
    told = json.loads(done["output"]["job"]["Cause"])
    assert (told["Status"], told["Container"]["ExitCode"]) == ("FAILED", 3)
    assert told["StatusReason"].startswith("BackoffLimitExceeded")


def test_several_tasks_of_ecs_run_as_jobs(play):
    """Each is a Job with an ARN of its own, and the state has the ends of all."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {"TaskDefinition": "worker", "Count": 3},
    }
    done = play(Template=a_template("worker"), Tasks=task)
    assert done["status"] == "SUCCEEDED", done
    assert [it["Containers"][0]["ExitCode"] for it in done["output"]] == [0, 0, 0]
    assert len({it["TaskArn"] for it in done["output"]}) == 3


def test_a_child_of_an_array_fails_alone(play):
    """The others end well, and the job of Batch fails with one of three."""
    told = 'if [ "$AWS_BATCH_JOB_ARRAY_INDEX" = 1 ]; then exit 3; else sleep 4; fi'
    batch = {"JobName": "many", "JobQueue": "prod", "JobDefinition": "array"}
    done = play(
        Template=a_template("array", args=[told]),
        Job=caught("batch:submitJob.sync", "job", "Done", **batch, ArrayProperties={"Size": 3}),
        Done={"Type": "Pass"},
    )
    assert done["status"] == "SUCCEEDED", done
    found = json.loads(done["output"]["job"]["Cause"])
    assert found["StatusReason"].startswith("FailedIndexes")
    summary = found["ArrayProperties"]["StatusSummary"]
    assert (summary["SUCCEEDED"], summary["FAILED"]) == (2, 1)


def caught(resource, name, following, **parameters):
    """A Task whose failure is added to the data."""
    catch = {"ErrorEquals": ["States.TaskFailed"], "ResultPath": f"$.{name}", "Next": following}
    where = {"Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
    return {"Type": "Task", **where, "Catch": [catch]}


def test_containers_that_cannot_be_started(play, cluster):
    """ECS and Batch tell why in their own words, and Kubernetes tries no more."""
    batch = {"JobName": "job", "JobQueue": "prod", "JobDefinition": "bad-name"}
    done = play(
        Missing=a_template("never-there", image="docker.io/asw/none:1", imagePullPolicy="Never"),
        BadName=a_template("bad-name", image="No:Image:1"),
        Task=caught("ecs:runTask.sync", "task", "Job", TaskDefinition="never-there"),
        Job=caught("batch:submitJob.sync", "job", "Done", **batch),
        Done={"Type": "Pass"},
    )
    assert done["status"] == "SUCCEEDED", done
    task, job = [json.loads(done["output"][it]["Cause"]) for it in ("task", "job")]
    assert task["StopCode"] == "TaskFailedToStart"
    assert task["StoppedReason"].startswith("CannotPullContainerError: ErrImageNeverPull: ")
    assert job["StatusReason"] == "Task failed to start"
    assert job["Container"]["Reason"].startswith("CannotPullContainerError: InvalidImageName: ")
    words = ("--namespace", play.namespace, "wait", "jobs", "--all", "--for=condition=Failed")
    cluster.kubectl(*words, "--timeout=60s")
