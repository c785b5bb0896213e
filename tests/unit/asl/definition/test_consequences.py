"""One mistake is one thing to fix, however many sentences AWS has for it."""

import pytest

from asw.asl.problems import to_fix
from tests.unit.asl.definitions import a_choice, a_machine, a_map, a_pass, a_task, problems

YES = {"Variable": "$.a", "IsPresent": True}
SUCCEED = {"Type": "Succeed"}


def places_to_fix(definition):
    """Where the author is to fix the definition."""
    return [problem.path for problem in to_fix(problems(definition))]


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"StartAt": "Frist", "States": a_machine(First=a_pass())["States"]}, "/StartAt"),
        ({"StartAt": "甲", "States": a_machine(乙=a_pass())["States"]}, "/StartAt"),
        ({"StartAt": "A", "states": {}}, "/states"),
        (a_machine(A=a_pass(Next="Stroe"), Store=a_pass()), "/States/A/Next"),
        (a_machine(A=a_pass(Next="Stroe"), Store=a_pass(Next="B"), B=a_pass()), "/States/A/Next"),
        (a_machine(A={"Type": "Pass", "next": "B"}, B=SUCCEED), "/States/A/next"),
        (a_machine(A={"Type": "Pass"}, B=SUCCEED), "/States/A"),
        (a_machine(A={"Type": "Pass", "End": "true"}), "/States/A/End"),
        (a_machine(A={"Type": "Pass", "End": False}), "/States/A"),
        (a_machine(A={"Type": "Wait", "Secnds": 3, "End": True}), "/States/A/Secnds"),
        (
            a_choice({"Variable": "$.a", "StringEqual": "x"}, Default="Done"),
            "/States/Choose/Choices/0/StringEqual",
        ),
        (
            a_machine(
                A={"Type": "Choice", "Choices": [{**YES, "next": "B"}], "Default": "C"},
                B=SUCCEED,
                C=SUCCEED,
            ),
            "/States/A/Choices/0/next",
        ),
        (a_machine(A=a_task(Retry=[{"ErrorEqual": ["X"]}])), "/States/A/Retry/0/ErrorEqual"),
        (a_machine(A={"Type": "Map", "End": True, "Itertor": {}}), "/States/A/Itertor"),
        (
            a_machine(M=a_map(Iterator=a_machine(In={"Type": "Pass", "Nxt": "On"}, On=SUCCEED))),
            "/States/M/Iterator/States/In/Nxt",
        ),
    ],
)
def test_one_mistake_is_told_once(definition, path):
    """What goes with the mistake itself is no second thing to fix."""
    assert len(problems(definition)) > 1 or path == "/States/A"
    assert places_to_fix(definition) == [path]


@pytest.mark.parametrize(
    ("definition", "paths"),
    [
        (a_machine(A=a_pass(), B=a_pass()), ["/States/B"]),
        (a_machine(A=a_pass(Next="Xyz"), Store=a_pass()), ["/States/A/Next", "/States/Store"]),
        (
            a_machine(A=a_pass(), B={"Type": "Pass"}, C=a_pass()),
            ["/States/B", "/States/B", "/States/C"],
        ),
        (a_machine(A=a_pass(Next="B"), B=a_pass(Next="A")), ["/"]),
        (a_machine(A=a_task(Retry=[{"MaxAttempt": 1}])), 2 * ["/States/A/Retry/0"]),
    ],
    ids=["unreachable", "no-slip-of-it", "unreachable-and-lost", "endless", "another-field-lacks"],
)
def test_other_mistakes_are_told_beside_it(definition, paths):
    """Only what another error explains is left out."""
    assert [path.removesuffix("/MaxAttempt") for path in sorted(places_to_fix(definition))] == paths
