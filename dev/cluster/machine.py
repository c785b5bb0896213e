"""What the machine was like before the cluster came, so that `down` leaves it as it was."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.cluster import network
from dev.cluster.settings import Settings

# Folders that kubelet and plugins insist on, whatever their configuration says.
FIXED_FOLDERS = ("/var/lib/kubelet", "/var/log/containers", "/var/lib/cni", "/run/containerd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Kernel switches, the fixed folders there were, and the kubeconfig files written into."""

    switches: dict[str, str]
    folders: list[str]
    kubeconfigs: list[str]


def observe() -> Before:
    """Look at the machine as it is now."""
    return Before(
        switches=network.read_switches(),
        folders=[folder for folder in FIXED_FOLDERS if Path(folder).exists()],
        kubeconfigs=[],
    )


def remember(before: Before, settings: Settings) -> None:
    """Write it down."""
    unfinished = settings.before.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(before), indent=2))
    unfinished.replace(settings.before)


def recall(settings: Settings) -> Before | None:
    """Read it again; none when there is no cluster."""
    try:
        return Before(**json.loads(settings.before.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def forget(settings: Settings) -> None:
    """Remove the note: the machine is as it was."""
    settings.before.unlink(missing_ok=True)
