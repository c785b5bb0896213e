"""What each line of control of a running execution waits for. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from asw.api import names
from asw.api.instants import instant_text, parse_instant
from asw.asl.approvals import question_of
from asw.asl.errors import Failure
from asw.asl.integrations import CALLBACK
from asw.asl.model import WorkFields
from asw.asl.resources import ActivityInvocation
from asw.engine.nested import is_awaited_child, is_child
from asw.engine.record import (
    Entering,
    Frame,
    OnBranches,
    OnIterations,
    OnMapRun,
    OnReading,
    OnRetry,
    OnTask,
    OnTimer,
    OnWriting,
)
from asw.engine.retry import is_loss, retries_after
from asw.executions.approvals import approvers_text
from asw.executions.causes import named
from asw.executions.visits import Visit
from asw.explain import nested
from asw.explain.case import Case
from asw.explain.explanation import Wait
from asw.explain.failed import faults_of, function_of, place_text
from asw.messages import t
from asw.messages.spans import span_text
from asw.reconciler.answers import is_approval

_TOLD_BY_STATES: Final = (names.REASON_RUNNING, names.REASON_SUSPENDED)
"""Reasons that the waits of the states, or the user who suspended it, say better."""


def waits_of(case: Case) -> tuple[Wait, ...]:
    """What every line of control waits for that has no other line inside it."""
    frames = case.record.frames.values() if case.record else ()
    outer = {frame.parent for frame in frames}
    return tuple(
        _wait(case, frame, visit)
        for frame in frames
        if frame.id not in outer
        and (visit := case.visits.of_event.get(frame.state_event or frame.last_event)) is not None
    )


def waiting_calls(case: Case) -> Iterator[str]:
    """Functions that are to be called and have not begun to run."""
    for frame in case.record.frames.values() if case.record else ():
        if isinstance(frame.waiting, OnTask) and frame.waiting.started_at is None:
            yield frame.waiting.invocation.name


def standing_notes(case: Case, waits: Sequence[Wait]) -> Iterator[str]:
    """What holds the execution as a whole: its conditions, and who suspended it."""
    if case.run.is_suspended:
        yield _suspended(case)
    for name in dict.fromkeys(waiting_calls(case)):
        if (said := case.poolless.get(name)) is not None:
            yield t("warm pods of Function {name} do not start: {reason}", name=name, reason=said)
    for condition in case.run.status.get("conditions") or ():
        reason, message = condition.get("reason"), condition.get("message")
        is_standing = condition.get("type") in (
            names.CONDITION_READY,
            names.CONDITION_STALLED,
            names.CONDITION_REDRIVEN,
        )
        if is_standing and message and reason not in _TOLD_BY_STATES:
            yield f"{reason}: {message}"
        is_running = is_standing and reason == names.REASON_RUNNING
        if is_running and not any(wait.trouble for wait in waits):
            # After the states, the operator says what tasks wait for, such as a free slot.
            yield from filter(None, [str(message or "").partition("; ")[2]])


def who_set(manifest: Mapping[str, object], *path: str) -> str | None:
    """Who last set a field of the object, and when, as the API server noted it."""
    metadata = manifest.get("metadata")
    managed = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    for entry in reversed(managed or ()):
        fields: object = entry.get("fieldsV1")
        for step in path:
            fields = fields.get(f"f:{step}") if isinstance(fields, Mapping) else None
        if fields is not None:
            return t("{manager} at {at}", manager=entry.get("manager"), at=entry.get("time"))
    return None


def _suspended(case: Case) -> str:
    who = who_set(case.run.manifest, "spec", "suspend")
    if who is None:
        return t("It is suspended: what runs may finish, nothing new is started.")
    return t(
        "It is suspended, by {who}: what runs may finish, nothing new is started.",
        who=who,
    )


def _wait(case: Case, frame: Frame, visit: Visit) -> Wait:
    what, until = _what(case, frame, visit), None
    if isinstance(frame.waiting, OnTimer | OnRetry):
        until = frame.waiting.until
    return Wait(
        state=frame.state,
        kind=visit.kind if visit.name == frame.state else "",
        place=place_text(case, visit),
        event=visit.entered.id,
        since=frame.entered_at,
        what=what,
        until=until,
        trouble=_trouble(case, visit),
        is_at_work=isinstance(frame.waiting, OnTask) and frame.waiting.started_at is not None,
    )


def _trouble(case: Case, visit: Visit) -> str:
    """What keeps the visit's task from running, in the words of its place."""
    snapshot = case.snapshot(visit.calls[-1]) if visit.calls else None
    return snapshot.trouble if snapshot is not None else ""


def _what(case: Case, frame: Frame, visit: Visit) -> str:  # noqa: PLR0911 -- a table
    match frame.waiting:
        case Entering():
            return t("is about to be entered")
        case OnTimer(until=until):
            return _until(case, until.isoformat())
        case OnRetry():
            return _retry(case, frame.waiting, visit)
        case OnTask():
            return _task(case, frame, frame.waiting, visit)
        case OnReading():
            return t("its ItemReader reads the items")
        case OnMapRun():
            return _children(frame.waiting)
        case OnWriting():
            return t("its ResultWriter writes the results")
        case OnIterations() | OnBranches():
            return t("has nothing open: the next step goes on")
        case _:
            return t("failed, and waits for a redrive")


