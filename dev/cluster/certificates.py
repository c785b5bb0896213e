"""Keys and certificates of the control plane, and a kubeconfig file for each of its clients."""

import json
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.commands import run
from dev.cluster.settings import (
    CLUSTER_DOMAIN,
    FIRST_SERVICE_ADDRESS,
    NAME,
    NODE_ADDRESS,
    Settings,
)

DAYS = "365"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a certificate names: a user and its group, or a server and its names."""

    file: str
    user: str
    group: str = ""
    names: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """As openssl wants it."""
        return (f"/O={self.group}" if self.group else "") + f"/CN={self.user}"

    @property
    def extensions(self) -> str:
        """What the certificate is good for."""
        if self.names:
            return f"extendedKeyUsage=serverAuth\nsubjectAltName={','.join(self.names)}\n"
        return "extendedKeyUsage=clientAuth\n"


SERVER = Identity(
    file="apiserver",
    user="kube-apiserver",
    names=(
        "IP:127.0.0.1",
        f"IP:{FIRST_SERVICE_ADDRESS}",
        f"IP:{NODE_ADDRESS}",
        "DNS:localhost",
        "DNS:kubernetes",
        "DNS:kubernetes.default",
        "DNS:kubernetes.default.svc",
        f"DNS:kubernetes.default.svc.{CLUSTER_DOMAIN}",
    ),
)
CLIENTS = (
    Identity(file="admin", user="kubernetes-admin", group="system:masters"),
    Identity(file="apiserver-kubelet-client", user="kube-apiserver", group="system:masters"),
    Identity(file="controller-manager", user="system:kube-controller-manager"),
    Identity(file="scheduler", user="system:kube-scheduler"),
    Identity(file="kube-proxy", user="system:kube-proxy"),
    Identity(file="kubelet", user=f"system:node:{NAME}", group="system:nodes"),
)


def create(settings: Settings) -> None:
    """Make all of them anew in the state folder."""
    folder = settings.certificates
    folder.mkdir(parents=True, mode=0o700)
    _authority(folder)
    for identity in (SERVER, *CLIENTS):
        _issue(folder, identity)
    run(["openssl", "genrsa", "-out", folder / "service-accounts.key", "2048"])
    for identity in CLIENTS:
        kubeconfig = (
            settings.kubeconfig if identity.file == "admin" else folder / f"{identity.file}.conf"
        )
        _write_kubeconfig(kubeconfig, identity, settings)


def _authority(folder: Path) -> None:
    _key(folder / "ca.key")
    usage = "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"
    command: list[str | Path] = ["openssl", "req", "-x509", "-new", "-days", DAYS]
    command += ["-key", folder / "ca.key", "-out", folder / "ca.crt"]
    run([*command, "-subj", f"/CN={NAME}", "-addext", usage])


def _issue(folder: Path, identity: Identity) -> None:
    key = folder / f"{identity.file}.key"
    _key(key)
    request = run(["openssl", "req", "-new", "-key", key, "-subj", identity.subject])
    extensions = folder / f"{identity.file}.ext"
    extensions.write_text(f"keyUsage=critical,digitalSignature\n{identity.extensions}")
    command: list[str | Path] = ["openssl", "x509", "-req", "-days", DAYS]
    command += ["-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-extfile", extensions]
    run([*command, "-out", folder / f"{identity.file}.crt"], text=request)
    extensions.unlink()


def _key(file: Path) -> None:
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file])
    file.chmod(0o600)


def _write_kubeconfig(file: Path, identity: Identity, settings: Settings) -> None:
    folder = settings.certificates
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": NAME,
                "cluster": {
                    "server": settings.address,
                    "certificate-authority": str(folder / "ca.crt"),
                },
            }
        ],
        "users": [
            {
                "name": NAME,
                "user": {
                    "client-certificate": str(folder / f"{identity.file}.crt"),
                    "client-key": str(folder / f"{identity.file}.key"),
                },
            }
        ],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }
    file.write_text(json.dumps(content, indent=2))
    file.chmod(0o600)
