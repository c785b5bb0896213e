"""``asw graph``: finds what is meant, and prints its picture."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.text import Text

from asw.asl.model import StateMachine
from asw.asl.parse import read_definition
from asw.asl.values import to_text
from asw.cli import completion, options
from asw.cli.archives import gone_run, open_run, require_place
from asw.cli.awaiting import awaited
from asw.cli.command import Command, Example
from asw.cli.views.findings_text import show_findings
from asw.cli.views.moving import head_text, progress_of
from asw.cli.views.tables import graph_text
from asw.draw.diagram import diagram_json, diagram_of
from asw.draw.dot import dot_text
from asw.draw.graph import draw
from asw.draw.mermaid import mermaid_text
from asw.draw.svg import svg_text
from asw.executions.naming import is_bundle
from asw.executions.opening import open_runs
from asw.executions.port import Runs
from asw.executions.progress import Progress, read_history
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import BAD_INPUT, NOT_FOUND
from asw.failures import Failure, not_found
from asw.lint.documents import SUFFIXES
from asw.messages import t

_EXAMPLES = (
    Example(command="asw graph workflow.yaml", does="Draw the Workflow of a file."),
    Example(
        command="asw graph hello-2 --local",
        does="Show how an execution went: states by colour, with times and tries.",
    ),
    Example(
        command="asw graph hello.asl.json -o svg > hello.svg",
        does="Make a picture for a web page, in light and in dark.",
    ),
    Example(command="asw graph hello.asl.json -o mermaid", does="Make a diagram for Markdown."),
    Example(
        command="asw graph workflow/hello -o dot",
        does="Make a file for Graphviz from a Workflow on the cluster.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("what", metavar="FILE|EXECUTION|WORKFLOW", shell_complete=completion.drawn)
@options.target_options
@options.archived
@click.option(
    "--output",
    "-o",
    "form",
    type=click.Choice(("text", "svg", "mermaid", "dot", "json")),
    default="text",
    show_default=True,
    help="Format of the picture; json has states and transitions as data.",
)
@click.option("--workflow", "-w", help="Which Workflow of the files, if there are several.")
def command(what: str, target: Target, form: str, workflow: str | None) -> None:
    """Draw a state machine, or how an execution went through it.

    A FILE (or folder) contains manifests or a bare definition; a file that asw export wrote is an
    execution. Any other word is the name of an execution, else that of a Workflow;
    execution/NAME and workflow/NAME say which is meant.

    For an execution each state is marked and coloured by how it went, with the time that it took,
    how often it was visited and tried, and how far the iterations of a Map are. The marks: ✓ done,
    ! failed and caught, ⋯ running, ✗ failed, ⊘ stopped because of another, · not reached.

    SVG is one file without references, light or dark like its reader's screen. Mermaid is a
    stateDiagram-v2, DOT is for Graphviz.
    """
    show_graph(target, what, form=form, workflow=workflow)


if TYPE_CHECKING:
    from asw.lint.checking import Checked

PIPED_CELLS = 120
"""Width of a drawing that goes where there is no terminal."""
_EXECUTION, _WORKFLOW = "execution/", "workflow/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What to draw: a machine, or how a run went through it."""

    name: str
    machine: StateMachine
    run: Run | None = None
    progress: Mapping[str, Progress] | None = None


def show_graph(target: Target, what: str, *, form: str, workflow: str | None) -> None:
    """Print the picture. Raises Failure if there is nothing of that name."""
    subject = _find(target, what, workflow)
    if form == "text":
        _print_text(subject)
        return
    flow = diagram_of(subject.machine, subject.progress)
    match form:
        case "svg":
            text = svg_text(flow, subject.name)
        case "mermaid":
            text = mermaid_text(flow)
        case "dot":
            text = dot_text(flow, subject.name)
        case _:
            text = json.dumps(diagram_json(flow), indent=2, ensure_ascii=False) + "\n"
    click.echo(text, nl=False)


def _of_files(path: Path, wanted: str | None) -> Subject:
    # Manifests are read by models that take as long to load as all else; executions need none.
    from asw.lint.checking import check_files  # noqa: PLC0415

    checked = check_files([path], has_executions=False)
    show_findings([each for each in checked.findings if not each.is_warning])
    known = _drawable(checked)
    if not known:
        raise Failure(
            t("{path} contains no Workflow that can be drawn", path=path),
            remedy=t("asw validate {path} says why", path=path),
            code=BAD_INPUT,
        )
    return _one_of(known, path, wanted)


def _drawable(checked: "Checked") -> dict[str, Subject]:
    """Machines by metadata.name: those that can run, and those that call services of a cloud."""
    from asw.lint.plan import definition_text  # noqa: PLC0415

    known = {
        name: Subject(name=planned.public_name, machine=planned.machine)
        for name, planned in checked.plan.workflows.items()
    }
    for name, placed in checked.manifests.workflows.items():
        if name not in known:
            workflow = placed.object
            text, dialect = definition_text(workflow), workflow.spec.dialect
            machine, _ = read_definition(text, dialect, any_resource=True)
            if machine is not None:
                known[name] = Subject(name=workflow.public_name, machine=machine)
    return known


