"""The verbs: `python3 -m dev.cluster VERB`."""

import argparse
import os
import sys

from dev.cluster import binaries, kind, locks, node
from dev.cluster.commands import say
from dev.cluster.errors import StepFailed
from dev.cluster.settings import Settings


def main() -> int:
    """Carry out one verb; its failure is told in words, with the log's tail and a remedy."""
    arguments = _parser().parse_args()
    settings = Settings.from_environment()
    try:
        return _VERBS[arguments.verb](arguments, settings)
    except StepFailed as error:
        say(str(error))
        return 1


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


_VERBS = {"up": _up, "down": _down, "status": _status, "kubeconfig": _kubeconfig}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m dev.cluster", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for name in _VERBS:
        verbs.add_parser(name)
    return parser


if __name__ == "__main__":
    sys.exit(main())
