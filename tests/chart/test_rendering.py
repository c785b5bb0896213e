"""What the chart renders, by default and with its values."""

import pytest
import yaml

from asw import __version__
from dev.crds import ROOT


def of_kind(objects, kind):
    """The objects of a kind, by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def operator(objects):
    """The operator's pod template."""
    return of_kind(objects, "Deployment")["asw"]["spec"]["template"]["spec"]


def environment(objects):
    """The operator's environment: what is written literally."""
    (container,) = operator(objects)["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


def test_the_chart_is_clean(helm):
    """Helm has nothing to say against the chart."""
    done = helm.run("lint", "--strict", str(ROOT / "charts" / "asw"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout


def test_it_brings_what_it_says(defaults):
    """Without options: the operator with its account and roles, CRDs, policy, results service."""
    assert sorted({each["kind"] for each in defaults}) == [
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "Deployment",
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


@pytest.mark.parametrize(
    ("option", "name", "value"),
    [
        ("watchNamespaces={a,b}", "ASW_WATCH_NAMESPACES", "a,b"),
        (
            "functionImages.python3=mine/python@sha256:1",
            "ASW_FUNCTION_IMAGE_PYTHON3",
            "mine/python@sha256:1",
        ),
        ("functionImages.shell=mine/shell:1", "ASW_FUNCTION_IMAGE_SHELL", "mine/shell:1"),
        ("resultServer.enabled=false", "ASW_RESULT_SERVER_ENABLED", "false"),
        ("resultWaitSeconds=31536000", "ASW_RESULT_WAIT_SECONDS", "31536000"),
        ("startTimeoutSeconds=60", "ASW_START_TIMEOUT_SECONDS", "60"),
        ("workflowWaitSeconds=60", "ASW_WORKFLOW_WAIT_SECONDS", "60"),
        ("nodeLostAfterSeconds=60", "ASW_NODE_LOST_AFTER_SECONDS", "60"),
        ("region=ap-guangzhou", "ASW_REGION", "ap-guangzhou"),
        ("logLevel=debug", "ASW_LOG_LEVEL", "debug"),
        ("fullnameOverride=asw", "ASW_LEASE_NAME", "asw"),
        ("fullnameOverride=asw", "ASW_RESULT_SERVICE", "asw-results"),
    ],
    ids=str,
)
def test_a_value_reaches_the_operator(render, option, name, value):
    """Each setting is handed over as an environment variable, numbers without exponent."""
    assert environment(render("--set", option))[name] == value


def test_an_account_number_may_begin_with_zero(render):
    """An account number is a text."""
    assert (
        environment(render("--set-string", "accountId=000000000042"))["ASW_ACCOUNT_ID"]
        == "000000000042"
    )


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


def test_no_result_server_means_no_service(render):
    """What is switched off is not rendered."""
    assert of_kind(render("--set", "resultServer.enabled=false"), "Service") == {}


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
        ("rbac.create=false", "ClusterRole", 0),
        ("rbac.create=false", "Role", 0),
        ("serviceAccount.create=false", "ServiceAccount", 0),
        ("podDisruptionBudget.enabled=true", "PodDisruptionBudget", 1),
    ],
)
def test_parts_can_be_switched(render, option, kind, count):
    """Each part that others may want to bring themselves can be left out."""
    assert len(of_kind(render("--set", option), kind)) == count


def test_crds_need_not_be_kept(render):
    """crds.keep=false lets them go with the chart."""
    for crd in of_kind(render("--set", "crds.keep=false"), "CustomResourceDefinition").values():
        assert "annotations" not in crd["metadata"]


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
