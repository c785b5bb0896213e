"""A Job from a CronJob: what the template says, what a call overrides."""

import json

import pytest

from asw.connector.kubernetes.calls import mark_of
from asw.connector.kubernetes.containers import templates
from asw.connector.kubernetes.containers.templates import NoContainer, Override
from asw.connector.kubernetes.parameters import BadRequest

MARK = mark_of("uid-1")


def a_template(name="resize", **spec):
    """A CronJob with two containers."""
    main = {"name": "main", "image": "a:1", "env": [{"name": "A", "value": "1"}]}
    containers = [main, {"name": "side", "image": "b:1"}]
    job = {"template": {"spec": {"containers": containers, "restartPolicy": "Never"}}, **spec}
    labels = {"metadata": {"labels": {"team": "x"}}}
    return {"metadata": {"name": name}, "spec": {"jobTemplate": {**labels, "spec": job}}}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("resize", "resize"),
        ("Resize_Image:12", "resize-image"),
        ("arn:aws:ecs:eu-west-1:111111111111:task-definition/resize:3", "resize"),
        ("arn:aws:batch:eu-west-1:111111111111:job-definition/Resize:1", "resize"),
    ],
)
def test_a_definition_is_a_template_of_its_name(given, name):
    """By name, with a revision or as an ARN."""
    assert templates.template_name(given) == name


def test_a_job_of_a_template():
    """It has the template's labels and spec, a name of its own, and says who made it."""
    given = a_template(backoffLimit=0)
    job = templates.job_of(given, {"definition": "resize:1"}, MARK)
    metadata, spec = job["metadata"], job["spec"]
    assert (metadata["name"], metadata["labels"]) == (f"resize-{MARK[:12]}", {"team": "x"})
    assert metadata["annotations"]["asw.dev/task"] == MARK
    assert json.loads(metadata["annotations"]["asw.dev/request"]) == {"definition": "resize:1"}
    assert (spec["backoffLimit"], spec["ttlSecondsAfterFinished"]) == (0, 86_400)
    assert (
        templates.job_of(a_template(ttlSecondsAfterFinished=5), {}, MARK)["spec"][
            "ttlSecondsAfterFinished"
        ]
        == 5
    )


def test_the_name_fits_into_a_label():
    """However long the template's is: pods have the Job's name as a label."""
    job = templates.job_of(a_template("r" * 39 + "-" + "x" * 13), {}, MARK)
    assert len(job["metadata"]["name"]) <= 63
    assert "--" not in job["metadata"]["name"]


def test_overrides_change_one_container_of_the_job():
    """And never the template, which the next call reads again."""
    given = a_template()
    before = json.dumps(given)
    job = templates.job_of(given, {}, MARK)
    change = Override(
        container="main",
        arguments=("resize", "--fast"),
        environment={"A": "2", "B": "3"},
        requests={"cpu": "500m"},
        limits={"memory": "64Mi"},
    )
    templates.override(job, change)
    main, side = templates.containers_of(job)
    assert main["args"] == ["resize", "--fast"]
    assert main["env"] == [{"name": "A", "value": "2"}, {"name": "B", "value": "3"}]
    assert main["resources"] == {"requests": {"cpu": "500m"}, "limits": {"memory": "64Mi"}}
    assert side == {"name": "side", "image": "b:1"}
    assert json.dumps(given) == before
    with pytest.raises(NoContainer):
        templates.override(job, Override(container="other"))


def test_resource_requirements():
    """CPUs and memory are requests and limits, a GPU has a limit alone."""
    asked = [
        {"Type": "VCPU", "Value": "0.5"},
        {"Type": "MEMORY", "Value": "2048"},
        {"Type": "GPU", "Value": "1"},
    ]
    both = {"cpu": "0.5", "memory": "2048Mi"}
    assert templates.resources(asked, "R") == (both, {**both, "nvidia.com/gpu": "1"})


@pytest.mark.parametrize(
    ("read", "given", "told"),
    [
        (templates.texts, "ls", "C must be a list of texts"),
        (templates.texts, [1], "C must be a list of texts"),
        (templates.objects, {}, "C must be a list of objects"),
        (templates.environment, [{"Name": "A", "Value": {}}], "C: Value of A must be a text"),
        (templates.environment, [{"Value": "1"}], "Name must be a text"),
        (templates.resources, [{"Type": "DISK", "Value": "1"}], "Type must be one of GPU"),
    ],
)
def test_what_does_not_fit_is_told_by_its_field(read, given, told):
    """Data may bring anything."""
    with pytest.raises(BadRequest, match=told):
        read(given, "C")
