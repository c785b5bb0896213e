"""An archive in the chart: a PostgreSQL that a Secret names, or a file on a volume."""

import pytest

from asw.api.retention import ARCHIVED_RETENTION, DEFAULT_RETENTION
from asw.operator.settings import OperatorSettings
from tests.chart.conftest import environment, of_kind, operator

FILE = "--set=archive.enabled=true"
SERVER = "--set=archive.enabled=true,archive.secret.name=database"
PATH = "/var/lib/asw/archive"


def address(objects, name="asw"):
    """Where a container is told that the archive is."""
    (container,) = operator(objects, name)["containers"]
    found = [each for each in container["env"] if each["name"] == "ASW_ARCHIVE_URL"]
    return {key: value for each in found for key, value in each.items() if key != "name"}


def test_by_default_there_is_none(defaults):
    """Neither an address, nor a volume, nor other bounds of retention."""
    assert address(defaults) == address(defaults, "asw-serve") == {}
    assert of_kind(defaults, "PersistentVolumeClaim") == {}
    assert OperatorSettings.from_environment(environment(defaults)).retention == DEFAULT_RETENTION


@pytest.mark.parametrize("option", [FILE, SERVER], ids=["file", "server"])
def test_with_one_less_is_kept_in_the_cluster(render, option):
    """The chart's defaults are the operator's; single ones can be set, and the others stay."""
    rendered = render(option, "--set=retention.deletionsPerSecond=6,retention.failedSeconds=1")
    read = OperatorSettings.from_environment(environment(rendered))
    assert read.retention == ARCHIVED_RETENTION
    assert read.deletions_per_second == 6
    environ = {"ASW_ARCHIVE_URL": "sqlite:///x"}
    assert OperatorSettings.from_environment(environ).retention == ARCHIVED_RETENTION
    forever = "--set=archive.retention.failedSeconds=null,archive.retention.failedLimit=null"
    read = OperatorSettings.from_environment(environment(render(option, forever)))
    assert read.retention.failed.ttl_seconds is read.retention.failed.limit is None
    assert read.retention.succeeded == ARCHIVED_RETENTION.succeeded


def test_the_address_of_a_server_comes_from_the_secret(render):
    """It has a password, so no object of the chart has it; who reads may have one of their own."""
    rendered = render(SERVER)
    writer = {"valueFrom": {"secretKeyRef": {"name": "database", "key": "url"}}}
    assert address(rendered) == address(rendered, "asw-serve") == writer
    rendered = render(SERVER, "--set=archive.secret.readerKey=reader,replicas=2")
    assert address(rendered) == writer
    reader = {"valueFrom": {"secretKeyRef": {"name": "database", "key": "reader"}}}
    assert address(rendered, "asw-serve") == reader
    assert of_kind(rendered, "PersistentVolumeClaim") == {}
    assert "strategy" not in of_kind(rendered, "Deployment")["asw"]["spec"]


def test_a_file_is_on_a_volume_that_stays(render):
    """Operator and serve mount it on one node; uninstalling the chart does not delete it."""
    rendered = render(FILE)
    assert (
        address(rendered)
        == address(rendered, "asw-serve")
        == {"value": f"sqlite:///{PATH}/archive.db"}
    )
    (claim,) = of_kind(rendered, "PersistentVolumeClaim").values()
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    for name in ("asw", "asw-serve"):
        pod = operator(rendered, name)
        assert pod["securityContext"]["fsGroup"] == 65532
        assert {"name": "archive", "mountPath": PATH} in pod["containers"][0]["volumeMounts"]
        volume = {"claimName": claim["metadata"]["name"]}
        assert {"name": "archive", "persistentVolumeClaim": volume} in pod["volumes"]
    deployments = of_kind(rendered, "Deployment")
    assert deployments["asw"]["spec"]["strategy"] == {"type": "Recreate"}
    (near,) = operator(rendered, "asw-serve")["affinity"]["podAffinity"].values()
    labels = deployments["asw"]["spec"]["template"]["metadata"]["labels"]
    assert near[0]["labelSelector"]["matchLabels"].items() <= labels.items()
    assert near[0]["topologyKey"] == "kubernetes.io/hostname"


def test_a_claim_of_ones_own_is_used(render):
    """The chart makes none then."""
    rendered = render(FILE, "--set=archive.volume.claimName=mine")
    assert of_kind(rendered, "PersistentVolumeClaim") == {}
    assert "'claimName': 'mine'" in str(operator(rendered)["volumes"])


def test_a_file_has_one_writer(helm):
    """Two replicas on two nodes could not both write it, so Helm says what to do."""
    done = helm.template(FILE, "--set=replicas=2")
    assert done.returncode != 0
    assert "name a PostgreSQL in archive.secret" in done.stderr


@pytest.mark.parametrize("key", ["archive.url", "archive.secret.keys", "archive.volume.claim"])
def test_typing_errors_are_refused(helm, key):
    """No value of the archive is ignored."""
    assert helm.template(FILE, f"--set={key}=x").returncode != 0
