"""What is worth a notice: of a saved Execution, of a Workflow or Function that was judged. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from asw.api import names
from asw.api.conditions import Condition
from asw.api.function import Function
from asw.api.limits import clipped
from asw.api.workflow import Workflow
from asw.engine.record import Record
from asw.platforms.kubernetes.client.resources import EXECUTIONS, FUNCTIONS, WORKFLOWS
from asw.platforms.kubernetes.notices.notice import Notice, Subject
from asw.reconciler.platform import ExecutionKey, Save

ERROR_LIMIT: Final = 256
"""Bytes of an error's name, which users choose."""

STARTED: Final = "Started"
REDRIVEN: Final = "Redriven"
TASKS_WAIT: Final = "TasksWait"
REJECTED: Final = "Rejected"
READY: Final = "Ready"

_BEGINNINGS: Final = {
    "ExecutionStarted": (STARTED, "runs"),
    "ExecutionRedriven": (REDRIVEN, "runs again, in"),
}
_HARMLESS: Final = frozenset({names.REASON_SUSPENDED, names.REASON_WAITING_FOR_SLOT})
"""Reasons to wait that somebody has asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an Execution stands, as conditions say, and what keeps its tasks from starting."""

    conditions: Sequence[Condition]
    trouble: str | None = None


def of_save(
    key: ExecutionKey, before: Standing, after: Standing, save: Save, *, is_child: bool
) -> Sequence[Notice]:
    """What a stored save is worth telling of the Execution.

    Of a child of a distributed Map only what went wrong: its parent shows the rest.
    """
    about = Subject(resource=EXECUTIONS, namespace=key.namespace, name=key.name, uid=key.uid)
    if save.refusal is not None:
        return (_warning(about, names.REASON_REDRIVE_REFUSED, save.refusal),)
    was, now = _succeeded(before), _succeeded(after)
    if now is None or save.observed:
        return ()
    told = [_ended(about, now, save)] if now.status != "Unknown" and _differ(was, now) else []
    if now.status == "Unknown":
        told += _beginning(about, save)
        if save.waiting is not None and not _is_repeated(was, now):
            told.append(_waiting(about, *save.waiting))
        if after.trouble is not None and after.trouble != before.trouble:
            told.append(_warning(about, TASKS_WAIT, after.trouble))
    return tuple(it for it in told if it.is_warning) if is_child else tuple(told)


def of_workflow(
    workflow: Workflow, after: Sequence[Condition], revision: str | None
) -> list[Notice]:
    """What a judgement that was written is worth telling of a Workflow."""
    metadata = workflow.metadata
    about = Subject(
        resource=WORKFLOWS, namespace=metadata.namespace, name=metadata.name, uid=metadata.uid
    )
    told, is_new = [], revision is not None and revision != workflow.status.revision
    if is_new:
        message = f"new executions run revision {revision}"
        told.append(Notice(about=about, reason=names.REASON_ACCEPTED, message=message))
    lacks = unready(workflow.status.conditions, after)
    if lacks is not None:
        reason, message = lacks.reason, lacks.message
        if revision is None:
            reason, message = REJECTED, f"{reason}: {message}"
        told.append(_warning(about, reason, message))
    return told


def of_function(
    function: Function, after: Sequence[Condition], *, is_at_work: bool
) -> list[Notice]:
    """What a judgement that was written is worth telling of a Function.

    ``is_at_work``: it is not ready because we prepare it.
    """
    metadata = function.metadata
    about = Subject(
        resource=FUNCTIONS, namespace=metadata.namespace, name=metadata.name, uid=metadata.uid
    )
    before = function.status.conditions
    lacks = unready(before, after)
    if lacks is not None:
        notice = Notice(
            about=about,
            reason=lacks.reason,
            message=lacks.message,
            is_warning=not is_at_work,
        )
        return [notice]
    was, now = (_of(it, names.CONDITION_READY) for it in (before, after))
    if now is None or now.status != "True" or (was is not None and was.status == "True"):
        return []
    return [Notice(about=about, reason=READY, message="tasks may call it")]


def unready(before: Sequence[Condition], after: Sequence[Condition]) -> Condition | None:
    """The condition Ready, if it says why not, and did not say so before."""
    was, now = (_of(it, names.CONDITION_READY) for it in (before, after))
    if now is None or now.status != "False":
        return None
    return None if _is_repeated(was, now) else now


def _beginning(about: Subject, save: Save) -> list[Notice]:
    found = next((_BEGINNINGS[it.type] for it in save.history[:1] if it.type in _BEGINNINGS), None)
    if found is None:
        return []
    reason, what = found
    message = f"it {what} revision {save.revision}"
    return [Notice(about=about, reason=reason, message=message, is_routine=True)]


def _ended(about: Subject, now: Condition, save: Save) -> Notice:
    took = _took(save.record)
    if now.status == "True":
        message = f"it ended{took}"
        return Notice(about=about, reason=now.reason, message=message, is_routine=True)
    error, hint = _error(save), f"asw why {about.name} tells more"
    message = f"{error or 'it ended'}{took}; {hint}"
    is_warning = now.reason != names.REASON_ABORTED
    return Notice(about=about, reason=now.reason, message=message, is_warning=is_warning)


def _error(save: Save) -> str | None:
    error: str | None = None
    if save.failed_before_start is not None:
        error = save.failed_before_start[0]
    elif save.record is not None and save.record.outcome is not None:
        failure = save.record.outcome.failure
        error = None if failure is None else failure.error
    return error and clipped(error, ERROR_LIMIT)


def _took(record: Record | None) -> str:
    if record is None or record.outcome is None:
        return ""
    seconds = (record.outcome.at - record.header.started_at).total_seconds()
    return f" after {seconds:.1f} s"


def _waiting(about: Subject, reason: str, message: str) -> Notice:
    is_warning = reason not in _HARMLESS
    return Notice(about=about, reason=reason, message=message, is_warning=is_warning)


def _warning(about: Subject, reason: str, message: str) -> Notice:
    return Notice(about=about, reason=reason, message=message, is_warning=True)


def _succeeded(standing: Standing) -> Condition | None:
    return _of(standing.conditions, names.CONDITION_SUCCEEDED)


def _differ(was: Condition | None, now: Condition) -> bool:
    return was is None or (was.status, was.reason) != (now.status, now.reason)


def _is_repeated(was: Condition | None, now: Condition) -> bool:
    return not _differ(was, now) and was is not None and was.message == now.message


def _of(conditions: Sequence[Condition], kind: str) -> Condition | None:
    return next((each for each in conditions if each.type == kind), None)
