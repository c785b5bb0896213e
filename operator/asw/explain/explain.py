"""Turns a case into its explanation. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from asw.api.phases import INTERRUPTED
from asw.engine.history import Event
from asw.executions.causes import named
from asw.executions.visits import Visit
from asw.explain.advice import advice_for
from asw.explain.case import Case
from asw.explain.explanation import Explanation, StateFailure, Verb
from asw.explain.failed import function_of, iteration_notes, place_text, state_failure
from asw.explain.going_on import CommandTarget
from asw.explain.origin import Origin, origin_of
from asw.explain.waits import standing_notes, waits_of, who_set
from asw.messages import t
from asw.messages.spans import span_text

SHOWN_LINES = 15
"""How many lines of the failing attempt's log are shown."""
_SLOWEST = 3
_MOST_STOOD = 10
"""How many states that it was in are named."""


def explain(
    case: Case, *, target: str = "", file: str = "", is_nested: bool = False
) -> Explanation:
    """Why it failed, what it waits for, or how it went.

    ``target`` are the options that commands need to reach the same place, such as ``--local``;
    ``file`` is the bundle that everything was read from; ``is_nested``: within its parent's.
    """
    place = CommandTarget(target, file, is_nested)
    match case.run.phase:
        case "Failed":
            return _failed(case, place)
        case "TimedOut" | "Aborted":
            return _ended(case, place)
        case "Succeeded":
            return _succeeded(case)
        case _:
            return _waiting(replace(case, where=target), place)


def _made(case: Case, verb: Verb, headline: str, **more: object) -> Explanation:
    run = case.run
    known: dict[str, object] = {"missing": tuple(case.missing), **more}
    return Explanation(
        name=run.name,
        namespace=run.namespace,
        workflow=run.workflow,
        phase=INTERRUPTED if run.shown_phase == INTERRUPTED else run.phase,
        verb=verb,
        headline=headline,
        started_at=run.started_at,
        ended_at=run.ended_at,
        **known,  # type: ignore[arg-type]
    )


def _failed(case: Case, place: CommandTarget) -> Explanation:
    origin = origin_of(case)
    failures = tuple(
        state_failure(case, level, is_inner=at == 0) for at, level in enumerate(origin.levels)
    )
    child = (
        explain(case.first_child, target=place.options, file=place.file, is_nested=True)
        if case.first_child
        else None
    )
    if not failures:
        return _failed_before(case, place)
    inner, log = failures[0], _log_of(case, origin)
    headline = t(
        "{state} failed: {error}", state=inner.state, error=inner.error or t("no error name")
    )
    if inner.item is not None:
        error = named(inner.item.error or t("no error name"), inner.item.cause)
        headline += " — " + t("in child {index}: {error}", index=inner.item.index, error=error)
    if child is not None and child.failures:
        headline += " — " + t(
            "in its child {name}: {headline}", name=child.name, headline=child.headline
        )
    return _made(
        case,
        "failed",
        headline,
        failures=failures,
        notes=tuple(_outcome_notes(case, failures)),
        log=log,
        advice=tuple(advice_for(case, failures, place, has_more_log=len(case.lines) > len(log))),
        child=child,
    )


def _failed_before(case: Case, place: CommandTarget) -> Explanation:
    """A failure before it started, or of which no history is left."""
    run = case.run
    error = run.error or t("no error name")
    headline = t("failed before its first state: {error}", error=error)
    if case.events:
        headline = t("failed: {error}", error=error)
    failure = StateFailure(
        state="",
        kind="",
        place=(),
        event=0,
        last_event=0,
        input=None,
        error=run.error,
        cause=run.cause,
    )
    return _made(
        case,
        "failed",
        headline,
        notes=(run.cause,) if run.cause else (),
        advice=tuple(advice_for(case, (failure,), place)),
    )


def _outcome_notes(case: Case, failures: tuple[StateFailure, ...]) -> Iterator[str]:
    outermost = failures[-1]
    if case.run.error is not None and case.run.error != outermost.error:
        yield t("The execution itself failed with {error}.", error=case.run.error)
    yield from _redriven(case)


def _redriven(case: Case) -> Iterator[str]:
    if case.run.redrive_count == 1:
        yield t("It was redriven once.")
    elif case.run.redrive_count:
        yield t("It was redriven {count} times.", count=case.run.redrive_count)


