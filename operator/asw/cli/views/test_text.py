"""What ``asw test`` prints for people, in lines. Pure.

The lines always have colours; whoever writes them to something that is not a terminal strips them.
"""

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias

import click

from asw.asl.values import Json, to_text
from asw.messages import listed, t
from asw.testkit.coverage import KINDS, Coverage, Kind
from asw.testkit.expecting import failure_texts, took
from asw.testkit.matchers import Difference, fits, shown
from asw.testkit.reports import LONGEST_MESSAGE, MOST_DIFFERENCES, cut
from asw.testkit.running import Played, Ran, Result
from asw.testkit.spans import span_text
from asw.testkit.suite import Subject
from asw.testkit.trails import name_of
from asw.testkit.updating import Recorded

Detail: TypeAlias = Literal["quiet", "normal", "verbose"]
MOST_DIFF_LINES: Final = 24
SHORTEST_DIFF: Final = 8
"""Lines below which the differences alone are easier to read."""
MOST_SHOWN: Final = 2000
"""Characters of a recorded value that are shown; all of it is written."""


def suite_lines(ran: Ran, detail: Detail) -> Iterator[str]:
    """A file and its cases; only what failed where it is quiet."""
    results = [it for it in ran.results if detail != "quiet" or not it.is_passed]
    if not results:
        return
    yield f"{click.style(str(ran.suite.path), bold=True)}  {ran.suite.subject.name}"
    for result in results:
        yield from _case_lines(result, detail)
    yield ""


def _case_lines(result: Result, detail: Detail) -> Iterator[str]:
    mark = click.style("✓", fg="green") if result.is_passed else click.style("✗", fg="red")
    played = result.played
    time = f"  {span_text(took(played.seen).total_seconds())}" if played else ""
    yield f"  {mark} {result.test.name}{click.style(time, dim=True)}"
    if not result.is_passed:
        place = result.test.origin.position()
        if place is not None:
            yield click.style(f"      {result.test.origin.file}:{place}", dim=True)
        yield from (f"      {line}" for line in _failure_lines(result))
    if played is not None and (detail == "verbose" or not result.is_passed):
        path = cut(trail_text(played.trail))
        yield click.style(f"      {t('states: {path}', path=path)}", dim=True)
    if played is not None and detail == "verbose":
        yield from (click.style(f"      {line}", dim=True) for line in _outcome_lines(played))


def _failure_lines(result: Result) -> Iterator[str]:
    for found in result.failures[:MOST_DIFFERENCES]:
        yield _difference_line(found)
    hidden = len(result.failures) - MOST_DIFFERENCES
    if hidden > 0:
        yield t("... and {n} more differences", n=hidden)
    if result.played is not None:
        yield from _output_diff(result, result.played)
    yield from (click.style(line, fg="cyan") for line in result.snippet.splitlines())


def _difference_line(found: Difference) -> str:
    message = cut(found.message, LONGEST_MESSAGE)
    return f"{click.style(found.path, fg='red')}: {message}" if found.path else message


def _output_diff(result: Result, played: Played) -> Iterator[str]:
    """What is expected and what came, as a diff, where they are long."""
    expect, outcome = result.test.case.expect, played.seen.outcome
    if expect is None or "output" not in expect.model_fields_set or outcome.status != "SUCCEEDED":
        return
    if fits(expect.output, outcome.output):
        return
    wanted, got = _pretty(expect.output), _pretty(outcome.output)
    if max(len(wanted), len(got)) < SHORTEST_DIFF:
        return
    lines = list(difflib.unified_diff(wanted, got, t("expected"), t("got"), lineterm="", n=2))
    for line in lines[:MOST_DIFF_LINES]:
        colour = {"-": "red", "+": "green"}.get(line[0])
        yield click.style(cut(line), fg=colour) if colour else cut(line)
    if len(lines) > MOST_DIFF_LINES:
        yield t("... and {n} more lines", n=len(lines) - MOST_DIFF_LINES)


