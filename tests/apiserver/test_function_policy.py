"""The admission policies over Functions and task templates, on a real API server."""

import json

import pytest

from asw.api.function import Function
from asw.platforms.kubernetes.tasks.pods import pod_spec
from tests.support.function_cases import CASES
from tests.support.kube_objects import a_function_pod

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

DRY_RUN = ("create", "--dry-run=server", "-f", "-")


def an_object(kind, spec, name="sum"):
    """A manifest."""
    metadata = {"name": name}
    return {"apiVersion": "asw.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def an_image(**spec):
    """A Function that brings its image."""
    return an_object("Function", {"runtime": "image", "image": "tool:1", **spec})


def a_workflow(**template):
    """A Workflow whose tasks have something in common."""
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    return an_object("Workflow", {"definition": definition, "taskTemplate": template})


def a_connection(**spec):
    """A Connection."""
    return an_object("Connection", {"kind": "aws", "region": "eu-central-1", **spec}, "lab")


def a_pod(**spec):
    """A Function whose pods have that."""
    return an_image(podTemplate={"spec": spec})


def reading(*names):
    """Variables of the environment with these Secrets."""
    return [
        {"name": f"V{n}", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}
        for n, name in enumerate(names)
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_case(kubernetes_api, places, case):
    """The API server says of it what the operator says: the same table, the same words."""
    where = f"--namespace={places[case.place]}"
    name = "default" if case.kind == "TaskDefaults" else "sum"
    text = json.dumps(an_object(case.kind, case.spec, name))
    done = kubernetes_api.kubectl(*DRY_RUN, where, stdin=text, check=False)
    if case.refused is None:
        assert done.returncode == 0, done.stderr
    else:
        assert case.refused in done.stderr


def test_a_large_function_costs_no_more_than_is_allowed(kubernetes_api, places):
    """A thousand variables and a mebibyte of code stay below the limits of an expression."""
    env = reading(*(f"fn-{n}" for n in range(1000)))
    code = {"inline": {"index.py": "x" * 900_000}}
    item = an_object("Function", {"runtime": "python3", "code": code, "env": env}, "large")
    where = f"--namespace={places['narrow']}"
    kubernetes_api.kubectl("create", where, "-f", "-", stdin=json.dumps(item))
    change = json.dumps({"spec": {"timeoutSeconds": 5}})
    kubernetes_api.kubectl("patch", "function", "large", where, "--type=merge", f"--patch={change}")


def test_what_was_there_before_the_rules_may_be_labelled(kubernetes_api, places, tenant):
    """An update that leaves the spec alone asks for nothing: tools must be able to tidy up."""
    where = f"--namespace={places['plain']}"
    item = an_image(env=reading("db"))
    item["metadata"]["name"] = "old"
    kubernetes_api.kubectl("create", where, "-f", "-", stdin=json.dumps(item))
    tenant.may(places["plain"], ("get,patch", "functions.asw.dev", ""))
    assert tenant.tries("label", "function", "old", "team=a", where) == ""
    patch = '{"spec": {"args": ["--print-all"]}}'
    words = ("patch", "function", "old", where, "--type=merge", "-p", patch)
    assert "may neither create pods nor get Secret db" in tenant.tries(*words)


A_CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}

KINDS = "functions.asw.dev,workflows.asw.dev,taskdefaults.asw.dev,connections.asw.dev"
WRITE = ("create,patch,get", KINDS, "")
PODS = ("create", "pods", "")
ALL_SECRETS = ("get", "secrets", "")

CODE = an_object("Function", {"runtime": "shell", "code": {"inline": {"index.sh": ""}}})

CREATORS = {
    "code alone": ((), CODE, None),
    "a Secret, with nothing": ((), an_image(env=reading("db")), "nor get Secret db"),
    "a Secret, by pods": ((PODS,), an_image(env=reading("db")), None),
    "a Secret, by all Secrets": ((ALL_SECRETS,), an_image(env=reading("db")), None),
    "a Secret, by name": ((("get", "secrets", "db"),), an_image(env=reading("db")), None),
    "a Secret, by another name": (
        (("get", "secrets", "other"),),
        an_image(env=reading("db")),
        "nor get Secret db",
    ),
    "two Secrets, one by name": (
        (("get", "secrets", "db"),),
        an_image(env=reading("db", "other")),
        "spec.env",
    ),
    "three Secrets, by all Secrets": ((ALL_SECRETS,), an_image(env=reading("a", "b", "c")), None),
    "a pull secret, with nothing": (
        (),
        an_image(imagePullSecrets=[{"name": "registry"}]),
        "spec.imagePullSecrets",
    ),
    "an account, with nothing": ((), an_image(serviceAccountName="ci"), "nor impersonate ci"),
    "an account, by pods": ((PODS,), an_image(serviceAccountName="ci"), None),
    "an account, by impersonation": (
        (("impersonate", "serviceaccounts", "ci"),),
        an_image(serviceAccountName="ci"),
        None,
    ),
    "an account, by another one": (
        (("impersonate", "serviceaccounts", "other"),),
        an_image(serviceAccountName="ci"),
        "nor impersonate ci",
    ),
    "the account that all have": ((), an_image(serviceAccountName="default"), None),
    "a priority, with nothing": (
        (),
        a_workflow(priorityClassName="high"),
        "may not create pods",
    ),
    "a priority, by pods": ((PODS,), a_workflow(priorityClassName="high"), None),
    "a template's pull secret, with nothing": (
        (),
        a_workflow(imagePullSecrets=[{"name": "registry"}]),
        "spec.taskTemplate.imagePullSecrets",
    ),
    "a Secret as a volume, with nothing": (
        (),
        a_pod(volumes=[{"name": "v", "secret": {"secretName": "db"}}]),
        "spec.podTemplate",
    ),
    "a Secret as a volume, by name": (
        (("get", "secrets", "db"),),
        a_pod(volumes=[{"name": "v", "secret": {"secretName": "db"}}]),
        None,
    ),
    "all of a Secret, with nothing": (
        (),
        an_image(envFrom=[{"secretRef": {"name": "db"}}]),
        "spec.envFrom",
    ),
    "a claim, with nothing": ((), a_pod(volumes=[A_CLAIM]), "no PersistentVolumeClaim"),
    "a claim, by pods": ((PODS,), a_pod(volumes=[A_CLAIM]), None),
    "a template's claim, with nothing": (
        (),
        a_workflow(podTemplate={"spec": {"volumes": [A_CLAIM]}}),
        "spec.taskTemplate.podTemplate",
    ),
    "a priority of a Function, with nothing": (
        (),
        an_image(priorityClassName="high"),
        "spec.priorityClassName",
    ),
    "a namespace's priority, with nothing": (
        (),
        an_object("TaskDefaults", {"priorityClassName": "high"}, "default"),
        "spec.priorityClassName",
    ),
    "a namespace's claim, with nothing": (
        (),
        an_object("TaskDefaults", {"podTemplate": {"spec": {"volumes": [A_CLAIM]}}}, "default"),
        "no PersistentVolumeClaim",
    ),
    "a Connection's Secret, with nothing": (
        (),
        a_connection(credentials={"secretRef": {"name": "db"}}),
        "spec.credentials.secretRef",
    ),
    "a Connection's Secret, by name": (
        (("get", "secrets", "db"),),
        a_connection(credentials={"secretRef": {"name": "db"}}),
        None,
    ),
    "a Connection's certificates, with nothing": (
        (),
        a_connection(ca={"secretKeyRef": {"name": "db", "key": "k"}}),
        "spec.ca.secretKeyRef",
    ),
    "a Connection without a Secret": ((), a_connection(), None),
    "a template with neither": ((), a_workflow(nodeSelector={"disk": "ssd"}), None),
}  # fmt: skip


@pytest.mark.parametrize(("rights", "item", "refused"), CREATORS.values(), ids=CREATORS)
def test_a_creator(places, tenant, rights, item, refused):
    """Nobody has the operator make a pod with what they could not give a pod themselves."""
    tenant.may(places["plain"], WRITE, *rights)
    said = tenant.tries(*DRY_RUN, f"--namespace={places['plain']}", stdin=item)
    if refused is None:
        assert said == ""
    else:
        assert refused in said
        assert tenant.name in said


def test_rights_elsewhere_do_not_count(places, tenant):
    """Who may create pods in one namespace may not use the Secrets of another."""
    tenant.may(places["plain"], WRITE)
    tenant.may(places["baseline"], PODS)
    said = tenant.tries(
        *DRY_RUN, f"--namespace={places['plain']}", stdin=an_image(env=reading("db"))
    )
    assert "nor get Secret db" in said


TOKENS = {
    "with nothing": ((), "may neither create pods nor tokens of default"),
    "by pods": ((PODS,), None),
    "by tokens of that account": ((("create", "serviceaccounts/token", "default"),), None),
    "by tokens of another": ((("create", "serviceaccounts/token", "ci"),), "nor tokens of default"),
}


@pytest.mark.parametrize(("rights", "refused"), TOKENS.values(), ids=TOKENS)
def test_a_creator_who_asks_for_a_token(places, tenant, rights, refused):
    """Nobody has the operator hand out a token that they could not ask for themselves."""
    item = an_image(serviceAccountToken={})
    item["spec"]["image"] = "registry.example/team/tool:1"
    tenant.may(places["narrow"], WRITE, *rights)
    said = tenant.tries(*DRY_RUN, f"--namespace={places['narrow']}", stdin=item)
    assert refused in said if refused else said == ""


HOST = {
    "a folder of the host": {"volumes": [{"name": "v", "hostPath": {"path": "/"}}]},
    "an NFS share": {"volumes": [{"name": "v", "nfs": {"server": "s", "path": "/"}}]},
    "a driver of the node": {"volumes": [{"name": "v", "csi": {"driver": "d"}}]},
    "a projected token": {
        "volumes": [
            {"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
        ]
    },
    "the network of the host": {"hostNetwork": True},
    "the processes of the host": {"hostPID": True},
    "the memory of the host": {"hostIPC": True},
    "the users of the host": {"hostUsers": True},
    "another account": {"serviceAccountName": "admin"},
    "its account's token": {"automountServiceAccountToken": True},
    "a node by name": {"nodeName": "n1"},
    "a kernel setting": {"securityContext": {"sysctls": [{"name": "a", "value": "b"}]}},
    "a port": {
        "initContainers": [{"name": "a", "image": "a", "ports": [{"hostPort": 80}]}],
    },
    "a device": {
        "initContainers": [
            {"name": "a", "image": "a", "volumeDevices": [{"name": "v", "devicePath": "/x"}]}
        ],
    },
    "mounts that reach the host": {
        "containers": [
            {
                "name": "task",
                "volumeMounts": [
                    {"name": "v", "mountPath": "/x", "mountPropagation": "Bidirectional"}
                ],
            }
        ],
    },
    "another container": {"containers": [{"name": "other"}]},
    "the runtime of the task": {
        "containers": [{"name": "task", "volumeMounts": [{"name": "v", "mountPath": "/opt/asw"}]}],
    },
    "a container in the task's place": {"initContainers": [{"name": "task", "image": "a"}]},
    "a volume of ours": {"volumes": [{"name": "asw-code", "emptyDir": {}}]},
}


@pytest.mark.parametrize("kind", ["Function", "Workflow"])
@pytest.mark.parametrize("pod", HOST.values(), ids=HOST)
def test_a_template_cannot_even_say(kubernetes_api, places, pod, kind):
    """What reaches node, other accounts or asw has no field, whatever the policy allows."""
    template = {"spec": pod}
    made = (
        a_workflow(podTemplate=template) if kind == "Workflow" else an_image(podTemplate=template)
    )
    words = (*DRY_RUN, f"--namespace={places['privileged']}", "--validate=strict")
    done = kubernetes_api.kubectl(*words, stdin=json.dumps(made), check=False)
    assert done.returncode != 0


@pytest.mark.parametrize("pod", HOST.values(), ids=HOST)
def test_what_it_cannot_say_reaches_no_pod(kubernetes_api, places, pod):
    """A client that does not mind unknown fields is refused, or has them dropped."""
    item = an_image(podTemplate={"spec": pod})
    words = (*DRY_RUN, f"--namespace={places['privileged']}", "--validate=false", "-o", "json")
    done = kubernetes_api.kubectl(*words, stdin=json.dumps(item), check=False)
    if done.returncode == 0:
        spec = str(pod_spec(a_function_pod(Function.parse(json.loads(done.stdout))), []))
        for word in FORBIDDEN:
            assert word not in spec


FORBIDDEN = (
    "hostPath", "nfs", "csi", "serviceAccountToken'", "hostNetwork", "hostPID", "hostIPC",
    "hostUsers", "serviceAccountName", "Token': True", "nodeName", "sysctls", "hostPort",
    "volumeDevices", "mountPropagation", "'other'", "/opt/asw'", "'asw-code'",
)  # fmt: skip
