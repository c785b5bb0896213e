"""What an Execution propagates to its Jobs and pods."""

from asw.platforms.kubernetes.tasks.propagation import NOTHING, Propagated, propagated

METADATA = {
    "labels": {"team.example/name": "a", "other": "b", "asw.dev/kind": "task"},
    "annotations": {"team.example/ticket": "7", "x.asw.dev/seal": "forged"},
}


def test_it_is_chosen_by_prefix():
    """Labels and annotations of other prefixes stay where they are."""
    made = propagated(METADATA, ["team.example/"])
    assert made == Propagated(
        labels={"team.example/name": "a"}, annotations={"team.example/ticket": "7"}
    )
    assert propagated(METADATA, []) is NOTHING
    assert propagated({}, ["team.example/"]) is NOTHING


def test_nothing_of_ours_is_ever_propagated():
    """Whoever creates Executions cannot say what an object is to the operator."""
    assert propagated(METADATA, ["asw.dev/", "x."]) is NOTHING


def test_no_profile_of_apparmor_is_ever_propagated():
    """An annotation of old would set it, past every policy for security contexts."""
    key = "container.apparmor.security.beta.kubernetes.io/task"
    assert propagated({"annotations": {key: "unconfined"}}, ["container."]) is NOTHING
