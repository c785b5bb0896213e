"""What the chart renders, by default and with its values."""

import shlex
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from asw import __version__
from asw.api.arns import Location
from asw.api.function_policy import FunctionPolicy, Rules
from asw.api.workflow import OutcomeRetention, Retention
from asw.operator.settings import OperatorSettings, ResultServerSettings
from asw.platforms.kubernetes.tasks.jobs import job
from asw.platforms.kubernetes.tasks.settings import Spans
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


def test_the_operator_has_a_share_of_the_api_server(render):
    """All that its account asks has a level of its own; its Lease comes before, with the others."""
    objects = render("--set", "serviceAccount.name=runner,flowControl.concurrencyShares=7")
    (level,) = of_kind(objects, "PriorityLevelConfiguration").values()
    assert level["spec"]["limited"]["nominalConcurrencyShares"] == 7
    schemas = of_kind(objects, "FlowSchema")
    own, leases = schemas["asw-asw-system"]["spec"], schemas["asw-asw-system-leases"]["spec"]
    assert own["priorityLevelConfiguration"]["name"] == level["metadata"]["name"]
    assert own["distinguisherMethod"]["type"] == "ByNamespace"
    assert leases["priorityLevelConfiguration"]["name"] == "leader-election"
    assert leases["matchingPrecedence"] < own["matchingPrecedence"] < 9000
    for spec in (own, leases):
        (rule,) = spec["rules"]
        account = {"name": "runner", "namespace": "asw-system"}
        assert rule["subjects"] == [{"kind": "ServiceAccount", "serviceAccount": account}]


def test_no_share_is_asked_for_where_nobody_wants_it(render):
    """``flowControl.enabled=false`` leaves the cluster's own order alone."""
    kinds = {each["kind"] for each in render("--set", "flowControl.enabled=false")}
    assert not kinds & {"FlowSchema", "PriorityLevelConfiguration"}


def test_the_operator_has_a_scratch_volume(defaults):
    """It outlives the container, is small, and is where the operator is told that it is."""
    pod = operator(defaults)
    (volume,) = pod["volumes"]
    (mount,) = pod["containers"][0]["volumeMounts"]
    assert volume["emptyDir"]["sizeLimit"] == "1Mi"
    assert mount["name"] == volume["name"]
    read = OperatorSettings.from_environment(environment(defaults))
    assert str(read.scratch) == mount["mountPath"]


def test_the_operator_is_confined(defaults):
    """The pod meets the restricted standard: no root, no writable root, no capabilities."""
    pod = operator(defaults)
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}


def test_the_operator_learns_where_it_is(defaults):
    """Name, namespace and address of the pod come from the downward API."""
    (container,) = operator(defaults)["containers"]
    fields = {
        each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"]
        for each in container["env"]
        if "valueFrom" in each
    }
    assert fields == {
        "POD_NAME": "metadata.name",
        "POD_NAMESPACE": "metadata.namespace",
        "POD_IP": "status.podIP",
    }


