"""One node of real Kubernetes, run as plain processes of this machine."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dev.cluster import (
    api,
    archives,
    binaries,
    certificates,
    cgroups,
    configuration,
    containerd,
    daemons,
    kubeconfig,
    machine,
    network,
    packages,
    processes,
    remains,
)
from dev.cluster.commands import progress, say
from dev.cluster.errors import StepError
from dev.cluster.settings import KUBERNETES_VERSION, NAME, PAUSE_IMAGE, Settings

BUSY_SECONDS = 60
START_SECONDS = 300


def up(settings: Settings) -> None:
    """Have a healthy cluster: keep the one there is, or take away its remains and start."""
    if is_healthy(settings, patience=BUSY_SECONDS):
        say(f"the cluster {NAME} is up")
    else:
        packages.install(packages.NODE_PACKAGES)
        for module in binaries.ALL:
            binaries.build(module, settings)
        if remains.exist(settings):
            with progress("removing what is left of an earlier cluster"):
                remains.clean(settings)
        _start(settings)
    _enter_kubeconfig(kubeconfig.user_file(), settings)


def down(settings: Settings) -> None:
    """Take the cluster away, with everything that it made on this machine."""
    if not shutil.which("ip") or not remains.exist(settings):
        say(f"there is no cluster {NAME}")
        return
    with progress(f"removing the cluster {NAME}"):
        remains.clean(settings)


def is_healthy(settings: Settings, *, patience: float = 0) -> bool:
    """Whether all processes run and pods would start; patience is for a busy machine."""
    deadline = time.monotonic() + patience
    while _is_running(settings):
        if api.is_serving(settings) and api.is_node_ready(settings):
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return False


def status(settings: Settings) -> bool:
    """Print the state of the cluster and say whether it is healthy."""
    for name in daemons.NAMES:
        print(f"{name:24} {'running' if processes.alive(name, settings) else 'not running'}")
    if not is_healthy(settings, patience=BUSY_SECONDS):
        print("the cluster is not healthy; `up` starts it anew")
        return False
    node = api.get(f"/api/v1/nodes/{NAME}", settings)["status"]["nodeInfo"]
    pods: list[dict[str, Any]] = api.get("/api/v1/pods", settings)["items"]
    running = sum(pod["status"].get("phase") == "Running" for pod in pods)
    print(
        f"{'node':24} {NAME} is ready, {node['kubeletVersion']}, {node['containerRuntimeVersion']}"
    )
    print(f"{'pods':24} {len(pods)}, {running} of them running")
    return True


def _is_running(settings: Settings) -> bool:
    version = settings.state / "version"
    return (
        version.is_file()
        and version.read_text() == KUBERNETES_VERSION
        and network.has_bridge()
        and all(processes.alive(name, settings) for name in daemons.NAMES)
    )


def _start(settings: Settings) -> None:
    settings.state.mkdir(parents=True, mode=0o700)
    (settings.state / "version").write_text(KUBERNETES_VERSION)
    machine.remember(machine.observe(), settings)
    with progress("starting the control plane"):
        _prepare(settings)
        for daemon in [*daemons.stores(settings), daemons.api_server(settings)]:
            processes.start(daemon, settings)
        _wait(settings.containerd_socket.exists, "containerd", settings)
        containerd.import_archive(_pause_archive(settings), settings)
        _wait(lambda: api.is_serving(settings), "kube-apiserver", settings)
    with progress("starting the node"):
        for daemon in daemons.workers(settings):
            processes.start(daemon, settings)
        _wait(lambda: api.is_node_ready(settings), "kubelet", settings)


def _prepare(settings: Settings) -> None:
    certificates.create(settings)
    for name, content in configuration.files(settings).items():
        file = settings.configuration / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    for folder in (settings.logs / "pods", settings.containerd, settings.kubelet):
        folder.mkdir(parents=True, exist_ok=True)
    cgroups.create()
    network.set_switches()
    network.create_bridge()


def _pause_archive(settings: Settings) -> Path:
    source = binaries.folder(binaries.PAUSE, settings)
    target = settings.images / f"{source.name}.tar"
    if not target.exists():
        with tempfile.TemporaryDirectory() as folder:
            layer = Path(folder) / "layer.tar"
            archives.write_layer(layer, {"pause": (source / "pause").read_bytes()})
            config = archives.ImageConfig(command=(), entrypoint=("/pause",))
            archives.write_archive(target, image=PAUSE_IMAGE, layer=layer, config=config)
    return target


def _wait(is_ready: Callable[[], bool], name: str, settings: Settings) -> None:
    """Wait for a process to do its part, and stop at once when any process has ended."""
    deadline = time.monotonic() + START_SECONDS
    while not is_ready():
        started = [file.name for file in settings.pids.iterdir()]
        ended = [one for one in started if not processes.alive(one, settings)]
        if ended or time.monotonic() > deadline:
            culprit = ended[0] if ended else name
            raise StepError(
                f"{culprit} {'ended' if ended else 'was not ready in time'}",
                log=processes.log_tail(culprit, settings),
                remedy=f"read `python3 -m dev.cluster logs {culprit}`, then run `up` again",
            )
        time.sleep(0.05)


def _enter_kubeconfig(file: Path, settings: Settings) -> None:
    before = machine.recall(settings)
    if before and str(file) not in before.kubeconfigs:
        known = [*before.kubeconfigs, str(file)]
        machine.remember(replace(before, kubeconfigs=known), settings)
    kubeconfig.add_context(file, settings)