def _pretty(value: Json) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).splitlines()


def _outcome_lines(played: Played) -> Iterator[str]:
    outcome = played.seen.outcome
    if outcome.status == "SUCCEEDED":
        yield f"{t('output')}: {shown(outcome.output)}"
    else:
        texts = [cut(str(text)) for text in failure_texts(outcome).values() if text is not None]
        yield f"{outcome.status}: {': '.join(texts)}"
    for command in played.seen.started:
        yield t(
            "call of {state}, start {number}: {input}",
            state=command.state,
            number=command.attempt + 1,
            input=shown(command.payload),
        )


def trail_text(trail: Sequence[Json]) -> str:
    """A trail as a line: ``A > Fork [B | C > D] > E``; items that went the same way are counted."""
    return " > ".join(_step_text(step) for step in trail) or t("none")


def _step_text(step: Json) -> str:
    if isinstance(step, str):
        return step
    inner = [trail_text(each) for each in step[name_of(step)]]
    told = f"{len(inner)} x {inner[0]}" if len(inner) > 2 and len(set(inner)) == 1 else ""
    return f"{name_of(step)} [{told or ' | '.join(inner)}]"


def summary_line(rans: Sequence[Ran]) -> str:
    """How many cases passed and failed, and how long they took of virtual time."""
    results = [result for ran in rans for result in ran.results]
    failed = sum(not result.is_passed for result in results)
    seconds = sum(took(it.played.seen).total_seconds() for it in results if it.played)
    passed = t("{n} passed", n=len(results) - failed)
    told = click.style(passed, fg="green", bold=not failed)
    if failed:
        bad = click.style(t("{n} failed", n=failed), fg="red", bold=True)
        told = t("{passed}, {failed}", passed=told, failed=bad)
    return f"{told}  {t('virtual time {span}', span=span_text(seconds))}"


def coverage_lines(coverages: Sequence[tuple[Subject, Coverage]]) -> Iterator[str]:
    """For each workflow what was covered of each kind, and every spot that was not."""
    for subject, coverage in coverages:
        percent = percent_text(coverage.percent)
        head = t("coverage of {workflow}: {percent}%", workflow=subject.name, percent=percent)
        counts = []
        for kind in KINDS:
            used, total = coverage.of(kind)
            if total:
                counts.append(f"{_kind_texts()[kind]} {used}/{total}")
        yield f"{click.style(head, bold=True)}  {listed(counts)}"
        for spot in coverage.uncovered():
            place = subject.origin.position(spot.steps)
            where = subject.origin.file if place is None else f"{subject.origin.file}:{place}"
            label = f"{_spot_texts()[spot.kind]} {spot.label}"
            yield f"  {click.style(t('not covered'), fg='yellow')}: {label}  {where}"
        yield ""


def _kind_texts() -> dict[Kind, str]:
    return {
        "state": t("states"),
        "transition": t("transitions"),
        "retrier": t("retriers"),
        "catcher": t("catchers"),
    }


def _spot_texts() -> dict[Kind, str]:
    return {
        "state": t("state"),
        "transition": t("transition"),
        "retrier": t("retrier"),
        "catcher": t("catcher"),
    }


def percent_text(percent: float) -> str:
    """Whole per cent where it is whole; never 100 where something is missing."""
    rounded = min(round(percent, 1), 99.9) if percent < 100 else 100.0
    return f"{rounded:g}"


def recording_lines(recorded: Recorded) -> Iterator[str]:
    """What is written into a test file for a case, and what is not."""
    name = recorded.result.test.name
    if recorded.fields:
        yield t("recorded {case}:", case=name)
        yield from (
            f"  {field}: {cut(to_text(value), MOST_SHOWN)}"
            for field, value in recorded.fields.items()
        )
    if recorded.left:
        yield t("not recorded: {case}: {reason}", case=name, reason=recorded.left)
