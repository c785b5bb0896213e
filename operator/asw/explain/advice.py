"""What to try: concrete commands and pieces of JSON. Pure."""

import json
from collections.abc import Iterator, Sequence
from shlex import quote
from typing import Final

from asw.api.names import REASON_INVALID_DEFINITION, REASON_WORKFLOW_NOT_FOUND
from asw.asl.errors import (
    DEADLINE_EXCEEDED,
    EVENT_LOST,
    FUNCTION_NOT_FOUND,
    HEARTBEAT_TIMEOUT,
    IMAGE_PULL_FAILED,
    INVALID_RESULT,
    LANGUAGE_ERRORS,
    NODE_LOST,
    NODE_REFUSED,
    NOT_ALLOWED,
    OUT_OF_MEMORY,
    QUOTA_EXCEEDED,
    RESULT_LOST,
    RUNTIME,
    START_FAILED,
    TASK_CRASHED,
    TASK_DELETED,
    TASK_EVICTED,
    TASK_LOST,
    TASK_PREEMPTED,
    TIMEOUT,
    UNSCHEDULABLE,
)
from asw.engine.dataflow import NO_NEXT
from asw.explain.case import Case
from asw.explain.explanation import Advice, StateFailure, Wait
from asw.explain.going_on import CommandTarget, going_on
from asw.explain.knowledge import meaning_of
from asw.explain.origin import is_full
from asw.messages import t

_IS_PRESENT: Final = '"And": [{"Variable": "$.path", "IsPresent": true}, ...]'
_PASSING: Final = frozenset(
    {
        TIMEOUT,
        HEARTBEAT_TIMEOUT,
        QUOTA_EXCEEDED,
        UNSCHEDULABLE,
        IMAGE_PULL_FAILED,
        TASK_CRASHED,
        TASK_EVICTED,
        TASK_PREEMPTED,
        TASK_DELETED,
        TASK_LOST,
        NODE_LOST,
        NODE_REFUSED,
        RESULT_LOST,
        EVENT_LOST,
        DEADLINE_EXCEEDED,
    }
)
"""Errors that may not come again at another try, besides those of the service itself."""
_MISTAKES: Final = frozenset(
    {FUNCTION_NOT_FOUND, START_FAILED, NOT_ALLOWED, INVALID_RESULT, OUT_OF_MEMORY}
)


def advice_for(
    case: Case,
    failures: Sequence[StateFailure],
    place: CommandTarget,
    *,
    waits: Sequence[Wait] = (),
    has_more_log: bool = False,
) -> Iterator[Advice]:
    """What its user may do next, the likeliest first. ``has_more_log``: not all lines are shown."""
    given = list(_of_failures(case, failures))
    if case.run.phase == "TimedOut":
        text = t(
            "raise TimeoutSeconds of the definition, or make the states that it was in end sooner"
        )
        given.append(Advice(text))
    yield from given
    if has_more_log:
        text = t("read everything that its task printed")
        state = case.lines[-1].state
        yield Advice(text, place.command("logs", case, f"--state {quote(state)}"))
    if not case.run.is_over:
        yield from _while_it_waits(case, waits, place)
    else:
        has_snippet = any(advice.snippet for advice in given)
        has_snippet |= bool(failures) and failures[0].error == FUNCTION_NOT_FOUND
        yield from going_on(case, failures, place, has_snippet=has_snippet)
    if case.events:
        text = t("see every value at that moment")
        at = (failures[0].last_event if failures else 0) or "last"
        yield Advice(text, place.command("replay", case, f"--at {at}"))


def _of_failures(case: Case, failures: Sequence[StateFailure]) -> Iterator[Advice]:
    if not failures:
        return
    inner = failures[0]
    if is_full(inner.cause):
        yield Advice(t("end loops sooner, or run each round in a child of a distributed Map"))
        return
    yield from _of_error(inner)
    if inner.kind == "Choice":
        yield from _of_choice(inner)
    if inner.kind == "Fail":
        text = t("{state} fails by its definition: look at what led to it", state=inner.state)
        yield Advice(text)
    yield from _of_handlers(case, inner)
    if inner.error == RUNTIME:
        yield Advice(t("find such paths before they run"), "asw validate --strict FILES")


def _of_error(inner: StateFailure) -> Iterator[Advice]:
    """What helps against the error itself, and against that of an express child."""
    if inner.item is not None:
        meaning, name = meaning_of(inner.item.error), inner.item.error or t("no error name")
        fix = t("fix what made the child fail, or catch {error} in the ItemProcessor", error=name)
        yield Advice(meaning.do if meaning is not None and meaning.do else fix)
    error = inner.asked if inner.error == TIMEOUT else inner.error
    meaning = meaning_of(error)
    if meaning is not None and meaning.do:
        yield Advice(_with_function(meaning.do, inner))
    elif inner.function is not None and inner.error not in LANGUAGE_ERRORS:
        text = t(
            "fix the code of Function {name}, or catch {error}",
            name=inner.function,
            error=inner.error,
        )
        yield Advice(text)
    elif inner.action is not None and inner.error not in LANGUAGE_ERRORS:
        text = t(
            "fix what {action} was asked for or lacks, or catch {error}",
            action=inner.action,
            error=inner.error,
        )
        yield Advice(text)


