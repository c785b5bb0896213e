"""What a verb cannot do to an execution as it stands, and what to do instead."""

import pytest

from asw.cli.acting.refusing import (
    why_no_redrive,
    why_no_rerun,
    why_no_resume,
    why_no_stop,
    why_no_suspend,
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
    "stop": why_no_stop,
    "suspend": why_no_suspend,
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
        (why_no_resume, run("Failed"), "asw redrive order-1 takes it up where it failed"),
        (why_no_redrive, run("Succeeded"), "asw rerun order-1 starts it anew"),
        (why_no_redrive, run("Running"), "wait for its end, or asw stop order-1 first"),
        (
            why_no_redrive,
            run("Running", suspend=True),
            "it is suspended: asw resume order-1 lets it go on",
        ),
        (
            why_no_redrive,
            run("Failed", parent={"name": "bills-1"}),
            "redrive bills-1: it runs anew what did not succeed",
        ),
        (
            why_no_rerun,
            run("Failed", parent={"name": "bills-1"}),
            "asw rerun bills-1 starts all of it anew",
        ),
    ],
)
def test_the_remedy_names_the_verb_that_helps(why_no, it, remedy):
    """Whoever meant another verb is told which."""
    assert why_no(it).remedy == remedy
