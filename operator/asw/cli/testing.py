"""What ``asw test`` does: finds test files, reads, plays, shows and records them."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from asw.asl.values import to_text
from asw.cli.files import write_file
from asw.cli.views.findings_text import show_findings
from asw.cli.views.test_text import (
    Detail,
    coverage_lines,
    percent_text,
    recording_lines,
    suite_lines,
    summary_line,
)
from asw.exits import ALL_WELL, BAD_INPUT, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.lint.findings import Finding, has_error, in_order
from asw.lint.reports import checkout, github_report, is_for_github, plain_findings, told_from
from asw.messages import t
from asw.testkit.coverage import Coverage
from asw.testkit.editing import NotEditable
from asw.testkit.reading import find_test_files, read_suites
from asw.testkit.real import Processes, processes
from asw.testkit.reports import (
    annotations,
    junit_of_findings,
    junit_xml,
    plain_coverage,
    plain_results,
)
from asw.testkit.running import Covered, Ran, chosen, run_suite
from asw.testkit.suite import Subject, Suite
from asw.testkit.updating import recordings, write_recordings


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteOptions:
    """What the command line asks for. ``min_coverage`` is a percentage."""

    words: str | None = None
    format: Literal["text", "json"] = "text"
    is_quiet: bool = False
    is_verbose: bool = False
    is_first_enough: bool = False
    junit: Path | None = None
    is_updating: bool = False
    has_coverage: bool = False
    coverage_file: Path | None = None
    min_coverage: float | None = None
    has_logs: bool = False

    @property
    def detail(self) -> Detail:
        """How much is printed about each case."""
        if self.is_quiet:
            return "quiet"
        return "verbose" if self.is_verbose else "normal"

    @property
    def is_annotating(self) -> bool:
        """Whether GitHub Actions reads what is printed, and no other program."""
        return self.format == "text" and is_for_github(os.environ)

    @property
    def wants_coverage(self) -> bool:
        """Whether coverage is reported in any way."""
        wanted = self.has_coverage or self.coverage_file is not None
        return wanted or self.min_coverage is not None


def run_tests(paths: Sequence[Path], options: SuiteOptions) -> int:
    """Play the cases of all test files. Raises Failure."""
    suites, findings = read_suites(find_test_files(paths))
    if has_error(findings):
        _tell_unusable(in_order(findings), options)
        return BAD_INPUT
    suites = _chosen(suites, options.words)
    covered = Covered()
    with processes(_echo if options.has_logs else None) as pool:
        rans = list(_run_all(suites, pool, covered, options))
    coverages = covered.coverages() if options.wants_coverage else []
    left = sum(len(suite.tests) for suite in suites) - sum(len(ran.results) for ran in rans)
    _show_end(rans, coverages, options)
    if options.is_annotating and not options.is_updating:
        for line in annotations(rans, *_root_and_here()):
            click.echo(line)
    if left:
        click.echo(t("stopped at the first failure: {n} not run", n=left), err=True)
    _write_files(rans, coverages, options)
    is_well = all(result.is_passed for ran in rans for result in ran.results)
    if options.is_updating:
        is_well = _update(rans)
    return ALL_WELL if is_well and _is_covered(coverages, options.min_coverage) else NOT_SUCCEEDED


def _tell_unusable(findings: Sequence[Finding], options: SuiteOptions) -> None:
    """Reports say so too: a missing or an old one would look like success."""
    show_findings(findings)
    if options.format == "json":
        click.echo(to_text({**plain_results([]), "findings": plain_findings(findings)}))
    if options.is_annotating:
        root, here = _root_and_here()
        click.echo(github_report(told_from(root, here, findings)))
    if options.junit is not None:
        write_file(options.junit, junit_of_findings(findings))


def _root_and_here() -> tuple[Path, Path]:
    here = Path.cwd()
    return checkout(here, os.environ), here


def _chosen(suites: Sequence[Suite], words: str | None) -> list[Suite]:
    kept = chosen(suites, words)
    if not kept:
        names = [test.name for suite in suites for test in suite.tests]
        raise Failure(
            t("no case has {words!r} in its name or file", words=words),
            remedy=t("available: {names}", names="; ".join(names[:8])),
            code=NOT_FOUND,
        )
    return kept


def _run_all(
    suites: Sequence[Suite], pool: Processes, covered: Covered, options: SuiteOptions
) -> Iterator[Ran]:
    for suite in suites:
        ran = run_suite(suite, pool, is_first_enough=options.is_first_enough)
        if options.wants_coverage:
            covered.add(suite.subject, ran.results)
        if options.format == "text":
            for line in suite_lines(ran, options.detail):
                click.echo(line)
        yield ran
        if options.is_first_enough and not all(result.is_passed for result in ran.results):
            return


def _show_end(
    rans: Sequence[Ran], coverages: Sequence[tuple[Subject, Coverage]], options: SuiteOptions
) -> None:
    if options.format == "json":
        plain = plain_results(rans)
        if options.wants_coverage:
            plain["coverage"] = plain_coverage(coverages)
        click.echo(to_text(plain))
        return
    if options.has_coverage or options.min_coverage is not None:
        for line in coverage_lines(coverages):
            click.echo(line)
    click.echo(summary_line(rans))


def _write_files(
    rans: Sequence[Ran], coverages: Sequence[tuple[Subject, Coverage]], options: SuiteOptions
) -> None:
    if options.junit is not None:
        write_file(options.junit, junit_xml([(ran.suite, ran.results) for ran in rans]))
    if options.coverage_file is not None:
        write_file(options.coverage_file, to_text(plain_coverage(coverages)) + "\n")


def _update(rans: Sequence[Ran]) -> bool:
    """Record what came; whether every case is now as expected."""
    is_well = True
    for ran in rans:
        found = list(recordings(ran.results))
        for recorded in found:
            is_well = is_well and not recorded.left
            for line in recording_lines(recorded):
                click.echo(line, err=True)
        try:
            write_recordings(ran, found)
        except NotEditable:
            is_well = False
            reason = t("it is written in a way that cannot be changed without changing more")
            message = t("not recorded: {case}: {reason}", case=ran.suite.path, reason=reason)
            click.echo(message, err=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Failure(
                t("cannot write {path}: {reason}", path=ran.suite.path, reason=reason),
                remedy=t("check its mode: ls -l"),
            ) from error
    return is_well


def _is_covered(coverages: Sequence[tuple[Subject, Coverage]], least: float | None) -> bool:
    if least is None:
        return True
    short = [(subject, it) for subject, it in coverages if it.percent < least]
    for subject, coverage in short:
        message = t(
            "coverage of {workflow} is {percent}%, less than the required {least}%",
            workflow=subject.name,
            percent=percent_text(coverage.percent),
            least=f"{least:g}",
        )
        click.echo(message, err=True)
    return not short


def _echo(state: str, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        for line in data.decode(errors="replace").splitlines():
            click.echo(f"{state} | {line}", err=True)
