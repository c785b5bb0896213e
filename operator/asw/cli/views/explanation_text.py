"""An explanation as lines for people, and as JSON. Pure.

Lines carry a style; who prints them decides whether it shows.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from asw.api.instants import instant_text
from asw.asl.values import Json, quote
from asw.executions.causes import object_in
from asw.explain.choices import RuleSaid
from asw.explain.explanation import Advice, Explanation, FailedItem, StateFailure, Try, Wait
from asw.explain.verdicts import Verdict
from asw.messages import listed, t
from asw.messages.spans import span_text

Style: TypeAlias = Literal["", "title", "bad", "good", "dim", "command"]
SHORT: Final = 400
"""Characters of a payload that are shown where not all is wanted."""
_WIDE: Final = 240
"""Characters of a line that a task printed."""
_MOST_LINES: Final = 20
_MOST_FRAMES: Final = 12
_MOST_TRIES: Final = 5
_MOST_NOTES: Final = 30
"""Lines of each kind that are shown where not all is wanted."""
_MARKS: Final[Mapping[str, str]] = {
    "retried": "↻",
    "used up": "✗",
    "caught": "✓",
    "catch failed": "✗",
    "no match": "✗",
    "not asked": "·",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text."""

    text: str
    style: Style = ""


def lines_of(explanation: Explanation, *, is_full: bool = False) -> Iterator[Line]:
    """The explanation as text; ``is_full`` leaves payloads and causes whole."""
    yield _title(explanation)
    style: Style = "good" if explanation.verb == "succeeded" else "title"
    yield Line(explanation.headline, "bad" if explanation.failures else style)
    said: set[str] = set()
    for failure in explanation.failures:
        yield Line("")
        yield from _failure_lines(failure, is_full=is_full, said=said)
    if len(explanation.waits) > 1 or any(wait.place for wait in explanation.waits):
        yield Line("")
        yield from _first(list(map(_wait_line, explanation.waits)), _MOST_LINES, is_full=is_full)
    if explanation.notes:
        yield Line("")
        notes = [Line(line) for note in explanation.notes for line in note.splitlines()]
        yield from _first(notes, _MOST_NOTES, is_full=is_full)
    if explanation.log:
        yield Line("")
        yield Line(t("The last lines that its task printed"), "title")
        for printed in explanation.log:
            yield Line(f"  | {_cut(printed.text, is_full=is_full, most=_WIDE)}", "dim")
    if explanation.child is not None:
        yield Line("")
        yield Line(t("The first child that failed"), "title")
        child_lines = lines_of(explanation.child, is_full=is_full)
        yield from (Line(f"  {it.text}".rstrip(), it.style) for it in child_lines)
    for sentence in explanation.missing:
        yield Line(t("not known: {what}", what=sentence), "dim")
    if explanation.advice:
        yield Line("")
        yield Line(t("What to try"), "title")
        yield from (line for advice in explanation.advice for line in _advice_lines(advice))


def _title(explanation: Explanation) -> Line:
    parts = [explanation.name, explanation.phase]
    if explanation.started_at and explanation.ended_at:
        parts.append(span_text(explanation.ended_at - explanation.started_at))
    parts.append(t("Workflow {name}", name=explanation.workflow))
    return Line("  ".join(parts), "dim")


def _failure_lines(failure: StateFailure, *, is_full: bool, said: set[str]) -> Iterator[Line]:
    """``said`` holds the causes that were told further in: a Parallel fails with its branch's."""
    title = f"{failure.state}  {failure.kind}"
    if failure.function:
        title += "  " + t("calls Function {name}", name=failure.function)
    if failure.action:
        title += "  " + t("calls {action}", action=failure.action)
    yield Line(title, "title")
    if failure.place:
        yield Line("  " + t("in {place}", place=" / ".join(failure.place)))
    yield Line("  " + t("entered by event {id}", id=failure.event), "dim")
    yield Line("  " + t("input: {value}", value=_payload(failure.input, is_full=is_full)))
    if failure.error is not None:
        yield Line("  " + t("error: {name}", name=failure.error), "bad")
    if failure.cause and failure.cause not in said:
        said.add(failure.cause)
        yield from cause_lines(failure.cause, is_full=is_full)
    yield from (Line(f"  {note}") for note in failure.notes)
    yield from (Line(f"  {sentence}") for sentence in failure.led)
    rules = [line for rule in failure.rules for line in _rule_lines(rule)]
    yield from _first(rules, _MOST_LINES, is_full=is_full)
    yield from _last(list(map(_try_line, failure.tries)), _MOST_TRIES, is_full=is_full)
    if failure.kind in ("Task", "Parallel", "Map"):
        yield from _verdict_lines(failure)
    if failure.item is not None:
        yield from _item_lines(failure.item, is_full=is_full)


