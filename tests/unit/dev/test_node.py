"""What the node consists of, as data."""

import json
from pathlib import Path

import pytest

from dev.cluster import binaries, certificates, configuration, daemons, kubeconfig
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings


@pytest.fixture(name="settings")
def _settings(tmp_path):
    return Settings(cache=tmp_path / "cache", state=tmp_path / "state")


def test_all_daemons_are_named(settings):
    """What is started is what `status` looks for."""
    started = [
        *daemons.stores(settings),
        daemons.api_server(settings),
        *daemons.workers(settings),
    ]
    assert tuple(daemon.name for daemon in started) == daemons.NAMES


def test_the_node_listens_on_no_outer_address(settings):
    """Every address on a command line or in a file is the loopback's or the bridge's."""
    started = [*daemons.stores(settings), daemons.api_server(settings), *daemons.workers(settings)]
    words = " ".join(word for daemon in started for word in daemon.argv)
    text = words + "".join(configuration.files(settings).values())
    assert "--bind-address=0.0.0.0" not in text
    assert '"0.0.0.0' not in text.replace('"dst": "0.0.0.0/0"', "")


def test_configuration_files_are_well_formed(settings):
    """The JSON files are JSON, and each names folders of this cluster only."""
    files = configuration.files(settings)
    for name, content in files.items():
        if name.endswith(("json", "conflist")):
            assert json.loads(content)
    assert str(settings.state) in files["containerd.toml"]


def test_the_kubelet_keeps_pods_and_images(settings):
    """A nearly full disk neither evicts pods nor collects images."""
    kubelet = configuration.kubelet(settings)
    assert kubelet["maxPods"] == 500
    assert kubelet["imageGCHighThresholdPercent"] == 100
    assert set(kubelet["evictionHard"].values()) == {"0%"}


def test_certificates_are_for_servers_or_clients():
    """A certificate with names serves, one with a user asks."""
    assert "serverAuth" in certificates.SERVER.extensions
    assert "DNS:kubernetes.default.svc" in certificates.SERVER.extensions
    assert all("clientAuth" in client.extensions for client in certificates.CLIENTS)
    admin = certificates.CLIENTS[0]
    assert admin.subject == "/O=system:masters/CN=kubernetes-admin"


def test_modules_have_folders_of_their_own(settings):
    """Every module is pinned by a go.mod, and its folder in the cache tells the version."""
    folders = {binaries.folder(module, settings) for module in binaries.ALL}
    assert len(folders) == len(binaries.ALL)
    for module in binaries.ALL:
        assert (binaries.MODULES / module.name / "go.mod").is_file()
        assert module.version in binaries.folder(module, settings).name


@pytest.mark.parametrize(
    "module",
    [
        binaries.KUBERNETES,
        binaries.ETCD,
        binaries.HELM,
        binaries.KUBE_SCORE,
        binaries.REGISTRY,
        binaries.COSIGN,
        binaries.SYFT,
    ],
)
def test_versions_are_those_of_the_pinned_modules(module):
    """The version that is told is the one that go.mod asks for."""
    text = (binaries.MODULES / module.name / "go.mod").read_text()
    package = next(iter(module.programs.values()))
    assert any(
        package.startswith(words[0]) and words[1] == module.version
        for line in text.splitlines()
        if len(words := line.removeprefix("require").split()) > 1
    )


def test_a_built_module_is_not_built_again(settings):
    """A folder in the cache is enough: neither Go nor a network is needed."""
    binaries.folder(binaries.PAUSE, settings).mkdir(parents=True)
    binaries.build(binaries.PAUSE, settings)


@pytest.mark.parametrize(
    ("variable", "existing", "expected"),
    [
        pytest.param("", [], "home/.kube/config", id="the usual place"),
        pytest.param("a", [], "a", id="the one named"),
        pytest.param("a:b", ["b"], "b", id="the first that exists"),
        pytest.param("a:b", ["a", "b"], "a", id="the first of two"),
        pytest.param("a:b", [], "b", id="the last when none exists"),
    ],
)
def test_the_users_kubeconfig_file(variable, existing, expected, tmp_path):
    """The file is chosen as kubectl chooses it."""
    for name in existing:
        (tmp_path / name).touch()
    named = ":".join(str(tmp_path / part) for part in variable.split(":") if part)
    environment = {"KUBECONFIG": named, "HOME": str(tmp_path / "home")}
    assert kubeconfig.user_file(environment) == tmp_path / expected


@pytest.mark.parametrize(
    ("content", "empty"),
    [
        ({"kind": "Config", "clusters": None, "contexts": [], "current-context": ""}, True),
        ({"kind": "Config", "contexts": [{"name": "work"}]}, False),
        ({"kind": "Config", "current-context": "work"}, False),
    ],
    ids=["nothing left", "a context left", "a choice left"],
)
def test_a_kubeconfig_with_anything_in_it_stays(content, empty):
    """Only a file that says nothing is deleted."""
    assert kubeconfig.is_empty(content) is empty


def test_a_failed_step_is_told_with_log_and_remedy():
    """The message comes first, then the end of the log, then what helps."""
    error = StepError("etcd ended", log="one\ntwo\n", remedy="run `up` again")
    assert str(error) == "etcd ended\n  | one\n  | two\nwhat helps: run `up` again"
    assert str(StepError("short")) == "short"


def test_the_folders_of_go_are_beside_the_package():
    """The modules are part of the repository."""
    assert Path(binaries.__file__).parent / "go" == binaries.MODULES
