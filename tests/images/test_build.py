"""`asw build` as a user runs it: packages are installed by the real pip and npm."""

import json
import os
import shutil
import sys
import tarfile

import pytest
import yaml

from asw.images.layout import Layout
from asw.lint.checking import check_files
from tests.support.layouts import write_base, write_wheel
from tests.support.npm import locked, node_package
from tests.support.playground import run_asw
from tests.support.registries import free_port

WHEELS = ("manylinux2014_x86_64", "manylinux_2_28_aarch64")
MANIFEST = """\
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: fetch}
spec:
  runtime: python3
  code: {path: fetch}
"""


@pytest.fixture
def work(tmp_path, base, monkeypatch):
    """A folder with a Function that needs a package, of which pip knows wheels of two platforms."""
    wheels = tmp_path / "wheels"
    for tag in WHEELS:
        write_wheel(wheels, "greeting", "1.2", tag=f"cp311-cp311-{tag}")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    folder = tmp_path / "work"
    (folder / "fetch").mkdir(parents=True)
    (folder / "functions.yaml").write_text(MANIFEST)
    (folder / "fetch" / "index.py").write_text("import greeting\n")
    (folder / "fetch" / "requirements.txt").write_text("greeting==1.2\n")
    return folder


def build(folder, base, *arguments):
    """Run the program in the folder."""
    wanted = ("--base", f"oci:{base}", *arguments)
    return run_asw(folder, "build", "functions.yaml", *wanted)


def image_of(text):
    """The digest that the rendered Function names."""
    (function,) = [each for each in yaml.safe_load_all(text) if each["kind"] == "Function"]
    assert "code" not in function["spec"]
    name, _, digest = function["spec"]["image"].partition("@")
    assert name == "registry.example/fn"
    return digest


def layers_of(layout, digest):
    """Names and texts of files in the layers on top of the base."""
    manifest = json.loads(layout.read(digest))
    found = {}
    for layer in manifest["layers"][1:]:
        with tarfile.open(layout.path(layer["digest"])) as archive:
            for entry in archive:
                if entry.isfile():
                    found[entry.name] = archive.extractfile(entry).read().decode()
    return found


def names_of(layout, digest):
    """Names of files in the layers on top of the base."""
    found = set()
    for layer in json.loads(layout.read(digest))["layers"][1:]:
        with tarfile.open(layout.path(layer["digest"])) as archive:
            found |= {entry.name for entry in archive if entry.isfile()}
    return found


def test_an_image_has_code_and_packages(work, base, tmp_path):
    """Both lie in /var/task, without scripts, which name this machine's Python."""
    done = build(work, base, "--repository", "registry.example/fn", "--layout", "out")
    assert done.returncode == 0, done.stderr
    files = layers_of(Layout(work / "out"), image_of(done.stdout))
    assert files["var/task/index.py"] == "import greeting\n"
    assert 'VERSION = "1.2"' in files["var/task/greeting.py"]
    assert not any(name.endswith(".pyc") or "/bin/" in name for name in files)
    assert "../../bin" not in files["var/task/greeting-1.2.dist-info/RECORD"]


def test_the_same_lock_gives_the_same_digest(work, base, tmp_path):
    """From another folder, at another time, with other modes: byte for byte the same image."""
    first = build(work, base, "--repository", "registry.example/fn", "--layout", "out")
    assert first.returncode == 0, first.stderr
    copy = tmp_path / "elsewhere"
    shutil.copytree(work, copy, ignore=shutil.ignore_patterns("out"))
    (copy / "fetch" / "index.py").chmod(0o600)
    os.utime(copy / "fetch" / "index.py", (1, 1))
    second = build(copy, base, "--repository", "registry.example/fn", "--layout", "out")
    assert image_of(second.stdout) == image_of(first.stdout)


def test_bytecode_is_the_same_each_time(work, base):
    """With --bytecode packages and code come compiled, and the digest still follows from them."""
    digests = set()
    for out in ("one", "two"):
        where = ("--repository", "registry.example/fn", "--layout", out, "--bytecode")
        done = build(work, base, *where)
        assert done.returncode == 0, done.stderr
        digests.add(image_of(done.stdout))
    (digest,) = digests
    names = names_of(Layout(work / "one"), digest)
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    assert f"var/task/__pycache__/index.{tag}.pyc" in names
    assert f"var/task/__pycache__/greeting.{tag}.pyc" in names


