"""The questions that an execution's record waits for people to answer. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from asw.asl.approvals import LONGEST_COMMENT, REJECT, Decision, Question, objection, question_of
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.exits import NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.messages import t
from asw.reconciler.answers import is_approval


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenApproval:
    """A question since ``asked_at``; from ``until`` on it is too late, None for never."""

    task_id: TaskId
    state: str
    question: Question
    asked_at: datetime
    until: datetime | None


def open_approvals(record: Record | None) -> Iterator[OpenApproval]:
    """The open questions, in the order in which they were asked."""
    if record is None or record.outcome is not None:
        return
    waits = ((frame.state, frame.waiting) for frame in record.frames.values())
    asked = [(state, it) for state, it in waits if isinstance(it, OnTask) and is_approval(it)]
    for state, waiting in sorted(asked, key=lambda found: found[1].ordinal):
        yield OpenApproval(
            task_id=record.task_id(waiting.ordinal),
            state=state,
            question=question_of(waiting.payload),
            asked_at=waiting.started_at or waiting.scheduled_at,
            until=waiting.deadlines()[0],
        )


def meant(
    found: Sequence[OpenApproval], run: str, *, state: str | None, task: int | None
) -> OpenApproval:
    """The one question that is meant. Raises Failure."""
    wanted = [
        it for it in found if state in (None, it.state) and task in (None, it.task_id.ordinal)
    ]
    if len(wanted) == 1:
        return wanted[0]
    remedy = t("asw inbox shows what can be answered")
    if not wanted:
        told = t("{run} does not wait for such an approval", run=run)
        raise Failure(told, remedy=remedy, code=NOT_SUCCEEDED if found else NOT_FOUND)
    names = ", ".join(f"--task {it.task_id.ordinal} ({it.state})" for it in wanted[:8])
    raise Failure(
        t("{run} waits for {count} approvals", run=run, count=len(wanted)),
        remedy=t("choose one: {names}", names=names),
    )


def check(asked: OpenApproval, decision: Decision) -> None:
    """Raise Failure unless this person may decide so."""
    question = asked.question
    match objection(question, decision):
        case "comment":
            raise Failure(
                t("the comment has more than {most} bytes", most=LONGEST_COMMENT),
                remedy=t("shorten it, and name the place of the rest"),
            )
        case "choice":
            verb = "reject" if decision.choice == REJECT else "approve"
            raise Failure(
                t("{choice!r} is no choice of {state}", choice=decision.choice, state=asked.state),
                remedy=t(
                    "instead of asw {verb}: asw approve --choice with one of {choices}",
                    verb=verb,
                    choices=", ".join(question.choices),
                ),
            )
        case "person":
            raise Failure(
                t("{user} may not answer {state}", user=decision.by, state=asked.state),
                remedy=t("its Approvers are {users}", users=approvers_text(question)),
            )


def approvers_text(question: Question) -> str:
    """Who may answer: users by their names, groups marked as such."""
    groups = (t("group {group}", group=group) for group in question.groups)
    return ", ".join((*question.users, *groups))
