"""A moment, and the proof of it, as lines for people and as JSON. Pure."""

import json
from collections.abc import Iterator, Mapping

from asw.api.history import event_to_line
from asw.api.instants import instant_text
from asw.asl.values import Json, quote
from asw.cli.views.explanation_text import Line, cause_lines
from asw.explain.case import Case
from asw.explain.replay.moment import Moment
from asw.explain.replay.proof import Proof
from asw.messages import t
from asw.messages.spans import span_text

_INLINE = 100
"""Characters of a value that stands beside its name; longer ones stand below it."""


def moment_lines(case: Case, proof: Proof, moment: Moment) -> Iterator[Line]:
    """All values at the moment."""
    event, first = moment.event, case.events[0]
    since = span_text(event.at - first.at)
    yield Line(
        t(
            "{name} at event {id} of {count}, {type}, {since} after its start",
            name=case.run.name,
            id=event.id,
            count=len(case.events),
            type=event.type,
            since=since,
        ),
        "title",
    )
    yield from proof_lines(proof)
    yield Line("")
    if moment.state:
        yield Line(f"{moment.state}  {moment.kind}", "title")
        if moment.place:
            yield Line("  " + t("in {place}", place=" / ".join(moment.place)))
        yield Line("  " + t("entered by event {id}", id=moment.entered), "dim")
    for name, value in moment.values.items():
        yield from _value_lines(name, value)
    if moment.error is not None:
        yield Line("  " + t("error: {name}", name=moment.error), "bad")
        yield from cause_lines(moment.cause or "", is_full=True)
    yield from _mapping_lines("assigned", moment.assigned)
    yield from _mapping_lines("variables", moment.variables)
    if moment.context is not None:
        yield from _value_lines("context ($$)", moment.context)
    if moment.retries:
        counts = ", ".join(f"Retry[{index}]: {count}" for index, count in enumerate(moment.retries))
        yield Line("  " + t("retries: {counts}", counts=counts))
    for name, at in moment.timers.items():
        yield Line("  " + t("timer: {name} until {at}", name=name, at=instant_text(at)))
    for other in moment.others:
        until = f", {instant_text(other.until)}" if other.until else ""
        text = t(
            "also open: {state} (event {event}), waits for: {what}",
            state=other.state,
            event=other.event,
            what=other.waits_for,
        )
        yield Line("  " + text + until, "dim")


def proof_lines(proof: Proof) -> Iterator[Line]:
    """What the engine made of the history."""
    playback = proof.playback
    if playback is None:
        yield Line(
            t(
                "Not replayed: {why}. What follows comes from the history alone.",
                why=proof.obstacle,
            ),
            "bad",
        )
        return
    if playback.is_proven:
        text = t(
            "The engine reproduced all {count} events as they were recorded.",
            count=playback.total,
        )
        yield Line(text, "good")
    difference = playback.difference
    if difference is not None:
        text = t(
            "The engine reproduced the first {verified} of {count} events, and then made "
            "a different one:",
            verified=playback.verified,
            count=playback.total,
        )
        yield Line(text, "bad")
        recorded = json.dumps(event_to_line(difference.recorded), ensure_ascii=False)
        yield Line("  " + t("recorded: {event}", event=recorded))
        made = t("none")
        if difference.made is not None:
            made = json.dumps(event_to_line(difference.made), ensure_ascii=False)
        yield Line("  " + t("made: {event}", event=made))
        fields = ", ".join(difference.fields())
        if fields:
            yield Line("  " + t("they differ in: {fields}", fields=fields))
    if playback.taken:
        names = ", ".join(playback.taken)
        yield Line(
            t("Results of distributed Maps are taken from history: {names}", names=names), "dim"
        )


def list_lines(case: Case) -> Iterator[Line]:
    """All moments, one line each."""
    for event in case.events:
        visit = case.visits.of_event.get(event.id)
        state = visit.name if visit else ""
        since = span_text(event.at - case.events[0].at)
        yield Line(f"{event.id:>6}  {since:>12}  {event.type:<28}  {state}".rstrip())


def _value_lines(name: str, value: Json) -> Iterator[Line]:
    text = quote(value)
    if len(text) <= _INLINE:
        yield Line(f"  {name}: {text}")
        return
    yield Line(f"  {name}:")
    pretty = json.dumps(value, ensure_ascii=False, indent=2)
    yield from (Line(f"    {line}") for line in pretty.splitlines())


def _mapping_lines(name: str, values: Mapping[str, Json]) -> Iterator[Line]:
    for key, value in values.items():
        yield from _value_lines(f"{name} ${key}", value)


def plain_of(case: Case, proof: Proof, moment: Moment) -> dict[str, Json]:
    """The moment as JSON: fields may be added to this shape, none is renamed or removed."""
    return {
        "execution": case.run.name,
        "event": event_to_line(moment.event),
        "state": moment.state or None,
        "type": moment.kind or None,
        "place": list(moment.place),
        "enteredEvent": moment.entered or None,
        "values": dict(moment.values),
        "error": moment.error,
        "cause": moment.cause,
        "assigned": dict(moment.assigned),
        "variables": dict(moment.variables),
        "context": moment.context,
        "retries": list(moment.retries),
        "timers": {name: instant_text(at) for name, at in moment.timers.items()},
        "open": [
            {
                "state": it.state,
                "event": it.event,
                "waitsFor": it.waits_for,
                "until": None if it.until is None else instant_text(it.until),
            }
            for it in moment.others
        ],
        "check": _plain_proof(proof),
    }


def _plain_proof(proof: Proof) -> dict[str, Json]:
    playback = proof.playback
    if playback is None:
        return {"proven": False, "obstacle": proof.obstacle}
    difference = playback.difference
    return {
        "proven": playback.is_proven,
        "verified": playback.verified,
        "events": playback.total,
        "taken": list(playback.taken),
        "difference": None
        if difference is None
        else {
            "recorded": event_to_line(difference.recorded),
            "made": None if difference.made is None else event_to_line(difference.made),
            "fields": list(difference.fields()),
        },
    }