def _item_lines(item: FailedItem, *, is_full: bool) -> Iterator[Line]:
    yield Line("")
    yield Line(t("The first child that failed, by number: {index}", index=item.index), "title")
    yield Line("  " + t("EXPRESS children keep no history; this is what its parent knows:"), "dim")
    yield Line("  " + t("input: {value}", value=_payload(item.input, is_full=is_full)))
    yield Line("  " + t("error: {name}", name=item.error or t("no error name")), "bad")
    if item.cause:
        yield from cause_lines(item.cause, is_full=is_full)


def cause_lines(cause: str, *, is_full: bool) -> Iterator[Line]:
    """A cause in Lambda's manner as message and traceback, other JSON with its structure."""
    details = object_in(cause)
    message = details.get("errorMessage")
    if message is not None:
        yield Line("  " + t("cause: {text}", text=_cut(str(message), is_full=is_full)))
        trace = details.get("stackTrace") or details.get("trace") or []
        whole = "".join(f"{it}\n" for it in ([trace] if isinstance(trace, str) else trace))
        lines = [Line(f"    {line}", "dim") for line in whole.splitlines() if line.strip()]
        yield from _last(lines, _MOST_FRAMES, is_full=is_full)
        return
    if details:
        yield Line("  " + t("cause: {text}", text=""))
        text = json.dumps(details, ensure_ascii=False, indent=2)
        lines = [Line(f"    {_cut(line, is_full=is_full)}") for line in text.splitlines()]
        yield from _first(lines, _MOST_LINES, is_full=is_full)
        return
    first, *rest = _cut(cause, is_full=is_full).splitlines() or [""]
    yield Line("  " + t("cause: {text}", text=first))
    yield from (Line(f"    {line}") for line in rest)


def _cut(text: str, *, is_full: bool, most: int = SHORT) -> str:
    return text if is_full else shortened(text, most)


def _first(lines: Sequence[Line], most: int, *, is_full: bool) -> Iterator[Line]:
    """The first lines, or all if wanted: a screen has to be readable at a glance."""
    kept = lines if is_full else lines[:most]
    yield from kept
    if len(kept) < len(lines):
        yield _more(len(lines) - len(kept))


def _last(lines: Sequence[Line], most: int, *, is_full: bool) -> Iterator[Line]:
    """The same for lines of which the last matter most."""
    kept = lines if is_full else lines[-most:]
    if len(kept) < len(lines):
        yield _more(len(lines) - len(kept))
    yield from kept


def _more(count: int) -> Line:
    return Line("    " + t("… {count} more, all with --full", count=count), "dim")


def _rule_lines(rule: RuleSaid) -> Iterator[Line]:
    yield Line(f"  {rule.place} → {rule.next}: {rule.condition}")
    yield from (Line(f"    {told}") for told in rule.compared)


def _try_line(each: Try) -> Line:
    took = span_text(each.took) if each.took is not None else "..."
    said = [t("try {number}: {end} after {took}", number=each.number, end=each.end, took=took)]
    if each.error:
        said.append(each.error)
    if each.pod:
        place = t("pod {pod}", pod=each.pod)
        said.append(t("{pod} on node {node}", pod=place, node=each.node) if each.node else place)
    if each.trouble:
        said.append(each.trouble)
    return Line("  " + listed(said))


