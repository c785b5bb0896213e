"""How TestState refuses a request: AWS's code, sentence and HTTP status.

The sentences are AWS's own where they are known; the others follow their style.
"""

from collections.abc import Sequence
from typing import Final

from asw.asl.problems import Problem

BAD_REQUEST: Final = 400


class TestStateRefused(Exception):
    """The request is refused; nothing ran.

    ``http_status`` is None for what AWS's clients refuse before they call the service.
    """

    __test__ = False  # pytest collects classes named Test...

    def __init__(self, code: str, message: str, http_status: int | None = BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.http_status = http_status


def invalid_request(message: str) -> TestStateRefused:
    """A parameter is wrong, or does not fit another one."""
    return TestStateRefused("ValidationException", message)


def invalid_parameter(message: str) -> TestStateRefused:
    """A parameter is wrong in a way that AWS's clients detect themselves."""
    return TestStateRefused(
        "ParamValidationError", f"Parameter validation failed:\n{message}", None
    )


def invalid_input(reason: str) -> TestStateRefused:
    """The state's input is not JSON."""
    message = f"Invalid State Machine Execution Input: '{reason}'"
    return TestStateRefused("InvalidExecutionInput", message)


def unsupported_state(message: str) -> TestStateRefused:
    """TestState does not run such a definition."""
    return TestStateRefused("InvalidDefinition", message)


def invalid_definition(problems: Sequence[Problem]) -> TestStateRefused:
    """The definition cannot run; AWS shows one problem as it is, several each in quotes."""
    errors = (it for it in problems if it.severity == "ERROR")
    told = [f"{it.code}: {it.summary} at {it.path}" for it in errors]
    listed = told[0] if len(told) == 1 else ", ".join(f"'{text}'" for text in told)
    return TestStateRefused("InvalidDefinition", f"Invalid State Machine Definition: '{listed}'")
