"""Jobs whose containers cannot be started."""

from datetime import UTC, datetime

import pytest

from asw.connector.kubernetes.containers.stuck import may_be_stuck, stopped_of, stuck_in

CREATED = "2026-01-01T00:00:00Z"
PULL = ("ErrImagePull", "not found")


def at(minutes, seconds=0):
    """So long after the pods were made."""
    return datetime(2026, 1, 1, 0, minutes, seconds, tzinfo=UTC)


def a_pod(*states, initial=(), **status):
    """A pod with containers in these states, after those that run first."""
    named = [{"name": f"c{number}", "state": it} for number, it in enumerate(states)]
    first = [{"name": f"i{number}", "state": it} for number, it in enumerate(initial)]
    known = {"containerStatuses": named, "initContainerStatuses": first, **status}
    return {"metadata": {"name": "p", "creationTimestamp": CREATED}, "status": known}


def waits(reason, message=""):
    """A container that waits."""
    return {"waiting": {"reason": reason, "message": message}}


@pytest.mark.parametrize(
    ("pods", "now", "told"),
    [
        ([], at(9), None),
        ([a_pod()], at(9), None),
        ([a_pod(waits("ContainerCreating"))], at(9), None),
        ([a_pod(waits(*PULL))], at(0, 59), None),
        ([a_pod(waits(*PULL))], at(1), "CannotPullContainerError: ErrImagePull: not found"),
        ([a_pod(waits("InvalidImageName"))], at(0), "CannotPullContainerError: InvalidImageName"),
        (
            [a_pod(waits("CreateContainerConfigError", "no secret"))],
            at(1),
            "ResourceInitializationError: CreateContainerConfigError: no secret",
        ),
        (
            [a_pod(waits("RunContainerError", "x"))],
            at(1),
            "CannotStartContainerError: RunContainerError: x",
        ),
        ([a_pod(waits(*PULL)), a_pod({"running": {"startedAt": CREATED}})], at(9), None),
        ([a_pod(waits(*PULL), startTime="2026-01-01T00:08:30Z")], at(9), None),
        (
            [
                a_pod(
                    waits(*PULL),
                    initial=[{"terminated": {"finishedAt": "2026-01-01T00:08:30Z"}}],
                )
            ],
            at(9),
            None,
        ),
        ([a_pod({"running": {"startedAt": "2026-01-01T00:08:30Z"}}, waits(*PULL))], at(9), None),
    ],
    ids=[
        "no pod",
        "nothing known",
        "it comes",
        "too early",
        "image",
        "name of an image",
        "secret",
        "command",
        "another one runs",
        "its node is new",
        "another container came before",
        "beside one that is new",
    ],
)
def test_when_it_is_given_up(pods, now, told):
    """Once all pods wait in vain; the time to bear it begins when something last went on."""
    found = stuck_in(pods, now)
    assert (found and found.reason) == told


def test_the_container_is_named():
    """One that runs before the others counts, too."""
    found = stuck_in([a_pod({}, initial=[waits(*PULL)])], at(2))
    assert found is not None
    assert (found.container, found.at) == ("i0", "2026-01-01T00:02:00+00:00")


def test_a_reason_is_bounded():
    """Whatever a registry says fits into an annotation."""
    found = stuck_in([a_pod(waits("ErrImagePull", "x" * 1_000_000))], at(2))
    assert found is not None
    assert len(found.reason) == 1000


def test_what_was_given_up_stays_so():
    """The Job says it to whoever asks next."""
    found = stuck_in([a_pod(waits(*PULL))], at(2))
    assert found is not None
    change = found.change({"metadata": {"uid": "u", "resourceVersion": "7"}})
    assert change["metadata"]["uid"] == "u"
    assert change["metadata"]["resourceVersion"] == "7"
    assert stopped_of(change) == found
    assert stopped_of({"metadata": {}}) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [({}, False), ({"active": 2}, True), ({"active": 2, "ready": 1}, False)],
)
def test_who_is_looked_after(status, expected):
    """A Job with pods, as long as none is ready: no more is asked of one that runs."""
    assert may_be_stuck(status) is expected
