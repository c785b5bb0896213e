"""Taking away all that a cluster leaves on the machine, however it ended: by `down`, by kill -9 or half started."""

import shutil
from pathlib import Path

from dev.cluster import buildah, cgroups, firewall, kubeconfig, machine, mounts, network, processes
from dev.cluster.errors import StepFailed
from dev.cluster.settings import Settings

CONTAINER_LOGS = Path("/var/log/containers")


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
    """Remove the sockets of the pods' shims, which containerd keeps in a folder shared by all containerds."""
    tasks = settings.containerd / "state" / "io.containerd.runtime.v2.task"
    folder = None
    for file in tasks.glob("*/*/address"):
        socket = Path(file.read_text().removeprefix("unix://"))
        socket.unlink(missing_ok=True)
        folder = socket.parent
    for empty in (folder, folder.parent) if folder else ():
        try:
            empty.rmdir()
        except OSError:
            return


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
        raise StepFailed(
            "still mounted: " + " ".join(str(path) for path in left),
            remedy="unmount it by hand and try again",
        )
    if settings.state.exists():
        shutil.rmtree(settings.state)
