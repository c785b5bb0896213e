"""Our chart on the cluster, as tests want it: spans that are short enough to wait for."""

import os
from pathlib import Path

from dev.cluster.settings import Settings
from dev.deploy import NAMESPACE, deploy
from tests.support.cluster import tool

SYSTEM = NAMESPACE
"""The operator's namespace."""
SHORT_SPANS = (
    "startTimeoutSeconds=30",
    "workflowWaitSeconds=20",
    "imagePullGraceSeconds=30",
)


def install(*values: str) -> None:
    """Upgrade the release with these values on top of the short spans."""
    helm = tool("helm")
    assert helm is not None
    folder = str(Path(helm).parent)
    if folder not in os.environ["PATH"].split(os.pathsep):
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    options = [f"--set={value}" for value in (*SHORT_SPANS, *values)]
    deploy(Settings.from_environment(), options)
