"""Wiring: which kind of function runs, and whether once or for as long as there are requests."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .functions import Function


def main(arguments: list[str]) -> None:
    """Run one task from the environment, or with ``--serve`` one for each line of stdin.

    Where ``ASW_POLL_URL`` is set, ask there for tasks: what follows ``--``, else ourselves with
    ``--serve``, is the command that they are handed to.
    """
    at = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = arguments[:at], arguments[at + 1 :]
    if os.environ.get("ASW_POLL_URL") and "--serve" not in options:
        from .warm.parent import run

        run(command or _served_by_us(options))
    function = _function(is_shell="--shell" in options)
    if "--serve" in options:
        from .serving import serve

        serve(function)
    else:
        from .oneshot import run_once

        run_once(function)


def _served_by_us(options: list[str]) -> list[str]:
    main = f"{os.path.dirname(os.path.abspath(__file__))}/__main__.py"
    kind = ["--shell"] if "--shell" in options else []
    return [sys.executable, "-S", "-P", main, "--serve", *kind]


def _function(*, is_shell: bool) -> Function:
    if is_shell:
        from .shell import ShellFunction

        return ShellFunction()
    from .python import PythonFunction

    return PythonFunction()
