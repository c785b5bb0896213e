"""What a run found: a line per category, what failed and why, and the same as JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tests.conformance.case_files import CaseFile
from tests.conformance.verdicts import Verdict

Judged = Sequence[tuple[CaseFile, Verdict]]
LONGEST_DETAIL = 300


def lines(judged: Judged) -> Iterator[str]:
    """The whole report for a terminal."""
    yield from _table(judged)
    yield from _list("failed", ((f, v) for f, v in judged if not v.passed))
    other = ((f, v) for f, v in judged if v.passed and v.history is False)
    yield from _list("passed with another history", other)


def write(judged: Judged, path: Path) -> None:
    """The report for programs; ``history`` is null where none was recorded."""
    cases = {
        file.id: {"passed": it.passed, "history": it.history, "detail": it.detail}
        for file, it in judged
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cases": cases}, ensure_ascii=False, indent=1) + "\n")


def _table(judged: Judged) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    for file, verdict in judged:
        for row in (file.case["category"], "all"):
            counts[row, "total"] += 1
            counts[row, "passed"] += verdict.passed
            counts[row, "recorded"] += verdict.history is not None
            counts[row, "equal"] += verdict.history is True
    yield f"{'category':28}{'passed':>8} / {'total':5}{'whole history':>16} / recorded"
    for row in (*sorted({file.case["category"] for file, _ in judged}), "all"):
        passed, total = counts[row, "passed"], counts[row, "total"]
        equal, recorded = counts[row, "equal"], counts[row, "recorded"]
        history = f"{equal:16} / {recorded}" if recorded else ""
        yield f"{row:28}{passed:8} / {total:<5}{history}".rstrip()


def _list(title: str, judged: Iterable[tuple[CaseFile, Verdict]]) -> Iterator[str]:
    found = list(judged)
    if found:
        yield f"\n{len(found)} {title}:"
    for file, verdict in found:
        detail = " ".join(verdict.detail.split())
        short = detail if len(detail) <= LONGEST_DETAIL else f"{detail[:LONGEST_DETAIL]}..."
        yield f"  {file.case['category']}: {file.id}: {short}"
