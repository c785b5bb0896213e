"""Make the cluster ready for tests where this machine can have one: `python3 -m dev.ready`.

Brings the cluster up, builds and loads the images and installs the chart. Where that cannot be
done it says why and ends with 0, so that the tests skip what needs a cluster; with
ASW_REQUIRE_CLUSTER=1 it ends with 1 instead.
"""

import os
import shutil
import subprocess
import sys

from dev.cluster import kind
from dev.cluster.settings import Settings
from dev.images import ROOT

STEPS = ("cluster-up", "deploy")


def obstacle(settings: Settings) -> str | None:
    """Why this machine cannot have a cluster, None where it can."""
    if settings.kubeconfig.exists() or kind.is_usable():
        return None
    if sys.platform != "linux":
        return "neither Docker with kind, nor Linux"
    if os.geteuid() != 0:
        return "neither Docker with kind, nor root (a node of its own needs root)"
    missing = [tool for tool in ("go", "apt-get") if shutil.which(tool) is None]
    return f"no Docker with kind, and no {' and no '.join(missing)}" if missing else None


def main() -> int:
    """Do it; see the module for how it ends."""
    required = os.environ.get("ASW_REQUIRE_CLUSTER") == "1"
    reason = obstacle(Settings.from_environment())
    if reason is None:
        for verb in STEPS:
            done = subprocess.run(["make", "--no-print-directory", verb], cwd=ROOT, check=False)
            if done.returncode != 0:
                reason = f"`make {verb}` failed"
                break
        else:
            return 0
    print(f"no cluster: {reason}", file=sys.stderr)
    return 1 if required else 0


if __name__ == "__main__":
    sys.exit(main())
