"""What a verb cannot do to an execution in its phase, and what to do instead. Pure.

A verb that has nothing left to do says so; that is not a failure. ``where`` ends the commands of
remedies: the options that name this machine's store.
"""

from asw.executions.run import Run
from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t


def why_no_halt(run: Run, where: str = "") -> Failure | None:
    """An execution that is over can be neither stopped nor suspended."""
    return _is_over(run, where) if run.is_over else None


def why_no_resume(run: Run, where: str = "") -> Failure | None:
    """An execution that is over continues by a redrive only."""
    if not run.is_over:
        return None
    if run.phase == "Succeeded":
        return _is_over(run, where)
    return Failure(
        t("{name} is over: {phase}", name=run.name, phase=run.phase),
        remedy=t(
            "asw redrive {name}{where} resumes it where it failed", name=run.name, where=where
        ),
        code=NOT_SUCCEEDED,
    )


def why_no_redrive(run: Run, where: str = "") -> Failure | None:
    """Only an execution that ended without success is redriven."""
    if not run.is_over:
        return Failure(
            t("{name} is not over: {phase}", name=run.name, phase=run.shown_phase),
            remedy=_go_on(run, where),
            code=NOT_SUCCEEDED,
        )
    if run.phase == "Succeeded":
        return Failure(
            t("{name} succeeded: there is nothing to redrive", name=run.name),
            remedy=t("asw rerun {name}{where} starts it again", name=run.name, where=where),
            code=NOT_SUCCEEDED,
        )
    if run.parent is not None:
        return Failure(
            t("{name} is a child of {parent}'s Map", name=run.name, parent=run.parent),
            remedy=t("redrive {parent}: it runs again what did not succeed", parent=run.parent),
            code=NOT_SUCCEEDED,
        )
    return None


def why_no_rerun(run: Run, where: str = "") -> Failure | None:
    """A child of a Map runs part of a definition, and no Workflow starts a part."""
    if run.parent is None:
        return None
    return Failure(
        t("{name} is a child of {parent}'s Map", name=run.name, parent=run.parent),
        remedy=t(
            "asw rerun {parent}{where} starts all of it again", parent=run.parent, where=where
        ),
        code=NOT_SUCCEEDED,
    )


def _is_over(run: Run, where: str) -> Failure:
    return Failure(
        t("{name} is over: {phase}", name=run.name, phase=run.phase),
        remedy=t("asw list --phase Running{where} shows those that are not", where=where),
        code=NOT_SUCCEEDED,
    )


def _go_on(run: Run, where: str) -> str:
    values = {"name": run.name, "where": where}
    match run.shown_phase:
        case "Suspended":
            return t("it is suspended: asw resume {name}{where} resumes it", **values)
        case "Interrupted":
            return t("it was interrupted: asw resume {name}{where} resumes it", **values)
    return t("wait until it is over, or stop it first: asw stop {name}{where}", **values)