def test_the_values_are_the_operators_settings(render):
    """Each value reaches the operator under the name that it reads, numbers without exponent."""
    rendered = render(
        "--set=watchNamespaces={a,b}",
        "--set=functionImages.python3=mine/python@sha256:1",
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
        "--set=evaluation.workers=3",
        "--set=retention.succeededSeconds=0",
        "--set=retention.timedOutLimit=5",
        "--set=retention.jobSeconds=31536000",
        "--set=retention.deletionsPerSecond=6",
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
        images={"python3": "mine/python@sha256:1", "shell": "mine/shell:1"},
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
        evaluation_workers=3,
        retention=Retention(
            succeeded=OutcomeRetention(ttl_seconds=0),
            timed_out=OutcomeRetention(limit=5),
            job_seconds=31_536_000,
        ),
        deletions_per_second=6,
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
        "evaluation_workers",
        "retention",
        "deletions_per_second",
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


def test_logs_are_for_machines(defaults):
    """In a cluster lines of the log are JSON, unless somebody wants text."""
    assert OperatorSettings.from_environment(environment(defaults)).log_format == "json"


def test_alerts_are_about_this_release(render):
    """Every expression asks for series of the release's own metrics Service."""
    rendered = render("--set", "prometheusRule.enabled=true")
    service = of_kind(rendered, "Service")["asw-metrics"]["metadata"]["name"]
    (group,) = of_kind(rendered, "PrometheusRule")["asw"]["spec"]["groups"]
    for rule in group["rules"]:
        assert f'service="{service}"' in rule["expr"], rule["alert"]
        assert {"summary"} == set(rule["annotations"])


def test_a_digest_wins_over_the_tag(render):
    """An image can be pinned by digest."""
    digest = "sha256:" + "0" * 64
    rendered = render("--set", f"image.digest={digest},image.tag=v1")
    assert operator(rendered)["containers"][0]["image"] == f"docker.io/asw/operator@{digest}"


def test_the_service_leads_to_the_result_server(defaults):
    """Service and container agree on port and labels."""
    service = of_kind(defaults, "Service")["asw-results"]["spec"]
    deployment = of_kind(defaults, "Deployment")["asw"]["spec"]
    (container,) = deployment["template"]["spec"]["containers"]
    assert service["ports"][0]["port"] == 8443
    assert {"name": "results", "containerPort": 8443} in container["ports"]
    assert service["selector"] == deployment["selector"]["matchLabels"]
    assert service["selector"].items() <= deployment["template"]["metadata"]["labels"].items()


def test_metrics_can_be_collected(render):
    """The ServiceMonitor finds the metrics Service, and that the operator's health port."""
    rendered = render("--set", "serviceMonitor.enabled=true")
    service = of_kind(rendered, "Service")["asw-metrics"]
    monitor = of_kind(rendered, "ServiceMonitor")["asw"]["spec"]
    wanted = monitor["selector"]["matchLabels"].items()
    found = [
        name
        for name, each in of_kind(rendered, "Service").items()
        if wanted <= each["metadata"]["labels"].items()
    ]
    assert found == ["asw-metrics"]
    assert service["spec"]["ports"][0]["name"] == monitor["endpoints"][0]["port"]
    assert service["spec"]["ports"][0]["targetPort"] == "health"


def test_no_result_server_means_no_service(render):
    """What is switched off is not rendered, and the operator knows."""
    rendered = render("--set", "resultServer.enabled=false")
    assert set(of_kind(rendered, "Service")) == {"asw-metrics"}
    assert not OperatorSettings.from_environment(environment(rendered)).result_server.is_enabled


def test_the_crds_are_the_public_contract(defaults):
    """The chart's CRDs are those of crds/, kept when the chart goes."""
    rendered = of_kind(defaults, "CustomResourceDefinition")
    for path in (ROOT / "crds").glob("*.yaml"):
        crd = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = rendered.pop(crd["metadata"]["name"])
        assert found["spec"] == crd["spec"]
        assert found["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert rendered == {}


@pytest.mark.parametrize(
    ("option", "kind", "count"),
    [
        ("crds.enabled=false", "CustomResourceDefinition", 0),
        ("admissionPolicy.enabled=false", "ValidatingAdmissionPolicy", 0),
        ("admissionPolicy.enabled=false", "ValidatingAdmissionPolicyBinding", 0),
        ("admissionPolicy.enabled=true", "ValidatingAdmissionPolicy", 4),
        ("networkPolicy.enabled=true", "NetworkPolicy", 1),
        ("networkPolicy.enabled=false", "NetworkPolicy", 0),
        ("rbac.create=false", "ClusterRole", 0),
        ("rbac.create=false", "Role", 0),
        ("serviceAccount.create=false", "ServiceAccount", 0),
        ("podDisruptionBudget.enabled=true", "PodDisruptionBudget", 1),
        ("serviceMonitor.enabled=true", "ServiceMonitor", 1),
        ("prometheusRule.enabled=true", "PrometheusRule", 1),
    ],
)
def test_parts_can_be_switched(render, option, kind, count):
    """Each part that others may want to bring themselves can be left out."""
    assert len(of_kind(render("--set", option), kind)) == count


def test_policies_hold_where_the_operator_acts(render):
    """In watched namespaces alone, where those are named; about its own account, everywhere."""
    bindings = of_kind(render("--set=watchNamespaces={a,b}"), "ValidatingAdmissionPolicyBinding")
    assert "matchResources" not in bindings.pop("asw-asw-system-operator")["spec"]
    for binding in bindings.values():
        (found,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
        assert found == {
            "key": "kubernetes.io/metadata.name",
            "operator": "In",
            "values": ["a", "b"],
        }
    everywhere = of_kind(render(), "ValidatingAdmissionPolicyBinding")
    assert [it for it in everywhere.values() if "matchResources" in it["spec"]] == []
    assert everywhere.keys() == of_kind(render(), "ValidatingAdmissionPolicy").keys()


@pytest.mark.parametrize(
    ("options", "account"),
    [
        ((), "system:serviceaccount:asw-system:asw"),
        (("--set=serviceAccount.name=robot",), "system:serviceaccount:asw-system:robot"),
        (("--set=serviceAccount.create=false",), "system:serviceaccount:asw-system:default"),
    ],
    ids=["by default", "named", "of others"],
)
def test_policies_know_the_operator_by_its_account(render, options, account):
    """Children and its own deletions are told by the account that the pods run as."""
    policies = of_kind(render(*options), "ValidatingAdmissionPolicy")
    for name in ("asw-asw-system-executions", "asw-asw-system-operator"):
        assert f"request.userInfo.username == '{account}'" in str(policies[name]["spec"]), name


@pytest.mark.parametrize(("watched", "kept"), [("{a}", True), ("{a,asw-system}", False)])
def test_its_own_namespace_runs_tasks_only_when_it_is_named(render, watched, kept):
    """An installation into the only namespace that somebody has must be possible."""
    rendered = render(f"--set=watchNamespaces={watched}")
    policy = of_kind(rendered, "ValidatingAdmissionPolicy")["asw-asw-system-operator"]["spec"]
    messages = " ".join(each["message"] for each in policy["validations"])
    assert ("no task runs in kube-system or asw-system" in messages) is kept
    assert "no task runs in kube-system" in messages


def test_only_tasks_reach_the_result_server(render):
    """By the label that the operator gives their pods, and only from where it acts."""
    options = ("--set=networkPolicy.enabled=true", "--set=watchNamespaces={a}")
    results, metrics = of_kind(render(*options), "NetworkPolicy")["asw"]["spec"]["ingress"]
    tasks, replicas = results["from"]
    labels = job(a_plan())["spec"]["template"]["metadata"]["labels"]
    assert tasks["podSelector"]["matchLabels"].items() <= labels.items()
    (names,) = tasks["namespaceSelector"]["matchExpressions"]
    assert names["values"] == ["a"]
    own = of_kind(render(), "Deployment")["asw"]["spec"]["selector"]["matchLabels"]
    assert replicas == {"podSelector": {"matchLabels": own}}
    assert metrics["from"] == [{"podSelector": {}}]
    everywhere = of_kind(render(options[0]), "NetworkPolicy")["asw"]["spec"]["ingress"][0]
    assert everywhere["from"][0]["namespaceSelector"] == {}


def test_metrics_are_for_those_who_are_named(render):
    """Peers are written as in a NetworkPolicy; without a result server its port is nobody's."""
    peer = "networkPolicy.metricsFrom[0].namespaceSelector.matchLabels.team=watch"
    rendered = render(
        "--set=networkPolicy.enabled=true", "--set=resultServer.enabled=false", "--set", peer
    )
    (metrics,) = of_kind(rendered, "NetworkPolicy")["asw"]["spec"]["ingress"]
    assert metrics["from"] == [{"namespaceSelector": {"matchLabels": {"team": "watch"}}}]


def test_crds_need_not_be_kept(render):
    """crds.keep=false lets them go with the chart."""
    for crd in of_kind(render("--set", "crds.keep=false"), "CustomResourceDefinition").values():
        assert "annotations" not in crd["metadata"]


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


PARTS = "serviceMonitor.enabled=true,prometheusRule.enabled=true,networkPolicy.enabled=true"


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
    (account,) = of_kind(rendered, "ServiceAccount").values()
    assert account["metadata"]["annotations"] == {"a": "b", "owner": "us"}
    for crd in of_kind(rendered, "CustomResourceDefinition").values():
        assert crd["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_probes_can_be_tuned(render):
    """Single fields, zero included; the others stay, and so does what is asked."""
    options = "livenessProbe.initialDelaySeconds=0,readinessProbe.timeoutSeconds=9"
    (container,) = operator(render(f"--set={options}"))["containers"]
    assert container["livenessProbe"] == {
        "httpGet": {"path": "/healthz", "port": "health"},
        "initialDelaySeconds": 0,
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": 3,
    }
    assert container["readinessProbe"]["timeoutSeconds"] == 9
    assert container["readinessProbe"]["periodSeconds"] == 2


def test_the_operator_can_be_given_variables(render):
    """Such as those of a proxy, behind the chart's own."""
    rendered = render("--set=extraEnv[0].name=HTTPS_PROXY,extraEnv[0].value=p:1")
    assert environment(rendered)["HTTPS_PROXY"] == "p:1"


@pytest.mark.parametrize(
    ("values", "spec"),
    [
        ("minAvailable=50%", {"minAvailable": "50%"}),
        ("maxUnavailable=0", {"maxUnavailable": 0}),
    ],
)
def test_disruptions_are_bounded_either_way(render, values, spec):
    """Kubernetes takes one of the two."""
    options = f"--set=podDisruptionBudget.enabled=true,podDisruptionBudget.{values}"
    (budget,) = of_kind(render(options), "PodDisruptionBudget").values()
    assert {key: it for key, it in budget["spec"].items() if key != "selector"} == spec


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


def test_the_notes_are_four_lines():
    """What runs, where to look, how to begin, where the fields are explained."""
    notes = ROOT / "charts" / "asw" / "templates" / "NOTES.txt"
    assert len(notes.read_text(encoding="utf-8").splitlines()) == 4
