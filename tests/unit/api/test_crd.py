"""The generated CustomResourceDefinitions: no drift, and the rules that all of them keep."""

import re

import pytest
import yaml

from asw.api.crd import KINDS, chart_text, crd_text, custom_resource_definition
from dev.crds import ROOT, files

FILES = files()
CRDS = {model.kind: custom_resource_definition(model) for model in KINDS}


def schema_of(kind):
    """The schema of a kind's objects."""
    return CRDS[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def nodes(schema, path=""):
    """Every node of a schema with its path."""
    yield path, schema
    for name, each in schema.get("properties", {}).items():
        yield from nodes(each, f"{path}.{name}")
    for key, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if key in schema:
            yield from nodes(schema[key], path + mark)


def fields_of(kind):
    """The nodes of spec, status and data, with their paths."""
    ours = (".spec", ".status", ".data")
    return [each for each in nodes(schema_of(kind)) if each[0].startswith(ours)]


KNOWN_WORDS = {
    *("description", "type", "format", "enum", "pattern", "default", "nullable", "required"),
    *("properties", "additionalProperties", "items", "minimum", "maximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    *("x-kubernetes-validations", "x-kubernetes-preserve-unknown-fields"),
    *("x-kubernetes-int-or-string", "x-kubernetes-map-type"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_checked_in_copies_are_current(path):
    """crds/ and the chart hold what the models say; `make crds` writes them."""
    assert path.read_text(encoding="utf-8") == FILES[path]


def test_nothing_else_lies_there():
    """A kind that is gone leaves no copy behind."""
    ours = {path for path in FILES if path.suffix == ".yaml"}
    lying = {path for folder in {path.parent for path in ours} for path in folder.iterdir()}
    assert lying == ours


@pytest.mark.parametrize("kind", CRDS)
def test_a_schema_uses_only_what_kubernetes_understands(kind):
    """No $ref, anyOf, title, const or other word that a structural schema does not know."""
    words = {word for _, node in fields_of(kind) for word in node}
    assert words - KNOWN_WORDS == set()


def keeps_all(node):
    """Whether a node keeps whatever is put into it."""
    return node.get("x-kubernetes-preserve-unknown-fields") is True


@pytest.mark.parametrize("kind", CRDS)
def test_every_node_says_what_it_holds(kind):
    """A node has a type or is marked; an object without fields keeps all of them."""
    for path, node in fields_of(kind):
        assert "type" in node or keeps_all(node) or node["x-kubernetes-int-or-string"], path
        if node.get("type") == "object":
            assert {"properties", "additionalProperties"} & set(node) or keeps_all(node), path


@pytest.mark.parametrize("kind", CRDS)
def test_lists_and_maps_are_bounded(kind):
    """CEL: a list or map without bound makes rules near it too expensive."""
    for path, node in fields_of(kind):
        if node.get("type") == "array":
            assert "maxItems" in node, path
            assert node["x-kubernetes-list-type"] in {"atomic", "map"}, path
        if "additionalProperties" in node:
            assert "maxProperties" in node, path


@pytest.mark.parametrize("kind", CRDS)
def test_every_field_has_a_description(kind):
    """To kubectl explain there is a sentence about each field."""
    named = [each for each in fields_of(kind) if not each[0].endswith(("[]", "{}"))]
    assert [path for path, node in named if not node.get("description", "").endswith(".")] == []


@pytest.mark.parametrize("kind", CRDS)
def test_every_rule_has_a_message(kind):
    """Whoever breaks a rule reads a sentence, not an expression."""
    for _, node in nodes(schema_of(kind)):
        for rule in node.get("x-kubernetes-validations", ()):
            assert re.search(r"\w+ \w+", rule["message"])


@pytest.mark.parametrize("kind", ["Workflow", "Execution", "Function"])
def test_a_new_object_does_not_pass_for_a_finished_one(kind):
    """kstatus: the status begins with an observed generation of -1."""
    assert schema_of(kind)["properties"]["status"]["default"] == {"observedGeneration": -1}


@pytest.mark.parametrize(
    ("kind", "short_name", "columns"),
    [
        ("Workflow", "wf", ["Ready", "Reason", "Revision", "Age"]),
        ("Execution", "exe", ["Phase", "Workflow", "States", "Result", "Age"]),
        ("Function", "fn", ["Runtime", "Ready", "Reason", "Age"]),
    ],
)
def test_kubectl_knows_short_names_and_columns(kind, short_name, columns):
    """What kubectl get shows, and what one may type."""
    spec = CRDS[kind]["spec"]
    (version,) = spec["versions"]
    shown = [each["name"] for each in version["additionalPrinterColumns"] if not each["priority"]]
    assert (spec["names"]["shortNames"], spec["names"]["categories"]) == ([short_name], ["asw"])
    assert shown == columns
    assert version["subresources"] == {"status": {}}


def test_executions_can_be_selected_by_phase_and_workflow():
    """As in kubectl get executions --field-selector status.phase=Running."""
    version = CRDS["Execution"]["spec"]["versions"][0]
    assert [each["jsonPath"] for each in version["selectableFields"]] == [
        ".status.phase",
        ".spec.workflowRef.name",
    ]


@pytest.mark.parametrize(
    ("kind", "field", "markers"),
    [
        (
            "Workflow",
            ("spec", "definition"),
            {
                "type": "object",
                "x-kubernetes-preserve-unknown-fields": True,
                "x-kubernetes-map-type": "atomic",
            },
        ),
        (
            "Execution",
            ("spec", "input"),
            {"x-kubernetes-preserve-unknown-fields": True, "nullable": True},
        ),
        (
            "Execution",
            ("status", "output"),
            {"x-kubernetes-preserve-unknown-fields": True, "nullable": True},
        ),
        (
            "Execution",
            ("status", "history"),
            {
                "type": "array",
                "x-kubernetes-list-type": "atomic",
                "items": {"type": "string"},
            },
        ),
        ("Execution", ("status", "record"), {"type": "string"}),
        ("Function", ("spec", "timeoutSeconds"), {"minimum": 1, "maximum": 31_536_000}),
        ("Function", ("spec", "scratchSize"), {"x-kubernetes-int-or-string": True}),
    ],
    ids=lambda each: ".".join(each) if isinstance(each, tuple) else "",
)
def test_fields_carry_the_markers_that_they_need(kind, field, markers):
    """What the API server must keep, count and merge as it is."""
    part, name = field
    node = schema_of(kind)["properties"][part]["properties"][name]
    assert {key: node.get(key) for key in markers} == markers


@pytest.mark.parametrize("model", KINDS, ids=lambda model: model.kind)
def test_the_texts_are_yaml_of_the_definition(model):
    """The file holds the definition; the chart's copy holds the same spec between its switches."""
    assert yaml.safe_load(crd_text(model)) == CRDS[model.kind]
    lines = chart_text(model).splitlines()
    spec = "\n".join(lines[lines.index("spec:") : -1])
    assert yaml.safe_load(spec)["spec"] == CRDS[model.kind]["spec"]
    assert "{{" not in spec


def test_payloads_are_no_part_of_what_kubectl_lists_for_people():
    """What kubectl get asw shows are workflows and runs, not the values that are kept for them."""
    spec = CRDS["Payload"]["spec"]
    assert (spec["names"]["shortNames"], spec["names"]["categories"]) == (["pld"], [])
