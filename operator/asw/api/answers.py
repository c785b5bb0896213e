"""``spec.answers`` of an Execution: what people decided about its approvals."""

from collections.abc import Mapping
from typing import Annotated, Final, TypeAlias

from pydantic import Field

from asw.api.objects import ATOMIC_LIST, Part, rule
from asw.asl.approvals import LONGEST_COMMENT, LONGEST_NAME, MOST_NAMES

MOST_ANSWERS: Final = 64
LAST_ANSWER: Final = 99
"""The highest number of an answer to one task."""
_KEY: Final = r"^[1-9][0-9]{0,8}([.][2-9]|[.][1-9][0-9])?$"


class Answer(Part):
    """What a person decided. An admission policy holds by and groups against who writes it."""

    choice: str = Field(min_length=1, max_length=LONGEST_NAME)
    """approve, reject, or one of the Task's own Choices."""

    by: str = Field(min_length=1, max_length=LONGEST_NAME)
    """Your name, as kubectl auth whoami shows it."""

    groups: tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)], ...] = Field(
        default=(), max_length=MOST_NAMES, json_schema_extra={**ATOMIC_LIST}
    )
    """Those of your groups that the Task's Approvers name."""

    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    """Why; up to 1024 bytes."""


Answers: TypeAlias = Mapping[Annotated[str, Field(pattern=_KEY)], Answer]

ANSWER_RULES: Final = (
    rule(
        f"!has(self.answers) || self.answers.all(k, k.matches('{_KEY}'))",
        "the key of an answer is the number of its task, such as 7; of a further answer to the "
        "same task 7.2, 7.3 and so on, up to 7.99",
        ".answers",
    ),
    rule(
        "!has(oldSelf.answers) || (has(self.answers) && oldSelf.answers.all(k,"
        " k in self.answers && self.answers[k] == oldSelf.answers[k]))",
        "an answer is neither changed nor removed: a further one to the same task has the key "
        "7.2, 7.3 and so on",
        ".answers",
    ),
)
"""CEL, for the spec: what the keys are, and that what was said stays said."""
