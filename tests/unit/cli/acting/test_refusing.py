"""What a verb cannot do to an execution as it stands, and what to do instead."""

import pytest

from asw.api.names import REASON_NO_PROCESS
from asw.cli.acting.refusing import (
    why_no_halt,
    why_no_redrive,
    why_no_rerun,
    why_no_resume,
)
from asw.executions.run import Run
from asw.exits import NOT_SUCCEEDED


def run(phase, **spec):
    return Run(
        {
            "metadata": {"name": "order-1"},
            "spec": {"workflowRef": {"name": "order"}, **spec},
            "status": {"phase": phase},
        }
    )


VERBS = {
    "stop": why_no_halt,
    "suspend": why_no_halt,
    "resume": why_no_resume,
    "redrive": why_no_redrive,
}
POSSIBLE = {
    "Pending": {"stop", "suspend", "resume"},
    "Running": {"stop", "suspend", "resume"},
    "Succeeded": set(),
    "Failed": {"redrive"},
    "TimedOut": {"redrive"},
    "Aborted": {"redrive"},
}


@pytest.mark.parametrize("phase", POSSIBLE)
def test_each_phase_has_its_verbs(phase):
    """What runs is stopped, suspended, resumed; what did not succeed is redriven; no more."""
    refusals = {verb: why_no(run(phase)) for verb, why_no in VERBS.items()}
    assert {verb for verb, refusal in refusals.items() if refusal is None} == POSSIBLE[phase]
    given = [refusal for refusal in refusals.values() if refusal is not None]
    assert all(refusal.code == NOT_SUCCEEDED and refusal.remedy for refusal in given)


@pytest.mark.parametrize(
    ("why_no", "it", "remedy"),
    [
        (why_no_resume, run("Failed"), "asw redrive order-1 resumes it where it failed"),
        (why_no_redrive, run("Succeeded"), "asw rerun order-1 starts it again"),
        (
            why_no_redrive,
            run("Running"),
            "wait until it is over, or stop it first: asw stop order-1",
        ),
        (
            why_no_redrive,
            run("Running", suspend=True),
            "it is suspended: asw resume order-1 resumes it",
        ),
        (
            why_no_redrive,
            run("Failed", parent={"name": "bills-1"}),
            "redrive bills-1: it runs again what did not succeed",
        ),
        (
            why_no_rerun,
            run("Failed", parent={"name": "bills-1"}),
            "asw rerun bills-1 starts all of it again",
        ),
    ],
)
def test_the_remedy_names_the_verb_that_helps(why_no, it, remedy):
    """Whoever meant another verb is told which."""
    assert why_no(it).remedy == remedy


def test_what_was_interrupted_is_told_so():
    """An execution that nobody works on has no end to wait for: it is resumed."""
    it = run("Running")
    it.status["conditions"] = [{"type": "Reconciling", "reason": REASON_NO_PROCESS}]
    refusal = why_no_redrive(it, " --local")
    assert refusal.message == "order-1 is not over: Interrupted"
    assert refusal.remedy == "it was interrupted: asw resume order-1 --local resumes it"
