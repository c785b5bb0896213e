"""Manifests of Jobs, as design and task contract want them."""

from datetime import timedelta

import pytest

from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.tasks.jobs import job
from asw.platforms.kubernetes.tasks.propagation import Propagated
from tests.support.kube_objects import UID, a_function, a_plan, a_task


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


def test_deadline_is_a_backstop_behind_all_other_timers():
    """The shorter of both timeouts, and then the time to start and to deliver."""
    plan = a_plan(a_function(timeoutSeconds=30), a_task(timeout=timedelta(seconds=20)))
    assert deadline(job(plan)) == 20 + 600 + 600 + 60


def test_no_deadline_counts_while_a_node_is_added():
    """The Job's would count from its creation on, and end a task that has not begun."""
    made = job(a_plan(a_function(timeoutSeconds=30)))
    assert "activeDeadlineSeconds" not in made["spec"]
    assert deadline(made) is not None


def test_no_timeout_no_deadline():
    """A task that may run for ever has no deadline."""
    assert deadline(job(a_plan())) is None


def deadline(made):
    """That of the pod."""
    return made["spec"]["template"]["spec"].get("activeDeadlineSeconds")


QUEUED = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "team", "team": "a"}}}


def test_a_job_with_a_queue_waits_for_kueue():
    """It is created suspended, and Kueue sees its labels on the Job alone."""
    made = job(a_plan(a_function(podTemplate=QUEUED)))
    assert made["spec"]["suspend"] is True
    assert made["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team"
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert labels["team"] == "a"
    assert "kueue.x-k8s.io/queue-name" not in labels
    assert "suspend" not in job(a_plan())["spec"]


def test_labels_of_the_execution_reach_job_and_pod():
    """Over the template's, below ours; so one may also name the queue."""
    propagated = Propagated(
        labels={"team": "b", "kueue.x-k8s.io/queue-name": "other"}, annotations={"ticket": "7"}
    )
    made = job(a_plan(a_function(podTemplate=QUEUED), propagated=propagated))
    assert made["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "other"
    for metadata in (made["metadata"], made["spec"]["template"]["metadata"]):
        assert metadata["labels"]["team"] == "b"
        assert metadata["labels"]["asw.dev/workflow"] == "orders"
        assert metadata["annotations"]["ticket"] == "7"


@pytest.mark.parametrize(
    ("function", "template", "expected"),
    [(None, None, None), (None, 60, "60"), (30, 60, "30"), (600, None, None)],
    ids=["nobody", "the Workflow", "the Function", "as the operator"],
)
def test_the_job_says_how_long_its_pod_may_take_to_start(function, template, expected):
    """The Function wins over the Workflow; what the operator says anyway is left out."""
    fields = {"timeoutSeconds": 5}
    plan = a_plan(
        a_function(**fields, **({} if function is None else {"startTimeoutSeconds": function})),
        template=TaskTemplate(start_timeout_seconds=template),
    )
    made = job(plan)
    assert made["metadata"]["annotations"].get("asw.dev/start-timeout") == expected
    assert deadline(made) == 5 + int(expected or 600) + 600 + 60
