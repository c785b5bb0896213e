"""What ``asw:approval`` asks of a person, and what an answer makes of its Task. Pure.

Fields that are not constant are known when the Task starts: one that is wrong then fails it with
``Asw.InvalidApproval``. Without Choices the answers are approve, which is the Task's result, and
reject, which fails it with ``Asw.Rejected``; every one of its own Choices is a result.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from asw.asl.errors import INVALID_APPROVAL, REJECTED, Failure, StatesError
from asw.asl.values import Json, JsonObject

APPROVE: Final = "approve"
REJECT: Final = "reject"
LONGEST_TITLE: Final = 256
LONGEST_MESSAGE: Final = 4096
LONGEST_NAME: Final = 256
"""Characters of a choice, and of the name of a person."""
MOST_NAMES: Final = 64
"""Choices, Users, and Groups."""
LONGEST_COMMENT: Final = 1024
"""Bytes of a comment in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked; anybody may answer if both ``users`` and ``groups`` are empty.

    ``rejects`` tells whether reject fails the Task.
    """

    title: str
    message: str
    choices: tuple[str, ...]
    users: tuple[str, ...]
    groups: tuple[str, ...] = ()
    rejects: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided what, when, and why; ``groups`` are those that the person is in.

    ``link_from`` is who made the link by which it came; empty if it came by no link.
    """

    choice: str
    by: str
    groups: tuple[str, ...] = ()
    comment: str
    at: datetime
    link_from: str = ""


Objection: TypeAlias = Literal["comment", "choice", "person"]
"""What keeps a decision from counting: it is too long, is none of the choices, or not theirs."""


def objection(question: Question, decision: Decision) -> Objection | None:
    """Why this person may not decide so; None if the decision counts."""
    if len(decision.comment.encode(errors="surrogatepass")) > LONGEST_COMMENT:
        return "comment"
    if decision.choice not in question.choices:
        return "choice"
    may_all = not question.users and not question.groups
    is_named = decision.by in question.users or not set(question.groups).isdisjoint(decision.groups)
    return None if may_all or is_named else "person"


def field_problem(name: str, value: Json) -> str | None:
    """What is wrong with the value of the field, as the rest of a sentence; None if nothing is."""
    match name:
        case "Title":
            return None if _is_text(value, LONGEST_TITLE) else _must_be_text(LONGEST_TITLE)
        case "Message":
            fits = value == "" or _is_text(value, LONGEST_MESSAGE)
            return None if fits else f"must be a text of {LONGEST_MESSAGE} characters at most"
        case "Choices":
            return None if _are_names(value) else _must_be_names()
        case "Approvers":
            if not isinstance(value, dict) or not value or set(value) - {"Users", "Groups"}:
                return "must be an object with the field Users, Groups or both, and no other"
            wrong = next((each for each, names in value.items() if not _are_names(names)), None)
            return None if wrong is None else f"has {wrong}, which {_must_be_names()}"
    return None


def question_of(request: Json) -> Question:
    """The question of a Task's Parameters or Arguments. Raises StatesError."""
    if not isinstance(request, dict) or "Title" not in request:
        raise StatesError(INVALID_APPROVAL, "An approval needs the field Title.")
    for name, value in request.items():
        if (problem := field_problem(name, value)) is not None:
            raise StatesError(INVALID_APPROVAL, f"{name} of an approval {problem}.")
    approvers: JsonObject = request.get("Approvers", {})
    return Question(
        title=request["Title"],
        message=request.get("Message", ""),
        choices=tuple(request.get("Choices", (APPROVE, REJECT))),
        users=tuple(approvers.get("Users", ())),
        groups=tuple(approvers.get("Groups", ())),
        rejects="Choices" not in request,
    )


def end_of(question: Question, decision: Decision) -> JsonObject | Failure:
    """The Task's result, or its failure."""
    if question.rejects and decision.choice == REJECT:
        how = f", by a link from {decision.link_from}" if decision.link_from else ""
        why = f": {decision.comment}" if decision.comment else ""
        return Failure(REJECTED, f"Rejected by {decision.by}{how}{why}")
    link = {"LinkFrom": decision.link_from} if decision.link_from else {}
    return {
        "Choice": decision.choice,
        "By": decision.by,
        "Comment": decision.comment,
        "At": decision.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **link,
    }


def _is_text(value: Json, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


def _must_be_text(longest: int) -> str:
    return f"must be a text of 1 to {longest} characters"


def _are_names(value: Json) -> bool:
    return (
        isinstance(value, list)
        and 0 < len(value) <= MOST_NAMES
        and all(_is_text(name, LONGEST_NAME) for name in value)
        and len(set(value)) == len(value)
    )


def _must_be_names() -> str:
    return f"must be 1 to {MOST_NAMES} different texts of 1 to {LONGEST_NAME} characters"
