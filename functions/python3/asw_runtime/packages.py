"""Installed packages, looked for only once something is not found otherwise.

The runtime starts with ``-S``: the ``site`` module and the ``.pth`` files of a derived image cost
several milliseconds of every task, and most functions need none of them.
"""

from __future__ import annotations

import builtins
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


def install() -> None:
    """Put the late site at the end of the search; nothing where ``site`` has run already."""
    if "site" not in sys.modules:
        builtins.exit = builtins.quit = sys.exit  # type: ignore[assignment] # as site gives them
        sys.meta_path.append(LateSite())


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
