"""From a folder with requirements to a run on the cluster: built, pushed, pulled, called."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from dev.cluster import kind
from dev.cluster.settings import Settings
from dev.images import IMAGES, version
from tests.support.cluster import require
from tests.support.layouts import write_wheel
from tests.support.playground import run_asw
from tests.support.registries import running_registry
from tests.support.space import Space, one_task, workflow

pytestmark = pytest.mark.cluster

MANIFEST = """\
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: fetch}
spec:
  runtime: python3
  handler: jobs.run
  code: {path: fetch}
"""
CODE = """\
import greeting


def run(event, context):
    return {"version": greeting.VERSION, "event": event}
"""


@pytest.fixture
def runtime(tmp_path) -> Path:
    """The layout of the image of runtime python3 that the node has."""
    require(not kind.is_usable(), "node of its own, whose images can be exported")
    archive, folder = tmp_path / "python3.tar", tmp_path / "python3"
    (name,) = [image.name for image in IMAGES if image.name.endswith("/python3")]
    socket = Settings.from_environment().containerd_socket
    words = ["ctr", f"--address={socket}", "--namespace=k8s.io", "images", "export"]
    subprocess.run([*words, archive, f"{name}:{version()}"], check=True, capture_output=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def test_a_function_with_packages_runs(space: Space, runtime, tmp_path, monkeypatch) -> None:
    """One command makes an image that the node pulls by digest, and the function finds its package.

    The rendered manifest is what is applied, as a pipeline would.
    """
    write_wheel(tmp_path / "wheels", "greeting", "1.2")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    (tmp_path / "fetch").mkdir()
    (tmp_path / "fetch" / "jobs.py").write_text(CODE)
    (tmp_path / "fetch" / "requirements.txt").write_text("greeting==1.2\n")
    (tmp_path / "functions.yaml").write_text(MANIFEST)
    (tmp_path / "registry").mkdir()
    with running_registry(tmp_path / "registry") as registry:
        wanted = ("--repository", f"{registry.host}/{space.namespace}/fn", "--push")
        done = run_asw(tmp_path, "build", "functions.yaml", "--base", f"oci:{runtime}", *wanted)
        assert done.returncode == 0, done.stderr
        space.kubectl("apply", "--filename=-", stdin=done.stdout)
        space.apply(workflow("caller", one_task("fetch")))
        status = space.run("caller-1", "caller", {"n": 1})
    assert status["phase"] == "Succeeded", status
    assert status["output"] == {"version": "1.2", "event": {"n": 1}}
