"""What the operator's own account may do, on a real API server, and what nobody else may."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from asw.api.names import uid12
from asw.api.packages import PackageIndex
from asw.api.workflow import TaskTemplate, Workflow
from asw.engine.commands import StartExecution
from asw.engine.record import Header
from asw.engine.step import begin
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.cache.lineage import Lineage, Started
from asw.platforms.kubernetes.client.objects import Owner
from asw.platforms.kubernetes.keys.keys import _new_secret
from asw.platforms.kubernetes.keys.tokens import token_secret, tokens_secret
from asw.platforms.kubernetes.packages.environment import environment_of
from asw.platforms.kubernetes.packages.manifests import Installation, claim, install_job
from asw.platforms.kubernetes.pools.deployments import PoolPlan
from asw.platforms.kubernetes.storage.storage import _page
from asw.platforms.kubernetes.tasks.code import pinned_inline
from asw.platforms.kubernetes.tasks.jobs import job
from asw.platforms.kubernetes.workflows.revisions import pinned
from asw.reconciler.distributed import Child
from asw.reconciler.platform import ExecutionKey
from tests.apiserver.conftest import SYSTEM
from tests.support.kube_objects import (
    KEYS,
    LOCK,
    SETTINGS,
    a_function,
    a_function_pod,
    a_plan,
    a_ring,
    a_task,
    workflow_object,
)

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

CREATE = ("create", "-f", "-")
_ANOTHER = {"configMap": {"name": "more"}}
_A_MAP = {"configMap": {"name": "code", "items": [{"key": "file-0", "path": "lib/a.py"}]}}


@pytest.fixture
def place(places):
    """A namespace where tasks may run."""
    return places["plain"]


def an_execution(name="order-1", **spec):
    """A manifest of an Execution that nobody works on."""
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Execution",
        "metadata": {"name": name},
        "spec": {"workflowRef": {"name": "nothing"}, "suspend": True, **spec},
    }


@pytest.fixture
def key(kubernetes_api, place):
    """An Execution that is there, to own what the operator makes."""
    name = f"run-{uuid.uuid4().hex[:8]}"
    words = (*CREATE, f"--namespace={place}", "-o", "json")
    made = kubernetes_api.kubectl(*words, stdin=json.dumps(an_execution(name)))
    return ExecutionKey(place, name, json.loads(made.stdout)["metadata"]["uid"])


def a_job(key, **pod):
    """The Job of the first task, with these fields of its pod changed."""
    task = replace(a_task(), task_id=TaskId(key.uid, 1))
    made = job(replace(a_plan(task=task), key=key))
    made["spec"]["template"]["spec"] |= pod
    return made


def a_child(key):
    """A child of the execution, as the operator makes it."""
    header = Header(
        uid=key.uid,
        name="child",
        arn="arn",
        workflow_name="orders/All",
        workflow_arn="arn",
        role_arn="arn",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    child = Child(
        task_id=TaskId(key.uid, 7), record=begin(header, {}), revision="r", map_state="All"
    )
    return Lineage(a_ring()).child_objects(key, "orders", child)[0]


def a_started_execution(key):
    """An Execution that a Task of the execution starts, as the operator makes it."""
    call = replace(a_task(), task_id=TaskId(key.uid, 8))
    start = StartExecution(
        call=call, workflow_arn="arn", name=f"{key.name}-started", input={}, is_awaited=True
    )
    started = Started(parent=key, start=start, workflow="bill")
    return Lineage(a_ring()).started_object(started, start.name)


def made_by_the_operator(key):
    """What it makes for an execution, by the functions that make it."""
    owner = Owner.of(key)
    return {
        "tokens": tokens_secret(KEYS, owner, 0),
        "token": token_secret(KEYS, owner, TaskId(str(uuid.uuid4()), 99)),
        "job": a_job(key),
        "job with scratch": a_job(
            replace(key, name=f"{key.name}-s"), volumes=[{"name": "scratch", "emptyDir": {}}]
        ),
        "job with code in several ConfigMaps": a_job(
            replace(key, name=f"{key.name}-c"),
            volumes=[{"name": "code", "projected": {"sources": [_A_MAP, _ANOTHER]}}],
        ),
        "page": _page(owner, f"{uid12(key.uid)}-p-1", "[]"),
        "private page": _page(owner, f"{uid12(key.uid)}-xp-1", "[]"),
        "child": a_child(key),
        "started execution": a_started_execution(key),
    }


def test_what_it_makes_is_let_through_and_what_it_made_is_deleted(operator, key):
    """Every object of a run, by the account and the Roles of the chart."""
    where = f"--namespace={key.namespace}"
    items = made_by_the_operator(key)
    for what, item in items.items():
        assert operator.tries(*CREATE, where, stdin=item) == "", what
    for what in ("job", "page", "private page", "child"):
        kind, name = items[what]["kind"], items[what]["metadata"]["name"]
        assert operator.tries("delete", kind, name, where, "--wait=false") == "", what


def test_revisions_and_code_are_let_through(operator, place):
    """They belong to a Workflow and to a Function."""
    item = workflow_object()
    item["metadata"]["uid"] = str(uuid.uuid4())
    _, revision = pinned(Workflow.parse(item))
    function = a_function()
    function = function.model_copy(
        update={"metadata": function.metadata.model_copy(update={"uid": str(uuid.uuid4())})}
    )
    code = pinned_inline(function, {"index.py": "pass"}).manifest
    where = f"--namespace={place}"
    for each in (revision, code):
        assert operator.tries(*CREATE, where, stdin=each) == ""
    name = revision["metadata"]["name"]
    assert operator.tries("delete", "controllerrevision", name, where) == ""


def a_pool(place, **pod):
    """Deployment and Secret of a warm Function, with these fields of its pods changed."""
    function = a_function(mode="Warm")
    metadata = {"namespace": place, "uid": str(uuid.uuid4()), "name": "sum"}
    function = function.model_copy(
        update={"metadata": function.metadata.model_copy(update=metadata)}
    )
    plan = PoolPlan(
        pod=a_function_pod(function), server=SETTINGS.result_server, ring=a_ring(), result_wait=1
    )
    deployment = plan.deployment()
    deployment["spec"]["template"]["spec"] |= pod
    return deployment, plan.secret()


def test_warm_pods_are_let_through(operator, place):
    """A Deployment that it makes, changes and deletes, and the Secret with its token."""
    deployment, secret = a_pool(place)
    where = f"--namespace={place}"
    for each in (secret, deployment):
        del each["metadata"]["ownerReferences"]  # there is no such Function: all would be collected
        assert operator.tries(*CREATE, where, stdin=each) == ""
    name, patch = deployment["metadata"]["name"], json.dumps({"spec": {"paused": True}})
    words = ("patch", "deployment", name, where, "--type=merge", f"--patch={patch}")
    assert operator.tries(*words) == ""
    assert operator.tries("delete", "deployment", name, where) == ""


def test_deployments_of_others_are_left_alone(kubernetes_api, operator, place):
    """Neither scaled, nor deleted, nor made."""
    where, (deployment, _) = f"--namespace={place}", a_pool(place)
    del deployment["metadata"]["labels"], deployment["metadata"]["ownerReferences"]
    assert "only Deployments of warm pods" in operator.tries(*CREATE, where, stdin=deployment)
    kubernetes_api.kubectl(*CREATE, where, stdin=json.dumps(deployment))
    name, patch = deployment["metadata"]["name"], json.dumps({"spec": {"replicas": 1}})
    words = ("patch", "deployment", name, where, "--type=merge", f"--patch={patch}")
    assert "only Deployments of warm pods" in operator.tries(*words)
    assert "only Deployments of warm pods" in operator.tries("delete", "deployment", name, where)
    kubernetes_api.kubectl("delete", "deployment", name, where, "--wait=false")


def test_its_keys_are_let_through(operator):
    """In its own namespace, and nothing else there."""
    where = f"--namespace={SYSTEM}"
    secret = _new_secret(datetime.now(UTC))
    assert operator.tries(*CREATE, where, "--dry-run=server", stdin=secret) == ""
    secret["metadata"]["name"] = "other"
    said = operator.tries(*CREATE, where, "--dry-run=server", stdin=secret)
    assert "the operator creates only its keys" in said


FOREIGN = {
    "a ConfigMap": (
        {"apiVersion": "v1", "kind": "ConfigMap"},
        "only what it made for an Execution",
    ),
    "a Job": (
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "spec": {
                "suspend": True,
                "template": {
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}
                },
            },
        },
        "only what it made for an Execution",
    ),
    "a revision of a StatefulSet": (
        {"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": 1, "data": {}},
        "only revisions of Workflows",
    ),
    "an Execution that runs": (an_execution(), "only Executions that are over"),
}


@pytest.mark.parametrize(("item", "message"), FOREIGN.values(), ids=FOREIGN)
def test_what_others_made_stays(kubernetes_api, operator, place, item, message):
    """Its Role knows kinds only; the policy knows what is its own."""
    name, where = f"theirs-{uuid.uuid4().hex[:8]}", f"--namespace={place}"
    item = {**item, "metadata": {"name": name}}
    kubernetes_api.kubectl(*CREATE, where, stdin=json.dumps(item))
    assert message in operator.tries("delete", item["kind"], name, where)
    kubernetes_api.kubectl("delete", item["kind"], name, where, "--wait=false")


def a_pod(key=None):
    """A pod that no node takes, of a task of the execution where one is given."""
    labels = {} if key is None else a_job(key)["spec"]["template"]["metadata"]["labels"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"pod-{uuid.uuid4().hex[:8]}", "labels": {"app": "a", **labels}},
        "spec": {
            "restartPolicy": "Never",
            "nodeSelector": {"nowhere": "true"},
            "containers": [{"name": "task", "image": "a"}],
        },
    }


POD_CHANGES = {
    "its deadline": (("/spec/activeDeadlineSeconds", 3), ""),
    "its image": (("/spec/containers/0/image", "b"), "gives pods a deadline"),
    "its tolerations": (("/spec/tolerations/-", {"operator": "Exists"}), "gives pods a deadline"),
    "its labels": (("/metadata/labels/app", "b"), "nothing of a pod's metadata"),
    "its annotations": (("/metadata/annotations", {"a": "b"}), "nothing of a pod's metadata"),
}


@pytest.mark.parametrize(("change", "message"), POD_CHANGES.values(), ids=POD_CHANGES)
def test_of_a_tasks_pod_it_sets_the_deadline_alone(kubernetes_api, operator, key, change, message):
    """RBAC knows patch alone, which would be enough for another image."""
    where, pod = f"--namespace={key.namespace}", a_pod(key)
    kubernetes_api.kubectl(*CREATE, where, stdin=json.dumps(pod))
    patch = json.dumps([{"op": "add", "path": change[0], "value": change[1]}])
    words = ("patch", "pod", pod["metadata"]["name"], where, "--type=json")
    said = operator.tries(*words, f"--patch={patch}")
    kubernetes_api.kubectl("delete", "pod", pod["metadata"]["name"], where, "--wait=false")
    assert message in said
    assert bool(message) is bool(said)


def test_pods_of_others_are_left_alone(kubernetes_api, operator, place):
    """Neither their deadline nor a label that would make them its own."""
    where, pod = f"--namespace={place}", a_pod()
    kubernetes_api.kubectl(*CREATE, where, stdin=json.dumps(pod))
    words = ("patch", "pod", pod["metadata"]["name"], where, "--type=merge")
    label = {"metadata": {"labels": {"asw.dev/execution-uid": "u"}}}
    for change in ({"spec": {"activeDeadlineSeconds": 3}}, label):
        said = operator.tries(*words, f"--patch={json.dumps(change)}")
        assert "those that it made for an Execution" in said
    kubernetes_api.kubectl("delete", "pod", pod["metadata"]["name"], where, "--wait=false")


@pytest.mark.parametrize("phase", ["Succeeded", "Failed", "TimedOut", "Aborted"])
def test_what_is_over_is_deleted(kubernetes_api, operator, key, phase):
    """Retention may, however it ended."""
    where = ("execution", key.name, f"--namespace={key.namespace}")
    patch = json.dumps([{"op": "add", "path": "/status/phase", "value": phase}])
    kubernetes_api.kubectl(
        "patch", *where, "--subresource=status", "--type=json", f"--patch={patch}"
    )
    assert operator.tries("delete", *where) == ""


@pytest.mark.parametrize("namespace", ["kube-system", SYSTEM], ids=["kube-system", "our own"])
def test_no_task_runs_beside_the_machinery(operator, key, namespace):
    """Neither tokens nor a Job reach kube-system or the operator's own namespace."""
    where = (f"--namespace={namespace}", "--dry-run=server")
    for item in (tokens_secret(KEYS, Owner.of(key), 0), a_job(key)):
        assert "no task runs in kube-system" in operator.tries(*CREATE, *where, stdin=item)


