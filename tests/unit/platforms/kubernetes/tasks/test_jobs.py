"""Manifests of Jobs, as design and task contract want them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from asw.api.pods import Resources
from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.tasks.code import CodeSource
from asw.platforms.kubernetes.tasks.jobs import job, mebibytes
from tests.support.kube_objects import SETTINGS, UID, a_function, a_plan, a_task, an_image


def pod_spec(plan):
    return job(plan)["spec"]["template"]["spec"]


def container(plan):
    return pod_spec(plan)["containers"][0]


def environment(plan):
    return {each["name"]: each for each in container(plan)["env"]}


def test_job_is_named_and_owned_by_its_start():
    """Name, labels and owner tell whose start it is; deletion of the owner is not held up."""
    metadata = dict(job(a_plan(task=a_task(7, attempt=2)))["metadata"])
    assert metadata["labels"]["asw.dev/slot"] == "8b", "that of shop/orders"
    assert metadata["annotations"].pop("asw.dev/seal")
    assert metadata["name"] == "order-1-0b2bd0a47c0c-7"
    assert metadata["labels"]["asw.dev/execution-uid"] == UID
    assert metadata["labels"]["asw.dev/task"] == "7"
    assert metadata["labels"]["asw.dev/function"] == "sum"
    assert metadata["annotations"] == {
        "asw.dev/state": "Add",
        "asw.dev/attempt": "2",
        "asw.dev/frame": "1",
    }
    assert metadata["ownerReferences"] == [
        {
            "apiVersion": "asw.dev/v1alpha1",
            "kind": "Execution",
            "name": "order-1",
            "uid": UID,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def test_pods_carry_the_labels_of_their_job():
    """A selector by execution finds pods as well as Jobs."""
    made = job(a_plan())
    assert made["spec"]["template"]["metadata"]["labels"] == made["metadata"]["labels"]


def test_kubernetes_does_not_retry():
    """Attempts are the engine's: one pod, no back-off, no pod failure policy."""
    spec = job(a_plan())["spec"]
    assert (spec["backoffLimit"], spec["completions"], spec["parallelism"]) == (0, 1, 1)
    assert "podFailurePolicy" not in spec
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_pod_gets_no_token_no_links_and_no_volume():
    """A task needs no Kubernetes permission, and a mount would cost a third of a second."""
    spec = pod_spec(a_plan())
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    assert "volumes" not in spec
    assert "volumeMounts" not in spec["containers"][0]


