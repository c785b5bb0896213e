"""Installed packages, looked for only once something is not found otherwise.

The runtime starts with ``-S``: the ``site`` module and the ``.pth`` files of a derived image cost
several milliseconds of every task, and most functions need none of them. Where a folder of packages
is named, as on one machine, those are all that there are.
"""

from __future__ import annotations

import builtins
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def install(folder: str | None) -> None:
    """Make packages known, at the end of the search; nothing where ``site`` has run already.

    They are those in the folder, none if it is empty, and those of the image if it is None.
    """
    if "site" in sys.modules:
        return
    builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment] # as site gives them
    if folder is None:
        sys.meta_path.append(LateSite())
    elif folder:
        _add(folder)


def _add(folder: str) -> None:
    if any(name.endswith(".pth") for name in os.listdir(folder)):
        import site

        site.addsitedir(folder)
    else:
        sys.path.append(folder)


class LateSite:
    """Runs ``site`` at the first import that nobody else can serve, and then asks again."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's spec among the packages that ``site`` makes known."""
        sys.meta_path.remove(self)
        import site

        site.main()
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                return spec
        return None
