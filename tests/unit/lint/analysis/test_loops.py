"""Loops that runs get into and never leave."""

import pytest

from asw.asl.problems import Problem
from asw.asl.values import Json
from asw.lint.analysis.check import check_flow
from asw.lint.analysis.codes import ENDLESS_LOOP
from tests.unit.asl.definitions import a_machine, a_map, a_pass, a_task, parsed


def found(definition: Json) -> list[Problem]:
    """The loops without a way out."""
    told = check_flow(parsed(definition), definition)
    return [it for it in told if it.code == ENDLESS_LOOP]


def a_fork(to: str, otherwise: str) -> Json:
    """A Choice of two ways."""
    rule = {"Variable": "$.go", "IsPresent": True, "Next": to}
    return {"Type": "Choice", "Choices": [rule], "Default": otherwise}


def a_wait(following: str) -> Json:
    """A Wait before the state that follows."""
    return {"Type": "Wait", "Seconds": 1, "Next": following}


RETRIED = [{"ErrorEquals": ["States.ALL"], "Next": "Rest"}]
TRAPS = {
    "a loop of two": (
        a_machine(
            Fork=a_fork("Rest", "Out"), Rest=a_wait("Again"), Again=a_wait("Rest"), Out=a_pass()
        ),
        ["/States/Rest"],
        "a run stays in 'Rest' and 'Again' until",
    ),
    "a state that leads to itself": (
        a_machine(Fork=a_fork("Rest", "Out"), Rest=a_wait("Rest"), Out=a_pass()),
        ["/States/Rest"],
        "a run stays in 'Rest' until",
    ),
    "the way to a loop": (
        a_machine(
            Fork=a_fork("To", "Out"), To=a_pass(Next="Rest"), Rest=a_wait("Rest"), Out=a_pass()
        ),
        ["/States/To"],
        "'To' and 'Rest'",
    ),
    "a loop behind a Catcher": (
        a_machine(Call=a_task(Catch=RETRIED), Rest=a_wait("Rest")),
        ["/States/Rest"],
        "lead out of there by a Choice",
    ),
    "a loop with a Choice, all of whose ways stay": (
        a_machine(
            Fork=a_fork("Look", "Out"),
            Look=a_fork("Rest", "Rest"),
            Rest=a_wait("Look"),
            Out=a_pass(),
        ),
        ["/States/Look"],
        "'Look' and 'Rest'",
    ),
    "a loop in the states of a Map": (
        a_machine(
            Each=a_map(
                ItemProcessor=a_machine(
                    Fork=a_fork("Rest", "Out"), Rest=a_wait("Rest"), Out=a_pass()
                )
            )
        ),
        ["/States/Each/ItemProcessor/States/Rest"],
        "'Rest'",
    ),
    "a loop that two states lead into": (
        a_machine(
            Fork=a_fork("Rest", "Other"),
            Other=a_fork("Again", "Out"),
            Rest=a_wait("Again"),
            Again=a_wait("Rest"),
            Out=a_pass(),
        ),
        ["/States/Rest"],
        "'Rest' and 'Again'",
    ),
}


@pytest.mark.parametrize(("definition", "paths", "hint"), TRAPS.values(), ids=TRAPS)
def test_a_loop_without_a_way_out(definition: Json, paths: list[str], hint: str) -> None:
    """A loop that is never left is told once, where it is entered, with the states of it."""
    told = found(definition)
    assert [it.path for it in told] == paths
    assert {it.severity for it in told} == {"WARNING"}
    assert hint in told[0].message


LEFT = {
    "a loop that a Choice leaves": a_machine(
        Rest=a_wait("Look"), Look=a_fork("Out", "Rest"), Out=a_pass()
    ),
    "a loop that a Fail ends": a_machine(
        Rest=a_wait("Look"), Look=a_fork("No", "Rest"), No={"Type": "Fail"}
    ),
    "a loop that a Catcher leaves": a_machine(
        Call=a_task(Next="Call", Catch=[{"ErrorEquals": ["Done"], "Next": "Out"}]), Out=a_pass()
    ),
    "a loop that no run gets to": a_machine(
        Set=a_pass(Result={}, Next="Fork"),
        Fork=a_fork("Rest", "Out"),
        Rest=a_wait("Rest"),
        Out=a_pass(),
    ),
}


@pytest.mark.parametrize("definition", LEFT.values(), ids=LEFT)
def test_a_loop_with_a_way_out(definition: Json) -> None:
    """Nothing is said of a loop that is left by any way, or that is never come to."""
    assert found(definition) == []
