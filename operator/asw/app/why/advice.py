"""What to try: concrete commands and pieces of JSON. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote as shell_quote
from typing import Final

from asw.api.names import REASON_WORKFLOW_NOT_FOUND
from asw.app.messages import t
from asw.app.why.case import Case
from asw.app.why.explanation import Advice, StateFailure, Wait
from asw.app.why.knowledge import meaning_of
from asw.app.why.origin import is_full
from asw.asl.errors import (
    IMAGE_PULL_FAILED,
    LANGUAGE_ERRORS,
    QUOTA_EXCEEDED,
    RUNTIME,
    START_FAILED,
    TIMEOUT,
    UNSCHEDULABLE,
)
from asw.engine.redrive import why_final

_BEFORE_THE_START = (
    "Asw.WorkflowNotFound",
    "Asw.InvalidDefinition",
    "Asw.InvalidInput",
    "Asw.ConcurrencyForbidden",
    "Asw.ExecutionAlreadyExists",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands are to act: the options for that, and the file that all was read from."""

    options: str = ""
    file: str = ""

    @property
    def suffix(self) -> str:
        """The options behind a command."""
        return f" {self.options}" if self.options and not self.file else ""


def advice_for(
    case: Case,
    failures: Sequence[StateFailure],
    place: Place,
    waits: Sequence[Wait] = (),
) -> Iterator[Advice]:
    """What its user may do next, the likeliest first."""
    yield from _of_failures(case, failures, place)
    if not case.run.is_over:
        yield from _while_it_waits(case, waits, place)
    elif case.record is not None and case.record.outcome and not why_final(case.record):
        text = t("once that is mended, go on from where it failed")
        yield Advice(text, _command("redrive", case, place))
    if case.events:
        text = t("see every value at that moment")
        at = (failures[0].last_event if failures else 0) or "last"
        yield Advice(text, _command("replay", case, place, f"--at {at}"))


def _of_failures(case: Case, failures: Sequence[StateFailure], place: Place) -> Iterator[Advice]:
    if not failures:
        return
    inner = failures[0]
    if is_full(inner.cause):
        yield Advice(t("end loops sooner, or give each round to a child of a distributed Map"))
        return
    meaning = meaning_of(inner.error)
    if meaning is not None and meaning.do:
        yield Advice(_with_function(meaning.do, inner))
    elif inner.function is not None and inner.error not in LANGUAGE_ERRORS:
        text = t(
            "mend the code of Function {name}, or catch {error}",
            name=inner.function,
            error=inner.error,
        )
        yield Advice(text)
    if inner.kind == "Choice" and inner.rules:
        yield Advice(t("give {state} a Default, for what no rule foresees", state=inner.state))
    if inner.tries:
        text = t("read all that its task printed")
        yield Advice(text, _command("logs", case, place, f"--state {shell_quote(inner.state)}"))
    yield from _of_handlers(inner)
    if inner.error in _BEFORE_THE_START:
        yield Advice(
            t("look at the Workflow"), f"asw get workflow/{case.run.workflow}{place.suffix}"
        )
    elif inner.error == RUNTIME:
        yield Advice(t("find such paths before they run"), "asw validate --strict FILES")


def _with_function(text: str, failure: StateFailure) -> str:
    if failure.function is None or "Function" not in text:
        return text
    return t("{text} ({name})", text=text, name=failure.function)


def _of_handlers(inner: StateFailure) -> Iterator[Advice]:
    """A handler that would have taken the error, as JSON to be pasted."""
    if (
        inner.error is None
        or inner.error == RUNTIME
        or inner.kind not in ("Task", "Parallel", "Map")
    ):
        return
    nearest = next((it for it in inner.verdicts if it.nearest is not None), None)
    if nearest is not None:
        names = [inner.error if name == nearest.nearest else name for name in nearest.error_equals]
        text = t("in {handler} of {state} write", handler=nearest.handler, state=inner.state)
        yield Advice(text, snippet=_fields(ErrorEquals=names))
        return
    if any(it.said != "no match" for it in inner.verdicts):
        return
    if _is_passing(inner.error):
        retry = {"ErrorEquals": [inner.error], "IntervalSeconds": 2, "MaxAttempts": 3}
        text = t("to try it again by itself, give {state} a Retrier", state=inner.state)
        yield Advice(text, snippet=_fields(Retry=[retry]))
        return
    catch = {"ErrorEquals": [inner.error], "ResultPath": "$.error", "Next": "..."}
    text = t("to go on in spite of it, give {state} a Catcher", state=inner.state)
    yield Advice(text, snippet=_fields(Catch=[catch]))


def _is_passing(error: str) -> bool:
    """Whether another try may well go better."""
    is_ours = error.startswith(("Asw.", "Lambda.")) and not error.endswith("NotFoundException")
    return error == TIMEOUT or (is_ours and error not in ("Asw.OutOfMemory", "Asw.InvalidResult"))


def _fields(**fields: object) -> str:
    """Fields as they stand in a definition, without the braces around."""
    return json.dumps(fields, ensure_ascii=False)[1:-1]


_PLIGHTS: Final = (
    (("ErrImage", "ImagePull", "InvalidImage"), IMAGE_PULL_FAILED),
    (("no node takes",), UNSCHEDULABLE),
    (("exceeded quota", "quota"), QUOTA_EXCEEDED),
    (("CreateContainer", "RunContainerError"), START_FAILED),
)
"""What a plight of a task is called once it becomes its failure, by words of Kubernetes in it."""


def _while_it_waits(case: Case, waits: Sequence[Wait], place: Place) -> Iterator[Advice]:
    for wait in waits:
        for words, error in _PLIGHTS:
            meaning = meaning_of(error)
            if meaning is not None and any(word in wait.trouble for word in words):
                yield Advice(t("{do}; else it fails with {error}", do=meaning.do, error=error))
                break
    conditions = case.run.status.get("conditions") or ()
    if any(it.get("reason") == REASON_WORKFLOW_NOT_FOUND for it in conditions):
        yield Advice(t("apply the Workflow {name}", name=case.run.workflow))
    if case.run.is_suspended:
        yield Advice(t("let it go on"), _command("resume", case, place))
    yield Advice(t("follow it"), _command("watch", case, place))
    yield Advice(t("or end it"), _command("stop", case, place))


def _command(verb: str, case: Case, place: Place, more: str = "") -> str:
    name = shell_quote(place.file) if place.file and verb == "replay" else case.run.name
    return " ".join(part for part in ("asw", verb, name, more) if part) + place.suffix
