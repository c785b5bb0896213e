"""How to go on after an end: redrive, with which definition, or start again. Pure.

A redrive goes on with the definition that was run, so a fixed definition needs the Workflow's
current one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import Final

from asw.asl.errors import (
    CONCURRENCY_FORBIDDEN,
    INTRINSIC_FAILURE,
    INVALID_DEFINITION,
    INVALID_INPUT,
    PARAMETER_PATH_FAILURE,
    QUERY_EVALUATION_ERROR,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
)
from asw.engine.redrive import why_final
from asw.explain.case import Case
from asw.explain.explanation import Advice, StateFailure
from asw.messages import t

DATA_FLOW: Final = frozenset(
    {
        RUNTIME,
        QUERY_EVALUATION_ERROR,
        INTRINSIC_FAILURE,
        RESULT_PATH_MATCH_FAILURE,
        PARAMETER_PATH_FAILURE,
    }
)
"""Errors of a definition's data flow: it fails again on the same data."""
_CURRENT: Final = "--revision current"


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """Where commands act: the options for that, and the file that everything was read from.

    ``is_nested``: this is about a child, within the explanation of its parent.
    """

    options: str = ""
    file: str = ""
    is_nested: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only commands of their users work on executions."""
        return self.options.startswith(("--local", "--data")) and not self.file

    @property
    def suffix(self) -> str:
        """The options after a command."""
        return f" {self.options}" if self.options and not self.file else ""

    def command(self, verb: str, case: Case, more: str = "", *, name: str = "") -> str:
        """The verb on the execution, or on another of this name."""
        if self.file and verb == "replay":
            name = quote(self.file)
        parts = ("asw", verb, name or case.run.name, more)
        return " ".join(part for part in parts if part) + self.suffix

    def after_fixing(self, verb: str, case: Case, more: str = "", *, name: str = "") -> str:
        """The same once files were changed: on one machine, the store has a copy of them."""
        command = self.command(verb, case, more, name=name)
        return f"asw apply PATH{self.suffix} && {command}" if self.is_local else command


def needs_definition(failure: StateFailure) -> bool:
    """Whether the same definition fails again on the same data, whatever functions do."""
    is_work = failure.kind in ("Task", "Parallel", "Map")
    return not is_work or failure.error in DATA_FLOW


def going_on(
    case: Case, failures: Sequence[StateFailure], place: CommandTarget, *, has_snippet: bool
) -> Iterator[Advice]:
    """For an execution that is over and did not succeed.

    ``has_snippet``: a change of the definition was advised, among other things.
    """
    run = case.run
    if run.parent is not None:
        if not place.is_nested:
            text = t("once that is fixed, redrive its parent: it runs again what did not succeed")
            yield Advice(text, place.after_fixing("redrive", case, name=run.parent))
        return
    inner = failures[0] if failures else None
    if case.record is None or case.record.outcome is None or why_final(case.record):
        yield from _again(case, place)
    elif inner is None or not inner.state:
        text = t("resume it where it was")
        if run.phase == "TimedOut":
            text = t("resume it where it was: its TimeoutSeconds start again")
        yield Advice(text, place.command("redrive", case))
        if run.phase == "TimedOut":
            yield from _with_current(case, place)
    elif needs_definition(inner) and not inner.tries:
        yield from _with_current(case, place)
        text = t("if its input was wrong, start it again on another")
        yield Advice(text, place.command("rerun", case, "--input-file FILE"))
    else:
        text = t("once that is fixed, go on from where it failed")
        yield Advice(text, place.after_fixing("redrive", case))
        if has_snippet or needs_definition(inner):
            yield from _with_current(case, place)


def _with_current(case: Case, place: CommandTarget) -> Iterator[Advice]:
    text = t("once the Workflow is fixed, go on with its new definition")
    yield Advice(text, place.after_fixing("redrive", case, _CURRENT))


def _again(case: Case, place: CommandTarget) -> Iterator[Advice]:
    if case.run.error == INVALID_DEFINITION:
        name = f"workflow/{case.run.workflow}"
        yield Advice(t("look at the Workflow"), place.command("get", case, name=name))
    more = "--input-file FILE" if case.run.error == INVALID_INPUT else ""
    if case.run.error == CONCURRENCY_FORBIDDEN:
        yield Advice(t("then start it again"), place.command("rerun", case, more))
        return
    text = t("once that is fixed, start it again")
    yield Advice(text, place.after_fixing("rerun", case, more))
