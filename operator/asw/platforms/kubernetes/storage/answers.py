"""``spec.answers`` as the reconciler knows them. Pure."""

from collections.abc import Mapping

from asw.api.answers import Answer as Given
from asw.reconciler.answers import Answer


def answers_of(given: Mapping[str, Given]) -> tuple[Answer, ...]:
    """The answers; a key is the task's ordinal, or that and which answer to it this is."""
    return tuple(_answer(key, each) for key, each in given.items())


def _answer(key: str, given: Given) -> Answer:
    ordinal, _, number = key.partition(".")
    return Answer(
        ordinal=int(ordinal),
        number=int(number or 1),
        choice=given.choice,
        by=given.by,
        groups=given.groups,
        comment=given.comment,
    )
