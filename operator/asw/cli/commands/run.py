"""``asw run``: runs what files describe, on this machine."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from asw.cli import options
from asw.cli.acting.local_work import work_to_the_end
from asw.cli.acting.storing import store_plan
from asw.cli.command import Command, Example
from asw.cli.inputs import place_of_input, read_input
from asw.cli.screen import Look, Screen
from asw.executions.local.session import NewRun, Session
from asw.executions.orders import checked_name
from asw.exits import BAD_INPUT
from asw.lint.checking import check_files
from asw.lint.findings import has_error
from asw.lint.plan import InputOptions, Plan, PlannedRun, plan_bare_run
from asw.messages import t
from asw.platforms.local.presence import sharing
from asw.reconciler.platform import ExecutionKey

_EXAMPLES = (
    Example(
        command="asw run workflow.yaml functions.yaml",
        does="Run the only Workflow of these files on its default input.",
    ),
    Example(
        command="""asw run . --input '{"name": "Ada"}' -q""",
        does="Run the Workflow of this folder on another input, and print only the output.",
    ),
    Example(
        command="asw run . --input-file input.json > greeting.txt",
        does="Read the input from a file, and write the output to another.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@options.inputs
@click.option("--name", help="Name of the execution.")
@options.data
@options.logs
@options.quiet
@options.json_lines
def command(
    paths: tuple[Path, ...],
    *,
    input_text: str | None,
    input_file: str | None,
    name: str | None,
    data: Path,
    **look: bool,
) -> None:
    """Run what manifests or a definition describe, on this machine.

    PATHS are files, or folders of them, of YAML or JSON: Workflows, Functions, Executions and
    ConfigMaps as kubectl takes them, or a bare definition. All Executions are run; without any, the
    only Workflow is run, on its default input. --input overrides the inputs of manifests.
    Everything is checked before anything starts. A --name that an execution has already is refused;
    without --name a number is added to make the name unique.

    The output is printed on standard output, as JSON; everything else goes to standard error.
    During a long run a terminal shows each running state, what it waits for, how far each Map is,
    and the graph if it fits; elsewhere there is a line for each state that is entered, left or
    failed. The graph and the last hundred events come at the end.

    The exit code is 0 if all executions succeeded and 1 if one did not. After Ctrl-C, asw resume
    continues.
    """
    has_input, value = read_input(input_text, input_file)
    place = place_of_input(input_text, input_file)
    inputs = InputOptions(name=name, has_input=has_input, input=value, place=place)
    sys.exit(run(Screen(Look(**look)), paths, inputs, data))


def run(screen: Screen, paths: Sequence[Path], inputs: InputOptions, folder: Path) -> int:
    """Check everything, then run the Executions, or the only Workflow."""
    if inputs.name is not None:
        checked_name(inputs.name)
    checked = check_files(paths, inputs, is_local=True)
    plan, findings = checked.plan, list(checked.findings)
    if not checked.manifests.executions:
        findings += plan_bare_run(checked.manifests, inputs, plan)
    screen.findings(findings)
    if has_error(findings):
        return BAD_INPUT
    if not plan.runs:
        screen.say(t("nothing to run: found no Execution and no Workflow"))
        return BAD_INPUT

    def begin(session: Session) -> list[ExecutionKey]:
        is_named = inputs.name is not None
        if is_named:
            session.require_free({run.name for run in plan.runs})
        store_plan(plan, session.catalogue)
        keys = session.start(map(partial(_new_run, plan), plan.runs), is_named=is_named)
        for run, key in zip(plan.runs, keys, strict=True):
            if checked.manifests.executions and key.name != run.name:
                words = {"name": run.name, "new": key.name}
                screen.remark(t("{name} has run before: this one is called {new}", **words))
        return keys

    return work_to_the_end(screen, folder, sharing, begin)


def _new_run(plan: Plan, run: PlannedRun) -> NewRun:
    return NewRun(
        name=run.name,
        execution_name=run.execution_name,
        workflow=run.workflow,
        input=run.input,
        objects=plan.workflows[run.workflow].objects.absolute(),
    )
