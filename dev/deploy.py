"""Install or upgrade the chart on the local cluster: `python3 -m dev.deploy`.

Expects helm and kubectl on PATH and the cluster's kubeconfig, as `make deploy` sets them. The
operator's pods are replaced when their image has changed, though its tag has not. Two runs wait for
each other, and one that was killed half way is no obstacle to the next. `--archive` brings a
PostgreSQL as well, and an operator that archives there.
"""

import subprocess
import sys
from collections.abc import Sequence

from dev import archive
from dev.cluster import buildah, kind, locks
from dev.cluster.commands import run
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings
from dev.images import IMAGES, ROOT, version

NAMESPACE = "asw-system"
RELEASE = "asw"
_NAMESPACE = f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}}}}}"


def deploy(settings: Settings, extra: Sequence[str] = ()) -> None:
    """Install the chart and wait until the operator is ready; `extra` are Helm's options."""
    operator = f"{IMAGES[0].name}:{version()}"
    options = [
        "--namespace",
        NAMESPACE,
        "--create-namespace",
        "--set-string",
        f"podAnnotations.asw\\.dev/image={_identifier(operator, settings)}",
        "--take-ownership",  # of CRDs that `kubectl apply -f crds/` brought
        "--wait",
        "--timeout",
        "600s",
        *extra,
    ]
    with locks.held(settings.cache / "deploy.lock", "installation"):
        _clear_remains()
        run(
            ["helm", "upgrade", "--install", RELEASE, ROOT / "charts/asw", *options],
            remedy="see `make logs` and `kubectl --namespace asw-system describe pods`",
        )
        _wait_for_predecessors()


def _wait_for_predecessors() -> None:
    """Helm returns once the new pods are ready; the old ones may act until they are gone."""
    words = ["kubectl", "--namespace", NAMESPACE]
    shown = "jsonpath={range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name} {end}"
    leaving = run([*words, "get", "pods", f"--output={shown}"]).split()
    if leaving:
        run([*words, "wait", "pods", *leaving, "--for=delete", "--timeout=300s"])


def _clear_remains() -> None:
    """Remove Helm's note of a run that never ended: it would refuse every other for ever."""
    pending = "owner=helm,status in (pending-install,pending-upgrade,pending-rollback)"
    words = ["kubectl", "--namespace", NAMESPACE, "delete", "secrets", f"--selector={pending}"]
    run([*words, "--ignore-not-found"])


def _identifier(image: str, settings: Settings) -> str:
    if kind.is_usable():
        words = ["docker", "image", "inspect", "--format", "{{.Id}}", image]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    return buildah.identifier(image, settings)


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Deploy; 1 with the reason where that fails."""
    settings = Settings.from_environment()
    try:
        if "--archive" in arguments:
            run(["kubectl", "apply", "--filename=-"], text=_NAMESPACE)
            archive.deploy(NAMESPACE, settings)
            deploy(settings, archive.options())
        else:
            deploy(settings)
    except StepError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