def _until(case: Case, text: str) -> str:
    until = parse_instant(text)
    left = until - case.now
    if left.total_seconds() <= 0:
        return t("its time was up at {until}: the operator should go on now", until=until)
    return t(
        "waits until {until:%Y-%m-%d %H:%M:%S %Z}, {left} from now",
        until=until,
        left=span_text(left),
    )


def _retry(case: Case, waiting: OnRetry, visit: Visit) -> str:
    faults = faults_of(case, visit)
    left = span_text(max(waiting.until - case.now, waiting.until - waiting.until))
    last = faults[-1] if faults else Failure(None)
    if is_loss(last.error):
        return t(
            "starts its task again in {left}, after the loss {error}", left=left, error=last.error
        )
    state = case.state(visit.name)
    if isinstance(state, WorkFields) and case.machine is not None:
        counts = retries_after(state, faults, case.machine.dialect)
        index = len(counts) - 1
        if index >= 0:
            return t(
                "waits {left} for retry {number} of {most} by Retry[{index}], after {error}",
                left=left,
                number=counts[index],
                most=state.retry[index].max_attempts,
                index=index,
                error=_named(last),
            )
    return t("waits {left} for its next try", left=left)


def _named(failure: Failure) -> str:
    return named(failure.error or t("no error name"), failure.cause)


def _task(case: Case, frame: Frame, waiting: OnTask, visit: Visit) -> str:
    function = function_of(case.state(visit.name)) or waiting.invocation.name
    snapshot = case.snapshot(visit.calls[-1]) if visit.calls else None
    if trouble := _trouble(case, visit):
        return t("its task is not running: {trouble}", trouble=trouble)
    if waiting.is_submitted and not is_awaited_child(waiting):
        since = span_text(case.now - (waiting.started_at or waiting.scheduled_at))
        return _asked(case, waiting, since)
    if waiting.started_at is None:
        since = span_text(case.now - waiting.scheduled_at)
        if isinstance(waiting.invocation, ActivityInvocation):
            name = waiting.invocation.activity
            return t(
                "has waited for a worker for {since}: asw activity worker {name} -- COMMAND",
                since=since,
                name=name,
            )
        return t(
            "its task for {function} has not started in {since}", function=function, since=since
        )
    running = case.now - waiting.started_at
    runs = (
        nested.wait_told(case.header(), waiting, running)
        if is_child(waiting)
        else t(
            "{function} has been running for {since}", function=function, since=span_text(running)
        )
    )
    if snapshot is not None and snapshot.pod:
        runs += t(" in pod {pod}", pod=snapshot.pod)
    faults = faults_of(case, visit)
    if frame.attempt and faults:
        error = _named(faults[-1])
        runs += t(", try {number} after {error}", number=frame.attempt + 1, error=error)
    if waiting.timeout_seconds is not None:
        runs += t("; it times out after {seconds} s", seconds=waiting.timeout_seconds)
    if waiting.heartbeat_seconds is not None:
        runs += t("; a heartbeat is due every {seconds} s", seconds=waiting.heartbeat_seconds)
    return runs


def _asked(case: Case, waiting: OnTask, since: str) -> str:
    """What somebody else must do or say."""
    if is_approval(waiting):
        return _approval(case, waiting, since)
    if waiting.call.endswith(CALLBACK):
        return t("has waited for a callback for {since}", since=since) + _report_by(waiting)
    return t("has waited for the end of its job for {since}", since=since)


def _approval(case: Case, waiting: OnTask, since: str) -> str:
    """What is asked of whom, and the command that answers."""
    question = question_of(waiting.payload)
    told = t(
        "has waited for an approval for {since}: {title}; answer it with: "
        "asw approve {name} --task {task}",
        since=since,
        title=question.title,
        name=case.run.name,
        task=f"{waiting.ordinal} {case.where}".rstrip(),
    )
    if question.users or question.groups:
        told += t("; its Approvers are {users}", users=approvers_text(question))
    return told + _report_by(waiting)


def _report_by(waiting: OnTask) -> str:
    """Until when somebody must report; nothing is said where nobody must."""
    deadline, beat = waiting.deadlines()
    told = (
        "" if deadline is None else t("; it times out at {instant}", instant=instant_text(deadline))
    )
    return told + (
        "" if beat is None else t("; a heartbeat is due by {instant}", instant=instant_text(beat))
    )


def _children(waiting: OnMapRun) -> str:
    ended = len(waiting.outputs) + len(waiting.failures)
    return t(
        "{ended} of {total} children have ended, {failed} of them failed, {open} are open",
        ended=ended,
        total=len(waiting.items),
        failed=len(waiting.failures),
        open=len(waiting.open_children),
    )
