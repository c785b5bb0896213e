"""The processes of the node: their command lines, as data."""

from dev.cluster import binaries
from dev.cluster.processes import Daemon
from dev.cluster.settings import (
    API_PORT,
    CLUSTER_DOMAIN,
    ETCD_PEER_PORT,
    ETCD_PORT,
    NAME,
    NODE_ADDRESS,
    SERVICE_RANGE,
    Settings,
)

NAMES = (
    "etcd",
    "containerd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
)


def stores(settings: Settings) -> list[Daemon]:
    """List what the others stand on: the API server's data and the pods' containers."""
    return [_etcd(settings), _containerd(settings)]


def api_server(settings: Settings) -> Daemon:
    """Describe the API server; it listens on the bridge only, for pods and this machine."""
    pki = settings.certificates
    return _kubernetes(
        settings,
        "kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{ETCD_PORT}",
        f"--bind-address={NODE_ADDRESS}",
        f"--advertise-address={NODE_ADDRESS}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        f"--cert-dir={pki}",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--kubelet-client-certificate={pki}/apiserver-kubelet-client.crt",
        f"--kubelet-client-key={pki}/apiserver-kubelet-client.key",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
        f"--service-account-key-file={pki}/service-accounts.key",
        f"--service-account-signing-key-file={pki}/service-accounts.key",
    )


def workers(settings: Settings) -> list[Daemon]:
    """List the clients of the API server that make it a cluster."""
    return [
        _controller_manager(settings),
        _scheduler(settings),
        _kubelet(settings),
        _kubernetes(settings, "kube-proxy", f"--config={settings.configuration}/kube-proxy.json"),
        Daemon(
            name="coredns",
            argv=(
                binaries.program(binaries.COREDNS, "coredns", settings),
                "-conf",
                f"{settings.configuration}/Corefile",
            ),
        ),
    ]


def _etcd(settings: Settings) -> Daemon:
    client, peer = f"http://127.0.0.1:{ETCD_PORT}", f"http://127.0.0.1:{ETCD_PEER_PORT}"
    return Daemon(
        name="etcd",
        argv=(
            binaries.program(binaries.ETCD, "etcd", settings),
            f"--name={NAME}",
            f"--data-dir={settings.state}/etcd",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster={NAME}={peer}",
            # The data is thrown away with the cluster: nothing has to survive a loss of power.
            "--unsafe-no-fsync",
            f"--quota-backend-bytes={4 * 1024**3}",
        ),
    )


def _containerd(settings: Settings) -> Daemon:
    return Daemon(
        name="containerd",
        argv=("/usr/bin/containerd", "--config", f"{settings.configuration}/containerd.toml"),
    )


def _controller_manager(settings: Settings) -> Daemon:
    pki = settings.certificates
    return _kubernetes(
        settings,
        "kube-controller-manager",
        f"--kubeconfig={pki}/controller-manager.conf",
        "--bind-address=127.0.0.1",
        f"--cert-dir={pki}",
        "--leader-elect=false",
        "--use-service-account-credentials",
        # The default of 20 a second makes the start 5 s longer and holds Jobs up.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        f"--root-ca-file={pki}/ca.crt",
        f"--service-account-private-key-file={pki}/service-accounts.key",
        f"--cluster-signing-cert-file={pki}/ca.crt",
        f"--cluster-signing-key-file={pki}/ca.key",
    )


def _scheduler(settings: Settings) -> Daemon:
    return _kubernetes(
        settings,
        "kube-scheduler",
        f"--kubeconfig={settings.certificates}/scheduler.conf",
        "--bind-address=127.0.0.1",
        f"--cert-dir={settings.certificates}",
        "--leader-elect=false",
    )


def _kubelet(settings: Settings) -> Daemon:
    return _kubernetes(
        settings,
        "kubelet",
        f"--config={settings.configuration}/kubelet.json",
        f"--kubeconfig={settings.certificates}/kubelet.conf",
        f"--root-dir={settings.kubelet}",
        f"--cert-dir={settings.certificates}",
        f"--hostname-override={NAME}",
        f"--node-ip={NODE_ADDRESS}",
    )


def _kubernetes(settings: Settings, name: str, *flags: str) -> Daemon:
    return Daemon(name=name, argv=(binaries.program(binaries.KUBERNETES, name, settings), *flags))
