"""Every object that manifests name is found, and told where it is named and nowhere there."""

from pathlib import Path

import pytest

from asw.lint.cluster.judging import Presence, judge, refusal_finding, steps_of_field
from asw.lint.cluster.references import declared_in, references_of
from asw.lint.documents import Document
from asw.lint.findings import Origin
from asw.lint.manifests import read_manifests
from asw.lint.plan import InputOptions, make_plan
from asw.platforms.kubernetes.client.errors import Refusal, refusals_in

API = "asw.dev/v1alpha1"
SHELL = {"runtime": "shell", "code": {"inline": {"index.sh": ":"}}}


def an_object(kind, name, **spec):
    """A manifest of ours."""
    return {"apiVersion": API, "kind": kind, "metadata": {"name": name}, "spec": spec}


def calling(name):
    """A Workflow that calls this function."""
    state = {"Type": "Task", "Resource": f"asw:function:{name}", "End": True}
    return an_object("Workflow", "flow", definition={"StartAt": "A", "States": {"A": state}})


def looked_at(*contents):
    """The references of the manifests, and what these bring along."""
    documents = [Document(Path("x.yaml"), content) for content in contents]
    manifests, findings = read_manifests(documents)
    plan, _ = make_plan(manifests, InputOptions(), is_local=False)
    assert findings == []
    return references_of(manifests, plan), declared_in(documents, manifests)


def told(*contents, **there):
    """Codes and pointers of what is told, with this presence."""
    references, declared = looked_at(*contents)
    return [(it.code, it.pointer) for it in judge(references, declared, Presence(**there))]


def function(**spec):
    """A Function that has these fields besides its code."""
    return an_object("Function", "fn", **SHELL, **spec)


def variable(field, **reference):
    """An environment that takes one value from elsewhere."""
    return [{"name": "A", "valueFrom": {field: reference}}]


@pytest.mark.parametrize(
    ("content", "code", "pointer"),
    [
        pytest.param(
            calling("gone"), "MissingFunction", "/spec/definition/States/A/Resource", id="Function"
        ),
        pytest.param(
            function(serviceAccountName="gone"),
            "MissingObject",
            "/spec/serviceAccountName",
            id="account",
        ),
        pytest.param(
            function(imagePullSecrets=[{"name": "gone"}]),
            "MissingObject",
            "/spec/imagePullSecrets/0/name",
            id="pull secret",
        ),
        pytest.param(
            function(env=variable("secretKeyRef", name="gone", key="k")),
            "MissingObject",
            "/spec/env/0/valueFrom/secretKeyRef",
            id="Secret",
        ),
        pytest.param(
            an_object("Function", "fn", runtime="shell", code={"configMapRef": {"name": "gone"}}),
            "MissingObject",
            "/spec/code/configMapRef/name",
            id="code",
        ),
        pytest.param(
            an_object(
                "Function", "fn", runtime="shell", code={"configMapRefs": [{"name": "gone"}]}
            ),
            "MissingObject",
            "/spec/code/configMapRefs/0/name",
            id="code in several",
        ),
        pytest.param(
            an_object("Execution", "run", workflowRef={"name": "gone"}),
            "MissingWorkflow",
            "/spec/workflowRef/name",
            id="Workflow",
        ),
    ],
)
def test_what_is_nowhere_is_told_where_it_is_named(content, code, pointer):
    """Each kind of reference has its place."""
    assert told(content) == [(code, pointer)]


def test_what_the_cluster_has_is_not_told():
    """A Function that only the cluster has may be called; so may one of the files, by its name."""
    assert told(calling("pay"), objects={("Function", "", "pay"): None}) == []
    named = function()
    named["spec"]["name"] = "Pay_It"
    assert told(calling("Pay_It"), named) == []


def test_keys_are_looked_up_in_files_and_in_the_cluster():
    """An object without the key is as good as none; one whose keys are not known passes."""
    needs = function(env=variable("configMapKeyRef", name="m", key="k"))
    a_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"k": ""}}
    place = ("ConfigMap", "", "m")
    assert told(needs, a_map) == []
    assert told(needs, {**a_map, "data": {"other": ""}}) != []
    assert told(needs, objects={place: frozenset({"k"})}) == []
    assert told(needs, objects={place: frozenset({"kk"})}) != []
    assert told(needs, objects={place: None}) == []


def test_what_may_be_missing_is_not_told():
    """An optional variable is then not set."""
    needs = function(env=variable("secretKeyRef", name="s", key="k", optional=True))
    assert told(needs) == []
    assert told(needs, objects={("Secret", "", "s"): frozenset()}) == []


def test_what_may_not_be_read_is_a_warning():
    """Who may not read Secrets is told that nobody looked, not that one lacks."""
    references, declared = looked_at(function(env=variable("secretKeyRef", name="s", key="k")))
    presence = Presence(untold={("Secret", ""): "may not get secrets"})
    (finding,) = judge(references, declared, presence)
    assert (finding.code, finding.is_warning) == ("Untold", True)
    assert "may not get secrets" in finding.message


def test_the_nearest_name_is_suggested():
    """Of those in the files and those in the cluster."""
    references, declared = looked_at(calling("paay"))
    (finding,) = judge(references, declared, Presence(names={("Function", ""): ["pay", "other"]}))
    assert finding.remedy == "did you mean pay?"


@pytest.mark.parametrize(
    ("field", "steps"),
    [
        ("", ()),
        ("spec.name", ("spec", "name")),
        ("spec.env[2].name", ("spec", "env", 2, "name")),
        ("spec.code.inline[index.py]", ("spec", "code", "inline", "index.py")),
        ("metadata.annotations[a.b/c]", ("metadata", "annotations", "a.b/c")),
    ],
)
def test_fields_as_kubernetes_spells_them_are_found(field, steps):
    """What the API server complains of is told at its line."""
    assert steps_of_field(field) == steps


def test_a_refusal_of_the_cluster_has_the_place_of_its_field():
    """Field and reason are the API server's."""
    origin = Origin(file="x.yaml", subject="Function f")
    found = refusal_finding(origin, Refusal("spec.env[0].name", "Required value"))
    assert (found.code, found.pointer) == ("RefusedByCluster", "/spec/env/0/name")
    assert "spec.env[0].name: Required value" in found.message


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b'{"message": "no"}', [Refusal("", "no")]),
        (b"oops", [Refusal("", "oops")]),
        (
            b'{"message": "all", "details": {"causes": [{"field": "a", "message": "b"}]}}',
            [Refusal("a", "b")],
        ),
    ],
)
def test_reasons_are_read_from_any_answer(answer, found):
    """A refusal without causes, or of a proxy in between, is told as it stands."""
    assert refusals_in(answer) == found
