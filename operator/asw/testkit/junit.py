"""Results as JUnit XML, which CI systems show. Pure.

Times are virtual: a report is the same whenever and wherever it is made.
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from asw.lint.findings import Finding
from asw.messages import t
from asw.testkit.expecting import took
from asw.testkit.playing import Result
from asw.testkit.suite import Suite

MOST_DIFFERENCES: Final = 50
"""Of a case: some who read reports refuse large ones."""
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0: what may not stand in a document, however it is written."""


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
    """The document where files are so wrong that nothing was run: each mistake is an error."""
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
    told = [
        f"{it.path}: {it.message}" if it.path else it.message
        for it in result.failures[:MOST_DIFFERENCES]
    ]
    if (hidden := len(result.failures) - MOST_DIFFERENCES) > 0:
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
