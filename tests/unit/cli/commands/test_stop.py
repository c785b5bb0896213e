"""What is asked before executions are aborted, and of whom."""

import pytest

from asw.cli.commands.stop import confirm_stop, question
from asw.executions.run import Run
from asw.exits import BAD_INPUT
from asw.failures import Failure


def run(name="order-1", phase="Running", states="Charge"):
    return Run(
        {
            "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {},
            "status": {"phase": phase, "states": states, "startTime": "2026-01-01T12:00:00.5Z"},
        }
    )


def test_the_question_says_how_it_stands(monkeypatch):
    """Phase, since when, and in which state: enough to see whether it is the one that is meant."""
    monkeypatch.setenv("TZ", "UTC")
    asked = question([run()])
    assert asked.startswith("Abort execution order-1 (Running since 2026-01-01 ")
    assert asked.endswith(", in Charge)?")
    assert "in" not in question([run(phase="Pending", states="")]).partition("since")[2]


def test_several_are_named():
    """The first few by name, all of them by number."""
    many = [run(name=f"o-{number}") for number in range(7)]
    assert question(many) == "Abort 7 executions: o-0, o-1, o-2, o-3, o-4 and 2 more?"


def test_without_a_terminal_yes_must_be_said():
    """A script that forgot it stops nothing; the message names the option."""
    with pytest.raises(Failure) as raised:
        confirm_stop([run()], is_yes=False)
    assert raised.value.code == BAD_INPUT
    assert raised.value.remedy == "add --yes to abort order-1"
    assert confirm_stop([run()], is_yes=True)
