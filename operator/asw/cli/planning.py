"""What ``asw plan`` does: compares files with what exists, and prints the differences."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from shlex import quote

import click

from asw.asl.values import to_text
from asw.cli.awaiting import awaited
from asw.cli.views.findings_text import show_findings
from asw.cli.views.plan_text import Sign, draw, summary_of
from asw.executions.opening import open_runs
from asw.executions.target import Target
from asw.exits import ALL_WELL, BAD_INPUT, NOT_SUCCEEDED
from asw.failures import Failure
from asw.lint.checking import check_files
from asw.lint.manifests import Manifests
from asw.lint.nulls import nulls_at_risk
from asw.messages import t
from asw.planning.gathering import Files, as_stored, foresee
from asw.planning.result import PlanResult

DIFFERENT = 2
"""As in terraform plan -detailed-exitcode; this is not bad input here."""
_COLOURS: Mapping[Sign, str] = {"+": "green", "-": "red", "~": "yellow", "!": "bright_red"}


def run(paths: Sequence[Path], target: Target, *, is_json: bool) -> int:
    """Compare, print, and return the exit code; faults of the files are reported first."""
    try:
        files = _read(paths, is_local=target.is_local)
        result = awaited(_compare(files, aimed(target, files.manifests)))
    except Failure as failure:
        raise in_terms_of_plan(failure) from failure
    if is_json:
        click.echo(to_text(result.to_plain()))
    else:
        _print(result)
    for name, callers in result.missing_functions.items():
        _warn(t("no Function {name}, which {callers} calls", name=name, callers=callers))
    for gap in result.gaps:
        _warn(gap)
    if result.has_refusals:
        return NOT_SUCCEEDED
    return DIFFERENT if result.has_differences else ALL_WELL


def in_terms_of_plan(failure: Failure) -> Failure:
    """The same failure with an exit code that does not say that something differs."""
    code = NOT_SUCCEEDED if failure.code == BAD_INPUT else failure.code
    return Failure(failure.message, remedy=failure.remedy, code=code)


async def _compare(files: Files, target: Target) -> PlanResult:
    async with open_runs(target) as runs:
        return await foresee(runs, as_stored(files) if target.is_local else files)


def _read(paths: Sequence[Path], *, is_local: bool) -> Files:
    """What the paths describe. Raises Failure after all findings were shown."""
    checked = check_files(paths, has_executions=False)  # their Workflows may be there already
    manifests, plan = checked.manifests, checked.plan
    errors = [each for each in checked.findings if not each.is_warning]
    show_findings([*errors, *(() if is_local else nulls_at_risk(checked.documents))])
    if errors:
        message = t("the files are not valid: nothing was compared")
        remedy = _how_to_make(paths, _CHARTS) or t("asw validate shows where")
        raise Failure(message, remedy=remedy, code=NOT_SUCCEEDED)
    if not _has_objects(manifests):
        raise Failure(
            t("nothing to compare: found no Workflow, Function or Execution"),
            remedy=_how_to_make(paths, {**_KUSTOMIZE, **_CHARTS})
            or t("name files as kubectl apply takes them, or their folder"),
            code=NOT_SUCCEEDED,
        )
    machines = {name: planned.machine for name, planned in plan.workflows.items()}
    return Files(manifests=manifests, machines=machines)


_KUSTOMIZE: Mapping[str, str] = {
    "kustomization.yaml": "kubectl kustomize",
    "kustomization.yml": "kubectl kustomize",
    "Kustomization": "kubectl kustomize",
}
_CHARTS: Mapping[str, str] = {"Chart.yaml": "helm template"}
"""Files whose folder holds no manifests, but what manifests are made of; and what makes them."""


def _how_to_make(paths: Sequence[Path], makers: Mapping[str, str]) -> str:
    """The command that compares what is made in one of the folders; empty where nothing is."""
    for folder in paths:
        for name, maker in makers.items():
            if (folder / name).is_file():
                command = f"{maker} {quote(str(folder))} | asw plan -"
                return t("its manifests have to be rendered first: {command}", command=command)
    return ""


def aimed(target: Target, manifests: Manifests) -> Target:
    """The target with the namespace that the manifests name, as for kubectl. Raises Failure."""
    kinds = (manifests.workflows, manifests.functions, manifests.executions)
    objects = [placed.object for kind in kinds for placed in kind.values()]
    named = sorted({each.metadata.namespace for each in objects} - {""})
    if target.is_local or not named or named == [target.namespace]:
        return target
    names = ", ".join(named)
    if target.namespace is not None:
        raise Failure(
            t(
                "the files are for namespace {names}, not {given}",
                names=names,
                given=target.namespace,
            ),
            remedy=t("leave out -n, or remove the namespace from the files"),
        )
    if len(named) > 1 or not all(each.metadata.namespace for each in objects):
        raise Failure(
            t("the objects in the files are not all for one namespace: {names}", names=names),
            remedy=t("plan each namespace by itself"),
        )
    return replace(target, namespace=named[0])


def _has_objects(manifests: Manifests) -> bool:
    return bool(manifests.workflows or manifests.functions or manifests.executions)


def _warn(sentence: str) -> None:
    click.echo(f"{click.style(t('warning'), fg='yellow')}: {sentence}", err=True)


def _print(result: PlanResult) -> None:
    """The lines in colour, where standard output is a terminal."""
    for line in draw(result):
        colour = _COLOURS.get(line.sign)
        click.echo(click.style(str(line), fg=colour) if colour else str(line))
    if result.has_differences or result.has_refusals:
        click.echo()
    click.echo(summary_of(result))
