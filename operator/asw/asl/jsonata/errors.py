"""Errors of expressions, in AWS's words."""

from typing import Final

STACK_OVERFLOW: Final = (
    "Stack overflow error: Check for non-terminating recursive function. "
    "Consider rewriting as tail-recursive"
)
"""The evaluation or a value is nested too deeply."""
TIMEOUT: Final = "Expression evaluation timeout: Check for infinite loop"
"""The evaluation took too many steps, or too long."""
MEMORY: Final = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
"""A string, an array or the result is too large."""


class JSONataError(Exception):
    """An expression that cannot be evaluated; ``message`` is its text and AWS's.

    ``code`` is JSONata's, such as ``T2001``, and begins the message; it is empty if a limit was
    exceeded. AWS joins a message without a code to its sentence with a colon, any other with a
    full stop. ``offset`` is the place in the source, in characters.
    """

    def __init__(self, message: str, code: str = "", offset: int | None = None) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.message = str(self)
        self.code = code
        self.offset = offset
        self.reason = message
        """The message without its code, as AWS shows it for an expression that does not parse."""


class UnsupportedResultError(JSONataError):
    """The result is a function, not JSON."""

    def __init__(self) -> None:
        super().__init__("returned an unsupported result type.")


def wrong_argument(function: str, number: int) -> JSONataError:
    """The argument, counted from 1, does not have the type that the function takes."""
    return JSONataError(
        f'Argument {number} of function "{function}" does not match function signature', "T0410"
    )
