"""Specs of the pods of Functions, whatever makes them."""

from dataclasses import replace

import pytest

from asw.api.function import CodeMap
from asw.api.pods import Resources
from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.pods import USER, pod_spec, pod_template
from tests.support.kube_objects import SETTINGS, a_function, a_function_pod, an_image


def container(pod):
    return pod_spec(pod, [])["containers"][0]


def environment(pod):
    return {each["name"]: each for each in container(pod)["env"]}


def test_who_makes_it_hands_in_what_is_its_own():
    """Variables of the maker win over the user's; its labels and annotations are on the pod."""
    function = a_function(env=[{"name": "WHO", "value": "the user"}])
    own = [{"name": "WHO", "value": "the maker"}]
    made = pod_template(a_function_pod(function), own, {"a": "b"}, {"c": "d"})
    variables = made["spec"]["containers"][0]["env"]
    assert [each["value"] for each in variables if each["name"] == "WHO"][-1] == "the maker"
    assert made["metadata"]["labels"] == {"a": "b"}
    assert made["metadata"]["annotations"]["c"] == "d"
    assert "restartPolicy" not in made["spec"]


def test_pod_gets_no_token_no_links_and_no_volume():
    """A task needs no Kubernetes permission, and a mount would cost a third of a second."""
    spec = pod_spec(a_function_pod(), [])
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert "volumes" not in spec
    assert "volumeMounts" not in spec["containers"][0]


def test_container_is_restricted():
    """The restricted profile, with a numeric user; our runtimes cannot write their root."""
    assert container(a_function_pod())["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def test_image_may_write_its_root_and_has_a_home():
    """Images that were not made for us find a root that they can write and a home."""
    pod = a_function_pod(an_image())
    assert container(pod)["securityContext"]["readOnlyRootFilesystem"] is False
    assert environment(pod)["HOME"]["value"] == "/tmp"


def test_security_context_of_the_function_wins():
    """What spec.securityContext says replaces ours, field by field."""
    context = container(a_function_pod(a_function(securityContext={"runAsUser": 0})))[
        "securityContext"
    ]
    assert context["runAsUser"] == 0
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_code_comes_from_its_config_map():
    """Small code is in the environment: no mount."""
    found = environment(a_function_pod())
    assert found["ASW_CODE"]["valueFrom"]["configMapKeyRef"] == {"name": "code-1", "key": "code"}
    assert found["ASW_HANDLER"]["value"] == "index.main_handler"


def test_large_code_is_mounted():
    """What the environment cannot hold comes as a folder."""
    pod = a_function_pod(code=CodeSource.of([CodeMap(name="code-1")]))
    assert environment(pod)["ASW_CODE_DIR"]["value"] == "/opt/asw/code"
    assert "ASW_CODE" not in environment(pod)
    assert pod_spec(pod, [])["volumes"] == [{"name": "asw-code", "configMap": {"name": "code-1"}}]
    assert container(pod)["volumeMounts"][0]["mountPath"] == "/opt/asw/code"


def test_scratch_is_mounted_only_where_asked_for():
    """A Function that names a size gets a writable /tmp of it."""
    pod = a_function_pod(a_function(scratchSize="1Gi"))
    assert pod_spec(pod, [])["volumes"] == [
        {"name": "asw-scratch", "emptyDir": {"sizeLimit": "1Gi"}}
    ]
    assert container(pod)["volumeMounts"] == [{"name": "asw-scratch", "mountPath": "/tmp"}]


def test_template_of_the_workflow_is_applied():
    """Node selector, tolerations and the rest come from the Workflow; a Function's own win."""
    template = TaskTemplate.model_validate(
        {
            "resources": {"limits": {"memory": "1Gi"}},
            "nodeSelector": {"zone": "a", "disk": "ssd"},
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "priorityClassName": "low",
        }
    )
    pod = a_function_pod(a_function(nodeSelector={"zone": "b"}), template=template)
    spec = pod_spec(pod, [])
    assert spec["nodeSelector"] == {"zone": "b", "disk": "ssd"}
    assert spec["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert spec["priorityClassName"] == "low"
    assert spec["containers"][0]["resources"]["limits"]["memory"] == "1Gi"
    assert environment(pod)["ASW_MEMORY_MB"]["value"] == "1024"


DEFAULTS = {
    "requests": {"cpu": "10m", "memory": "32Mi", "ephemeral-storage": "16Mi"},
    "limits": {"memory": "512Mi", "ephemeral-storage": "1Gi"},
}


def but(*resources):
    """The defaults without some resources."""
    return {
        field: {name: amount for name, amount in amounts.items() if name not in resources}
        for field, amounts in DEFAULTS.items()
    }


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, DEFAULTS),
        (
            {"limits": {"memory": "16Mi"}},
            {
                "requests": {"cpu": "10m", "ephemeral-storage": "16Mi"},
                "limits": {"ephemeral-storage": "1Gi", "memory": "16Mi"},
            },
        ),
        (
            {"requests": {"memory": "4Gi", "gpu": "1"}},
            {
                "requests": {
                    "cpu": "10m",
                    "ephemeral-storage": "16Mi",
                    "memory": "4Gi",
                    "gpu": "1",
                },
                "limits": {"ephemeral-storage": "1Gi"},
            },
        ),
    ],
    ids=["nothing", "a limit below the default request", "a request above the default limit"],
)
def test_defaults_fill_what_nobody_speaks_of(own, expected):
    """A resource that the Function names, as a request or a limit, is left as it is there."""
    assert container(a_function_pod(a_function(resources=own)))["resources"] == expected


