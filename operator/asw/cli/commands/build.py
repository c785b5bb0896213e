"""``asw build``: arguments only; ``building`` does it."""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.images.platforms import PLATFORMS

_EXAMPLES = (
    Example(
        command="asw build workflow.yaml functions.yaml -o rendered.yaml",
        does="Write manifests that are complete by themselves, to commit.",
    ),
    Example(
        command="asw build . -o rendered.yaml && asw build . -o rendered.yaml --check",
        does="Check, as a pipeline does, that what was committed is up to date.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the rendered manifests; by default standard output.",
)
@click.option(
    "--repository",
    metavar="REGISTRY/REPOSITORY",
    help="Repository that the manifests name for images; one is enough for all Functions.",
)
@click.option("--push", "is_pushing", is_flag=True, help="Push the images to the repository.")
@click.option(
    "--layout",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the images into this folder, an OCI layout.",
)
@click.option(
    "--base",
    "bases",
    metavar="[RUNTIME=]IMAGE",
    multiple=True,
    help="Image to build on, best by digest, or oci:FOLDER; by default that of asw's version.",
)
@click.option(
    "--platform",
    "platforms",
    type=click.Choice(PLATFORMS),
    multiple=True,
    default=PLATFORMS[:1],
    show_default=True,
    help="Platform of the nodes; may be repeated.",
)
@click.option(
    "--bytecode",
    "has_bytecode",
    is_flag=True,
    help="Compile Python modules, so that tasks start faster; needs the base's version of Python.",
)
@click.option(
    "--check",
    "is_check",
    is_flag=True,
    help="Write and push nothing; exit code 1 if the file of -o is out of date.",
)
@click.option(
    "--plain-http", "is_plain", is_flag=True, help="Speak HTTP without TLS to the registry."
)
def command(paths: tuple[Path, ...], **order: Any) -> None:
    """Make images and rendered manifests of Functions whose code is in folders.

    PATHS are files, or folders of them, as kubectl apply takes them; of a folder the file of -o is
    left out. Manifests are printed as they are, except Functions with spec.code.path. Code
    without packages becomes what asw apply sends: spec.code.inline, or immutable ConfigMaps. Code
    with a requirements.txt (python3, python3.13) or a package.json with its lock (nodejs), and code
    that is too large or no text, becomes an image: the runtime's image, a layer of packages and a
    layer of code. The manifest then names the image by its digest. .aswignore names files to leave
    out, as for every other verb.

    No daemon is needed, and nothing of a package runs: wheels and npm packages are unpacked for the
    platform of the nodes, which need not be this machine's. Equal code, lock and base give the same
    digest. So --check can tell, without pushing, whether committed manifests are up to date. Pin
    the base by digest for that: a tag may move.

    Tasks cannot keep what Python compiles, so each compiles what it imports. --bytecode puts that
    into the image; the digest then depends on the Python that builds, too.

    Logins are those of docker login, credential helpers included. Layers that the repository has
    are not sent again.

    Exit codes: 0 done; 1 the file is out of date, or a registry refuses or is not reached; 2 wrong
    files or packages; 4 no such base.
    """
    from asw.cli.building import BuildOrder, run  # noqa: PLC0415 -- help needs none

    sys.exit(run(paths, BuildOrder(**order)))