def _one_of(workflows: Mapping[str, Subject], path: Path, wanted: str | None) -> Subject:
    names = ", ".join(workflows)
    if wanted is None and len(workflows) > 1:
        raise Failure(
            t("{path} contains several Workflows: {names}", path=path, names=names),
            remedy=t("choose one with --workflow"),
            code=BAD_INPUT,
        )
    if wanted is not None and wanted not in workflows:
        message = t("{path} contains no Workflow {name!r}", path=path, name=wanted)
        raise not_found(message, wanted, workflows, t("available: {names}", names=names))
    return workflows[wanted] if wanted else next(iter(workflows.values()))


def _find(target: Target, what: str, workflow: str | None) -> Subject:
    if not what:
        raise Failure(
            t("the name of what to draw is empty"),
            remedy=t("give a file, a folder, or the name of an execution or a Workflow"),
            code=BAD_INPUT,
        )
    path = Path(what)
    is_there = path.exists() and not target.is_archived
    if is_there and not is_bundle(path):
        if path.name == what and not path.suffix:
            values = {"path": path, "execution": f"{_EXECUTION}{what}"}
            click.echo(
                t("drawing the files in {path}; for the execution say {execution}", **values),
                err=True,
            )
        return _of_files(path, workflow)
    return awaited(_of_run(target, what) if is_bundle(path) else _of_place(target, what))


async def _of_run(target: Target, word: str) -> Subject:
    async with open_run(word, target) as (runs, run):
        return await _execution(runs, run)


async def _of_place(target: Target, what: str) -> Subject:
    if what.startswith(_EXECUTION):
        return await _of_run(target, what.removeprefix(_EXECUTION))
    if what.startswith(_WORKFLOW):
        require_place(target, "Workflow")
        async with open_runs(target) as runs:
            return await _workflow(runs, what.removeprefix(_WORKFLOW))
    if "/" in what or Path(what).suffix in SUFFIXES:
        raise Failure(
            f"{what}: {t('no such file or folder')}",
            remedy=t("give a file, a folder, or the name of an execution or a Workflow"),
            code=BAD_INPUT,
        )
    if target.is_archived:
        return await _of_run(target, what)
    async with open_runs(target) as runs:
        try:
            run = await runs.get(what)
        except Failure as failure:
            if failure.code != NOT_FOUND:
                raise
            return await _else(runs, target, what, failure)
        return await _execution(runs, run)


async def _else(runs: Runs, target: Target, name: str, no_execution: Failure) -> Subject:
    """The Workflow of a name that no execution has, and a remark says so; else what is archived."""
    try:
        subject = await _workflow(runs, name)
    except Failure as failure:
        if failure.code != NOT_FOUND:
            raise
        found = await gone_run(name, target)
        if found is not None:
            return await _execution(*found)
        message = t("neither an execution nor a Workflow {name!r}", name=name)
        remedies = dict.fromkeys((no_execution.remedy, failure.remedy))
        remedy = "\n  ".join(filter(None, remedies))
        raise Failure(message, remedy=remedy, code=NOT_FOUND) from failure
    click.echo(t("no execution of that name: this is Workflow {name}", name=name), err=True)
    return subject


async def _execution(runs: Runs, run: Run) -> Subject:
    name = run.name
    snapshot = await runs.snapshot(run)
    if snapshot.machine is None:
        raise Failure(
            t("the definition that {name} runs is not known", name=name),
            remedy=t("it has not started, or its definition is gone: asw get {name}", name=name),
            code=NOT_FOUND,
        )
    progress = progress_of(snapshot, read_history(snapshot.events).progress)
    return Subject(name=name, machine=snapshot.machine, run=run, progress=progress)


async def _workflow(runs: Runs, name: str) -> Subject:
    manifest = await runs.workflow(name)
    spec = manifest.get("spec") or {}
    text = spec.get("definitionText") or to_text(spec.get("definition"))
    machine, problems = read_definition(text, spec.get("dialect") or "ASL")
    if machine is None:
        first = next(problem for problem in problems if problem.severity != "WARNING")
        raise Failure(
            t(
                "the definition of Workflow {name} is not valid: {problem}",
                name=name,
                problem=first,
            ),
            remedy=t("fix it, and apply it again; asw validate shows everything that is wrong"),
            code=BAD_INPUT,
        )
    return Subject(name=name, machine=machine)


def _print_text(subject: Subject) -> None:
    console = Console(highlight=False)
    width = console.width if sys.stdout.isatty() else PIPED_CELLS
    lines = draw(subject.machine, subject.progress or {}, width)
    if subject.run is not None:
        console.print(head_text(subject.run, datetime.now(UTC)), soft_wrap=True)
        console.print("")
    if console.is_terminal:
        console.print(graph_text(lines), soft_wrap=True)
    else:
        click.echo(Text("\n".join(line.rstrip() for line in lines)).plain)
