"""Tests of ``asw.asl.definition.graph``."""

import pytest

from tests.unit.asl.definitions import a_choice, a_machine, a_map, a_pass, a_task, problems, told

MISSING = "MISSING_TRANSITION_TARGET"
YES = {"Variable": "$.a", "IsPresent": True}


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({**a_machine(A=a_pass()), "StartAt": "Nope"}, "/StartAt"),
        (a_machine(A=a_pass(Next="Nope")), "/States/A/Next"),
        (a_choice(YES, Default="Nope"), "/States/Choose/Default"),
        (
            a_choice(YES, {**YES, "Next": "Nope"}),
            "/States/Choose/Choices/1/Next",
        ),
        (
            a_machine(A=a_task(Catch=[{"ErrorEquals": ["X"], "Next": "Nope"}])),
            "/States/A/Catch/0/Next",
        ),
        (
            a_machine(M=a_map(Iterator=a_machine(In=a_pass(Next="M")))),
            "/States/M/Iterator/States/In/Next",
        ),
    ],
    ids=["start", "next", "default", "rule", "catch", "out-of-a-block"],
)
def test_targets_must_be_there(definition, path):
    """Every transition leads to a state of its own block; AWS calls them all Next."""
    problem = problems(definition)[0]
    assert (problem.code, problem.path) == (MISSING, path)
    assert problem.summary.startswith("Missing 'Next' target: ")


def test_a_misspelt_target_is_suggested():
    """The nearest state is named."""
    [problem] = problems(a_machine(First=a_pass(Next="Secnd"), Second=a_pass()))[:1]
    assert problem.message == "Missing 'Next' target: Secnd: did you mean 'Second'?"


def test_every_state_must_be_reachable():
    """A state that nothing leads to is an error, and so is a ring that nothing enters."""
    definition = a_machine(A=a_pass(), B=a_pass(), C=a_pass(Next="D"), D=a_pass(Next="C"))
    assert told(definition) == [(MISSING, f"/States/{name}") for name in "BCD"]
    assert problems(definition)[0].summary == 'State "B" is not reachable.'


def test_without_a_start_nothing_is_reachable():
    """AWS tells of a StartAt that names no state, and then of every state."""
    start, unreachable = problems({**a_machine(First=a_pass()), "StartAt": "Frist"})
    assert start.message == "Missing 'Next' target: Frist: did you mean 'First'?"
    assert (unreachable.location, unreachable.summary) == (
        "/States/First",
        'State "First" is not reachable.',
    )


def test_states_are_reached_by_every_kind_of_transition():
    """Next, Default, rules and Catchers lead on."""
    definition = a_choice(YES, Default="Other")
    definition["States"] |= {
        "Other": a_task(Catch=[{"ErrorEquals": ["X"], "Next": "Caught"}]),
        "Caught": {"Type": "Fail"},
    }
    assert told(definition) == []


@pytest.mark.parametrize(
    ("states", "codes"),
    [
        ({"A": a_pass(Next="B"), "B": a_pass(Next="A")}, ["MISSING_END_STATE"]),
        ({"A": a_pass(Next="A"), "B": a_pass(Next="A")}, ["MISSING_END_STATE"]),
        ({"A": a_pass(Next="A"), "C": a_pass()}, [MISSING, "EndlessBlock"]),
        ({"A": a_pass(Next="B"), "B": {"Type": "Succeed"}}, []),
        ({"A": a_pass(Next="B"), "B": {"Type": "Fail"}}, []),
        ({"A": a_pass(Next="Nope")}, [MISSING, "MISSING_END_STATE"]),
    ],
    ids=["loop", "none reached", "end out of reach", "succeed", "fail", "nowhere"],
)
def test_something_must_end(states, codes):
    """A machine without an end is refused; AWS then says nothing of what cannot be reached."""
    assert [code for code, _ in told(a_machine(**states))] == codes


def test_a_missing_end_has_no_place():
    """AWS names none, since it is the whole machine's."""
    [problem] = problems(a_machine(A=a_pass(Next="A")))
    assert (problem.summary, problem.path) == ("Workflow has no terminal state", "/")
    assert problem.location == ""


def test_an_inner_block_may_have_no_end():
    """AWS takes it, and so it is warned of only."""
    loop = {"Type": "Parallel", "Branches": [a_machine(B=a_pass(Next="B"))], "End": True}
    [problem] = problems(loop)
    assert (problem.severity, problem.code) == ("WARNING", "EndlessBlock")
    assert problem.path == "/States/S/Branches/0/States"


def test_loops_are_allowed_in_asl_only():
    """TCSL forbids loops, wherever they are closed; two ways to one state are no loop."""
    loop = a_choice(YES, Default="Back")
    loop["States"]["Back"] = a_pass(Next="Choose")
    assert told(loop) == []
    found = [problem for problem in problems(loop, "TCSL") if problem.severity == "ERROR"]
    assert [(problem.code, problem.path) for problem in found] == [
        ("ForbiddenLoop", "/States/Back/Next")
    ]
    assert found[0].summary == "State 'Back' leads back to 'Choose'"
    diamond = a_choice({"Variable": "$.a", "IsNumeric": True}, Default="Other")
    diamond["States"]["Other"] = a_pass(Next="Done")
    assert told(diamond, "TCSL") == []


def test_tcsl_tells_a_missing_target_too():
    """The search for loops passes over transitions that lead nowhere."""
    assert told(a_machine(A=a_pass(Next="Nope"), B=a_pass()), "TCSL") == [
        (MISSING, "/States/A/Next"),
        (MISSING, "/States/B"),
    ]


def test_a_long_chain_does_no_harm():
    """Depth of the graph costs no stack."""
    count = 3000
    states = {f"S{n}": a_pass(Next=f"S{n + 1}") for n in range(count)}
    assert told(a_machine(**states, **{f"S{count}": a_pass()}), "TCSL") == []


@pytest.mark.parametrize(
    "state",
    [
        5,
        {"Type": "Pass", "Next": 5},
        {"Type": "Choice", "Choices": 5, "Default": []},
        {"Type": "Choice", "Choices": [5, {"Next": 5}]},
    ],
)
def test_odd_states_are_walked(state):
    """What is not a state has no transitions, and other checks tell of it."""
    assert told(a_machine(A=state))
