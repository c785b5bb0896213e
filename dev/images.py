"""Build the project's images and load them into the cluster: `python3 -m dev.images`.

Every image carries the version of the package; the same Dockerfiles make the published ones.
`--platforms` builds them for others too, to see that they can be: no node here runs those.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from dev.cluster import archives, bases, buildah, dockerfile, images, packages
from dev.cluster.commands import progress
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings

Pinned: TypeAlias = Callable[[str, str], str]
"""The base that an argument names for an architecture, in the builder's storage."""
ROOT = Path(__file__).parents[1]
PLATFORMS = ("linux/amd64", "linux/arm64")
"""What `asw.images.platforms` has too: this runs before asw can be imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One image of the project: its name without tag, its Dockerfile and what that may copy.

    `arguments` are those of its Dockerfile that differ from the defaults. `pins` are what a release
    calls its bases (`make publish BASES=...`), where that is not the name of their argument: images
    of one Dockerfile may have several.
    """

    name: str
    file: str
    context: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)

    def bases(self) -> dict[str, str]:
        """The images that it is built upon, by the argument of its Dockerfile that names each."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        named = {**dockerfile.image_arguments(text), **self.arguments}
        return {it: images.full_name(named[it]) for it in dockerfile.image_arguments(text)}

    def pin(self, argument: str) -> str:
        """What a release calls the base that the argument names."""
        return self.pins.get(argument, argument)


IMAGES = (
    Image(name="docker.io/asw/operator", file="Dockerfile", context="."),
    Image(name="docker.io/asw/python3", file="functions/python3/Dockerfile", context="functions"),
    Image(
        name="docker.io/asw/python3.13",
        file="functions/python3/Dockerfile",
        context="functions",
        arguments={"PYTHON_IMAGE": "docker.io/library/python:3.13-slim", "PYTHON": "3.13"},
        pins={"PYTHON_IMAGE": "PYTHON313_IMAGE"},
    ),
    Image(name="docker.io/asw/nodejs", file="functions/nodejs/Dockerfile", context="functions"),
    Image(name="docker.io/asw/shell", file="functions/shell/Dockerfile", context="functions"),
    Image(name="docker.io/asw/connector", file="functions/connector/Dockerfile", context="."),
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


def build_for(
    image: Image, architecture: str, settings: Settings, pinned: Pinned | None = None
) -> str:
    """Build the image for an architecture; its name in the builder's storage, which is held.

    Steps run on this machine's architecture. Without `pinned` bases are made here.
    """
    named = image.bases()

    def base(argument: str, architecture: str) -> str:
        if pinned:
            return pinned(argument, architecture)
        made = bases.for_architecture(named[argument], architecture)
        bases.ensure(made, settings)
        return made

    recipe = buildah.Recipe(
        file=ROOT / image.file,
        context=ROOT / image.context,
        arguments={
            **image.arguments,
            **{argument: base(argument, architecture) for argument in named},
            "BUILD_IMAGE": base("PYTHON_IMAGE", archives.architecture()),
            "TARGETARCH": architecture,
        },
    )
    name = f"{image.name}-{architecture}:{version()}"
    with progress(f"building {image.name} for {architecture}"):
        buildah.build(name, recipe, settings)
    return name


def build_others(architectures: Sequence[str], settings: Settings) -> None:
    """Build all images for architectures that are not this machine's, into the builder's storage.

    No emulator runs: see Contributing, Images.
    """
    packages.install(packages.IMAGE_PACKAGES)
    for architecture in architectures:
        for image in IMAGES:
            with images.storage(settings):
                build_for(image, architecture, settings)


def chosen(arguments: Sequence[str]) -> list[str]:
    """The architectures of `--platforms`; without it this machine's."""
    own = archives.architecture()
    parser = argparse.ArgumentParser(prog="make image", description=__doc__)
    parser.add_argument("--platforms", default=f"linux/{own}", metavar="linux/amd64,linux/arm64")
    names = parser.parse_args(arguments).platforms.split(",")
    if unknown := [name for name in names if name not in PLATFORMS]:
        parser.error(f"unknown platforms: {', '.join(unknown)}; known are {', '.join(PLATFORMS)}")
    return [name.removeprefix("linux/") for name in names]


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Build all images; 1 with the reason where that fails."""
    architectures = chosen(arguments)
    own = archives.architecture()
    try:
        settings = Settings.from_environment()
        if own in architectures:
            build_all(settings)
        if others := [it for it in architectures if it != own]:
            build_others(others, settings)
    except StepError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
