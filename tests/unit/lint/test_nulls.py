"""Nulls that get lost on the way to a cluster are told of while they are still there."""

import pytest
import yaml

from asw.cli.templates import files_of, templates
from asw.lint.checking import check_files
from asw.lint.documents import read_documents
from asw.lint.nulls import nulls_at_risk
from tests.support.cluster import ROOT

STATE = {"Type": "Pass", "ResultPath": None, "End": True}
PLACE = "/definition/States/A/ResultPath"


def manifest(**spec):
    """A Workflow whose one state discards its result, unless another definition is given."""
    definition = {"StartAt": "A", "States": {"A": STATE}}
    given = spec if "definitionText" in spec else {"definition": definition, **spec}
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "flow"},
        "spec": given,
    }


@pytest.fixture
def file(tmp_path):
    """Writes a document; its path."""

    def write(content):
        path = tmp_path / "flow.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return write


def told(path):
    """The warnings on a file."""
    return list(nulls_at_risk(read_documents([path])[0]))


def test_a_null_in_a_definition_is_told_with_its_place_and_what_keeps_it(file):
    """As a warning at the line of the first; the others are named."""
    (finding,) = told(file(manifest()))
    assert finding.is_warning
    assert finding.code == "NullsAtRisk"
    assert PLACE in finding.message
    assert (finding.path, finding.pointer) == ("/States/A/ResultPath", f"/spec{PLACE}")
    assert finding.position.line == 11
    for way in ("spec.definitionText", "--server-side", "spec.nulls"):
        assert way in finding.remedy


@pytest.mark.parametrize(
    "content",
    [
        manifest(definitionText='{"a": null}'),
        manifest(nulls=[PLACE]),
        manifest(definition={"a": [None]}),
        {"StartAt": "A", "States": {"A": STATE}},
        {**manifest(), "apiVersion": "example.com/v1"},
        {**manifest(), "spec": None},
        None,
    ],
    ids=["text", "listed", "item", "bare", "another's", "no spec", "nothing"],
)
def test_what_keeps_its_nulls_is_not_told_of(file, content):
    """Nor what no cluster gets as an object."""
    assert told(file(content)) == []


def test_a_default_input_is_told_of_too(file):
    """There is no text to write it as."""
    (finding,) = told(file(manifest(definitionText="{}", defaultInput={"a": None})))
    assert "/defaultInput/a" in finding.message
    assert "definitionText" not in finding.remedy


def test_a_broken_manifest_is_told_of_all_the_same(file):
    """What is wrong with it is told beside."""
    (finding,) = told(file(manifest(nulls="x", typo=1)))
    assert finding.code == "NullsAtRisk"


def test_a_list_that_is_stale_is_an_error_at_its_line(file):
    """Every verb finds before an apply what the operator would refuse."""
    path = file(manifest(nulls=[PLACE, "/definition/States/B/ResultPath"]))
    (finding,) = check_files([path]).findings
    assert (finding.code, finding.is_warning) == ("NullsLost", False)
    assert finding.pointer == "/spec/nulls/1"
    assert "remove it from spec.nulls" in finding.remedy


def test_no_example_and_no_template_has_nulls_that_get_lost(tmp_path):
    """What people begin with survives Helm, Argo CD and Flux."""
    files = list((ROOT / "examples").rglob("*.yaml"))
    for template in templates():
        for name, text in files_of(template.name, "x").items():
            if name.endswith(".yaml"):
                path = tmp_path / template.name / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
                files.append(path)
    documents, _ = read_documents(files)
    assert len(documents) > len(templates())
    assert list(nulls_at_risk(documents)) == []
