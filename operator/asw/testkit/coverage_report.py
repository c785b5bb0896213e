"""What ``asw test --coverage`` says: lines for people, JSON values for programs. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

import click

from asw.asl.values import Json
from asw.lint.findings import pointer_of
from asw.messages import listed, t
from asw.testkit.coverage import KINDS, Coverage, Kind, Spot
from asw.testkit.suite import Subject

_NAMES: Final[dict[Kind, str]] = {
    "state": "states",
    "transition": "transitions",
    "retrier": "retriers",
    "catcher": "catchers",
}


def coverage_lines(coverages: Sequence[tuple[Subject, Coverage]]) -> Iterator[str]:
    """For each workflow what was covered of each kind, and every spot that was not."""
    for subject, coverage in coverages:
        percent = percent_text(coverage.percent)
        head = t("coverage of {workflow}: {percent}%", workflow=subject.name, percent=percent)
        counts = []
        for kind in KINDS:
            used, total = coverage.of(kind)
            if total:
                counts.append(f"{_kind_text(kind)} {used}/{total}")
        yield f"{click.style(head, bold=True)}  {listed(counts)}"
        for spot in coverage.uncovered():
            place = subject.origin.position(spot.steps)
            where = subject.origin.file if place is None else f"{subject.origin.file}:{place}"
            label = f"{_one_text(spot.kind)} {spot.label}"
            yield f"  {click.style(t('not covered'), fg='yellow')}: {label}  {where}"
        yield ""


def _kind_text(kind: Kind) -> str:
    texts = {
        "state": t("states"),
        "transition": t("transitions"),
        "retrier": t("retriers"),
        "catcher": t("catchers"),
    }
    return texts[kind]


def _one_text(kind: Kind) -> str:
    texts = {
        "state": t("state"),
        "transition": t("transition"),
        "retrier": t("retrier"),
        "catcher": t("catcher"),
    }
    return texts[kind]


def percent_text(percent: float) -> str:
    """Whole per cent where it is whole; never 100 where something is missing."""
    rounded = min(round(percent, 1), 99.9) if percent < 100 else 100.0
    return f"{rounded:g}"


def plain_coverage(coverages: Sequence[tuple[Subject, Coverage]]) -> Json:
    """Coverage as JSON values: by workflow, each spot with its place and how often it was used."""
    return [
        {
            "workflow": subject.name,
            "file": subject.origin.file,
            "percent": round(coverage.percent, 2),
            "totals": {
                _NAMES[kind]: dict(zip(("covered", "total"), coverage.of(kind), strict=True))
                for kind in KINDS
            },
            "spots": [_plain_spot(subject, spot, count) for spot, count in coverage.counts.items()],
        }
        for subject, coverage in coverages
    ]


def _plain_spot(subject: Subject, spot: Spot, count: int) -> Json:
    place = subject.origin.position(spot.steps)
    return {
        "kind": spot.kind,
        "name": spot.label,
        "pointer": pointer_of(spot.steps),
        "line": place.line if place else None,
        "count": count,
    }
