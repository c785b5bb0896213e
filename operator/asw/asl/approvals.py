"""What ``asw:approval`` asks of a person, and what an answer makes of its Task. Pure.

Fields that are not constant are known when the Task starts: one that is wrong then fails it with
``Asw.InvalidApproval``. Without Choices the answers are approve, which is the Task's result, and
reject, which fails it with ``Asw.Rejected``; every one of its own Choices is a result.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asw.asl.errors import INVALID_APPROVAL, REJECTED, Failure, StatesError
from asw.asl.values import Json, JsonObject

APPROVE: Final = "approve"
REJECT: Final = "reject"
LONGEST_TITLE: Final = 256
LONGEST_MESSAGE: Final = 4096
LONGEST_NAME: Final = 256
"""Characters of a choice, and of the name of a person."""
MOST_NAMES: Final = 64
"""Choices, and Users."""
LONGEST_COMMENT: Final = 1024
"""Bytes of a comment in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked; ``users`` is empty if anybody may answer.

    ``rejects`` tells whether reject fails the Task.
    """

    title: str
    message: str
    choices: tuple[str, ...]
    users: tuple[str, ...]
    rejects: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who decided what, when, and why."""

    choice: str
    by: str
    comment: str
    at: datetime


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
            if not isinstance(value, dict) or set(value) != {"Users"}:
                return "must be an object with the field Users, and no other"
            return None if _are_names(value["Users"]) else f"has Users, which {_must_be_names()}"
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
        rejects="Choices" not in request,
    )


def end_of(question: Question, decision: Decision) -> JsonObject | Failure:
    """The Task's result, or its failure."""
    if question.rejects and decision.choice == REJECT:
        why = f": {decision.comment}" if decision.comment else ""
        return Failure(REJECTED, f"Rejected by {decision.by}{why}")
    return {
        "Choice": decision.choice,
        "By": decision.by,
        "Comment": decision.comment,
        "At": decision.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
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