TOO_MUCH = {
    "a token": {"automountServiceAccountToken": True},
    "the network of the host": {"hostNetwork": True},
    "the processes of the host": {"hostPID": True},
    "the memory of the host": {"hostIPC": True},
    "a folder of the host": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
    "a projected token": {
        "volumes": [
            {"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
        ]
    },
    "a share of a server": {"volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]},
    "a token beside others": {
        "volumes": [
            {"name": "c", "configMap": {"name": "c"}},
            {
                "name": "v",
                "projected": {
                    "sources": [
                        {"configMap": {"name": "c"}},
                        {"serviceAccountToken": {"path": "t", "audience": "vault"}},
                    ]
                },
            },
        ]
    },
}


@pytest.mark.parametrize("pod", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_stolen_account_makes_no_pods_of_power(operator, key, pod):
    """A Job that no task needs is refused, whoever sends it with the operator's token."""
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    deployment, _ = a_pool(key.namespace, **pod)
    for item in (a_job(key, **pod), deployment):
        assert "no token but" in operator.tries(*CREATE, *where, stdin=item)


OWN = {
    "tokens of ours as a volume": {"secret": {"secretName": "0b2bd0a47c0c-t-0-k"}},
    "keys of ours as a volume": {"secret": {"secretName": "asw-keys"}},
    "tokens of ours, projected": {
        "projected": {"sources": [{"secret": {"name": "0b2bd0a47c0c-t-0-k"}}]}
    },
}


@pytest.mark.parametrize("volume", OWN.values(), ids=OWN)
def test_no_job_mounts_what_is_ours(operator, key, volume):
    """Tokens of tasks and the keys are in no volume, whatever a Function said."""
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    made = a_job(key, volumes=[{"name": "v", **volume}])
    assert "mount no Secret of asw itself" in operator.tries(*CREATE, *where, stdin=made)


def test_a_job_has_the_volumes_that_a_function_may_ask_for(operator, key):
    """Secrets, claims and what is made for the pod; a token where the policy lists its audience."""
    volumes = [
        {"name": "a", "secret": {"secretName": "db"}},
        {"name": "b", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "c", "projected": {"sources": [{"secret": {"name": "db"}}]}},
    ]
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    assert operator.tries(*CREATE, *where, stdin=a_job(key, volumes=volumes)) == ""


@pytest.mark.parametrize(
    ("token", "is_refused"),
    [({}, False), ({"audience": "vault.a"}, False), ({"audience": "sts"}, True)],
    ids=["for the API server", "for somebody listed", "for somebody else"],
)
def test_a_job_has_the_token_that_the_policy_lists(operator, places, token, is_refused):
    """And the operator's account makes pods with no other."""
    uid = str(uuid.uuid4())
    key = ExecutionKey(places["narrow"], "order-1", uid)
    sources = [{"serviceAccountToken": {"path": "token", **token}}]
    made = a_job(key, volumes=[{"name": "v", "projected": {"sources": sources}}])
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    said = operator.tries(*CREATE, *where, stdin=made)
    assert ("no token but" in said) is is_refused
    assert is_refused or said == ""


def test_a_stolen_account_makes_no_tokens(operator, key):
    """A Secret of the type that Kubernetes fills with an account's token is refused."""
    secret = {**tokens_secret(KEYS, Owner.of(key), 0)}
    secret["metadata"] = {
        **secret["metadata"],
        "annotations": {"kubernetes.io/service-account.name": "default"},
    }
    secret |= {"type": "kubernetes.io/service-account-token", "stringData": {}}
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    assert "of type Opaque" in operator.tries(*CREATE, *where, stdin=secret)


def test_it_starts_no_runs_of_its_own(operator, place):
    """It creates the children of distributed Maps and of Tasks, and no other Execution."""
    where = (f"--namespace={place}", "--dry-run=server")
    said = operator.tries(*CREATE, *where, stdin=an_execution())
    assert "creates only children" in said


def without_seal(item):
    del item["metadata"]["annotations"]["asw.dev/seal"]


def of_another(item):
    item["metadata"]["labels"]["asw.dev/started-by"] = "another"


def owned(item):
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y"}
    item["metadata"]["ownerReferences"] = [owner]


def stopped(item):
    item["spec"]["stop"] = {}


@pytest.mark.parametrize("change", [without_seal, of_another, owned, stopped])
def test_what_a_task_starts_has_a_seal_and_one_starter(operator, key, change):
    """The operator's account makes no other Execution by naming a starter."""
    item = a_started_execution(key)
    change(item)
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    assert "creates only children" in operator.tries(*CREATE, *where, stdin=item)


def a_scheduled_execution():
    """An Execution as a Schedule starts it."""
    item = an_execution()
    item["metadata"]["labels"] = {"asw.dev/schedule-uid": "s-1"}
    item["metadata"]["annotations"] = {"asw.dev/scheduled-time": "2026-01-01T03:00:00.000Z"}
    return item


def without_schedule(item):
    del item["metadata"]["labels"]["asw.dev/schedule-uid"]


def without_time(item):
    item["metadata"]["annotations"] = {"other": "x"}


def without_marks(item):
    del item["metadata"]["annotations"]


def test_it_starts_what_is_scheduled(operator, place):
    """Schedules start Executions through the operator's account, suspended ones too."""
    where = (f"--namespace={place}", "--dry-run=server")
    assert operator.tries(*CREATE, *where, stdin=a_scheduled_execution()) == ""


@pytest.mark.parametrize("change", [without_schedule, without_time, without_marks, owned, stopped])
def test_what_a_schedule_starts_says_for_which_instant(operator, place, change):
    """The operator's account makes no other Execution by naming a Schedule."""
    item = a_scheduled_execution()
    change(item)
    where = (f"--namespace={place}", "--dry-run=server")
    assert "creates only children" in operator.tries(*CREATE, *where, stdin=item)


def test_others_delete_what_is_theirs(tenant, key):
    """The policy is about the operator's account alone."""
    tenant.may(key.namespace, ("delete", "executions.asw.dev", ""))
    where = f"--namespace={key.namespace}"
    assert tenant.tries("delete", "execution", key.name, where) == ""


def test_nobody_else_names_a_parent(kubernetes_api, tenant, key):
    """Neither a tenant nor an administrator makes a child of another's run."""
    tenant.may(key.namespace, ("create", "executions.asw.dev", ""))
    where = (f"--namespace={key.namespace}", "--dry-run=server")
    assert tenant.tries(*CREATE, *where, stdin=an_execution("plain")) == ""
    for field, item in (("parent", a_child(key)), ("startedBy", a_started_execution(key))):
        message = f"spec.{field} is set by the operator alone"
        assert message in tenant.tries(*CREATE, *where, stdin=item)
        text = json.dumps(item)
        done = kubernetes_api.kubectl(*CREATE, *where, stdin=text, check=False)
        assert message in done.stderr


def test_an_input_is_read_for_those_who_may_read_it(tenant, place):
    """The operator reads Payloads by its own right, so their reader is asked for it before."""
    where = (f"--namespace={place}", "--dry-run=server")
    item = an_execution(inputFrom={"payloadRef": {"name": "kept", "key": "value"}})
    tenant.may(place, ("create", "executions.asw.dev", ""))
    assert "may not get Payload kept" in tenant.tries(*CREATE, *where, stdin=item)
    tenant.may(place, ("get", "payloads.asw.dev", "kept"))
    assert tenant.tries(*CREATE, *where, stdin=item) == ""


def installation(kubernetes_api, place):
    """The claim of a namespace's packages, once it is there, and the Job that installs into it."""
    made = claim(SETTINGS.package_index)
    where = f"--namespace={place}"
    words = ("get", "persistentvolumeclaim", made["metadata"]["name"], where, "-o", "json")
    uid = json.loads(kubernetes_api.kubectl(*words).stdout)["metadata"]["uid"]
    function = a_function(packages={"requirements": LOCK})
    environment = environment_of(function, SETTINGS.package_index, "amd64")
    return install_job(
        Installation(
            environment=environment,
            function=function,
            settings=SETTINGS,
            kept=(),
            claim_uid=uid,
            defaults=TaskTemplate(),
        )
    )


def test_packages_are_let_through(kubernetes_api, operator, place):
    """A claim and a Job for the installation; what it made can be deleted, but no volume."""
    where = f"--namespace={place}"
    volume = claim(SETTINGS.package_index)
    assert operator.tries(*CREATE, where, stdin=volume) == ""
    job = installation(kubernetes_api, place)
    assert operator.tries(*CREATE, where, stdin=job) == ""
    assert operator.tries("delete", "job", job["metadata"]["name"], where, "--wait=false") == ""
    name = volume["metadata"]["name"]
    assert "forbidden" in operator.tries("delete", "persistentvolumeclaim", name, where)


def test_no_other_claim_is_made(operator, place):
    """Neither under another name nor without the label."""
    where, other, bare = f"--namespace={place}", claim(PackageIndex()), claim(PackageIndex())
    other["metadata"]["name"] = "data"
    del bare["metadata"]["labels"]
    for each in (other, bare):
        assert "only claims of packages" in operator.tries(*CREATE, where, stdin=each)