def test_bytecode_of_another_version_is_refused(work, tmp_path):
    """The image's Python could not read what this one compiles."""
    other = write_base(tmp_path / "other", python="3.99")
    wheel = write_wheel(tmp_path / "wheels", "greeting", "1.2")
    assert wheel.exists()
    where = ("--repository", "registry.example/fn", "--layout", "out", "--bytecode")
    done = build(work, other.folder, *where)
    assert done.returncode == 2
    assert "the base has 3.99" in done.stderr


@pytest.mark.parametrize(
    ("runtime", "base"),
    [
        ("python3.13", {"python": "3.13"}),
        ("python3.13", {"python": "", "variables": ("PYTHON_VERSION=3.13.5",)}),
    ],
    ids=["ours", "Docker's"],
)
def test_packages_are_for_the_python_of_the_base(work, tmp_path, runtime, base):
    """Which the base says itself, by our label or by the variable of Docker's images."""
    write_wheel(tmp_path / "wheels", "greeting", "1.2", tag=f"cp313-cp313-{WHEELS[0]}")
    (work / "functions.yaml").write_text(MANIFEST.replace("python3", runtime))
    other = write_base(tmp_path / "other", **base)
    where = ("--repository", "registry.example/fn", "--layout", "out")
    done = build(work, other.folder, *where)
    assert done.returncode == 0, done.stderr
    files = layers_of(Layout(work / "out"), image_of(done.stdout))
    assert "cp313-cp313" in files["var/task/greeting.py"]


def test_a_base_that_does_not_tell_its_python_is_refused(work, tmp_path):
    """A guess would install packages that the image cannot load."""
    other = write_base(tmp_path / "other", python="")
    done = build(work, other.folder, "--repository", "registry.example/fn", "--layout", "out")
    assert done.returncode == 2
    assert "does not say which Python it has" in done.stderr
    assert "dev.asw.python=3.11" in done.stderr


def test_without_packages_it_is_what_apply_sends(work, base):
    """Inline, or in several ConfigMaps that come before the Function; nothing that is ignored."""
    fetch = work / "fetch"
    (fetch / "requirements.txt").unlink()
    (fetch / ".aswignore").write_text("*.md\n")
    (fetch / "notes.md").write_text("no code")
    (fetch / "rules").mkdir()
    (fetch / "rules" / "price.py").write_text("x = 1\n")
    done = build(work, base)
    assert done.returncode == 0, done.stderr
    (function,) = yaml.safe_load_all(done.stdout)
    code = {"index.py": "import greeting\n", "rules/price.py": "x = 1\n"}
    assert function["spec"]["code"] == {"inline": code}
    (fetch / "rules" / "table.py").write_text("#" * 900_000)
    (fetch / "rules" / "other.py").write_text("#" * 900_000)
    rendered = list(yaml.safe_load_all(build(work, base).stdout))
    assert rendered == [it.content for it in check_files([work / "functions.yaml"]).documents]
    assert [it["kind"] for it in rendered] == ["ConfigMap", "ConfigMap", "Function"]


def test_an_image_takes_what_is_not_ignored(work, base):
    """The same files as apply takes, and binary ones too."""
    fetch = work / "fetch"
    (fetch / ".aswignore").write_text("*.md\n")
    (fetch / "notes.md").write_text("no code")
    (fetch / "tests").mkdir()
    (fetch / "tests" / "test_index.py").write_text("no code")
    (fetch / "model.bin").write_bytes(b"\xff\xfe")
    done = build(work, base, "--repository", "registry.example/fn", "--layout", "out")
    assert done.returncode == 0, done.stderr
    names = names_of(Layout(work / "out"), image_of(done.stdout))
    own = {name for name in names if "greeting" not in name}
    assert own == {f"var/task/{name}" for name in ("index.py", "requirements.txt", "model.bin")}


def test_each_platform_gets_its_own_wheels(work, base):
    """An image for two platforms has one manifest for each, with the wheels that run there."""
    both = ("--platform", "linux/amd64", "--platform", "linux/arm64")
    done = build(work, base, "--repository", "registry.example/fn", "--layout", "out", *both)
    assert done.returncode == 0, done.stderr
    layout = Layout(work / "out")
    index = json.loads(layout.read(image_of(done.stdout)))
    tags = {
        each["platform"]["architecture"]: layers_of(layout, each["digest"])["var/task/greeting.py"]
        for each in index["manifests"]
    }
    assert WHEELS[0] in tags["amd64"]
    assert WHEELS[1] in tags["arm64"]


def test_hashes_are_honoured(work, base):
    """A package whose hash is another is refused, with pip's own words."""
    lock = work / "fetch" / "requirements.txt"
    lock.write_text(f"greeting==1.2 --hash=sha256:{'0' * 64}\n")
    done = build(work, base, "--repository", "registry.example/fn", "--layout", "out")
    assert done.returncode == 2
    assert "DO NOT MATCH THE HASHES" in done.stderr


