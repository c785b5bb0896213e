"""Names, versions, addresses and folders of the cluster; nothing is touched here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = "asw-dev"
KIND_NAME = "asw"
KIND_CONTEXT = f"kind-{KIND_NAME}"
KIND_IMAGE = "kindest/node:v1.34.0"

KUBERNETES_VERSION = "v1.34.4"
ETCD_VERSION = "v3.6.6"
HELM_VERSION = "v3.22.0"
HELM_COMMIT = "144ca65f8501953fa8b41cd1d37c7223051c85b7"
KUBE_SCORE_VERSION = "v1.20.0"
COREDNS_VERSION = "v1.14.7"
REGISTRY_VERSION = "v3.1.2"
COSIGN_VERSION = "v3.1.3"
SYFT_VERSION = "v1.57.2"

# Marks every process of the cluster: the value is its state folder, so two never mix.
MARKER = "ASW_DEV_CLUSTER"

BRIDGE = "cni0"
NODE_ADDRESS = "10.244.0.1"
POD_RANGE = "10.244.0.0/16"
SERVICE_RANGE = "10.96.0.0/16"
FIRST_SERVICE_ADDRESS = "10.96.0.1"
CLUSTER_DOMAIN = "cluster.local"
API_PORT = 6443
# Not etcd's own ports, so that a test's private etcd can have those.
ETCD_PORT = 23790
ETCD_PEER_PORT = 23800
DNS_HEALTH_PORT = 10253

PAUSE_IMAGE = f"docker.io/library/{NAME}-pause:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The folders of this user's cluster: `cache` outlives it, `state` is deleted with it."""

    cache: Path
    state: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Follow the XDG variables, relative values of which are to be ignored."""
        home = Path(environment.get("HOME") or Path.home())
        return cls(
            cache=_xdg(environment, "XDG_CACHE_HOME", home / ".cache") / NAME,
            state=_xdg(environment, "XDG_STATE_HOME", home / ".local" / "state") / NAME,
        )

    @property
    def address(self) -> str:
        """Where the API server answers."""
        return f"https://{NODE_ADDRESS}:{API_PORT}"

    @property
    def lock(self) -> Path:
        """Held by whoever changes the cluster; in the cache, since `down` deletes the state."""
        return self.cache / "lock"

    @property
    def kubeconfig(self) -> Path:
        """The cluster's own kubeconfig file, of an administrator."""
        return self.state / "kubeconfig"

    @property
    def certificates(self) -> Path:
        """Keys, certificates and the components' kubeconfig files."""
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        """One file for each process, and the pods' logs."""
        return self.state / "logs"

    @property
    def pids(self) -> Path:
        """One file for each process."""
        return self.state / "pids"

    @property
    def configuration(self) -> Path:
        """The configuration files that the processes read."""
        return self.state / "etc"

    @property
    def containerd(self) -> Path:
        """Containerd's data, state, sockets and network namespaces."""
        return self.state / "containerd"

    @property
    def containerd_socket(self) -> Path:
        """Where containerd answers."""
        return self.containerd / "containerd.sock"

    @property
    def kubelet(self) -> Path:
        """The kubelet's folder, where pods' volumes are mounted."""
        return self.state / "kubelet"

    @property
    def before(self) -> Path:
        """What the machine was like before; in the cache, to outlive a state removed by hand."""
        return self.cache / "before.json"

    @property
    def images(self) -> Path:
        """Archives of the images that are made once."""
        return self.cache / "images"


def _xdg(environment: Mapping[str, str], variable: str, default: Path) -> Path:
    value = Path(environment.get(variable, ""))
    return value if value.is_absolute() else default
