"""The same cluster by kind, where Docker answers and kind is installed."""

import shutil

from dev.cluster import binaries
from dev.cluster.commands import progress, run, say, succeeds
from dev.cluster.settings import KIND_CONTEXT, KIND_IMAGE, KIND_NAME, Settings


def is_usable() -> bool:
    """Whether kind is installed and a Docker engine answers."""
    return all(shutil.which(name) for name in ("kind", "docker")) and succeeds(["docker", "info"])


def exists() -> bool:
    """Whether kind has our cluster."""
    return KIND_NAME in run(["kind", "get", "clusters"]).split()


def up(settings: Settings) -> None:
    """Create the cluster unless it is there; kind enters it into the user's kubeconfig file."""
    if shutil.which("go") or not shutil.which("helm"):  # without Go the machine's own helm will do
        for module in binaries.CHART_TOOLS:
            binaries.build(module, settings)
    if not exists():
        with progress(f"creating the kind cluster {KIND_NAME}"):
            run(
                [
                    "kind",
                    "create",
                    "cluster",
                    "--name",
                    KIND_NAME,
                    "--image",
                    KIND_IMAGE,
                    "--wait",
                    "120s",
                ]
            )
    run(["kind", "export", "kubeconfig", "--name", KIND_NAME])
    settings.state.mkdir(parents=True, exist_ok=True)
    settings.kubeconfig.write_text(run(["kind", "get", "kubeconfig", "--name", KIND_NAME]))
    settings.kubeconfig.chmod(0o600)


def down(settings: Settings) -> None:
    """Delete the cluster."""
    with progress(f"deleting the kind cluster {KIND_NAME}"):
        run(["kind", "delete", "cluster", "--name", KIND_NAME])
    shutil.rmtree(settings.state, ignore_errors=True)


def status() -> bool:
    """Print the nodes and say whether the cluster answers."""
    if not exists() or not succeeds(
        ["kubectl", "--context", KIND_CONTEXT, "get", "--raw", "/readyz"]
    ):
        print("the cluster is not healthy; `up` starts it")
        return False
    print(run(["kubectl", "--context", KIND_CONTEXT, "get", "nodes", "-o", "wide"]), end="")
    pods = run(["kubectl", "--context", KIND_CONTEXT, "get", "pods", "-A", "-o", "name"]).split()
    print(f"{len(pods)} pods")
    return True


def build(image: str, arguments: list[str]) -> None:
    """Build an image with Docker; the arguments are those of `docker build`."""
    run(["docker", "build", "--tag", image, *arguments])


def load(image: str) -> None:
    """Put an image into the cluster, if there is one; Docker fetches what it does not have."""
    if not succeeds(["docker", "image", "inspect", image]):
        run(["docker", "pull", image])
    if exists():
        run(["kind", "load", "docker-image", "--name", KIND_NAME, image])
    else:
        say("there is no cluster to load it into")