def _log_of(case: Case, origin: Origin) -> tuple[object, ...]:
    """The last lines of the attempt that failed; of an express child those of its last task."""
    inner = origin.printing()
    number = case.number_of(inner.calls[-1]) if inner is not None and inner.calls else None
    if case.lines and case.lines[-1].child:
        number = case.lines[-1].number
    return tuple([it for it in case.lines if it.number == number][-SHOWN_LINES:])


def _ended(case: Case, place: CommandTarget) -> Explanation:
    origin = origin_of(case)
    notes, log = [*_stood(case, origin), *_redriven(case)], _log_of(case, origin)
    advice = tuple(advice_for(case, (), place, has_more_log=len(case.lines) > len(log)))
    if case.run.phase == "TimedOut":
        limit = case.machine.timeout_seconds if case.machine else None
        headline = t("timed out after {seconds} s, its TimeoutSeconds", seconds=limit)
        return _made(case, "timed out", headline, notes=tuple(notes), log=log, advice=advice)
    who = who_set(case.run.manifest, "spec", "stop")
    headline = t("was aborted by {who}", who=who) if who else t("was aborted")
    if case.run.error:
        headline += f": {case.run.error}"
    if case.run.cause:
        notes.insert(0, case.run.cause)
    return _made(case, "aborted", headline, notes=tuple(notes), log=log, advice=advice)


def _stood(case: Case, origin: Origin) -> Iterator[str]:
    """In which states it was ended, and for how long it had been in them."""
    for visit in origin.stands_at[:_MOST_STOOD]:
        function = function_of(case.state(visit.name))
        name = visit.name
        if function is not None:
            name = t("{state}, which calls {function}", state=name, function=function)
        ended_at = case.run.ended_at or case.now
        yield t(
            "It was in {place}, for {span}.",
            place=" / ".join((*place_text(case, visit), name)),
            span=span_text(ended_at - visit.entered.at),
        )
        if visit.calls and visit.calls[-1].ended is None and visit.calls[-1].started is None:
            yield t("Its task had not started.")
    if len(origin.stands_at) > _MOST_STOOD:
        yield t("It was in {count} states in all.", count=len(origin.stands_at))


def _succeeded(case: Case) -> Explanation:
    took = (case.run.ended_at or case.now) - (case.run.started_at or case.run.created_at)
    headline = t("succeeded in {took}", took=span_text(took))
    return _made(
        case, "succeeded", headline, notes=(*_redriven(case), *_caught(case), *_slowest(case))
    )


def _caught(case: Case) -> Iterator[str]:
    for visit in case.visits.all:
        faults = visit.faults()
        for note in iteration_notes(case, visit):
            yield f"{visit.name}: {note}"
        if not faults or visit.exited is None:
            continue  # what failed within a Map that bears it is counted there
        names = ", ".join(_errors(faults))
        tries = len(visit.calls)
        if visit.result is not None:
            yield t(
                "{state} succeeded at try {number}, after {errors}.",
                state=visit.name,
                number=tries,
                errors=names,
            )
        else:
            yield t(
                "{state} failed, and its error was caught: {errors}.",
                state=visit.name,
                errors=names,
            )


def _errors(faults: Sequence[Event]) -> Iterator[str]:
    """Their errors, each of several in a row once."""
    for error, alike in groupby(str(event.details.get("error")) for event in faults):
        count = len(list(alike))
        yield error if count == 1 else t("{name} ({count} times)", name=error, count=count)


def _slowest(case: Case) -> Iterator[str]:
    def took(visit: Visit) -> timedelta:
        return (visit.exited.at if visit.exited else case.now) - visit.entered.at

    leaves = [it for it in case.visits.all if it.kind in ("Task", "Wait") and it.exited]
    for visit in sorted(leaves, key=took, reverse=True)[:_SLOWEST]:
        yield t("{state} took {took}.", state=visit.name, took=span_text(took(visit)))


def _waiting(case: Case, place: CommandTarget) -> Explanation:
    waits = waits_of(case)
    notes = tuple(standing_notes(case, waits))
    if not waits and not case.events:
        since = span_text(case.now - case.run.created_at)
        headline = t("has been waiting to start for {since}", since=since)
        if not notes:
            notes = (
                t("Nothing says why: the operator may not have seen it. Is the operator running?"),
            )
    elif len(waits) == 1:
        headline = f"{waits[0].state}: {waits[0].what}"
    else:
        headline = t("{count} states are at work or wait", count=len(waits))
    return _made(
        case,
        "waits",
        headline,
        waits=waits,
        notes=notes,
        advice=tuple(advice_for(case, (), place, waits=waits)),
    )
