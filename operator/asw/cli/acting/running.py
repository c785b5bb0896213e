"""Runs what files describe, on this machine: what ``asw run`` does."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from asw.cli.acting.local_work import work_to_the_end
from asw.cli.acting.storing import store_plan
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


def run_files(
    paths: Sequence[Path],
    look: Mapping[str, bool],
    folder: Path,
    *,
    name: str | None,
    **given: str | None,
) -> int:
    """Check everything, then run the Executions, or the only Workflow; the exit code.

    ``look`` has the fields of a ``Look``; ``given`` is the input, as ``read_input`` takes it.
    """
    has_input, value = read_input(**given)
    place = place_of_input(**given)
    inputs = InputOptions(name=name, has_input=has_input, input=value, place=place)
    screen = Screen(Look(**look))
    if name is not None:
        checked_name(name)
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
        ttl_seconds=run.ttl_seconds,
    )
