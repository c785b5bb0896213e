"""Whether an execution without a record may begin, must wait, or cannot.

Only ``find_opening`` asks the platform; the rest is pure.

A missing or invalid Workflow makes it wait for a bounded time, because GitOps applies things in any
order and authors fix definitions. Then it fails with a name. A revision pinned by the user must
exist at once: its name says that it once did.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never

from asw.api import names
from asw.asl import errors
from asw.asl.problems import InvalidDefinition
from asw.engine.children import NoSuchMap
from asw.reconciler.platform import (
    ExecutionKey,
    Platform,
    Revision,
    Stored,
    Unavailable,
    WorkflowInvalid,
    WorkflowMissing,
    WorkflowReady,
    WorkflowState,
)
from asw.reconciler.settings import Settings

SUSPENDED = (
    names.REASON_SUSPENDED,
    "nothing new is started, what runs may finish; set spec.suspend to false to let it continue",
)
"""Reason and message of a suspended execution."""
SHOWN_PROBLEMS = 5
"""Problems of a definition that fit into a condition or cause; the Workflow lists all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Pin this revision and run."""

    revision: Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitForWorkflow:
    """Look again; ``reason`` and ``message`` are for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotBegin:
    """The execution fails before its start."""

    error: str
    cause: str


Opening: TypeAlias = Begin | WaitForWorkflow | CannotBegin


def what_is_amiss(stored: Stored) -> CannotBegin | None:
    """What keeps an execution without a record from running, whatever its Workflow says."""
    if stored.record_problem is not None:
        return CannotBegin(error=errors.RECORD_LOST, cause=stored.record_problem)
    if stored.input_problem is not None:
        return CannotBegin(error=errors.INVALID_INPUT, cause=stored.input_problem)
    return None


async def find_opening(
    platform: Platform, stored: Stored, now: datetime, settings: Settings
) -> Opening:
    """The revision to begin with, or why not; a revision pinned by the user goes first.

    An execution does not fail for what may only have been overlooked: raises Unavailable then.
    """
    key, name = stored.key, stored.workflow_name
    if stored.revision is not None:
        return open_by_revision(key, stored.revision, await platform.revision(key, stored.revision))
    opening = open_by_workflow(stored, await platform.workflow(key, name), now, settings)
    if isinstance(opening, CannotBegin) and not await platform.is_workflow_seen(key, name):
        raise Unavailable(f"Workflow {name!r} exists, but no watch has reported it yet")
    return opening


def open_by_workflow(
    stored: Stored, workflow: WorkflowState, now: datetime, settings: Settings
) -> Opening:
    """What follows from the current Workflow."""
    is_over = now >= stored.created_at + settings.workflow_wait
    where = f"Workflow {stored.workflow_name!r} in namespace {stored.key.namespace!r}"
    match workflow:
        case WorkflowReady():
            return Begin(revision=workflow.revision)
        case WorkflowMissing() if is_over:
            return CannotBegin(
                error=errors.WORKFLOW_NOT_FOUND,
                cause=f"{where} did not appear in {_span(settings)}; "
                "create it and start a new execution",
            )
        case WorkflowMissing():
            return WaitForWorkflow(
                reason=names.REASON_WORKFLOW_NOT_FOUND,
                message=f"{where} does not exist; the execution starts once it is created, "
                f"and fails after {_span(settings)}",
            )
        case WorkflowInvalid() if is_over:
            return CannotBegin(
                error=errors.INVALID_DEFINITION,
                cause=f"{where} has problems: {listed(workflow.problems, workflow.more)}",
            )
        case WorkflowInvalid():
            return WaitForWorkflow(
                reason=names.REASON_INVALID_DEFINITION,
                message=f"{where} has problems; the execution starts once they are fixed, "
                f"and fails after {_span(settings)}: {listed(workflow.problems, workflow.more)}",
            )
        case _:
            assert_never(workflow)


def open_by_revision(key: ExecutionKey, name: str, revision: Revision | None) -> Opening:
    """What follows from the revision that the user pinned."""
    if revision is None:
        return CannotBegin(error=errors.REVISION_LOST, cause=lost_revision(key, name))
    return Begin(revision=revision)


def cannot_parse(error: InvalidDefinition) -> CannotBegin:
    """What follows from a revision that was accepted once but this version cannot read."""
    found = tuple(str(problem) for problem in error.problems if problem.severity == "ERROR")
    return CannotBegin(error=errors.INVALID_DEFINITION, cause=listed(found))


def lost_revision(key: ExecutionKey, name: str) -> str:
    """A sentence that says which revision is gone, and what to do."""
    return (
        f"revision {name!r} does not exist in namespace {key.namespace!r}; "
        "start a new execution, without a revision for the current one"
    )


def no_such_map(revision: str, error: NoSuchMap) -> CannotBegin:
    """What follows for a child of a Map that its revision does not have."""
    cause = f"revision {revision!r} cannot run this child: {error}; start the parent again"
    return CannotBegin(error=errors.INVALID_DEFINITION, cause=cause)


def listed(problems: tuple[str, ...], more: int = 0) -> str:
    """The first problems as one sentence, which also says how many more there are."""
    rest = len(problems) + more - SHOWN_PROBLEMS
    others = f"; and {rest} more" if rest > 0 else ""
    return "; ".join(problems[:SHOWN_PROBLEMS]) + others


def _span(settings: Settings) -> str:
    return f"{settings.workflow_wait.total_seconds():g} s"
