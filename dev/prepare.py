"""Build what a cluster and its images are made of, without starting one: `python3 -m dev.prepare`.

Programs are compiled while images are made: these mostly wait for downloads. Where this machine can
have no cluster, or kind brings one, there is nothing to do.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from dev.cluster import binaries, kind, locks, packages
from dev.cluster.commands import say
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings
from dev.images import build_all
from dev.ready import obstacle


def prepare(settings: Settings) -> None:
    """Do it; what is in the cache costs a second."""
    packages.install((*packages.NODE_PACKAGES, *packages.IMAGE_PACKAGES, *packages.TEST_PACKAGES))
    with ThreadPoolExecutor(max_workers=1) as beside:
        images = beside.submit(build_all, settings)
        with locks.held(settings.lock, "cluster"):
            for module in binaries.ALL:
                binaries.build(module, settings)
        images.result()


def main() -> int:
    """Prepare; 1 with the reason where that fails."""
    settings = Settings.from_environment()
    if obstacle(settings) is not None or kind.is_usable():
        return 0
    try:
        prepare(settings)
    except StepError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
