"""Taking away all that a cluster leaves: after `down`, after kill -9, after half a start."""

import os
import shutil
import socket
from contextlib import suppress
from pathlib import Path

from dev.cluster import cgroups, firewall, kubeconfig, machine, mounts, network, processes
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings

CONTAINER_LOGS = Path("/var/log/containers")
SHIM_SOCKETS = Path("/run/containerd/s")
KUBELET_SOCKET = Path("/var/lib/kubelet/device-plugins/kubelet.sock")


def exist(settings: Settings) -> bool:
    """Whether there is anything to take away."""
    return (
        settings.state.exists()
        or settings.before.exists()
        or bool(processes.ours(settings))
        or any(root.exists() for root in cgroups.roots())
        or network.has_bridge()
    )


def clean(settings: Settings) -> None:
    """Take everything away that belongs to the cluster; the cache stays."""
    processes.end(settings)
    cgroups.kill_members()
    _remove_dead_sockets()
    mounts.unmount_below(settings.state)
    network.remove_bridge()
    network.forget_results()
    firewall.remove_rules()
    cgroups.remove()
    _restore(settings)
    _remove_state(settings)


def _remove_dead_sockets() -> None:
    """Remove sockets on which nobody listens; their folders may serve other programs too."""
    for file in (*SHIM_SOCKETS.glob("*"), KUBELET_SOCKET):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(file))
            except ConnectionRefusedError:
                file.unlink(missing_ok=True)
            except OSError:
                continue


def _restore(settings: Settings) -> None:
    for link in CONTAINER_LOGS.glob("*.log"):
        if link.is_symlink() and link.readlink().is_relative_to(settings.state):
            link.unlink()
    before = machine.recall(settings)
    if not before:
        return
    network.write_switches(before.switches)
    for folder in machine.FIXED_FOLDERS:
        if folder not in before.folders:
            _remove_empty(folder)
    for file in before.kubeconfigs:
        kubeconfig.remove_context(Path(file), settings)
    machine.forget(settings)


def _remove_empty(folder: str) -> None:
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            Path(path).rmdir()


def _remove_state(settings: Settings) -> None:
    left = mounts.mounts_below(settings.state, mounts.mounts())
    if left:
        # Deleting through a mount would delete what is mounted there.
        raise StepError(
            "still mounted: " + " ".join(str(path) for path in left),
            remedy="unmount it by hand and try again",
        )
    if settings.state.exists():
        shutil.rmtree(settings.state)
