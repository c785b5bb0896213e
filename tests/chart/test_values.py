"""The chart's values: their schema refuses typing errors, and their sentences agree."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from asw.api.packages import PackageIndex
from asw.api.retention import FIELD_OF
from asw.api.workflow import OutcomeRetention
from asw.operator.settings import OperatorSettings
from dev.chart import README, readme_text, values
from tests.chart.conftest import CHART, environment

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def described(node, path=()):
    """Every value of the schema that is no group of others, with its node."""
    for name, each in node.get("properties", {}).items():
        if each.get("properties") and name != "resources":
            yield from described(each, (*path, name))
        else:
            yield ".".join((*path, name)), each


def objects(node):
    """Every node of the schema that takes objects, definitions included."""
    if isinstance(node, dict):
        if node.get("type") == "object":
            yield node
        node = node.values()
    elif not isinstance(node, list):
        return
    for each in node:
        yield from objects(each)


def test_no_object_takes_anything():
    """Everything that the schema lists, it lists completely, but for maps of texts and the like."""
    (free,) = (it for it in objects(SCHEMA) if it.get("additionalProperties", True) is True)
    assert "not used" in free["description"]


@pytest.mark.parametrize("options", [(), ("--set=replicas=2,podDisruptionBudget.enabled=true",)])
def test_values_of_an_earlier_version_are_taken(helm, tmp_path, options):
    """``helm upgrade --reuse-values`` hands them to this version: all of them, and no new ones."""
    chart = tmp_path / "asw"
    shutil.copytree(CHART, chart)
    shutil.copy(Path(__file__).parent / "earlier-values.yaml", chart / "values.yaml")
    done = helm.run("template", "asw", str(chart), *options)
    assert done.returncode == 0, done.stderr
    read = OperatorSettings.from_environment(environment(list(yaml.safe_load_all(done.stdout))))
    assert read.result_server.is_enabled
    kept = {getattr(read.retention, field) for field in FIELD_OF.values()}
    assert kept == {OutcomeRetention()}, "what was kept for ever still is"


def test_the_index_is_what_the_operator_reads(render):
    """Without values of its own it is the operator's default, and switched off by no address."""
    assert "ASW_PACKAGE_INDEX" not in environment(render())
    url = "https://packages.example/simple"
    read = OperatorSettings.from_environment(
        environment(render("--set", f"functions.packageIndex.url={url}"))
    )
    assert read.package_index == PackageIndex(url=url)
    read = OperatorSettings.from_environment(
        environment(render("--set", f"functions.packageIndex.npmUrl={url}"))
    )
    assert read.package_index == PackageIndex(npm_url=url)


def test_schema_and_values_say_the_same():
    """Each value has one sentence, in values.yaml and in the schema."""
    sentences = {name: node["description"] for name, node in described(SCHEMA)}
    del sentences["global"]
    assert sentences == {each.name: each.sentence for each in values()}


def test_the_readme_has_the_table_of_values():
    """The README's table is written from values.yaml; `make crds` does it."""
    assert README.read_text(encoding="utf-8") == readme_text()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "succeeded 7 days, at most 100 a Workflow; failed 30 days, at most 100"),
        (("--set=retention.failedSeconds=90000",), "failed 90000 s, at most 100"),
        (("--set=retention.failedSeconds=null",), "; failed at most 100 a Workflow;"),
        (("--set=retention.failedSeconds=null,retention.failedLimit=null",), "; failed forever;"),
    ],
    ids=["default", "seconds", "count-alone", "forever"],
)
def test_the_notes_tell_what_is_kept(helm, tmp_path, options, expected):
    """Whoever upgrades sees what is going to be deleted, by the values that they gave."""
    chart = tmp_path / "asw"
    shutil.copytree(CHART, chart)
    notes = (chart / "templates" / "NOTES.txt").read_text(encoding="utf-8")
    (line,) = (it for it in notes.splitlines() if "asw.kept" in it)
    (chart / "templates" / "kept.yaml").write_text(f"notes: |\n  {line}\n", encoding="utf-8")
    done = helm.run("template", "asw", str(chart), "--show-only=templates/kept.yaml", *options)
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout
