"""Build the project's images and load them into the cluster: `python3 -m dev.images`.

Every image carries the version of the package; the same Dockerfiles make the published ones.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dev.cluster import buildah, images
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image of the project: its name without tag, its Dockerfile and what that may copy.

    `arguments` are those of its Dockerfile that differ from the defaults. `pin` is what a release
    calls its base (`make publish BASES=...`): images of one Dockerfile may have several.
    """

    name: str
    file: str
    context: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    pin: str = "PYTHON_IMAGE"


IMAGES = (
    Image(name="docker.io/asw/operator", file="Dockerfile", context="."),
    Image(name="docker.io/asw/python3", file="functions/python3/Dockerfile", context="functions"),
    Image(
        name="docker.io/asw/python3.13",
        file="functions/python3/Dockerfile",
        context="functions",
        arguments={"PYTHON_IMAGE": "docker.io/library/python:3.13-slim", "PYTHON": "3.13"},
        pin="PYTHON313_IMAGE",
    ),
    Image(
        name="docker.io/asw/nodejs",
        file="functions/nodejs/Dockerfile",
        context="functions",
        pin="NODE_IMAGE",
    ),
    Image(name="docker.io/asw/shell", file="functions/shell/Dockerfile", context="functions"),
)


def version() -> str:
    """The version of the package, read without importing it."""
    text = (ROOT / "operator/asw/__init__.py").read_text()
    found = re.search(r'__version__ = "([^"]+)"', text)
    if found is None:
        raise StepError("operator/asw/__init__.py has no __version__", remedy="give it one")
    return found[1]


def build_all(settings: Settings) -> None:
    """Build and load all images; what did not change costs a second."""
    for image in IMAGES:
        recipe = buildah.Recipe(
            file=ROOT / image.file,
            context=ROOT / image.context,
            arguments=image.arguments,
        )
        images.build(f"{image.name}:{version()}", recipe, settings)


def main() -> int:
    """Build all images; 1 with the reason where that fails."""
    try:
        build_all(Settings.from_environment())
    except StepError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
