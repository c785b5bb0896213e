"""What the chart renders, by default and with its values."""

import shlex
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from asw import __version__
from asw.api.arns import Location
from asw.api.function_policy import FunctionPolicy, Rules
from asw.api.names import KIND_POOL
from asw.api.pods import Resources
from asw.api.retention import DEFAULT_RETENTION
from asw.api.workflow import OutcomeRetention, Retention
from asw.operator.settings import OperatorSettings, ResultServerSettings
from asw.platforms.kubernetes.notices.book import Level
from asw.platforms.kubernetes.tasks.jobs import job
from asw.platforms.kubernetes.tasks.settings import DEFAULT_IMAGES, Spans
from asw.reconciler.scheduler import Limits
from dev.crds import ROOT
from tests.chart.conftest import CHART, environment, of_kind, operator
from tests.support.kube_objects import a_plan


def test_the_chart_is_clean(helm):
    """Helm has nothing to say against the chart."""
    done = helm.run("lint", "--strict", str(ROOT / "charts" / "asw"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout


def test_it_brings_what_it_says(defaults):
    """Without options: the operator with account and roles, CRDs, policy, results, API share."""
    assert sorted({each["kind"] for each in defaults}) == [
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Deployment",
        "FlowSchema",
        "NetworkPolicy",
        "PriorityLevelConfiguration",
        "Role",
        "RoleBinding",
        "Service",
        "ServiceAccount",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    ]


def test_it_installs_the_version_that_it_comes_with(defaults):
    """Chart, package and images are of one version."""
    (container,) = operator(defaults)["containers"]
    assert container["image"] == f"docker.io/asw/operator:{__version__}"
    assert (
        environment(defaults)["ASW_FUNCTION_IMAGE_PYTHON3"]
        == f"docker.io/asw/python3:{__version__}"
    )
    assert environment(defaults)["ASW_FUNCTION_IMAGE_SHELL"] == f"docker.io/asw/shell:{__version__}"


def test_the_operator_has_a_scratch_volume(defaults):
    """It outlives the container, is small, and is where the operator is told that it is."""
    pod = operator(defaults)
    (volume,) = pod["volumes"]
    (mount,) = pod["containers"][0]["volumeMounts"]
    assert volume["emptyDir"]["sizeLimit"] == "1Mi"
    assert mount["name"] == volume["name"]
    read = OperatorSettings.from_environment(environment(defaults))
    assert str(read.scratch) == mount["mountPath"]


def test_the_values_are_the_operators_settings(render):
    """Each value reaches the operator under the name that it reads, numbers without exponent."""
    rendered = render(
        "--set=watchNamespaces={a,b}",
        "--set=functionImages.python3=mine/python@sha256:1",
        "--set=functionImages.python313=mine/python:313",
        "--set=functionImages.shell=mine/shell:1",
        "--set=functionImages.pullPolicy=Never",
        "--set=resultWaitSeconds=31536000",
        "--set=startTimeoutSeconds=1",
        "--set=imagePullGraceSeconds=2",
        "--set=workflowWaitSeconds=3",
        "--set=nodeLostAfterSeconds=4",
        "--set=tasks.maxActive=5",
        "--set=tasks.maxActivePerNamespace=6",
        "--set=tasks.startsPerSecond=0",
        "--set=tasks.startsBurst=7",
        "--set=tasks.resources.limits=null,tasks.resources.requests.cpu=null",
        "--set=tasks.propagatedPrefixes={team.example/,kueue.x-k8s.io/queue-name}",
        "--set=evaluation.workers=3",
        "--set=retention.succeededSeconds=0",
        "--set=retention.timedOutLimit=5,retention.timedOutSeconds=null",
        "--set=retention.abortedLimit=null,retention.abortedSeconds=null",
        "--set=retention.jobSeconds=31536000",
        "--set=retention.deletionsPerSecond=6",
        "--set=events.level=None",
        "--set=region=ap-guangzhou",
        "--set-string=accountId=000000000042",
        "--set=functionPolicy.default.images={registry.example/*}",
        "--set=functionPolicy.namespaces.a.securityContext=baseline",
        "--set=logLevel=debug",
        "--set=logFormat=text",
        "--set=fullnameOverride=mine",
    )
    place = {"POD_NAME": "pod", "POD_NAMESPACE": "asw-system", "POD_IP": "10.0.0.1"}
    read = OperatorSettings.from_environment(environment(rendered, "mine") | place)
    assert read == OperatorSettings(
        watch_namespaces=("a", "b"),
        namespace="asw-system",
        identity="pod",
        address="10.0.0.1",
        lease_name="mine",
        has_policies=True,
        images={
            **DEFAULT_IMAGES,
            "python3": "mine/python@sha256:1",
            "python3.11": "mine/python@sha256:1",
            "python3.13": "mine/python:313",
            "shell": "mine/shell:1",
        },
        image_pull_policy="Never",
        result_server=ResultServerSettings(service="mine-results"),
        result_wait=timedelta(days=365),
        spans=Spans(
            start_timeout=timedelta(seconds=1),
            image_pull_grace=timedelta(seconds=2),
            node_lost_after=timedelta(seconds=4),
        ),
        workflow_wait=timedelta(seconds=3),
        task_limits=Limits(
            active=5, active_per_namespace=6, starts_per_second=0, burst=7, is_paced=True
        ),
        task_resources=Resources(requests={"memory": "32Mi", "ephemeral-storage": "16Mi"}),
        propagates=("team.example/", "kueue.x-k8s.io/queue-name"),
        evaluation_workers=3,
        retention=Retention(
            succeeded=OutcomeRetention(ttl_seconds=0, limit=100),
            failed=DEFAULT_RETENTION.failed,
            timed_out=OutcomeRetention(limit=5),
            aborted=OutcomeRetention(),
            job_seconds=31_536_000,
        ),
        deletions_per_second=6,
        events=Level.NONE,
        function_policy=FunctionPolicy(
            default=Rules(images=("registry.example/*",)),
            namespaces={"a": Rules(security_context="baseline")},
        ),
        location=Location(region="ap-guangzhou", account="000000000042"),
        log_level="debug",
        log_format="text",
        scratch=Path("/var/run/asw"),
    )


def test_the_charts_defaults_are_the_operators(defaults):
    """Without options the operator runs as it would without the chart, images apart."""
    read = OperatorSettings.from_environment(environment(defaults))
    assert read.result_server == ResultServerSettings(service="asw-results")
    for name in (
        "result_wait",
        "spans",
        "workflow_wait",
        "task_limits",
        "task_resources",
        "propagates",
        "evaluation_workers",
        "retention",
        "deletions_per_second",
        "events",
        "function_policy",
        "location",
        "log_level",
        "health_port",
    ):
        assert getattr(read, name) == getattr(OperatorSettings(), name), name


def test_ports_are_those_that_the_operator_listens_on(defaults):
    """The container declares the ports of the settings."""
    settings = OperatorSettings()
    (container,) = operator(defaults)["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert ports == {"results": settings.result_server.port, "health": settings.health_port}


def test_the_network_policy_lets_tasks_in(defaults):
    """By a label that the operator gives their pods; nobody else may write results."""
    results, _ = of_kind(defaults, "NetworkPolicy")["asw"]["spec"]["ingress"]
    ((wanted,),) = [it["podSelector"]["matchExpressions"] for it in results["from"][:1]]
    labels = job(a_plan())["spec"]["template"]["metadata"]["labels"]
    assert wanted["operator"] == "In"
    assert {labels[wanted["key"]], KIND_POOL} == set(wanted["values"])


def test_without_a_result_server_the_operator_has_none(render):
    """What is switched off is not listened on."""
    rendered = render("--set", "resultServer.enabled=false")
    assert not OperatorSettings.from_environment(environment(rendered)).result_server.is_enabled


def test_logs_are_for_machines(defaults):
    """In a cluster lines of the log are JSON, unless somebody wants text."""
    assert OperatorSettings.from_environment(environment(defaults)).log_format == "json"


def test_the_crds_are_the_public_contract(defaults):
    """The chart's CRDs are those of crds/, kept when the chart goes."""
    rendered = of_kind(defaults, "CustomResourceDefinition")
    for path in (ROOT / "crds").glob("*.yaml"):
        crd = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = rendered.pop(crd["metadata"]["name"])
        assert found["spec"] == crd["spec"]
        assert found["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert rendered == {}


RBAC = "rbac.authorization.k8s.io/v1"


@pytest.mark.parametrize("watched", ["", "watchNamespaces={a,b}"], ids=["all", "named"])
def test_without_rbac_there_is_none(render, watched):
    """``rbac.create=false`` leaves every Role and binding out, and nothing else."""
    options = [f"--set={watched}"] if watched else []
    whole, bare = render(*options), render(*options, "--set=rbac.create=false")
    assert bare == [each for each in whole if each["apiVersion"] != RBAC]


def test_an_administrator_can_have_the_rules_without_the_chart(helm):
    """The command of the README prints all that ``rbac.create=false`` leaves out."""
    readme = (ROOT / "charts" / "asw" / "README.md").read_text(encoding="utf-8")
    (command,) = (it for it in readme.splitlines() if it.startswith("helm template"))
    (shown,) = (it for it in shlex.split(command) if "*role" in it)
    printed = helm.render(f"--show-only={shown}", "--set=watchNamespaces={a,b}")
    whole = helm.render("--set=watchNamespaces={a,b}")
    names = [each["metadata"] for each in whole if each["apiVersion"] == RBAC]
    assert [each["metadata"] for each in printed] == names


PARTS = "serviceMonitor.enabled=true,prometheusRule.enabled=true,grafanaDashboard.enabled=true"


@pytest.mark.parametrize(
    ("one", "other"),
    [(("asw", "left"), ("asw", "right")), (("left", "asw"), ("right", "asw"))],
    ids=["in other namespaces", "by other names"],
)
def test_releases_share_no_object(helm, one, other):
    """Two installations never bring the same object, also where both watch the same namespaces."""

    def brought(release, namespace):
        options = (f"--namespace={namespace}", f"--set={PARTS}")
        options += ("--set=crds.enabled=false,podDisruptionBudget.enabled=true",)
        done = helm.run("template", release, str(CHART), *options, "--set=watchNamespaces={a}")
        assert done.returncode == 0, done.stderr
        return {
            (it["kind"], it["metadata"].get("namespace"), it["metadata"]["name"])
            for it in yaml.safe_load_all(done.stdout)
            if it is not None
        }

    assert brought(*one).isdisjoint(brought(*other))


def test_cluster_wide_names_say_whose_they_are(defaults):
    """Release and namespace, so that an administrator knows whom to ask."""
    wide = [it for it in defaults if "namespace" not in it["metadata"]]
    names = {it["metadata"]["name"] for it in wide if it["kind"] != "CustomResourceDefinition"}
    assert [name for name in names if not name.startswith("asw-asw-system")] == []


def test_labels_and_annotations_of_all(render):
    """Common ones are on every object, never in a selector, and never instead of the chart's."""
    common = "commonLabels.team=flow,commonAnnotations.owner=us"
    clash = "commonLabels.app\\.kubernetes\\.io/component=x,podLabels.team=pods"
    rendered = render(f"--set={PARTS},{common},{clash}", "--set=serviceAccount.annotations.a=b")
    assert {it["metadata"]["labels"]["team"] for it in rendered} == {"flow"}
    assert {it["metadata"]["annotations"]["owner"] for it in rendered} == {"us"}
    deployment = of_kind(rendered, "Deployment")["asw"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels["team"] == "pods"
    assert labels["app.kubernetes.io/component"] == "operator"
    assert "team" not in deployment["spec"]["selector"]["matchLabels"]
    account = of_kind(rendered, "ServiceAccount")["asw"]
    assert account["metadata"]["annotations"] == {"a": "b", "owner": "us"}
    for crd in of_kind(rendered, "CustomResourceDefinition").values():
        assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_there_is_no_key_material(helm, defaults):
    """GitOps tools render a chart anew each time: keys are made by the operator instead."""
    assert of_kind(defaults, "Secret") == {}
    for path in (ROOT / "charts" / "asw" / "templates").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not [
                word
                for word in (
                    "genCA",
                    "genSigned",
                    "genSelf",
                    "genPrivateKey",
                    "rand",
                    "lookup ",
                    "PRIVATE KEY",
                )
                if word in text
            ], path


def test_the_notes_are_five_lines():
    """What runs, where to look, how to begin, what is kept, where the fields are explained."""
    notes = ROOT / "charts" / "asw" / "templates" / "NOTES.txt"
    assert len(notes.read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.parametrize("ratio", ["1.5", "-0.1", "half", "0.5x"])
def test_a_share_of_traces_is_from_0_to_1(helm, ratio):
    """Helm takes a decimal number of --set for a text, so the schema knows both."""
    done = helm.template(f"--set=telemetry.traces.ratio={ratio}")
    assert done.returncode != 0
    assert "/telemetry/traces/ratio" in done.stderr


def test_a_collector_is_named_by_the_variables_of_opentelemetry(render, defaults):
    """Its credentials and its authorities are read from objects, and by default there is none."""
    told = ("OTEL_", "ASW_TRACES_")
    assert not [name for name in environment(defaults) if name.startswith(told)]
    rendered = render(
        "--set=telemetry.logLines=false",
        "--set=telemetry.otlp.endpoint=https://collector:4318",
        "--set=telemetry.otlp.headersSecret=otlp",
        "--set=telemetry.otlp.caConfigMap=authorities",
        "--set=telemetry.traces.ratio=0.25",
    )
    pod = operator(rendered)
    (container,) = pod["containers"]
    variables = {it["name"]: it for it in container["env"]}
    headers = variables["OTEL_EXPORTER_OTLP_HEADERS"]["valueFrom"]["secretKeyRef"]
    assert headers == {"name": "otlp", "key": "headers"}
    (mount,) = [it for it in container["volumeMounts"] if it["name"] == "otlp-ca"]
    (volume,) = [it for it in pod["volumes"] if it["name"] == "otlp-ca"]
    assert volume["configMap"] == {"name": "authorities"}
    shown = environment(rendered)
    assert shown["OTEL_EXPORTER_OTLP_CERTIFICATE"] == f"{mount['mountPath']}/ca.crt"
    place = {"POD_NAME": "pod", "POD_NAMESPACE": "asw-system", "POD_IP": "10.0.0.1"}
    read = OperatorSettings.from_environment(shown | place).telemetry
    assert (read.writes_lines, read.has_collector, read.trace_ratio) == (False, True, 0.25)
