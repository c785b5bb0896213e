"""Results of cases for programs: JSON values, JUnit XML, GitHub annotations. Pure.

Times are virtual: a report is the same whenever and wherever it is made.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from asw.asl.values import Json
from asw.lint.findings import Finding, pointer_of
from asw.lint.reports import annotation, told_from
from asw.messages import t
from asw.testkit.coverage import KINDS, Coverage, Spot
from asw.testkit.expecting import failure_texts, took
from asw.testkit.matchers import Difference
from asw.testkit.running import Ran, Result
from asw.testkit.suite import Subject, Suite

MOST_DIFFERENCES: Final = 8
"""Most differences of a case that are shown."""
WIDEST: Final = 160
LONGEST_MESSAGE: Final = 400
_MOST_IN_JUNIT: Final = 50
"""Most differences of a case in a JUnit report: some readers refuse large ones."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0: characters that a document must not contain."""


def plain_results(rans: Sequence[Ran]) -> dict[str, Json]:
    """All results as JSON values."""
    results = [result for ran in rans for result in ran.results]
    failed = sum(not result.is_passed for result in results)
    files = [
        {
            "file": str(ran.suite.path),
            "workflow": ran.suite.subject.name,
            "cases": [_plain_case(result) for result in ran.results],
        }
        for ran in rans
    ]
    summary = {"cases": len(results), "passed": len(results) - failed, "failed": failed}
    return {"summary": summary, "files": files}


def _plain_case(result: Result) -> Json:
    place = result.test.origin.position()
    plain: dict[str, Json] = {
        "name": result.test.name,
        "result": "passed" if result.is_passed else "failed" if result.played else "error",
        "line": place.line if place else None,
        "failures": [{"path": it.path, "message": it.message} for it in result.failures],
    }
    if result.played is not None:
        outcome = result.played.seen.outcome
        plain["got"] = {
            "status": outcome.status,
            "output": outcome.output,
            **failure_texts(outcome),
            "states": result.played.trail,
            "seconds": took(result.played.seen).total_seconds(),
        }
    return plain


def plain_coverage(coverages: Sequence[tuple[Subject, Coverage]]) -> Json:
    """Coverage as JSON values: by workflow, each spot with its place and how often it was used."""
    return [
        {
            "workflow": subject.name,
            "file": subject.origin.file,
            "percent": round(coverage.percent, 2),
            "totals": {
                f"{kind}s": dict(zip(("covered", "total"), coverage.of(kind), strict=True))
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


def annotations(rans: Iterable[Ran], root: Path, here: Path) -> Iterator[str]:
    """A command for each failed case; file names are relative to the root."""
    for ran in rans:
        for result in ran.results:
            if not result.is_passed:
                yield _annotation(result, root, here)


def _annotation(result: Result, root: Path, here: Path) -> str:
    origin, name = result.test.origin, result.test.name
    shown = result.failures[:MOST_DIFFERENCES]
    lines = [cut(_sentence(failure), LONGEST_MESSAGE) for failure in shown]
    (finding,) = told_from(root, here, [Finding(file=origin.file, code="", message="")])
    return annotation(
        "ERROR", finding.file, origin.position(), title=cut(name), text="\n".join([name, *lines])
    )


def junit_xml(outcomes: Sequence[tuple[Suite, Sequence[Result]]]) -> str:
    """The document: a testsuite for each file, a testcase for each case."""
    results = [result for _, each in outcomes for result in each]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="asw test"{_counts(results)}>')
    for suite, each in outcomes:
        lines.append(f"  <testsuite name={_quoted(str(suite.path))}{_counts(each)}>")
        lines += [line for result in each for line in _case(suite, result)]
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def junit_of_findings(findings: Sequence[Finding]) -> str:
    """The document if mistakes in files prevented any run: each of them is an error."""
    errors = [finding for finding in findings if not finding.is_warning]
    counts = f'tests="{len(errors)}" failures="0" errors="{len(errors)}" skipped="0" time="0.000"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="asw test" {counts}>']
    lines.append(f'  <testsuite name="asw test" {counts}>')
    for it in errors:
        code, sentence = _quoted(it.code), _quoted(it.sentence)
        head = f"<testcase name={_quoted(it.place)} classname={code} file={_quoted(it.file)}"
        body = escape(_clean("\n".join(filter(None, (it.message, it.remedy)))))
        lines.append(f'    {head} time="0.000">')
        lines.append(f"      <error type={code} message={sentence}>{body}</error>")
        lines.append("    </testcase>")
    lines += ["  </testsuite>", "</testsuites>"]
    return "\n".join(lines) + "\n"


def _counts(results: Sequence[Result]) -> str:
    failed = sum(not result.is_passed and result.played is not None for result in results)
    errors = sum(result.played is None for result in results)
    time = sum(_seconds(result) for result in results)
    return (
        f' tests="{len(results)}" failures="{failed}" errors="{errors}"'
        f' skipped="0" time="{time:.3f}"'
    )


def _case(suite: Suite, result: Result) -> list[str]:
    head = (
        f"    <testcase name={_quoted(result.test.name)} classname={_quoted(suite.subject.name)}"
        f' file={_quoted(str(suite.path))} time="{_seconds(result):.3f}"'
    )
    if result.is_passed:
        return [f"{head}/>"]
    tag = "error" if result.played is None else "failure"
    told = [_sentence(failure) for failure in result.failures[:_MOST_IN_JUNIT]]
    if (hidden := len(result.failures) - _MOST_IN_JUNIT) > 0:
        told.append(t("... and {n} more differences", n=hidden))
    if result.snippet:
        told.append(result.snippet)
    body = escape(_clean("\n".join(told)))
    first = _quoted(told[0])
    kind = "NotPlayed" if result.played is None else "NotAsExpected"
    opened = f'      <{tag} type="{kind}" message={first}>'
    return [f"{head}>", f"{opened}{body}</{tag}>", "    </testcase>"]


def _seconds(result: Result) -> float:
    return took(result.played.seen).total_seconds() if result.played else 0.0


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _sentence(failure: Difference) -> str:
    return f"{failure.path}: {failure.message}" if failure.path else failure.message


def cut(text: str, most: int = WIDEST) -> str:
    """The text as one line of at most so many characters, without control characters."""
    line = " ".join(text[: 2 * most].splitlines())
    line = "".join(each if each.isprintable() else "\ufffd" for each in line)
    return line if len(line) <= most else f"{line[: most - 3]}..."
