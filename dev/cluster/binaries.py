"""The programs that are built from Go modules, once for each version, and kept in the cache.

Every module of `go/` pins its dependencies by go.mod and go.sum. A folder of the cache is named
after the version and a digest of those files, and appears only when all its programs are there.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.commands import progress, run, say
from dev.cluster.errors import StepError
from dev.cluster.settings import (
    COREDNS_VERSION,
    COSIGN_VERSION,
    ETCD_VERSION,
    HELM_COMMIT,
    HELM_VERSION,
    KUBE_SCORE_VERSION,
    KUBERNETES_VERSION,
    REGISTRY_VERSION,
    SYFT_VERSION,
    Settings,
)

MODULES = Path(__file__).parent / "go"
_REMEDY = "install Go 1.26 or newer, or use Docker with kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A folder of `go/`: what is built from it, and the values that are linked in.

    `usual` is what that takes, nothing cached, on 2 cores.
    """

    name: str
    version: str
    programs: dict[str, str]
    values: dict[str, str]
    usual: str


KUBERNETES = Module(
    name="kubernetes",
    version=KUBERNETES_VERSION,
    programs={
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
            "kube-proxy",
            "kubectl",
        )
    },
    # Without them kubectl and Helm refuse the server's version.
    values={
        "k8s.io/component-base/version.gitVersion": KUBERNETES_VERSION,
        "k8s.io/component-base/version.gitMajor": "1",
        "k8s.io/component-base/version.gitMinor": KUBERNETES_VERSION.split(".")[1],
    },
    usual="6 to 9 minutes",
)
ETCD = Module(
    name="etcd",
    version=ETCD_VERSION,
    programs={"etcd": "go.etcd.io/etcd/server/v3"},
    values={},
    usual="half a minute",
)


def _minor_of_client_go(module: str) -> str:
    """The minor version of Kubernetes that a module's client-go is of, as Helm's Makefile does."""
    text = (MODULES / module / "go.mod").read_text(encoding="utf-8")
    found = re.search(r"k8s\.io/client-go v0\.(\d+)\.", text)
    assert found, f"{module}/go.mod does not require client-go"
    return found[1]


HELM = Module(
    name="helm",
    version=HELM_VERSION,
    # One module: helm-unittest is made of Helm's packages, which are compiled once for both.
    programs={
        "helm": "helm.sh/helm/v3/cmd/helm",
        "helm-unittest": "github.com/helm-unittest/helm-unittest/cmd/helm-unittest",
    },
    # As Helm's Makefile sets them; without them charts are rendered for Kubernetes 1.20.
    values={
        "helm.sh/helm/v3/internal/version.version": HELM_VERSION,
        "helm.sh/helm/v3/internal/version.gitCommit": HELM_COMMIT,
        "helm.sh/helm/v3/internal/version.gitTreeState": "clean",
        **{
            f"helm.sh/helm/v3/pkg/{package}.k8sVersion{part}": number
            for package in ("chartutil", "lint/rules")
            for part, number in (("Major", "1"), ("Minor", _minor_of_client_go("helm")))
        },
    },
    usual="1 to 3 minutes",
)
KUBE_SCORE = Module(
    name="kube-score",
    version=KUBE_SCORE_VERSION,
    programs={"kube-score": "github.com/zegl/kube-score/cmd/kube-score"},
    values={},
    usual="1 minute",
)
COREDNS = Module(
    name="coredns", version=COREDNS_VERSION, programs={"coredns": "."}, values={}, usual="1 minute"
)
# CNCF's registry, which tests push to and pull from.
REGISTRY = Module(
    name="registry",
    version=REGISTRY_VERSION,
    programs={"registry": "github.com/distribution/distribution/v3/cmd/registry"},
    values={},
    usual="2 to 4 minutes",
)
# Only `make publish` needs these two.
COSIGN = Module(
    name="cosign",
    version=COSIGN_VERSION,
    programs={"cosign": "github.com/sigstore/cosign/v3/cmd/cosign"},
    values={},
    usual="4 to 7 minutes",
)
SYFT = Module(
    name="syft",
    version=SYFT_VERSION,
    programs={"syft": "github.com/anchore/syft/cmd/syft"},
    values={},
    usual="6 to 10 minutes",
)
PAUSE = Module(name="pause", version="v1", programs={"pause": "."}, values={}, usual="seconds")
CHART_TOOLS = (HELM, KUBE_SCORE)
ALL = (KUBERNETES, ETCD, COREDNS, PAUSE, *CHART_TOOLS, REGISTRY)


def folder(module: Module, settings: Settings) -> Path:
    """Where a module's programs are kept."""
    digest = hashlib.sha256(repr((module.programs, module.values)).encode())
    for file in sorted((MODULES / module.name).iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return settings.cache / "bin" / f"{module.name}-{module.version}-{digest.hexdigest()[:8]}"


def program(module: Module, name: str, settings: Settings) -> str:
    """Return the path of one program."""
    return str(folder(module, settings) / name)


def build(module: Module, settings: Settings) -> None:
    """Build a module's programs, unless they are in the cache."""
    target = folder(module, settings)
    if target.is_dir():
        return
    if not shutil.which("go"):
        raise StepError("Go is not installed", remedy=_REMEDY)
    say(f"{module.name} {module.version} is built from source: usually {module.usual} on 2 cores")
    # A name of our own, not a random one: what was built before an interruption is used again.
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.mkdir(parents=True, exist_ok=True)
    for name, package in module.programs.items():
        if not (unfinished / name).exists():
            _build_program(module, package, unfinished / name)
    unfinished.rename(target)


def _build_program(module: Module, package: str, target: Path) -> None:
    values = [f"-X {name}={value}" for name, value in module.values.items()]
    flags = " ".join(["-s -w", *values])
    unfinished = target.with_name(f".{target.name}")
    command = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(unfinished), package]
    with progress(f"building {target.name} ({module.name} {module.version})"):
        run(
            command,
            cwd=MODULES / module.name,
            env={"CGO_ENABLED": "0", "GOWORK": "off"},
            remedy=_REMEDY,
        )
    unfinished.replace(target)
