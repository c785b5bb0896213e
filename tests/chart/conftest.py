"""Helm, rendering the chart."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.support.cluster import ROOT, require, tool

CHART = ROOT / "charts" / "asw"

Rendered = list[dict[str, Any]]


class Helm:
    """The chart through helm."""

    def __init__(self, binary: str) -> None:
        self._binary = binary

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run helm, whatever comes of it."""
        command = [self._binary, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def template(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Render the chart as release asw in namespace asw-system, whatever comes of it."""
        where = ("--namespace", "asw-system")
        return self.run("template", "asw", str(CHART), *where, *arguments)

    def render(self, *arguments: str) -> Rendered:
        """The rendered objects."""
        done = self.template(*arguments)
        assert done.returncode == 0, done.stderr
        return [each for each in yaml.safe_load_all(done.stdout) if each is not None]


def of_kind(objects, kind):
    """The objects of a kind, by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def operator(objects, name="asw"):
    """The operator's pod template."""
    return of_kind(objects, "Deployment")[name]["spec"]["template"]["spec"]


def environment(objects, name="asw"):
    """The operator's environment: what is written literally."""
    (container,) = operator(objects, name)["containers"]
    return {each["name"]: each["value"] for each in container["env"] if "value" in each}


@pytest.fixture(scope="session")
def helm() -> Helm:
    """Helm of the cluster's tools or of the machine."""
    binary = tool("helm")
    require(binary, "helm")
    return Helm(str(binary))


@pytest.fixture(scope="session")
def render(helm: Helm) -> Callable[..., Rendered]:
    """The chart's objects with the given options of helm."""
    return helm.render


@pytest.fixture(scope="session")
def defaults(helm: Helm) -> Rendered:
    """The chart's objects without any option."""
    return helm.render()
