"""Coverage: every state, transition, Retrier and Catcher, used or not."""

from asw.testkit.coverage import Spot
from tests.support.play import definition, task
from tests.support.testing import Bench, case

RULES = [{"Variable": "$.n", "NumericEquals": at, "Next": "Work"} for at in (1, 2)]
WORK = task(
    Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}, {"ErrorEquals": ["F"], "MaxAttempts": 1}],
    Catch=[
        {"ErrorEquals": ["E"], "Next": "Sad"},
        {"ErrorEquals": ["States.ALL"], "Next": "Sad"},
    ],
    Next="Done",
)
FLOW = definition(
    "Pick",
    Pick={"Type": "Choice", "Choices": RULES, "Default": "Done"},
    Work=WORK,
    Sad={"Type": "Pass", "End": True},
    Done={"Type": "Succeed"},
)
OK, BAD = {"result": 1}, {"error": "E"}


def uncovered(bench: Bench, definition, *cases) -> set[str]:
    """Pointers of what the cases do not use."""
    bench.run(definition, *cases)
    ((_, coverage),) = bench.covered.coverages()
    return {"/".join(map(str, spot.steps)) for spot in coverage.uncovered()}


def test_rules_with_one_target_are_told_apart(bench: Bench):
    """Which of two rules held is counted, not only where they lead."""
    found = uncovered(bench, FLOW, case(input={"n": 2}, mocks={"Work": OK}))
    assert found == {
        "States/Pick/Choices/0",
        "States/Pick/Default",
        "States/Work/Retry/0",
        "States/Work/Retry/1",
        "States/Work/Catch/0",
        "States/Work/Catch/1",
        "States/Sad",
    }


def test_a_caught_failure_is_no_transition_to_next(bench: Bench):
    """A state that was only ever left by a Catcher has not shown its Next."""
    found = uncovered(bench, FLOW, case(input={"n": 1}, mocks={"Work": BAD}))
    assert found == {
        "States/Pick/Choices/1",
        "States/Pick/Default",
        "States/Work/Next",
        "States/Work/Retry/1",
        "States/Work/Catch/1",
        "States/Done",
    }


def test_cases_add_up(bench: Bench):
    """What one case leaves out another may use; a file with all of it has 100 per cent."""
    cases = [
        {"name": "a", "input": {"n": 1}, "mocks": {"Work": BAD}},
        {"name": "b", "input": {"n": 2}, "mocks": {"Work": [{"error": "F"}, OK]}},
        {"name": "c", "input": {"n": 3}},
        {"name": "d", "input": {"n": 2}, "mocks": {"Work": {"error": "G"}}},
    ]
    assert uncovered(bench, FLOW, *cases) == set()
    ((_, coverage),) = bench.covered.coverages()
    assert (coverage.percent, coverage.of("state"), coverage.of("catcher")) == (100, (4, 4), (2, 2))


def test_states_inside_of_others_count(bench: Bench):
    """Branches, items and children of distributed Maps are covered, in either spelling of Map."""
    inner = definition("In", In=task("f", Retry=[{"ErrorEquals": ["E"]}]))
    flow = definition(
        "Fork",
        Fork={
            "Type": "Parallel",
            "Branches": [
                definition("Old", Old={"Type": "Map", "Iterator": inner, "End": True}),
                definition("B", B={"Type": "Pass", "End": True}),
            ],
            "Next": "All",
        },
        All={
            "Type": "Map",
            "ItemsPath": "$[0]",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                **definition("Child", Child=task("f", Next="Last"), Last={"Type": "Succeed"}),
            },
            "End": True,
        },
    )
    found = uncovered(bench, flow, case(input=[1], functions={"f": OK}))
    assert found == {"States/Fork/Branches/0/States/Old/Iterator/States/In/Retry/0"}


def test_a_machine_of_one_state_is_covered_by_any_case(bench: Bench):
    """Where there is nothing but a state, entering it is all."""
    flow = definition("A", A={"Type": "Pass", "End": True})
    bench.run(flow, case())
    ((_, coverage),) = bench.covered.coverages()
    assert coverage.counts == {Spot("state", ("States", "A"), "A", ("A", "state", 0)): 1}
