"""Taking away all that a cluster leaves: after `down`, after kill -9, after half a start."""

import shutil
from contextlib import suppress
from pathlib import Path

from dev.cluster import buildah, cgroups, firewall, kubeconfig, machine, mounts, network, processes
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings

CONTAINER_LOGS = Path("/var/log/containers")
SHIM_SOCKETS = Path("/run/containerd/s")


def exist(settings: Settings) -> bool:
    """Whether there is anything to take away."""
    return (
        settings.state.exists()
        or bool(processes.ours(settings))
        or any(root.exists() for root in cgroups.roots())
        or network.has_bridge()
    )


def clean(settings: Settings) -> None:
    """Take everything away that belongs to the cluster; the cache stays."""
    processes.end(settings)
    cgroups.kill_members()
    _remove_shim_sockets(settings)
    mounts.unmount_below(settings.state)
    buildah.forget_mounts(settings)
    network.remove_bridge()
    network.forget_results()
    firewall.remove_rules()
    cgroups.remove()
    _restore(settings)
    _remove_state(settings)


def _remove_shim_sockets(settings: Settings) -> None:
    """Remove the sockets of our pods' shims; their folder is one for all containerds."""
    tasks = settings.containerd / "state" / "io.containerd.runtime.v2.task"
    for file in tasks.glob("*/*/address"):
        Path(file.read_text().removeprefix("unix://")).unlink(missing_ok=True)
    for folder in (SHIM_SOCKETS, SHIM_SOCKETS.parent):
        with suppress(OSError):
            folder.rmdir()


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
            shutil.rmtree(folder, ignore_errors=True)
    for file in before.kubeconfigs:
        kubeconfig.remove_context(Path(file), settings)


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