def _verdict_lines(failure: StateFailure) -> Iterator[Line]:
    if not failure.verdicts:
        yield Line("  " + t("It has no Retry and no Catch."))
        return
    error = failure.asked or t("no error name")
    yield Line("  " + t("Who was asked about {error}, in this order:", error=error))
    for verdict in failure.verdicts:
        names = ", ".join(verdict.error_equals)
        mark = _MARKS[verdict.said]
        yield Line(f"    {mark} {verdict.handler} [{names}]: {verdict.why}")
    if not any(it.handler.startswith("Catch") for it in failure.verdicts):
        yield Line("    " + t("It has no Catch."))
    elif not any(it.handler.startswith("Retry") for it in failure.verdicts):
        yield Line("    " + t("It has no Retry."))


def _wait_line(wait: Wait) -> Line:
    return Line("  " + " / ".join((*wait.place, f"{wait.state}: {wait.what}")))


def _advice_lines(advice: Advice) -> Iterator[Line]:
    yield Line(f"  - {advice.text}")
    if advice.command:
        yield Line(f"      {advice.command}", "command")
    if advice.snippet:
        yield Line(f"      {advice.snippet}", "command")


def _payload(value: Json, *, is_full: bool) -> str:
    return quote(value) if is_full else shortened(quote(value))


def shortened(text: str, most: int = SHORT) -> str:
    """The text, cut where it is longer than this."""
    if len(text) <= most:
        return text
    return t("{start}… ({count} characters, all with --full)", start=text[:most], count=len(text))


# JSON


def plain_of(explanation: Explanation) -> dict[str, Json]:
    """The explanation as JSON: fields may be added to this shape, none is renamed or removed."""
    child = explanation.child
    return {
        "execution": explanation.name,
        "namespace": explanation.namespace,
        "workflow": explanation.workflow,
        "phase": explanation.phase,
        "verdict": explanation.verb,
        "headline": explanation.headline,
        "startTime": _instant(explanation.started_at),
        "completionTime": _instant(explanation.ended_at),
        "failures": [_plain_failure(it) for it in explanation.failures],
        "waits": [_plain_wait(it) for it in explanation.waits],
        "notes": list(explanation.notes),
        "log": [it.text for it in explanation.log],
        "advice": [
            {"text": it.text, "command": it.command, "snippet": it.snippet}
            for it in explanation.advice
        ],
        "child": None if child is None else plain_of(child),
        "missing": list(explanation.missing),
    }


def _plain_failure(failure: StateFailure) -> dict[str, Json]:
    return {
        "state": failure.state,
        "type": failure.kind,
        "place": list(failure.place),
        "event": failure.event,
        "input": failure.input,
        "error": failure.error,
        "cause": failure.cause,
        "function": failure.function,
        "action": failure.action,
        "notes": list(failure.notes),
        "led": list(failure.led),
        "tries": [_plain_try(it) for it in failure.tries],
        "handlers": _plain_verdicts(failure.verdicts),
        "rules": [
            {
                "rule": it.place,
                "condition": it.condition,
                "next": it.next,
                "compared": list(it.compared),
            }
            for it in failure.rules
        ],
        "item": None if failure.item is None else _plain_item(failure.item),
    }


def _plain_item(item: FailedItem) -> dict[str, Json]:
    return {
        "index": item.index,
        "uid": item.uid,
        "input": item.input,
        "error": item.error,
        "cause": item.cause,
    }


def _plain_try(each: Try) -> dict[str, Json]:
    return {
        "number": each.number,
        "startTime": _instant(each.at),
        "seconds": _seconds(each.took),
        "end": each.end,
        "error": each.error,
        "pod": each.pod,
        "node": each.node,
        "trouble": each.trouble,
    }


def _plain_verdicts(verdicts: Sequence[Verdict]) -> list[dict[str, Json]]:
    return [
        {
            "handler": it.handler,
            "errorEquals": list(it.error_equals),
            "said": it.said,
            "why": it.why,
            "nearest": it.nearest,
        }
        for it in verdicts
    ]


def _plain_wait(wait: Wait) -> dict[str, Json]:
    return {
        "state": wait.state,
        "type": wait.kind,
        "place": list(wait.place),
        "event": wait.event,
        "since": _instant(wait.since),
        "what": wait.what,
        "until": _instant(wait.until),
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
