"""The chart's values: their schema refuses typing errors, and their sentences agree."""

import json

import pytest

from dev.chart import README, readme_text, values
from tests.chart.conftest import CHART

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


def described(node, path=()):
    """Every value of the schema that is no group of others, with its node."""
    for name, each in node.get("properties", {}).items():
        if each.get("properties") and "default" not in each and name != "resources":
            yield from described(each, (*path, name))
        else:
            yield ".".join((*path, name)), each


def groups(node):
    """Every node of the schema that lists its properties."""
    if "properties" in node:
        yield node
        for each in node["properties"].values():
            yield from groups(each)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("replica=2", "additional properties 'replica' not allowed"),
        ("image.tags=1", "additional properties 'tags' not allowed"),
        ("replicas=many", "got string, want integer"),
        ("resultWaitSeconds=0", "minimum"),
        ("logLevel=loud", "value must be one of"),
        ("logFormat=xml", "value must be one of"),
        ("accountId=12", "got number, want string"),
        ("image.digest=abc", "does not match pattern"),
        ("functionPolicy.default.image={a}", "additional properties 'image' not allowed"),
        ("functionPolicy.default.securityContext=strict", "value must be one of"),
        ("functionPolicy.default.secrets={*a}", "does not match pattern"),
        ("functionPolicy.namespaces.a.level=baseline", "additional properties 'level' not allowed"),
        ("functionPolicy.namespaces.A.images={a}", "does not match pattern"),
        ("networkPolicy.metrics=a", "additional properties 'metrics' not allowed"),
        ("watchNamespaces=a", "got string, want array"),
        ("watchNamespaces={A}", "does not match pattern"),
    ],
)
def test_a_typing_error_is_refused(helm, option, message):
    """A value that means nothing fails before anything is installed, and is named."""
    done = helm.template("--set", option)
    assert done.returncode != 0
    assert message in done.stderr


def test_no_group_takes_unknown_values():
    """Everything that the schema lists, it lists completely."""
    assert [node for node in groups(SCHEMA) if node.get("additionalProperties") is not False] == []


def test_schema_and_values_say_the_same():
    """Each value has one sentence, in values.yaml and in the schema."""
    sentences = {name: node["description"] for name, node in described(SCHEMA)}
    del sentences["global"]
    assert sentences == {each.name: each.sentence for each in values()}


def test_the_readme_has_the_table_of_values():
    """The README's table is written from values.yaml; `make crds` does it."""
    assert README.read_text(encoding="utf-8") == readme_text()
