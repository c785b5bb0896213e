"""What ``asw serve`` and the operator say to each other about one-time links. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from asw.asl.approvals import LONGEST_COMMENT, Objection
from asw.asl.values import Json
from asw.engine.task_ids import TaskId
from asw.platforms.kubernetes.keys.callback_tokens import Claim
from asw.platforms.kubernetes.keys.link_tokens import LONGEST_LIFE, LONGEST_NAME
from asw.platforms.kubernetes.results.callback_reports import ReportRefused, not_valid

MAKE: Final = "/v1/approvals/make"
"""A link for somebody, on the word of whoever is named as its maker."""
QUESTION: Final = "/v1/approvals/question"
"""What the approval of this link asks."""
ANSWER: Final = "/v1/approvals/answer"
"""The decision by this link."""
_LONGEST_TEXT: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A link that somebody asks for: of this execution's task, for ``by`` to answer."""

    claim: Claim
    execution: str
    by: str
    lasts: timedelta


def order_of(said: Mapping[str, Json]) -> Order:
    """The link that is asked for. Raises ReportRefused, with the field."""
    wanted = {"namespace", "execution", "uid", "task", "for", "seconds"}
    if strange := said.keys() - wanted:
        raise not_valid(f"{len(strange)} unknown fields: there are {', '.join(sorted(wanted))}")
    task, seconds = _number(said, "task"), _number(said, "seconds")
    if seconds > LONGEST_LIFE.total_seconds():
        raise not_valid(f"seconds: a link lasts {LONGEST_LIFE.days} days at most")
    return Order(
        claim=Claim(text_of(said, "namespace"), TaskId(text_of(said, "uid"), task)),
        execution=text_of(said, "execution"),
        by=name_of(said, "for"),
        lasts=timedelta(seconds=seconds),
    )


def name_of(said: Mapping[str, Json], field: str) -> str:
    """The name of a person. Raises ReportRefused."""
    name = text_of(said, field)
    if not name.isprintable() or len(name.encode()) > LONGEST_NAME:
        raise not_valid(f"{field}: a printable name of 1 to {LONGEST_NAME} bytes is needed")
    return name


def text_of(said: Mapping[str, Json], field: str) -> str:
    """A text that is not empty. Raises ReportRefused."""
    text = said.get(field)
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_TEXT:
        raise not_valid(f"{field}: a text of 1 to {_LONGEST_TEXT} characters is needed")
    return text


def _number(said: Mapping[str, Json], field: str) -> int:
    number = said.get(field)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 10**9:
        raise not_valid(f"{field}: a whole number above 0 is needed")
    return number


def objected(why: Objection, by: str) -> ReportRefused:
    """A decision that does not count."""
    told = {
        "comment": f"the comment has more than {LONGEST_COMMENT} bytes",
        "choice": "this is none of the Choices",
        "person": f"{by} is not among the Users of its Approvers; Groups do not count for a link",
    }[why]
    return ReportRefused("AnswerRefused", told, 403 if why == "person" else 400)


def ended() -> ReportRefused:
    """The link leads nowhere any more."""
    return ReportRefused("ApprovalEnded", "it was answered, timed out or stopped", 410)


def expired() -> ReportRefused:
    """The link is over, and its approval may wait on."""
    return ReportRefused("LinkExpired", "the link has expired", 410)
