"""The answers of a spec, as the reconciler reads them."""

import pytest

from asw.api.answers import Answer as Given
from asw.platforms.kubernetes.storage.answers import answers_of
from asw.reconciler.answers import Answer


@pytest.mark.parametrize(
    ("key", "ordinal", "number"),
    [("7", 7, 1), ("7.2", 7, 2), ("7.10", 7, 10), ("123456789.99", 123456789, 99)],
)
def test_a_key_is_the_task_and_which_answer_to_it(key, ordinal, number):
    """The first has the task's number alone; 7.10 is the tenth, and no fraction."""
    (answer,) = answers_of({key: Given(choice="approve", by="ann")})
    assert (answer.ordinal, answer.number) == (ordinal, number)


def test_all_that_was_said_is_kept():
    """Of every answer, whatever it is worth."""
    given = {
        "1": Given(choice="approve", by="ann", groups=("ops", "qa"), comment="fine"),
        "2": Given(choice="later", by="bob"),
    }
    assert answers_of(given) == (
        Answer(
            ordinal=1, number=1, choice="approve", by="ann", groups=("ops", "qa"), comment="fine"
        ),
        Answer(ordinal=2, number=1, choice="later", by="bob"),
    )
    assert answers_of({}) == ()
