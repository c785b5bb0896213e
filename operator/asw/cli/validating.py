"""What ``asw validate`` does: checks files and prints the findings in the wanted format."""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import click

from asw.asl.model import Dialect
from asw.asl.problems import Problem
from asw.cli.views.findings_text import show_findings
from asw.executions.target import Target
from asw.exits import ALL_WELL, BAD_INPUT
from asw.lint.analysis.codes import CODES as STRICT_CODES
from asw.lint.checking import Checked, check_files
from asw.lint.documents import folders_below
from asw.lint.findings import Finding, in_order
from asw.lint.function_code import code_findings, lock_findings, package_findings
from asw.lint.nulls import nulls_at_risk
from asw.lint.planned import PlannedWorkflow
from asw.lint.reports import (
    checkout,
    github_report,
    is_for_github,
    json_report,
    sarif_report,
    told_from,
)
from asw.lint.rules import MISSING_OBJECT, REFUSED_BY_CLUSTER, UNTOLD
from asw.lint.silencing import heard, known_codes, stale_notes
from asw.messages import counted, listed, t


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage, which takes a tenth of the time and finds none: it ends soon."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


Format: TypeAlias = Literal["text", "json", "sarif", "github"]
CLUSTER_CODES: Final = (MISSING_OBJECT, REFUSED_BY_CLUSTER, UNTOLD)
MoreChecks: TypeAlias = Callable[[PlannedWorkflow], Iterable[Problem]]
"""A further check of a definition that can run; its problems get places like all others."""
_REPORTS: Final[Mapping[str, Callable[[Sequence[Finding]], str]]] = {
    "json": json_report,
    "sarif": lambda findings: sarif_report(_told(findings), _root()),
    "github": lambda findings: github_report(_told(findings)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateOrder:
    """What the command line asks for.

    ``format`` None is text, with annotations where GitHub Actions reads them.
    """

    format: Format | None = None
    dialect: Dialect = "ASL"
    are_warnings_errors: bool = False
    is_recursive: bool = False
    more_checks: Sequence[MoreChecks] = ()
    ignored: Sequence[str] = ()
    """Codes of warnings that are not reported."""
    cluster: Target | None = None
    """The cluster that is asked as well."""


def run(paths: Sequence[Path], order: ValidateOrder, strict: Mapping[str, Any] | None) -> int:
    """Check, with the data flow where ``strict`` has the fields of a ``StrictOrder``."""
    with _uncollected():
        if strict is None:
            return validate(paths, order)
        # Loads the engine of JSONata, which a plain check never needs.
        from asw.cli.strict import StrictOrder, strict_check  # noqa: PLC0415

        check = strict_check(StrictOrder(**strict))
        for note in check.notes:
            click.echo(note, err=True)
        code = validate(paths, replace(order, more_checks=(check,)))
        check.unused()
        return code


def validate(paths: Sequence[Path], order: ValidateOrder) -> int:
    """Report all findings; the exit code. Raises Failure for an unknown code to ignore."""
    ignored = known_codes(order.ignored)
    where = folders_below(paths) if order.is_recursive else paths
    checked = check_files(where, dialect=order.dialect, has_namespaces=True)
    known = checked.findings if order.cluster is None else _ask(checked, order.cluster)
    files = [document.origin.file for document in checked.documents]
    further = [
        *nulls_at_risk(checked.documents),
        *code_findings(checked.manifests),
        *lock_findings(checked.manifests),
        *(() if order.cluster is None else package_findings(checked.manifests)),
        *_look_further(checked, order.more_checks),
    ]
    unasked = [
        *(() if order.more_checks else STRICT_CODES),
        *(() if order.cluster else CLUSTER_CODES),
    ]
    stale = stale_notes(checked.documents, [*checked.unheard, *known, *further], unasked)
    told = heard([*known, *further, *stale], checked.documents, ignored)
    findings = in_order(told, files)
    _tell(findings, order.format)
    return _conclude(checked, findings, order)


def _ask(checked: Checked, cluster: Target) -> Sequence[Finding]:
    # Loads asyncio and the client, which a check of files never needs.
    from asw.cli.awaiting import awaited  # noqa: PLC0415
    from asw.lint.cluster.asking import check_cluster  # noqa: PLC0415

    return awaited(check_cluster(checked, cluster))


def _look_further(checked: Checked, more: Sequence[MoreChecks]) -> list[Finding]:
    return [
        workflow.finding_of(problem)
        for workflow in checked.plan.workflows.values()
        for check in more
        for problem in check(workflow)
    ]


def _tell(findings: Sequence[Finding], wanted: Format | None) -> None:
    """Reports go to standard output; text, which is about the files, to standard error."""
    if wanted is None or wanted == "text":
        show_findings(findings)
    if wanted is None and is_for_github(os.environ):
        wanted = "github"
    report = _REPORTS[wanted](findings) if wanted and wanted != "text" else ""
    if report:
        click.echo(report)


def _root() -> Path:
    return checkout(Path.cwd(), os.environ)


def _told(findings: Sequence[Finding]) -> Sequence[Finding]:
    return told_from(_root(), Path.cwd(), findings)


def _conclude(checked: Checked, findings: Sequence[Finding], order: ValidateOrder) -> int:
    """The last line, with the counts, and the exit code."""
    warnings = sum(finding.is_warning for finding in findings)
    errors = len(findings) - warnings
    counts = listed(
        (
            counted(errors, "{number} error", "{number} errors"),
            counted(warnings, "{number} warning", "{number} warnings"),
        )
    )
    if errors or (warnings and order.are_warnings_errors):
        click.echo(t("not valid: {counts}", counts=counts), err=True)
        return BAD_INPUT
    workflows = len(checked.plan.workflows) + len(checked.manifests.loose)
    valid = t(
        "valid: {workflows}, {functions}",
        workflows=counted(workflows, "{number} Workflow", "{number} Workflows"),
        functions=counted(
            len(checked.manifests.functions), "{number} Function", "{number} Functions"
        ),
    )
    click.echo(f"{valid} ({counts})" if warnings else valid, err=True)
    if checked.manifests.schedules:
        # Loads time zones, which few files need.
        from asw.cli.views.schedule_times import next_instants  # noqa: PLC0415

        for line in next_instants(checked.manifests, datetime.now(UTC)):
            click.echo(line, err=True)
    return ALL_WELL
