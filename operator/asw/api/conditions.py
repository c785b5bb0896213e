"""Conditions of a status (KEP-1623): what tools wait for, and since when it holds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import Field

from asw.api.objects import ATOMIC_LIST, Instant, InvalidObject, Shown

MESSAGE_LIMIT = 1024
"""The longest message kept: Kubernetes accepts 32,768 characters, but a status must stay small."""


class Condition(Shown):
    """One aspect of the object's state, and since when it holds."""

    type: str = Field(max_length=316)
    """The name of the aspect, such as Ready."""

    status: Literal["True", "False", "Unknown"]
    """Whether it holds."""

    reason: str = Field(max_length=1024)
    """The reason as one word, for machines."""

    message: str = Field(default="", max_length=32768)
    """The reason as a sentence, for people."""

    observed_generation: int | None = None
    """The metadata.generation that this describes."""

    last_transition_time: Instant | None = None
    """When the status last changed."""


MOST_CONDITIONS: Final = 16

Conditions: TypeAlias = Annotated[
    tuple[Condition, ...],
    Field(
        max_length=MOST_CONDITIONS,
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    ),
]
"""As KEP-1623 has them: each may have an owner of its own."""

OwnConditions: TypeAlias = Annotated[
    tuple[Condition, ...],
    Field(max_length=MOST_CONDITIONS, json_schema_extra={**ATOMIC_LIST}),
]
"""All by one owner, who writes often: without keys a write costs the API server a third less."""


def mistakes_of(error: InvalidObject) -> str:
    """What is wrong with the object, as a message of a condition."""
    return "; ".join(map(str, error.problems))[:MESSAGE_LIMIT]


def set_condition(
    conditions: Sequence[Condition], new: Condition, now: datetime
) -> tuple[Condition, ...]:
    """The conditions with the new one replacing its namesake, or else at the end.

    The transition time stays unless the status changed, whatever ``new`` says; the generation never
    goes back; a long message is cut.
    """
    old = next((each for each in conditions if each.type == new.type), None)
    changes: dict[str, object] = {
        "message": _trimmed(new.message),
        "last_transition_time": _transition_time(old, new, now),
    }
    if (generation := _generation(old, new)) is not None:
        changes["observed_generation"] = generation
    made = new.model_copy(update=changes)
    if old is None:
        return (*conditions, made)
    return tuple(made if each.type == new.type else each for each in conditions)


def _transition_time(old: Condition | None, new: Condition, now: datetime) -> datetime:
    if old is None or old.status != new.status or old.last_transition_time is None:
        return now
    return old.last_transition_time


def _generation(old: Condition | None, new: Condition) -> int | None:
    known = [
        each.observed_generation
        for each in (old, new)
        if each is not None and each.observed_generation is not None
    ]
    return max(known, default=None)


def _trimmed(message: str) -> str:
    return message if len(message) <= MESSAGE_LIMIT else message[: MESSAGE_LIMIT - 1] + "…"