def _of_choice(inner: StateFailure) -> Iterator[Advice]:
    """A Default helps if no rule held; it does not if a rule could not be evaluated."""
    if inner.cause == NO_NEXT:
        yield Advice(t("give {state} a Default, for input that no rule covers", state=inner.state))
    elif inner.error == RUNTIME:
        yield Advice(t("if the path may be absent, test for that first"), snippet=_IS_PRESENT)


def _with_function(text: str, failure: StateFailure) -> str:
    if failure.function is None or "Function" not in text:
        return text
    return t("{text} ({name})", text=text, name=failure.function)


def _of_handlers(case: Case, inner: StateFailure) -> Iterator[Advice]:
    """A handler that would take the error, as JSON to paste."""
    error = inner.asked or inner.error
    if error is None or error == RUNTIME or inner.kind not in ("Task", "Parallel", "Map"):
        return
    nearest = next((it for it in inner.verdicts if it.nearest is not None), None)
    if nearest is not None:
        names = [error if name == nearest.nearest else name for name in nearest.error_equals]
        text = t("in {handler} of {state}, write", handler=nearest.handler, state=inner.state)
        yield Advice(text, snippet=_fields(ErrorEquals=names))
        return
    if any(it.said != "no match" for it in inner.verdicts) or _is_mistake(error):
        return
    if _is_passing(error):
        retry = {"ErrorEquals": [error], "IntervalSeconds": 2, "MaxAttempts": 3}
        text = t("to retry it automatically, give {state} a Retrier", state=inner.state)
        yield Advice(text, snippet=_fields(Retry=[retry]))
        return
    state = case.state(inner.state)
    catch: dict[str, object] = {"ErrorEquals": [error], "ResultPath": "$.error", "Next": "..."}
    if state is not None and state.language == "JSONata":
        del catch["ResultPath"]
    text = t("to go on despite the error, give {state} a Catcher", state=inner.state)
    yield Advice(text, snippet=_fields(Catch=[catch]))


def _is_mistake(error: str) -> bool:
    """Whether it must be fixed, because no call can succeed before."""
    return error in _MISTAKES or error.startswith("Runtime.")


def _is_passing(error: str) -> bool:
    """Whether another try may well succeed."""
    is_service = error.startswith("Lambda.") and not error.endswith("NotFoundException")
    return is_service or error in _PASSING


def _fields(**fields: object) -> str:
    """Fields as in a definition, without the braces around them."""
    return json.dumps(fields, ensure_ascii=False)[1:-1]


_PENDING_REASONS: Final = (
    (("ErrImage", "ImagePull", "InvalidImage"), IMAGE_PULL_FAILED),
    (("no node takes",), UNSCHEDULABLE),
    (("failed quota",), START_FAILED),
    (("exceeded quota", "quota"), QUOTA_EXCEEDED),
    (("CreateContainer", "RunContainerError", "forbidden"), START_FAILED),
)
"""The error that a pending reason ends with, by words of Kubernetes in it."""


def _while_it_waits(case: Case, waits: Sequence[Wait], place: CommandTarget) -> Iterator[Advice]:
    ends = (_error_of_pending(wait.trouble) for wait in waits)
    for error in dict.fromkeys(end for end in ends if end is not None):
        meaning = meaning_of(error)
        assert meaning is not None, "each of these is explained"
        yield Advice(t("{do}; otherwise it fails with {error}", do=meaning.do, error=error))
    reasons = {it.get("reason") for it in case.run.status.get("conditions") or ()}
    if REASON_WORKFLOW_NOT_FOUND in reasons:
        yield Advice(t("apply the Workflow {name}", name=case.run.workflow))
    if REASON_INVALID_DEFINITION in reasons and not case.events:
        text = t("fix the Workflow {name}, and apply it", name=case.run.workflow)
        yield Advice(text, "asw validate FILES")
    if case.run.is_suspended:
        yield Advice(t("resume it"), place.command("resume", case))
    printing = next((wait for wait in waits if wait.is_at_work), None)
    if printing is not None:
        state = f"-f --state {quote(printing.state)}"
        yield Advice(t("see what its task prints"), place.command("logs", case, state))
    if place.is_local and not case.run.is_suspended:
        text = t("if the asw that ran it was interrupted, resume it")
        yield Advice(text, place.command("resume", case))
    yield Advice(t("follow it"), place.command("watch", case))
    yield Advice(t("or stop it"), place.command("stop", case))


def _error_of_pending(trouble: str) -> str | None:
    """The error that a task ends with if this keeps it from running."""
    found = (error for words, error in _PENDING_REASONS if any(word in trouble for word in words))
    return next(found, None)
