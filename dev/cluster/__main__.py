"""The verbs: `python3 -m dev.cluster VERB`."""

import argparse
import os
import shlex
import sys
from pathlib import Path

from dev.cluster import binaries, buildah, images, kind, locks, node
from dev.cluster.commands import say
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings


def main() -> int:
    """Carry out one verb; its failure is told in words, with the log's tail and a remedy."""
    arguments = _parser().parse_args()
    settings = Settings.from_environment()
    try:
        return int(arguments.verb(arguments, settings))
    except StepError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the same verb goes on from here")
        return 130


def _up(_: argparse.Namespace, settings: Settings) -> int:
    with locks.held(settings.lock, "cluster"):
        if kind.is_usable():
            kind.up(settings)
        else:
            node.up(settings)
    return 0


def _down(_: argparse.Namespace, settings: Settings) -> int:
    with locks.held(settings.lock, "cluster"):
        if kind.is_usable() and kind.exists():
            kind.down(settings)
        node.down(settings)
    return 0


def _status(_: argparse.Namespace, settings: Settings) -> int:
    return 0 if (kind.status() if kind.is_usable() else node.status(settings)) else 1


def _kubeconfig(_: argparse.Namespace, settings: Settings) -> int:
    print(settings.kubeconfig)
    return 0


def _env(_: argparse.Namespace, settings: Settings) -> int:
    print(f"export KUBECONFIG={shlex.quote(str(settings.kubeconfig))}")
    modules = (binaries.KUBERNETES, *binaries.CHART_TOOLS, binaries.REGISTRY)
    built = [binaries.folder(module, settings) for module in modules]
    if folders := ":".join(str(folder) for folder in built if folder.is_dir()):
        print(f'export PATH={shlex.quote(folders)}:"$PATH"')
    return 0


def _logs(arguments: argparse.Namespace, settings: Settings) -> int:
    file = settings.logs / f"{arguments.name}.log"
    if not file.is_file():
        names = ", ".join(sorted(log.stem for log in settings.logs.glob("*.log")))
        raise StepError(f"there is no log of {arguments.name}", remedy=f"take one of: {names}")
    follow = ["--follow"] if arguments.follow else []
    os.execvp("tail", ["tail", f"--lines={arguments.lines}", *follow, str(file)])


def _image_build(arguments: argparse.Namespace, settings: Settings) -> int:
    pairs = [pair.partition("=") for pair in arguments.build_arg]
    build_arguments = {name: value for name, _, value in pairs}
    recipe = buildah.Recipe(
        file=arguments.file, context=arguments.context, arguments=build_arguments
    )
    images.build(arguments.name, recipe, settings)
    return 0


def _image_load(arguments: argparse.Namespace, settings: Settings) -> int:
    for name in arguments.names:
        images.load(name, settings)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m dev.cluster", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    for name, verb, purpose in (
        ("up", _up, "have a healthy cluster"),
        ("down", _down, "take the cluster away"),
        ("status", _status, "print its state; ends with 0 when it is healthy"),
        ("kubeconfig", _kubeconfig, "print the path of the cluster's own kubeconfig file"),
        ("env", _env, "print shell lines that put cluster and tools at hand"),
    ):
        verbs.add_parser(name, help=purpose).set_defaults(verb=verb)
    logs = verbs.add_parser("logs", help="print the end of a process's log")
    logs.add_argument("name")
    logs.add_argument("--lines", type=int, default=200)
    logs.add_argument("--follow", action="store_true")
    logs.set_defaults(verb=_logs)
    _add_image_verbs(verbs.add_parser("image", help="build and load images"))
    return parser


def _add_image_verbs(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    build = verbs.add_parser("build", help="build an image and load it")
    build.add_argument("name", metavar="NAME[:TAG]")
    build.add_argument("--file", type=Path, required=True, metavar="DOCKERFILE")
    build.add_argument("--context", type=Path, default=Path())
    build.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    build.set_defaults(verb=_image_build)
    for name, purpose in (
        ("load", "load images that were built before"),
        ("base", "make base images, if they never were, and load them"),
    ):
        load = verbs.add_parser(name, help=purpose)
        load.add_argument("names", nargs="+", metavar="NAME[:TAG]")
        load.set_defaults(verb=_image_load)


if __name__ == "__main__":
    sys.exit(main())
