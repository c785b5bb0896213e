"""Packages that the cluster installs: from a real index into a real volume, once for each lock."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from dev.cluster import kind
from dev.cluster.settings import NODE_ADDRESS
from tests.support.cluster import Cluster, require
from tests.support.indexes import RunningIndex, package_lock, running_index
from tests.support.installation import install
from tests.support.space import Space, condition, execution, function, one_task, workflow

pytestmark = [pytest.mark.cluster, pytest.mark.alone]

CLASS = "asw-packages-of-tests"
SOURCE = """\
import greeting


def main_handler(event, context):
    return {"version": greeting.VERSION, "event": event}
"""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningIndex]:
    """An index that pods reach at the node's address."""
    require(not kind.is_usable(), "node of its own, whose address this machine has")
    with running_index(tmp_path_factory.mktemp("index") / "files", NODE_ADDRESS) as running:
        yield running


@pytest.fixture(scope="module")
def with_index(installed: Cluster, index: RunningIndex) -> Iterator[None]:
    """The operator, told of the index."""
    volume = "functions.packageIndex.volume"
    install(
        f"functions.packageIndex.url={index.url}",
        f"functions.packageIndex.npmUrl={index.npm_url}",
        f"{volume}.storageClassName={CLASS}",
        f"{volume}.size=1Gi",
    )
    yield
    install()


@pytest.fixture
def volume(space: Space, with_index: None, tmp_path: Path) -> Iterator[Path]:
    """The folder of a volume for the namespace: the node makes none by itself."""
    folder = tmp_path / "volume"
    folder.mkdir()
    folder.chmod(0o777)  # a hostPath belongs to nobody else
    spec = {
        "storageClassName": CLASS,
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteMany"],
        "hostPath": {"path": str(folder)},
        "claimRef": {"namespace": space.namespace, "name": "asw-packages"},
    }
    name = f"{space.namespace}-packages"
    metadata = {"name": name}
    manifest = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec}
    space.apply(manifest)
    yield folder
    space.kubectl("delete", "persistentvolume", name, "--wait=false")


def asw(space: Space, *arguments: str) -> str:
    """What the command prints in the namespace."""
    done = CliRunner().invoke(main, [*arguments, "-n", space.namespace], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def installs(space: Space) -> list[str]:
    """The names of the install Jobs."""
    found = space.all("job", "--selector=asw.dev/kind=packages")
    return [it["metadata"]["name"] for it in found]


def test_packages_are_installed_once_and_found(
    space: Space, volume: Path, index: RunningIndex
) -> None:
    """A task that comes first waits; later tasks, other Functions and warm pods find them there."""
    lock = {"requirements": index.add("greeting", "1.2")}
    warm = {"min": 1, "coldStart": "Wait", "queueTimeoutSeconds": 300}
    space.apply(
        function("greet", SOURCE, packages=lock),
        workflow("greet", one_task("greet")),
        execution("greet-1", "greet", 1),
    )
    expected = {"version": "1.2", "event": 1}
    assert space.finished("greet-1")["status"].get("output") == expected
    assert space.run("greet-2", "greet", 1)["output"] == expected
    space.apply(
        function("warm", SOURCE, packages=lock, mode="Warm", warm=warm),
        workflow("warm", one_task("warm")),
    )
    assert space.run("warm-1", "warm", 1)["output"] == expected
    assert len([it for it in index.downloads if it.endswith(".whl")]) == 1
    assert len(installs(space)) == 1
    environment = space.get("function", "greet")["status"]["packagesRef"]
    assert [it.name for it in volume.iterdir()] == [environment]
    (job,) = space.jobs("greet-2")
    (mount,) = job["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert (mount["subPath"], mount["readOnly"]) == (environment, True)


MODULE = """\
import greeting from "greeting";

export function main_handler(event) {
  return { version: greeting.VERSION, event };
}
"""


def test_modules_of_nodejs_are_installed_once_and_found(
    space: Space, volume: Path, index: RunningIndex
) -> None:
    """Those of the lock from the cluster's registry, with what they need; by warm pods too."""
    before = len(index.downloads)
    greeting = index.add_module(
        "greeting",
        "1.2.0",
        "exports.VERSION = require('parting').VERSION;",
        dependencies={"parting": "^3.0.0"},
    )
    parting = index.add_module("parting", "3.0.0", "exports.VERSION = '3.0';")
    lock = package_lock({"greeting": "^1.0.0"}, greeting=greeting, parting=parting)
    given = {
        "runtime": "nodejs",
        "code": {"inline": {"index.mjs": MODULE}},
        "packages": {"packageLock": lock},
    }
    warm = {"min": 1, "coldStart": "Wait", "queueTimeoutSeconds": 300}
    space.apply(
        function("greet", "", **given),
        workflow("greet", one_task("greet")),
        execution("greet-1", "greet", 1),
    )
    expected = {"version": "3.0", "event": 1}
    assert space.finished("greet-1")["status"].get("output") == expected
    space.apply(
        function("warm", "", **given, mode="Warm", warm=warm),
        workflow("warm", one_task("warm")),
    )
    assert space.run("warm-1", "warm", 1)["output"] == expected
    assert len(index.downloads) == before + 2
    assert len(installs(space)) == 1


def test_a_wrong_hash_is_told_wherever_one_looks(
    space: Space, volume: Path, index: RunningIndex
) -> None:
    """In the condition, by ``asw get function`` and ``asw why``; nothing half-made is left."""
    index.add("greeting", "1.2")
    wrong = {"requirements": f"greeting==1.2 --hash=sha256:{'0' * 64}\n"}
    space.apply(
        function("greet", SOURCE, packages=wrong),
        workflow("greet", one_task("greet")),
        execution("greet-1", "greet", 1),
    )

    def has_failed() -> bool:
        status = space.get("function", "greet").get("status", {})
        found = [it["reason"] for it in status.get("conditions", ()) if it["type"] == "Ready"]
        return found == ["PackagesFailed"]

    space.until("PackagesFailed", has_failed)
    ready = condition(space.get("function", "greet"), "Ready")
    assert "DO NOT MATCH THE HASHES" in ready["message"]
    assert "PackagesFailed" in asw(space, "get", "function", "greet")
    assert "DO NOT MATCH THE HASHES" in asw(space, "get", "function", "greet", "-o", "wide")
    status = space.finished("greet-1")["status"]
    assert (status["phase"], status["error"]) == ("Failed", "Asw.StartFailed")
    assert "DO NOT MATCH THE HASHES" in asw(space, "why", "greet-1")
    assert list(volume.iterdir()) == []
