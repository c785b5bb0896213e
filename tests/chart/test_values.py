"""The chart's values: their schema refuses typing errors, and their sentences agree."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

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
        ("replicas=two", "got string, want integer"),
        ("resources.limit.memory=1Gi", "additional properties 'limit' not allowed"),
        ("resources.limits.memroy=1Gi", "additional properties 'memroy' not allowed"),
        ("resources.limits.memory=1GB", "does not match pattern"),
        ("resources.requests=1Gi", "got string, want object"),
        ("rbac.create=no", "got string, want boolean"),
        ("podSecurityContext.runAsUsr=1", "additional properties 'runAsUsr' not allowed"),
        ("securityContext.capabilities.drop=ALL", "got string, want array"),
        ("securityContext.seccompProfile.type=None", "value must be one of"),
        ("tolerations[0].effect=NoExec", "value must be one of"),
        ("tolerations[0].keys=a", "additional properties 'keys' not allowed"),
        ("affinity.nodeAfinity.a=1", "additional properties 'nodeAfinity' not allowed"),
        ("topologySpreadConstraints[0].maxSkew=1", "missing properties"),
        ("networkPolicy.metricsFrom[0].podSelectors.a=1", "additional properties 'podSelectors'"),
        ("podDisruptionBudget.minAvailable=half", "does not match pattern"),
        ("livenessProbe.period=5", "additional properties 'period' not allowed"),
        ("extraEnv[0].name=ASW_REGION", "extraEnv/0/name"),
        ("extraEnv[0].value=1", "missing property 'name'"),
        ("commonLabels.team=1", "got number, want string"),
        ("fullnameOverride=Asw", "does not match pattern"),
        ("retention.failedSeconds=forever", "got string, want null or integer"),
    ],
)
def test_a_typing_error_is_refused(helm, option, message):
    """A value that means nothing fails before anything is installed, and is named."""
    done = helm.template("--set", option)
    assert done.returncode != 0
    assert message in done.stderr


TAKEN = [
    "resources.limits.nvidia\\.com/gpu=1",
    "resources.requests.cpu=0.5",
    "resources.limits=null",
    "podSecurityContext.runAsUser=null",
    "podDisruptionBudget.minAvailable=50%",
    "tolerations[0].operator=Exists",
    "extraEnv[0].name=HTTPS_PROXY,extraEnv[0].valueFrom.secretKeyRef.name=proxy",
    "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight=1",
]


@pytest.mark.parametrize("option", TAKEN)
def test_what_kubernetes_takes_is_taken(helm, option):
    """The schema knows the fields of Kubernetes that values hand on."""
    done = helm.template("--set", option)
    assert done.returncode == 0, done.stderr


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


def test_schema_and_values_say_the_same():
    """Each value has one sentence, in values.yaml and in the schema."""
    sentences = {name: node["description"] for name, node in described(SCHEMA)}
    del sentences["global"]
    assert sentences == {each.name: each.sentence for each in values()}


def test_the_readme_has_the_table_of_values():
    """The README's table is written from values.yaml; `make crds` does it."""
    assert README.read_text(encoding="utf-8") == readme_text()
