"""``spec.concurrency`` on the real cluster."""

from typing import Any

import pytest

from tests.support.space import Object, Space, condition, events, execution, workflow

pytestmark = pytest.mark.cluster

NAMES = ("a", "b", "c", "d")


def a_wait(seconds: int, **limit: Any) -> Object:
    """A Workflow that takes so long."""
    state = {"Type": "Wait", "Seconds": seconds, "End": True}
    definition = {"StartAt": "wait", "States": {"wait": state}}
    return workflow("slow", definition, concurrency=limit)


def phase(space: Space, name: str) -> str:
    """The phase of an Execution, empty before the first look."""
    return str(space.get("execution", name)["status"].get("phase", ""))


def is_running(space: Space, name: str) -> bool:
    """Whether it has begun and not ended."""
    return phase(space, name) == "Running"


def test_executions_run_one_after_the_other(space: Space) -> None:
    """With one slot, each begins after the one before it ended; who waited, in its order."""
    space.apply(a_wait(3, limit=1))
    space.apply(*(execution(name, "slow") for name in NAMES))
    ran = [space.finished(name) for name in NAMES]
    ran.sort(key=lambda it: str(it["status"]["startTime"]))
    times = [(it["status"]["startTime"], it["status"]["completionTime"]) for it in ran]
    flat = [instant for pair in times for instant in pair]
    assert flat == sorted(flat)
    ranks = [(it["metadata"]["creationTimestamp"], it["metadata"]["uid"]) for it in ran]
    assert ranks[1:] == sorted(ranks[1:])


def test_waiting_ones_say_so_and_go_when_the_limit_is_raised(space: Space) -> None:
    """Pending with the reason WaitingForSlot, until the Workflow's spec lets them go."""
    space.apply(a_wait(600, limit=1))
    space.apply(execution("first", "slow"))
    space.until("its start", lambda: is_running(space, "first"))
    space.apply(execution("second", "slow"))
    space.until("its phase", lambda: phase(space, "second") == "Pending")
    ready = condition(space.get("execution", "second"), "Ready")
    assert ready["reason"] == "WaitingForSlot"
    assert "1 of 1 slots of Workflow 'slow' were taken" in ready["message"]
    space.apply(a_wait(600, limit=2))
    space.until("its start", lambda: is_running(space, "second"))
    assert is_running(space, "first")


def test_deleting_one_lets_the_next_one_go(space: Space) -> None:
    """Its slot is free, whatever it was doing."""
    space.apply(a_wait(600, limit=1))
    space.apply(execution("first", "slow"))
    space.until("its start", lambda: is_running(space, "first"))
    space.apply(execution("second", "slow"))
    space.kubectl("delete", "execution", "first")
    space.until("its start", lambda: is_running(space, "second"))


def test_forbid_fails_the_second(space: Space) -> None:
    """Before its start, with an error of its own and a cause that names the one that runs."""
    space.apply(a_wait(600, policy="Forbid"))
    space.apply(execution("first", "slow"))
    space.until("its start", lambda: is_running(space, "first"))
    status = space.run("second", "slow")
    assert (status["phase"], status["error"]) == ("Failed", "Asw.ConcurrencyForbidden")
    assert "'first'" in status["cause"]
    assert "startTime" not in status


def test_replace_aborts_the_first(space: Space) -> None:
    """It ends as if stopped, naming its successor, which starts after that."""
    space.apply(a_wait(600, policy="Replace"))
    space.apply(execution("first", "slow"))
    space.until("its start", lambda: is_running(space, "first"))
    space.apply(execution("second", "slow"))
    first = space.finished("first")["status"]
    assert (first["phase"], first["error"]) == ("Aborted", "Asw.Replaced")
    assert "'second'" in first["cause"]
    assert events(first)[-1]["type"] == "ExecutionAborted"
    space.until("its start", lambda: is_running(space, "second"))
    second = space.get("execution", "second")["status"]
    assert second["startTime"] >= first["completionTime"]


def test_a_name_in_use_is_refused(space: Space) -> None:
    """A second Execution with the public name of one that runs fails before its start."""
    space.apply(a_wait(600))
    space.apply(execution("first", "slow", None, name="Order_1"))
    space.until("its start", lambda: is_running(space, "first"))
    space.apply(execution("second", "slow", None, name="Order_1"))
    status = space.finished("second")["status"]
    assert (status["phase"], status["error"]) == ("Failed", "Asw.ExecutionAlreadyExists")
