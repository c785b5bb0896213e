"""The images that the node's containerd holds."""

from pathlib import Path

from dev.cluster.commands import run
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings


def import_archive(archive: Path, settings: Settings) -> None:
    """Put the images of an archive at the kubelet's disposal."""
    words = [*_ctr(settings), "images", "import", str(archive)]
    try:
        run(words)
    except StepError:
        run(words)  # its garbage collector removed a layer that the first import counted on


def holds(image: str, identifier: str, settings: Settings) -> bool:
    """Whether an image of this name is there and is the one with this id.

    The kubelet's side of containerd gives every image a second name, which is its id; both names
    have one target.
    """
    targets = parse_images(run([*_ctr(settings), "images", "list"]))
    return image in targets and targets[image] == targets.get(f"sha256:{identifier}")


def parse_images(listing: str) -> dict[str, str]:
    """Read ctr's table: the first column is a name, the third its target."""
    rows = [line.split() for line in listing.splitlines()[1:]]
    return {row[0]: row[2] for row in rows if len(row) > 2}


def _ctr(settings: Settings) -> list[str]:
    return ["ctr", f"--address={settings.containerd_socket}", "--namespace=k8s.io"]