def test_container_is_restricted():
    """The restricted profile, with a numeric user; our runtimes cannot write their root."""
    assert container(a_plan())["securityContext"] == {
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
    plan = a_plan(an_image())
    assert container(plan)["securityContext"]["readOnlyRootFilesystem"] is False
    assert environment(plan)["HOME"]["value"] == "/tmp"


def test_security_context_of_the_function_wins():
    """What spec.securityContext says replaces ours, field by field."""
    context = container(a_plan(a_function(securityContext={"runAsUser": 0})))["securityContext"]
    assert context["runAsUser"] == 0
    assert context["capabilities"] == {"drop": ["ALL"]}


def test_dollars_are_doubled_in_literal_values():
    """The kubelet expands $(NAME) in literal values: the event must arrive as it was."""
    task = a_task(payload={"price": "$(ASW_TASK_TOKEN) $5"})
    function = a_function(env=[{"name": "RATE", "value": "$1"}])
    found = environment(a_plan(function, task))
    assert found["ASW_EVENT"]["value"] == '{"price":"$$(ASW_TASK_TOKEN) $$5"}'
    assert found["RATE"]["value"] == "$$1"
    assert found["ASW_FUNCTION_VERSION"]["value"] == "$$LATEST"


def test_token_comes_from_the_batch_of_its_ordinal():
    """Each pod sees its own token only, by reference."""
    source = environment(a_plan(task=a_task(33)))["ASW_TASK_TOKEN"]["valueFrom"]
    assert source == {"secretKeyRef": {"name": "0b2bd0a47c0c-t-1-k", "key": "33"}}


def test_code_comes_from_its_config_map():
    """Small code is in the environment: no mount."""
    found = environment(a_plan())
    assert found["ASW_CODE"]["valueFrom"]["configMapKeyRef"] == {"name": "code-1", "key": "code"}
    assert found["ASW_HANDLER"]["value"] == "index.main_handler"


def test_large_code_is_mounted():
    """What the environment cannot hold comes as a folder."""
    plan = a_plan(code=CodeSource("code-1", is_mounted=True))
    assert environment(plan)["ASW_CODE_DIR"]["value"] == "/opt/asw/code"
    assert "ASW_CODE" not in environment(plan)
    assert pod_spec(plan)["volumes"] == [{"name": "code", "configMap": {"name": "code-1"}}]
    assert container(plan)["volumeMounts"][0]["mountPath"] == "/opt/asw/code"


def test_large_event_is_to_be_fetched():
    """An event over 16 KiB is named, not handed over."""
    found = environment(a_plan(task=a_task(payload="x" * 16_383)))
    assert found["ASW_EVENT_URL"]["value"] == f"https://10.0.0.1:8443/v1/tasks/{UID}-1/event"
    assert "ASW_EVENT" not in found


def test_event_of_just_16_kib_is_handed_over():
    """The limit counts the bytes of the JSON text, quotes included."""
    assert "ASW_EVENT" in environment(a_plan(task=a_task(payload="x" * 16_382)))


def test_a_private_event_is_to_be_fetched():
    """However small it is, it stands in no pod spec, and no pod status is to hold an outcome."""
    manifest = job(a_plan(task=a_task(payload="a secret word"), is_private=True))
    found = {
        each["name"]: each["value"]
        for each in manifest["spec"]["template"]["spec"]["containers"][0]["env"]
        if "value" in each
    }
    assert "a secret word" not in str(manifest)
    assert found["ASW_EVENT_URL"] == f"https://10.0.0.1:8443/v1/tasks/{UID}-1/event"
    assert found["ASW_PAYLOADS"] == "Private"
    assert "ASW_RESULT_FILE" not in found


def test_scratch_is_mounted_only_where_asked_for():
    """A Function that names a size gets a writable /tmp of it."""
    plan = a_plan(a_function(scratchSize="1Gi"))
    assert pod_spec(plan)["volumes"] == [{"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}}]
    assert container(plan)["volumeMounts"] == [{"name": "scratch", "mountPath": "/tmp"}]


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
    plan = a_plan(a_function(nodeSelector={"zone": "b"}), template=template)
    spec = pod_spec(plan)
    assert spec["nodeSelector"] == {"zone": "b", "disk": "ssd"}
    assert spec["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert spec["priorityClassName"] == "low"
    assert spec["containers"][0]["resources"]["limits"]["memory"] == "1Gi"
    assert environment(plan)["ASW_MEMORY_MB"]["value"] == "1024"


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
    assert container(a_plan(a_function(resources=own)))["resources"] == expected


def test_the_workflows_resources_win_over_the_defaults():
    """As the Function's do, which win over both."""
    template = TaskTemplate.model_validate({"resources": {"limits": {"memory": "1Gi"}}})
    found = container(a_plan(template=template))["resources"]
    assert found == {
        "requests": but("memory")["requests"],
        "limits": {**but("memory")["limits"], "memory": "1Gi"},
    }


def test_defaults_stay_out_of_limit_ranges():
    """What a LimitRange of the namespace speaks of is as it says, not as asw would have it."""
    plan = a_plan(limited=frozenset({"memory", "cpu"}))
    assert container(plan)["resources"] == but("memory", "cpu")
    assert "ASW_MEMORY_MB" not in environment(plan)
    everything = frozenset({"memory", "cpu", "ephemeral-storage"})
    assert "resources" not in container(a_plan(limited=everything))


def test_scratch_space_is_its_own_limit():
    """Volumes count into the storage of the pod: a smaller default would evict who fills them."""
    found = container(a_plan(a_function(scratchSize="10Gi")))["resources"]
    assert found == but("ephemeral-storage")


def test_without_defaults_there_are_no_resources():
    """Whoever empties ``tasks.resources`` gets what Kubernetes makes of nothing."""
    plan = a_plan(settings=replace(SETTINGS, resources=Resources()))
    assert "resources" not in container(plan)


def test_deadline_is_a_backstop_behind_all_other_timers():
    """The shorter of both timeouts, and then the time to start and to deliver."""
    plan = a_plan(a_function(timeoutSeconds=30), a_task(timeout=timedelta(seconds=20)))
    assert job(plan)["spec"]["activeDeadlineSeconds"] == 20 + 600 + 600 + 60


def test_no_timeout_no_deadline():
    """A task that may run for ever has no deadline."""
    assert "activeDeadlineSeconds" not in job(a_plan())["spec"]


def test_image_runs_its_command_by_its_own_pull_policy():
    """Command, arguments and image are the Function's."""
    made = container(a_plan(an_image(command=["run"], args=["--fast"])))
    assert (made["image"], made["command"], made["args"]) == ("tool:1", ["run"], ["--fast"])
    assert "imagePullPolicy" not in made


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("512Mi", 512), ("1Gi", 1024), ("1G", 953), ("1e9", 953), ("1048576", 1), ("1500k", 1)],
)
def test_memory_in_mebibytes(quantity, expected):
    """Functions are told their memory in MiB, however it is written."""
    assert mebibytes(quantity) == expected
