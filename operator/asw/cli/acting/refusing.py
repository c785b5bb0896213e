"""What a verb cannot do to an execution as it stands, and what to do instead. Pure.

A verb whose wish is fulfilled already does nothing and says so; that is no failure. ``where``
ends the commands of remedies: the options that name this machine's store.
"""

from asw.executions.run import Run
from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t


def why_no_stop(run: Run, where: str = "") -> Failure | None:
    """What is over cannot be aborted."""
    return _is_over(run, where) if run.is_over else None


def why_no_suspend(run: Run, where: str = "") -> Failure | None:
    """What is over starts nothing new anyway."""
    return _is_over(run, where) if run.is_over else None


def why_no_resume(run: Run, where: str = "") -> Failure | None:
    """What is over goes on by a redrive alone."""
    if not run.is_over:
        return None
    if run.phase == "Succeeded":
        return _is_over(run, where)
    return Failure(
        t("{name} is over: {phase}", name=run.name, phase=run.phase),
        remedy=t(
            "asw redrive {name}{where} takes it up where it failed", name=run.name, where=where
        ),
        code=NOT_SUCCEEDED,
    )


def why_no_redrive(run: Run, where: str = "") -> Failure | None:
    """Only what did not succeed is redriven."""
    if not run.is_over:
        return Failure(
            t("{name} is not over: {phase}", name=run.name, phase=run.phase),
            remedy=_go_on(run, where),
            code=NOT_SUCCEEDED,
        )
    if run.phase == "Succeeded":
        return Failure(
            t("{name} succeeded: there is nothing to take up", name=run.name),
            remedy=t("asw rerun {name}{where} starts it anew", name=run.name, where=where),
            code=NOT_SUCCEEDED,
        )
    if run.parent is not None:
        return Failure(
            t("{name} is a child of {parent}'s Map", name=run.name, parent=run.parent),
            remedy=t("redrive {parent}: it runs anew what did not succeed", parent=run.parent),
            code=NOT_SUCCEEDED,
        )
    return None


def why_no_rerun(run: Run, where: str = "") -> Failure | None:
    """A child of a Map runs a part of a definition, which no Workflow starts."""
    if run.parent is None:
        return None
    return Failure(
        t("{name} is a child of {parent}'s Map", name=run.name, parent=run.parent),
        remedy=t("asw rerun {parent}{where} starts all of it anew", parent=run.parent, where=where),
        code=NOT_SUCCEEDED,
    )


def _is_over(run: Run, where: str) -> Failure:
    return Failure(
        t("{name} is over: {phase}", name=run.name, phase=run.phase),
        remedy=t("asw list --phase Running{where} shows those that are not", where=where),
        code=NOT_SUCCEEDED,
    )


def _go_on(run: Run, where: str) -> str:
    if run.is_suspended:
        return t(
            "it is suspended: asw resume {name}{where} lets it go on", name=run.name, where=where
        )
    return t("wait for its end, or asw stop {name}{where} first", name=run.name, where=where)
