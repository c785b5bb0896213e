"""``asw validate``: checks files and prints the findings in the format that was asked for."""

import gc
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import click

from asw.asl.model import Dialect
from asw.asl.problems import Problem
from asw.cli import options
from asw.cli.command import Command, Example
from asw.cli.views.findings_text import show_findings
from asw.executions.target import Target
from asw.exits import ALL_WELL, BAD_INPUT
from asw.lint.analysis.codes import CODES as STRICT_CODES
from asw.lint.checking import Checked, check_files
from asw.lint.documents import folders_below
from asw.lint.findings import Finding, in_order
from asw.lint.function_code import code_findings
from asw.lint.nulls import nulls_at_risk
from asw.lint.plan import PlannedWorkflow
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

_EXAMPLES = (
    Example(command="asw validate .", does="Check the manifests of this folder."),
    Example(
        command="asw validate -R . -W",
        does="Check everything below this folder, as a pipeline does; warnings fail too.",
    ),
    Example(
        command="asw validate hello.asl.json -o json",
        does="Check a bare definition; print findings as JSON.",
    ),
    Example(
        command="asw validate workflow.yaml functions.yaml -o sarif > asw.sarif",
        does="Write a report for code scanners.",
    ),
    Example(
        command="asw validate --strict --sample input.json workflow.yaml functions.yaml",
        does="Follow the data of such an input through the states.",
    ),
    Example(
        command="asw validate --strict -W --ignore UnhandledErrors .",
        does="Let all warnings fail except those of one code.",
    ),
    Example(
        command="asw validate --cluster workflow.yaml functions.yaml",
        does="Ask the cluster as well.",
        where="cluster",
    ),
    Example(command="asw validate - < hello.asl.json", does="Check standard input."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@click.option(
    "--output",
    "-o",
    "format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    help="Format of the findings: text, json, sarif (2.1.0), github (annotations).",
)
@click.option(
    "--dialect",
    type=click.Choice(["ASL", "TCSL"], case_sensitive=False),
    default="ASL",
    show_default=True,
    help="Language of bare definitions; manifests name theirs.",
)
@click.option(
    "--warnings-as-errors",
    "-W",
    "are_warnings_errors",
    is_flag=True,
    help="Let warnings fail too.",
)
@click.option(
    "--recursive",
    "-R",
    "is_recursive",
    is_flag=True,
    help="Look into the folders below, too.",
)
@click.option(
    "--strict", "is_strict", is_flag=True, help="Follow the data: paths, rules, errors, sizes."
)
@click.option(
    "--input-schema",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --strict: JSON Schema of the input.",
)
@click.option(
    "--sample",
    "samples",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="With --strict: a typical input; may be repeated.",
)
@click.option(
    "--result",
    "results",
    metavar="STATE=FILE",
    multiple=True,
    help="With --strict: a result of the Task of this state; may be repeated.",
)
@click.option(
    "--ignore",
    "ignored",
    metavar="CODE",
    multiple=True,
    help="Leave out warnings of this code; may be repeated.",
)
@options.cluster_options
def command(
    paths: tuple[Path, ...],
    *,
    is_strict: bool,
    input_schema: Path | None,
    samples: tuple[Path, ...],
    results: tuple[str, ...],
    **order: Any,
) -> None:
    """Report everything that is wrong with manifests and definitions.

    PATHS are files, or folders of them, of YAML or JSON: manifests as kubectl takes them, or bare
    definitions in ASL or TCSL; - is standard input. All findings are reported at once, each with
    file, line and column, a code that is the same in every language, and how to fix it. On a
    terminal the line itself is shown. Test files, and files beside manifests that are neither
    manifests nor definitions, are left alone.

    Text goes to standard error, reports in other formats to standard output. In GitHub Actions
    annotations are printed beside the text.

    --strict follows the data through the states. It reports paths that match nothing, always or on
    some route, rules and states that no run reaches, errors that nothing handles, and values that
    may grow over 256 KiB. It sees more if it knows the input: from a JSON Schema, from samples,
    else from the Workflow's defaultInput. An error is only what fails every run that gets there.

    --ignore leaves out warnings of a code. "asw: ignore CODE" leaves out those of one place, in a
    comment of YAML on the line or above it, or in a Comment of the definition. Many equal warnings
    are reported once, with the lines of the others.

    With --cluster (or -n, --context, --kubeconfig) the cluster is asked as well: whether it has the
    Functions, Workflows, accounts, ConfigMaps and Secrets that the files name but do not contain,
    and whether its API server would accept the manifests. It stores nothing.

    Exit codes: 0 nothing is wrong (warnings do not count), 2 something is, 3 no cluster.
    """
    with _uncollected():
        if not (is_strict or input_schema or samples or results):
            sys.exit(validate(paths, ValidateOrder(**order)))

        # Loads the engine of JSONata, which a plain check never needs.
        from asw.cli.strict import StrictOrder, strict_check  # noqa: PLC0415

        known = StrictOrder(input_schema=input_schema, samples=samples, results=results)
        check = strict_check(known)
        for note in check.notes:
            click.echo(note, err=True)
        code = validate(paths, ValidateOrder(**order, more_checks=(check,)))
        check.unused()
        sys.exit(code)


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
    return ALL_WELL