def test_the_workflows_resources_win_over_the_defaults():
    """As the Function's do, which win over both."""
    template = TaskTemplate.model_validate({"resources": {"limits": {"memory": "1Gi"}}})
    found = container(a_function_pod(template=template))["resources"]
    assert found == {
        "requests": but("memory")["requests"],
        "limits": {**but("memory")["limits"], "memory": "1Gi"},
    }


def test_defaults_stay_out_of_limit_ranges():
    """What a LimitRange of the namespace speaks of is as it says, not as asw would have it."""
    pod = a_function_pod(limited=frozenset({"memory", "cpu"}))
    assert container(pod)["resources"] == but("memory", "cpu")
    assert "ASW_MEMORY_MB" not in environment(pod)
    everything = frozenset({"memory", "cpu", "ephemeral-storage"})
    assert "resources" not in container(a_function_pod(limited=everything))


def test_scratch_space_is_its_own_limit():
    """Volumes count into the storage of the pod: a smaller default would evict who fills them."""
    found = container(a_function_pod(a_function(scratchSize="10Gi")))["resources"]
    assert found == but("ephemeral-storage")


def test_without_defaults_there_are_no_resources():
    """Whoever empties ``tasks.resources`` gets what Kubernetes makes of nothing."""
    pod = a_function_pod(settings=replace(SETTINGS, resources=Resources()))
    assert "resources" not in container(pod)


def test_image_runs_its_command_by_its_own_pull_policy():
    """Command, arguments and image are the Function's."""
    made = container(a_function_pod(an_image(command=["run"], args=["--fast"])))
    assert (made["image"], made["command"], made["args"]) == ("tool:1", ["run"], ["--fast"])
    assert "imagePullPolicy" not in made


def test_a_runtime_in_an_image_of_the_users_is_told_the_handler():
    """With code it is brought in as always; without, it lies in the image."""
    function = a_function(image="fetch:1", handler="jobs.run")
    brought = a_function_pod(function)
    assert container(brought)["image"] == "fetch:1"
    assert "imagePullPolicy" not in container(brought)
    assert environment(brought)["ASW_CODE"]["valueFrom"]["configMapKeyRef"]["name"] == "code-1"
    inside = a_function_pod(function, code=None)
    assert environment(inside)["ASW_HANDLER"]["value"] == "jobs.run"
    assert not {"ASW_CODE", "ASW_CODE_DIR"} & environment(inside).keys()
    assert container(inside)["securityContext"]["readOnlyRootFilesystem"] is True


def a_template(**spec):
    """A task template whose pods are to have that."""
    return TaskTemplate.model_validate({"podTemplate": {"spec": spec}})


SHARED = {"name": "shared", "secret": {"secretName": "shop-ca"}}
DATA = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}


def a_mount(name, path):
    """The container of the task with a volume."""
    return {"name": "task", "volumeMounts": [{"name": name, "mountPath": path}]}


def test_the_functions_template_is_merged_over_the_workflows():
    """Maps by key, lists by name, containers field by field; ours are there as well."""
    template = a_template(
        volumes=[SHARED, {"name": "data", "emptyDir": {}}],
        containers=[{**a_mount("shared", "/ca"), "env": [{"name": "A", "value": "$1"}]}],
        affinity={"nodeAffinity": {"a": 1}, "podAffinity": {"b": 1}},
        schedulerName="other",
    )
    own = {
        "volumes": [DATA],
        "containers": [a_mount("data", "/data")],
        "affinity": {"nodeAffinity": {"c": 2}},
    }
    function = a_function(podTemplate={"spec": own}, scratchSize="1Gi")
    spec = pod_spec(a_function_pod(function, template=template), [])
    scratch = {"name": "asw-scratch", "emptyDir": {"sizeLimit": "1Gi"}}
    assert spec["volumes"] == [SHARED, DATA, scratch]
    paths = [each["mountPath"] for each in spec["containers"][0]["volumeMounts"]]
    assert paths == ["/ca", "/data", "/tmp"]
    assert {"name": "A", "value": "$$1"} in spec["containers"][0]["env"]
    assert spec["affinity"] == {"nodeAffinity": {"c": 2}, "podAffinity": {"b": 1}}
    assert spec["schedulerName"] == "other"
    assert spec["automountServiceAccountToken"] is False


