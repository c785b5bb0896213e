"""Wiring: which kind of function runs, and whether once or for as long as there are requests."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .functions import Function


def main(arguments: list[str]) -> None:
    """Run one task from the environment, or with ``--serve`` one for each line of stdin."""
    function = _function(is_shell="--shell" in arguments)
    if "--serve" in arguments:
        from .serving import serve

        serve(function)
    else:
        from .oneshot import run_once

        run_once(function)


def _function(*, is_shell: bool) -> Function:
    if is_shell:
        from .shell import ShellFunction

        return ShellFunction()
    from .python import PythonFunction

    return PythonFunction()
