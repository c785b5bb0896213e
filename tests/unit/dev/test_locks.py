"""What the images install: exact versions by hash, from no address of ours, upon one base."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
DOCKERFILES = [ROOT / "Dockerfile", *sorted((ROOT / "functions").glob("*/Dockerfile"))]
PIN = re.compile(r"^([-a-z0-9]+)==(\S+)", re.MULTILINE)


def name_of(text):
    """The name of a distribution as indexes spell it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[-_.A-Za-z0-9]+", text)[0]).lower()


def pins(path):
    """Version by name."""
    return {name_of(name): version for name, version in PIN.findall(path.read_text("utf-8"))}


def constraints():
    """Version by name, as the project is tested."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {name_of(name): version for name, version in pairs}


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_says_what_is_tested(path):
    """Every version is that of constraints.txt; run `make lock` when it changes."""
    tested = constraints()
    assert {name: tested.get(name) for name in pins(path)} == pins(path)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_a_hash_for_everything_and_no_address(path):
    """Wherever files come from, they are the ones that were looked at."""
    text = path.read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text
    assert "index" not in text


def test_the_operators_lock_holds_its_dependencies():
    """What pyproject.toml names is installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {name_of(each) for each in project["dependencies"]} <= pins(
        ROOT / "locks" / "operator.txt"
    ).keys()


def test_images_are_built_upon_what_a_release_names():
    """Arguments give each of them its bases, by digest; stages go upon them too.

    A stage whose steps run here has the Python for the processor that builds.
    """
    for path in DOCKERFILES:
        lines = path.read_text("utf-8").splitlines()
        assert "ARG BUILD_IMAGE=${PYTHON_IMAGE}" in lines, path
        stages = {line.partition(" AS ")[0] for line in lines if line.startswith("FROM ")}
        expected = {"FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE}", "FROM ${PYTHON_IMAGE}"}
        if path.parent.name == "nodejs":
            expected |= {"FROM ${NODE_IMAGE}"}
        assert stages == expected, path


def test_nothing_is_installed_without_a_hash():
    """Wheels of the lock alone, and the package itself without what it depends on."""
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    for call in re.findall(r"pip (?:install|wheel) [^&\n]*", text):
        assert "--require-hashes" in call or "--no-deps" in call, call
