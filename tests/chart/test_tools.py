"""The chart under the tools that its reviewers use: helm-unittest and kube-score."""

import subprocess

import pytest
import yaml

from asw.api.function import Function
from asw.platforms.kubernetes.tasks.jobs import job
from dev.chart import CHART
from tests.support.cluster import ROOT, require, tool
from tests.support.kube_objects import a_plan

EVERYWHERE = (
    # Throttling would slow the start of every interpreter, which is most of what a small task does,
    # and delay the renewal of the operator's Lease.
    "--ignore-container-cpu-limit",
    # Images have the tag of a version, or a digest. Always would ask the registry at the start of
    # every task, and keep a standby from starting while the registry is away.
    "--ignore-test=container-image-pull-policy",
)
OF_TASKS = (
    # What a task may reach is up to whoever owns its namespace: asw brings no policy there.
    "--ignore-test=pod-networkpolicy",
)


def run(name, *arguments, stdin=None):
    """A tool's output, whatever it thinks."""
    binary = tool(name)
    require(binary, name)
    words = [str(binary), *arguments]
    return subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)


def score(manifests, *options):
    """What kube-score finds critical, a line each."""
    stdin = yaml.safe_dump_all(manifests)
    fixed = ("--output-format=ci", "--kubernetes-version=v1.31")
    done = run("kube-score", "score", *fixed, *EVERYWHERE, *options, "-", stdin=stdin)
    assert "[OK]" in done.stdout, done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("[CRITICAL]")]


def test_the_chart_passes_its_own_tests():
    """``charts/asw/tests``: what values change in the rendered objects."""
    done = run("helm-unittest", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("values", [(), ("--set=replicas=2",)], ids=["one replica", "two replicas"])
def test_kube_score_finds_nothing_critical_in_the_chart(render, values):
    """As it is installed by default, and with a standby."""
    assert score(render(*values)) == []


def test_kube_score_finds_nothing_critical_in_a_task():
    """The Job of the Task of the first example, as the operator makes it."""
    text = (ROOT / "examples" / "01-sum" / "function.yaml").read_text(encoding="utf-8")
    function = Function.parse(yaml.safe_load(text))
    assert score([job(a_plan(function))], *OF_TASKS) == []
