"""What a person is asked, and what the answer makes of a Task."""

from datetime import UTC, datetime

import pytest

from asw.asl.approvals import Decision, end_of, objection, question_of
from asw.asl.errors import Failure, StatesError

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
TEXT = "2026-01-02T03:04:05Z"


def decided(choice, comment=""):
    """What ann has decided."""
    return Decision(choice=choice, by="ann", comment=comment, at=AT)


def test_an_answer_is_the_result():
    """Choice, name, comment and time are what the next state gets."""
    end = end_of(question_of({"Title": "Go?"}), decided("approve", "fine"))
    assert end == {
        "Choice": "approve",
        "By": "ann",
        "Comment": "fine",
        "At": "2026-01-02T03:04:05Z",
    }


def test_a_rejection_fails_the_task():
    """Catch gets who and why."""
    end = end_of(question_of({"Title": "Go?"}), decided("reject", "too early"))
    assert end == Failure("Asw.Rejected", "Rejected by ann: too early")


def test_a_choice_of_the_definition_never_fails():
    """Whoever names Choices decides by the result, even if one of them is reject."""
    end = end_of(question_of({"Title": "Go?", "Choices": ["reject", "later"]}), decided("reject"))
    assert end["Choice"] == "reject"


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({}, "needs the field Title"),
        ([], "needs the field Title"),
        ({"Title": ""}, "Title of an approval must be a text of 1 to 256"),
        ({"Title": "t" * 257}, "Title of an approval must be"),
        ({"Title": "t", "Message": 5}, "Message of an approval must be a text"),
        ({"Title": "t", "Message": "m" * 4097}, "4096 characters at most"),
        ({"Title": "t", "Choices": []}, "Choices of an approval must be 1 to 64"),
        ({"Title": "t", "Choices": ["a", "a"]}, "different texts"),
        ({"Title": "t", "Choices": [["a"]]}, "different texts"),
        ({"Title": "t", "Approvers": {}}, "Users, Groups or both"),
        ({"Title": "t", "Approvers": {"Users": ["a"], "Any": ["b"]}}, "Users, Groups or both"),
        ({"Title": "t", "Approvers": {"Groups": []}}, "has Groups, which must be"),
        ({"Title": "t", "Approvers": {"Users": "ann"}}, "has Users, which must be"),
    ],
)
def test_a_bad_question_is_not_asked(request_, told):
    """The error has a name for Catch, and says which field is wrong and how."""
    with pytest.raises(StatesError) as raised:
        question_of(request_)
    assert raised.value.failure.error == "Asw.InvalidApproval"
    assert told in raised.value.failure.cause


@pytest.mark.parametrize(
    ("approvers", "by", "groups", "why"),
    [
        ({}, "eve", (), None),
        ({"Users": ["ann"]}, "ann", (), None),
        ({"Users": ["ann"]}, "eve", ("ann",), "person"),
        ({"Groups": ["ops"]}, "eve", ("dev", "ops"), None),
        ({"Groups": ["ops"]}, "ops", ("dev",), "person"),
        ({"Users": ["ann"], "Groups": ["ops"]}, "ann", (), None),
    ],
)
def test_only_approvers_decide(approvers, by, groups, why):
    """Whoever is one of the Users or in one of the Groups may; a name is no group."""
    asked = question_of({"Title": "Go?", **({"Approvers": approvers} if approvers else {})})
    said = Decision(choice="approve", by=by, groups=groups, comment="", at=AT)
    assert objection(asked, said) == why


@pytest.mark.parametrize(
    ("choice", "comment", "why"),
    [
        ("maybe", "", "choice"),
        ("approve", "\u00e4" * 512, None),
        ("approve", "\u00e4" * 513, "comment"),
    ],
)
def test_a_decision_is_bounded(choice, comment, why):
    """It is one of the choices, and its comment has 1024 bytes at most."""
    assert objection(question_of({"Title": "Go?"}), decided(choice, comment)) == why
