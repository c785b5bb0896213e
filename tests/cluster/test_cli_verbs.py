"""``asw stop``, ``suspend``, ``resume``, ``redrive`` and ``rerun`` on a real cluster."""

import json
from dataclasses import dataclass

import pytest

from tests.support.playground import ROOT, run_asw
from tests.support.space import (
    INCREMENT,
    Space,
    call,
    execution,
    function,
    one_task,
    workflow,
)

pytestmark = pytest.mark.cluster

FAILS = "def main_handler(event, context):\n    raise ValueError('no good')\n"
WAIT = {
    "StartAt": "Wait",
    "States": {
        "Wait": {"Type": "Wait", "SecondsPath": "$", "Next": "Done"},
        "Done": {"Type": "Succeed"},
    },
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


def asw(space: Space, *words: str) -> Said:
    """The command in the test's namespace, in a process of its own: it leaves watches half-way."""
    done = run_asw(ROOT, *words, "-n", space.namespace)
    return Said(done.returncode, done.stdout, done.stderr)


def phase(space: Space, name: str) -> str:
    """How the execution stands."""
    return str(space.get("execution", name)["status"].get("phase"))


def waiting(space: Space, *names: str, seconds: int = 600) -> None:
    """Executions in a Wait of so many seconds."""
    space.apply(workflow("wait", WAIT))
    labelled = []
    for name in names:
        made = execution(name, "wait", seconds)
        made["metadata"]["labels"] = {"team": "blue"}
        labelled.append(made)
    space.apply(*labelled)
    for name in names:
        space.until(
            f"{name} in Wait", lambda each=name: "Wait" in space.kubectl("get", "exe", each)
        )


def test_a_stop_says_why_and_waits(space: Space) -> None:
    """Error and cause are the execution's; without a terminal --yes must be said."""
    waiting(space, "wait-1")
    refused = asw(space, "stop", "wait-1")
    assert (refused.code, phase(space, "wait-1")) == (2, "Running")
    assert "add --yes to abort wait-1" in refused.err
    done = asw(space, "stop", "wait-1", "-y", "--error", "E.Cancelled", "--cause", "客户", "--wait")
    assert done.code == 0
    assert "wait-1 ended: Aborted" in done.err
    status = space.get("execution", "wait-1")["status"]
    assert (status["phase"], status["error"], status["cause"]) == ("Aborted", "E.Cancelled", "客户")
    again = asw(space, "stop", "wait-1", "-y")
    assert (again.code, again.err.splitlines()[0]) == (1, "error: wait-1 is over: Aborted")


def test_labels_choose_those_that_are_not_over(space: Space) -> None:
    """What is over has the label too, and is left alone."""
    waiting(space, "wait-1", "wait-2", "wait-3")
    assert asw(space, "stop", "wait-1", "--yes", "--wait", "-q").code == 0
    done = asw(space, "stop", "-l", "team=blue", "--yes")
    assert (done.code, sorted(done.err.splitlines())) == (
        0,
        ["wait-2 was asked to stop", "wait-3 was asked to stop"],
    )
    assert space.finished("wait-3")["status"]["phase"] == "Aborted"
    nobody = asw(space, "suspend", "-l", "team=red")
    assert nobody.code == 4
    assert "asw list -l team=red shows all that have them" in nobody.err


def test_a_suspended_execution_waits_for_resume(space: Space) -> None:
    """Its timer ends, and nothing is entered until it may go on."""
    waiting(space, "wait-1", seconds=25)
    assert asw(space, "suspend", "wait-1").code == 0
    assert "is already suspended" in asw(space, "suspend", "wait-1").err
    refused = asw(space, "redrive", "wait-1")
    assert refused.code == 1
    assert f"asw resume wait-1 -n {space.namespace} resumes it" in refused.err
    assert phase(space, "wait-1") == "Running"
    done = asw(space, "resume", "wait-1", "--wait", "--timeout", "5m", "-q")
    assert (done.code, done.out, done.err) == (0, "25\n", "")
    assert asw(space, "resume", "wait-1").code == 1


def test_a_redrive_is_foreseen_and_done(space: Space) -> None:
    """What had finished is reused; the mended function is called, and only that."""
    states = {"One": call("one", Next="Two"), "Two": call("two")}
    space.apply(function("one", INCREMENT), function("two", FAILS))
    space.apply(workflow("pair", {"StartAt": "One", "States": states}))
    assert space.run("pair-1", "pair", 1)["phase"] == "Failed"
    planned = asw(space, "redrive", "pair-1", "--plan")
    assert planned.code == 0
    assert planned.out.splitlines()[1:] == [
        "runs again:",
        "    Two (Task): asw:function:two is started again, with all its retries",
        "is reused:",
        "    One",
    ]
    assert "redrive" not in space.get("execution", "pair-1")["spec"]
    space.mend(function("two", INCREMENT))
    done = asw(space, "redrive", "pair-1", "--wait", "-q")
    assert (done.code, done.out) == (0, "3\n")
    started = [job["metadata"]["annotations"]["asw.dev/state"] for job in space.jobs("pair-1")]
    assert started == ["One", "Two", "Two"]
    again = asw(space, "redrive", "pair-1")
    assert again.code == 1
    assert f"asw rerun pair-1 -n {space.namespace} starts it again" in again.err


def test_another_revision_takes_over_where_it_fits(space: Space) -> None:
    """One that lacks the state is refused before anything is asked for; a mended one goes on."""
    space.apply(function("good", INCREMENT), function("bad", FAILS), workflow("w", one_task("bad")))
    assert space.run("w-1", "w", 1)["phase"] == "Failed"
    other = {"StartAt": "other", "States": {"other": call("good")}}
    for definition, fits in ((other, False), (one_task("good"), True)):
        before = space.get("workflow", "w")["status"]["revision"]
        space.apply(workflow("w", definition))
        space.until(
            "another revision",
            lambda old=before: space.get("workflow", "w")["status"]["revision"] != old,
        )
        words = ("redrive", "w-1", "--revision", "current")
        plan = json.loads(asw(space, *words, "--plan", "-o", "json").out)
        done = asw(space, *words, "--wait", "-q")
        assert plan["possible"] is fits
        if fits:
            assert (done.code, done.out) == (0, "2\n")
        else:
            assert done.code == 1
            assert "it has no state 'task', which the run is in" in done.err
            assert "redrive" not in space.get("execution", "w-1")["spec"]


def test_a_rerun_is_like_the_first_run(space: Space) -> None:
    """Same input, same labels, the next free name; another input where one is given."""
    space.apply(function("inc", INCREMENT), workflow("w", one_task("inc")))
    made = execution("w-1", "w", 1.0)
    made["metadata"]["labels"] = {"team": "blue", "app.kubernetes.io/instance": "x"}
    space.apply(made)
    old = space.finished("w-1")["status"]
    started = asw(space, "rerun", "w-1")
    assert (started.code, started.out) == (0, "w-1-r1\n")
    again = space.finished("w-1-r1")
    assert again["status"]["output"] == old["output"]
    assert again["metadata"]["labels"]["team"] == "blue"
    assert "app.kubernetes.io/instance" not in again["metadata"]["labels"]
    other = asw(space, "rerun", "w-1", "--input", "41", "--wait", "-q")
    assert (other.code, other.out) == (0, "42\n")
    assert space.get("execution", "w-1-r2")["spec"]["input"] == 41
    taken = asw(space, "rerun", "w-1", "--name", "w-1-r1")
    assert taken.code == 2
    assert "execution 'w-1-r1' already exists" in taken.err


def test_a_rerun_keeps_the_revision_where_that_is_asked(space: Space) -> None:
    """The definition that it ran, though the Workflow has another one by now."""
    space.apply(function("inc", INCREMENT), workflow("w", one_task("inc")))
    old = space.run("w-1", "w", 1)["revision"]
    space.apply(workflow("w", {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}))
    space.until("another revision", lambda: space.get("workflow", "w")["status"]["revision"] != old)
    assert asw(space, "rerun", "w-1", "--revision", "same", "--wait", "-q").out == "2\n"
    assert asw(space, "rerun", "w-1", "--wait", "-q").out == "1\n"


def test_a_follower_gives_up_in_time(space: Space) -> None:
    """Exit code 5: the execution runs on."""
    waiting(space, "wait-1")
    done = asw(space, "rerun", "wait-1", "--wait", "--timeout", "2s")
    assert (done.code, done.out) == (5, "")
    assert "wait-1-r1 not over after 2" in done.err
    space.until("its start", lambda: phase(space, "wait-1-r1") == "Running")