def test_the_workflows_template_stays_as_it_was_pinned():
    """Merging changes neither of both."""
    template = a_template(volumes=[SHARED], containers=[a_mount("shared", "/ca")])
    before = template.model_dump()
    function = a_function(podTemplate={"spec": {"volumes": [DATA]}})
    first = pod_spec(a_function_pod(function, template=template), [])
    assert pod_spec(a_function_pod(function, template=template), []) == first
    assert template.model_dump() == before


def test_init_containers_and_sidecars_are_as_restricted_as_the_task():
    """What they do not say is as for the task: its context and the default resources."""
    sidecar = {
        "name": "proxy",
        "image": "proxy:1",
        "restartPolicy": "Always",
        "env": [{"name": "PRICE", "value": "$1"}],
        "securityContext": {"readOnlyRootFilesystem": True},
        "resources": {"limits": {"memory": "16Mi"}},
    }
    spec = pod_spec(a_function_pod(template=a_template(initContainers=[sidecar])), [])
    (made,) = spec["initContainers"]
    assert made["restartPolicy"] == "Always"
    assert made["env"] == [{"name": "PRICE", "value": "$$1"}]
    assert made["securityContext"]["runAsUser"] == USER
    assert made["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert made["securityContext"]["readOnlyRootFilesystem"] is True
    assert made["resources"]["limits"] == {"ephemeral-storage": "1Gi", "memory": "16Mi"}
    assert [each["name"] for each in spec["containers"]] == ["task"]


def test_all_keys_of_a_secret_become_variables():
    """The Workflow's come first, so that the Function's count."""
    template = a_template(
        containers=[{"name": "task", "envFrom": [{"configMapRef": {"name": "c"}}]}]
    )
    function = a_function(envFrom=[{"prefix": "DB_", "secretRef": {"name": "db"}}])
    made = container(a_function_pod(function, template=template))
    assert made["envFrom"] == [
        {"configMapRef": {"name": "c"}},
        {"prefix": "DB_", "secretRef": {"name": "db"}},
    ]


def test_labels_of_the_template_are_below_those_of_the_maker():
    """A user's label never stands in for one of ours."""
    metadata = {"labels": {"team": "a", "mine": "user"}, "annotations": {"note": "b"}}
    template = TaskTemplate.model_validate({"podTemplate": {"metadata": metadata}})
    made = pod_template(a_function_pod(template=template), [], {"mine": "ours"}, {})["metadata"]
    assert made["labels"] == {"team": "a", "mine": "ours"}
    assert made["annotations"]["note"] == "b"


def test_a_token_is_there_only_for_those_who_ask():
    """For the API server where its client libraries look; for others elsewhere."""
    asked = a_function_pod(a_function(serviceAccountToken={}))
    (volume,) = pod_spec(asked, [])["volumes"]
    token, root, namespace = volume["projected"]["sources"]
    assert token == {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600}}
    assert root["configMap"]["name"] == "kube-root-ca.crt"
    assert namespace["downwardAPI"]["items"][0]["path"] == "namespace"
    (mount,) = container(asked)["volumeMounts"]
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert pod_spec(asked, [])["automountServiceAccountToken"] is False
    other = a_function_pod(
        a_function(serviceAccountToken={"audience": "vault", "expirationSeconds": 900})
    )
    (volume,) = pod_spec(other, [])["volumes"]
    request = {"path": "token", "expirationSeconds": 900, "audience": "vault"}
    assert volume["projected"]["sources"] == [{"serviceAccountToken": request}]
    (mount,) = container(other)["volumeMounts"]
    assert mount["mountPath"] == "/var/run/secrets/asw.dev/serviceaccount"


def test_the_functions_priority_wins():
    """As all of its fields do."""
    template = TaskTemplate(priority_class_name="low")
    assert pod_spec(a_function_pod(template=template), [])["priorityClassName"] == "low"
    pod = a_function_pod(a_function(priorityClassName="high"), template=template)
    assert pod_spec(pod, [])["priorityClassName"] == "high"
