"""Conditions: what is said, since when, of which generation."""

from datetime import UTC, datetime, timedelta

import pytest

from asw.api.conditions import MESSAGE_LIMIT, Condition, set_condition

THEN = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
NOW = THEN + timedelta(hours=1)


def a_condition(status="True", **fields):
    """A condition of type Ready."""
    return Condition(
        **{"type": "Ready", "status": status, "reason": "Valid", "observed_generation": 1, **fields}
    )


def test_a_first_condition_begins_now():
    """A condition that was not there has just come to hold."""
    (made,) = set_condition((), a_condition(), NOW)
    assert made.last_transition_time == NOW


@pytest.mark.parametrize(
    ("status", "since"),
    [
        pytest.param("True", THEN, id="same status keeps its time"),
        pytest.param("False", NOW, id="another status begins now"),
    ],
)
def test_the_transition_time_moves_with_the_status_only(status, since):
    """A new reason or message is not a transition."""
    old = a_condition(last_transition_time=THEN)
    new = a_condition(status, reason="Other", message="other", last_transition_time=NOW)
    (made,) = set_condition((old,), new, NOW)
    assert (made.last_transition_time, made.reason, made.message) == (since, "Other", "other")


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        pytest.param(1, 2, 2, id="newer"),
        pytest.param(2, 1, 2, id="older"),
        pytest.param(2, None, 2, id="not said"),
        pytest.param(None, None, None, id="never said"),
    ],
)
def test_the_generation_never_goes_back(old, new, kept):
    """A condition speaks of the newest generation that was looked at."""
    (made,) = set_condition(
        (a_condition(observed_generation=old),), a_condition(observed_generation=new), NOW
    )
    assert made.observed_generation == kept


def test_a_long_message_is_cut():
    """The status stays small whatever an error has to say."""
    (made,) = set_condition((), a_condition(message="x" * 5000), NOW)
    assert len(made.message) == MESSAGE_LIMIT
    assert made.message.endswith("…")


def test_the_others_stay_in_their_places():
    """Setting one condition neither reorders nor changes the others."""
    others = tuple(a_condition(type=name, last_transition_time=THEN) for name in ("A", "C"))
    before = (others[0], a_condition(last_transition_time=THEN), others[1])
    after = set_condition(before, a_condition("False"), NOW)
    assert [each.type for each in after] == ["A", "Ready", "C"]
    assert (after[0], after[2]) == others


def test_it_is_written_in_the_words_of_kubernetes():
    """What goes into a status has the names and the instants of KEP-1623."""
    (made,) = set_condition((), a_condition(message="fine"), NOW)
    assert made.model_dump(mode="json", by_alias=True) == {
        "type": "Ready",
        "status": "True",
        "reason": "Valid",
        "message": "fine",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-31T10:00:00.000Z",
    }
