"""What Job and pods say about an installation."""

from datetime import UTC, datetime, timedelta

from asw.platforms.kubernetes.packages.progress import (
    LONGEST_WORDS,
    Failed,
    Installed,
    Installing,
    is_active,
    is_of_claim,
    progress_of,
)

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIMIT = timedelta(minutes=10)


def a_job(**condition):
    """One that began at noon."""
    conditions = [{"status": "True", **condition}] if condition else []
    metadata = {"name": "asw-packages-0", "creationTimestamp": "2026-01-01T12:00:00Z"}
    return {"metadata": metadata, "status": {"conditions": conditions}}


def a_pod(created="2026-01-01T12:00:01Z", conditions=(), **state):
    """One of it, whose container is in this state."""
    status = {"conditions": list(conditions), "containerStatuses": [{"state": state}]}
    return {"metadata": {"creationTimestamp": created}, "status": status}


def ended(message, code=3):
    return {"exitCode": code, "message": message}


def test_a_complete_job_says_that_it_is_there():
    """Nothing else does."""
    assert progress_of(a_job(type="Complete"), [], LIMIT) == Installed()
    assert not is_active(a_job(type="Complete"))


def test_what_runs_ends_at_the_latest_with_its_limit():
    """So that who waits for it need not wait for ever."""
    found = progress_of(a_job(), [a_pod(running={})], LIMIT)
    assert found == Installing("its packages are being installed", AT + LIMIT)
    assert is_active(a_job())


def test_what_keeps_it_from_running_is_told():
    """In the words of Kubernetes: a volume that nobody provides, an image that is not there."""
    unbound = {"type": "PodScheduled", "status": "False", "message": "unbound claims"}
    waiting = progress_of(a_job(), [a_pod(conditions=[unbound])], LIMIT)
    assert "no node takes its pod: unbound claims" in waiting.why
    pulling = a_pod(waiting={"reason": "ImagePullBackOff", "message": "no such image"})
    assert "ImagePullBackOff: no such image" in progress_of(a_job(), [pulling], LIMIT).why


def test_a_failure_has_the_last_words_of_the_last_try():
    """Of pip, cut to what fits into a condition."""
    tries = [
        a_pod("2026-01-01T12:00:01Z", terminated=ended("no connection", 1)),
        a_pod("2026-01-01T12:00:09Z", terminated=ended("x" * 5000 + "wrong hash")),
    ]
    at = "2026-01-01T12:01:00Z"
    found = progress_of(a_job(type="Failed", lastTransitionTime=at), tries, LIMIT)
    assert isinstance(found, Failed)
    assert found.why.endswith("wrong hash")
    assert len(found.why) == LONGEST_WORDS
    assert found.since == AT + timedelta(minutes=1)


def test_without_words_the_job_is_quoted():
    """Its pods may be gone."""
    job = a_job(type="Failed", reason="BackoffLimitExceeded", message="too many tries")
    assert progress_of(job, [], LIMIT).why == "BackoffLimitExceeded: too many tries"


def test_what_takes_too_long_says_whose_limit_that_is():
    """And what it waited for until then."""
    unbound = {"type": "PodScheduled", "status": "False", "message": "unbound claims"}
    job = a_job(type="Failed", reason="DeadlineExceeded")
    why = progress_of(job, [a_pod(conditions=[unbound])], LIMIT).why
    assert "functions.packageIndex.timeoutSeconds" in why
    assert "unbound claims" in why


def test_only_a_job_of_this_claim_counts():
    """One of an earlier claim says nothing about this volume, nor does a stranger's."""
    owner = {"uid": "claim-1", "controller": True, "name": "asw-packages"}
    ours = {"metadata": {"labels": {"asw.dev/kind": "packages"}, "ownerReferences": [owner]}}
    assert is_of_claim(ours, "claim-1")
    assert not is_of_claim(ours, "claim-2")
    assert not is_of_claim({"metadata": {**ours["metadata"], "labels": {}}}, "claim-1")