def test_a_package_without_a_wheel_is_told(work, base):
    """Nothing is built from source: the failure names platform and version."""
    (work / "fetch" / "requirements.txt").write_text("greeting==7\n")
    done = build(work, base, "--repository", "registry.example/fn", "--layout", "out")
    assert done.returncode == 2
    assert "No matching distribution found for greeting==7" in done.stderr
    assert "a wheel for linux/amd64 and Python 3.11" in done.stderr


def test_a_check_tells_what_is_out_of_date(work, base):
    """A pipeline fails with the difference when the code has changed, and pushes nothing."""
    where = ("--repository", "registry.example/fn", "-o", "rendered.yaml")
    assert build(work, base, "--layout", "out", *where).returncode == 0
    fresh = build(work, base, "--check", "--push", *where)
    assert fresh.returncode == 0, fresh.stderr
    (work / "fetch" / "index.py").write_text("import greeting  # changed\n")
    stale = build(work, base, "--check", "--push", *where)
    assert stale.returncode == 1
    assert "+  image: registry.example/fn@sha256:" in stale.stdout
    assert "rendered.yaml is out of date" in stale.stderr


def test_a_folder_may_hold_what_is_rendered(work, base):
    """Neither the file of -o nor other files of a folder get into the manifests."""
    shutil.rmtree(work / "fetch")
    (work / "functions.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    (work / "input.json").write_text("{}")
    for _ in range(2):
        done = run_asw(work, "build", ".", "-o", "rendered.yaml")
        assert done.returncode == 0, done.stderr
    assert len(list(yaml.safe_load_all((work / "rendered.yaml").read_text()))) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "only an image can hold fetch (requirements.txt)"),
        (("--repository", "registry.example/fn"), "the images would go nowhere"),
        (("--repository", "registry.example/fn:v1", "--push"), "has a tag or digest"),
        (("--check",), "--check needs -o"),
    ],
)
def test_what_is_missing_is_asked_for(work, base, arguments, message):
    """Nothing is built before it is known where the image goes."""
    done = build(work, base, *arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_an_image_is_pushed(work, base, registry):
    """One command from a folder to a registry; the manifest goes to standard output alone."""
    done = build(work, base, "--repository", f"{registry.host}/team/fn", "--push")
    assert done.returncode == 0, done.stderr
    (function,) = yaml.safe_load_all(done.stdout)
    digest = function["spec"]["image"].partition("@")[2]
    assert f"/v2/team/fn/manifests/fetch-{digest[7:19]}" in registry.requests("PUT")


def test_a_failed_push_writes_no_manifests(work, base):
    """Manifests that name an image which is nowhere are not written."""
    repository = f"127.0.0.1:{free_port()}/team/fn"
    done = build(work, base, "--repository", repository, "--push", "-o", "rendered.yaml")
    assert done.returncode == 1
    assert "Connection refused" in done.stderr
    assert not (work / "rendered.yaml").exists()


def test_node_packages_need_a_lock(work, base):
    """package.json alone does not say which versions: the failure says how to write the lock."""
    (work / "functions.yaml").write_text(MANIFEST.replace("python3", "nodejs"))
    (work / "fetch" / "package.json").write_text('{"dependencies": {"greeting": "1.2.0"}}')
    done = build(work, base, "--repository", "registry.example/fn", "--layout", "out")
    assert done.returncode == 2
    assert "npm install --package-lock-only" in done.stderr


def test_node_packages_come_from_the_lock(work, base, tmp_path):
    """Npm ci puts what the lock names into node_modules; install scripts do not run."""
    if shutil.which("npm") is None:
        pytest.skip("there is no npm")
    scripts = {"install": f"touch {tmp_path}/ran"}
    code = "module.exports = '1.2.0'\n"
    archive = node_package(tmp_path, "greeting", code, scripts=scripts)
    for name, text in locked(archive).items():
        (work / "fetch" / name).write_text(text)
    (work / "functions.yaml").write_text(MANIFEST.replace("python3", "nodejs"))
    digests = set()
    for out in ("one", "two"):
        done = build(work, base, "--repository", "registry.example/fn", "--layout", out)
        assert done.returncode == 0, done.stderr
        digests.add(image_of(done.stdout))
    (digest,) = digests
    assert not (tmp_path / "ran").exists()
    files = layers_of(Layout(work / "one"), digest)
    assert files["var/task/node_modules/greeting/index.js"] == "module.exports = '1.2.0'\n"
