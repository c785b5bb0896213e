"""What people answered to the approvals that a record waits for: which answer counts. Pure.

Answers are tried in the order of their numbers; the first that counts ends the wait. One that does
not count leaves the question open, for a better one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from asw.asl.approvals import Decision, Objection, end_of, objection, question_of
from asw.asl.errors import Failure
from asw.asl.resources import Invocation, ServiceInvocation
from asw.engine.facts import CallbackFailed, CallbackSucceeded, TaskFact
from asw.engine.record import OnTask, Record
from asw.engine.task_ids import TaskId
from asw.reconciler.tasks import awaited_reports

_SHOWN = 80
"""Characters of a name in a sentence: the person chose neither its length nor ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a person said to the task of this ordinal; ``number`` is which answer to it this is."""

    ordinal: int
    number: int
    choice: str
    by: str
    groups: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """``facts`` end tasks; ``objections`` are sentences about answers that do not count."""

    facts: tuple[TaskFact, ...] = ()
    objections: tuple[str, ...] = ()


def is_approval(waiting: OnTask) -> bool:
    """Whether a person is asked."""
    return asks_a_person(waiting.invocation)


def asks_a_person(invocation: Invocation) -> bool:
    """Whether what is called is a person."""
    return isinstance(invocation, ServiceInvocation) and invocation.is_approval


def judge(record: Record, answers: Iterable[Answer], now: datetime) -> Judged:
    """What the answers make of the record's open approvals; others mean nothing to it."""
    by_ordinal: defaultdict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_ordinal[answer.ordinal].append(answer)
    facts: list[TaskFact] = []
    objections: list[str] = []
    for task_id, waiting in awaited_reports(record).items() if by_ordinal else ():
        said = sorted(by_ordinal.get(task_id.ordinal, ()), key=lambda it: it.number)
        if said and is_approval(waiting):
            fact, told = _judged(task_id, waiting, said, now)
            facts += [] if fact is None else [fact]
            objections += told if fact is None else []
    return Judged(facts=tuple(facts), objections=tuple(objections))


def _judged(
    task_id: TaskId, waiting: OnTask, said: Sequence[Answer], now: datetime
) -> tuple[TaskFact | None, list[str]]:
    question = question_of(waiting.payload)
    objections: list[str] = []
    for answer in said:
        decision = Decision(
            choice=answer.choice,
            by=answer.by,
            groups=answer.groups,
            comment=answer.comment,
            at=now,
        )
        if (why := objection(question, decision)) is not None:
            objections.append(_told(answer, why))
            continue
        end = end_of(question, decision)
        if isinstance(end, Failure):
            return CallbackFailed(task_id=task_id, at=now, error=end.error, cause=end.cause), []
        return CallbackSucceeded(task_id=task_id, at=now, output=end), []
    return None, objections


def _told(answer: Answer, why: Objection) -> str:
    said = {
        "comment": "its comment is too long",
        "choice": "it is none of the Choices",
        "person": "is not among the Approvers",
    }[why]
    by = answer.by if len(answer.by) <= _SHOWN else f"{answer.by[:_SHOWN]}…"
    link = "" if why == "person" else ": "
    told = f"{by} {said}" if not link else f"{by}{link}{said}"
    return f"the answer to task {answer.ordinal} does not count: {told}"
