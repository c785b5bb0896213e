"""A Function that is run alone: what is asked, and how it ended. Pure."""

from dataclasses import dataclass

from asw.asl.resources import parse_function_name
from asw.asl.values import Json
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t

STATE = "Invoke"
"""Name of the Task state that calls the Function."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvokeOrder:
    """Run this Function on this input. ``function`` is the name that definitions use."""

    function: str
    input: Json

    @property
    def definition(self) -> dict[str, Json]:
        """A state machine of one Task, which calls it."""
        task = {"Type": "Task", "Resource": f"asw:function:{self.function}", "End": True}
        return {"StartAt": STATE, "States": {STATE: task}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: its output, or else the name and cause of its error."""

    output: Json = None
    error: str | None = None
    cause: str | None = None


def named_function(text: str) -> str:
    """The name in ``NAME`` or ``NAME:QUALIFIER``; only the current code exists. Raises Failure."""
    invocation = parse_function_name(text)
    if invocation.qualifier is not None:
        raise Failure(
            t(
                "Function {name!r} has no version or alias {qualifier!r}",
                name=invocation.name,
                qualifier=invocation.qualifier,
            ),
            remedy=t("leave it out: the current code runs"),
            code=NOT_FOUND,
        )
    return invocation.name
