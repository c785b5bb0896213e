"""Tests of ``asw.asl.definition.variables``: Assign, and what may assign and read what."""

import pytest

from tests.unit.asl.definitions import a_choice, a_machine, a_map, a_pass, a_task, problems, told

LONGEST = "a" * 80


def _parallel(*branches, **fields):
    return {"Type": "Parallel", "Branches": [*branches], "End": True, **fields}


def _distributed(inner):
    return a_map(
        ItemProcessor={
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **a_machine(Inner=inner),
        }
    )


@pytest.mark.parametrize(
    ("assign", "code", "summary"),
    [
        ({"x": 1, "_a1": 2, "求": 3, LONGEST: 4, "p.$": "$.a"}, None, ""),
        (
            {"states": 1},
            "RESERVED_VARIABLE_NAME",
            "Cannot assign to reserved variable '$states'.",
        ),
        (
            {"x.y": 1},
            "INVALID_VARIABLE_NAME",
            "Invalid variable name 'x.y': the variable name contains invalid characters.",
        ),
        (
            {"1x.$": "$.a"},
            "INVALID_VARIABLE_NAME",
            "Invalid variable name '1x': the variable name contains invalid characters.",
        ),
        (
            {f"{LONGEST}a": 1},
            "INVALID_VARIABLE_NAME",
            f"Invalid variable name '{LONGEST}a': the variable name is too long.",
        ),
        ({"x.$": "a"}, "SCHEMA_VALIDATION_FAILED", "The value for the field 'x.$' must be a valid"),
    ],
    ids=["right", "reserved", "part", "digit", "long", "no path"],
)
def test_variables_have_names(assign, code, summary):
    """Names of a letter, digits and _, at most 80 characters; the values are a template."""
    found = problems(a_pass(Assign=assign))
    assert [it.code for it in found] == ([code] if code else [])
    assert all(it.summary.startswith(summary) for it in found)


@pytest.mark.parametrize(
    ("definition", "paths"),
    [
        (
            a_machine(
                A=a_pass(Assign={"x": 1}, Next="B"),
                B=_parallel(a_machine(C=a_pass(Assign={"x.$": "$.y"}))),
            ),
            ["/States/B/Branches/0/States/C/Assign/x.$"],
        ),
        (
            a_machine(
                A=a_map(
                    Iterator=a_machine(
                        B=a_task(Catch=[{"ErrorEquals": ["X"], "Next": "C", "Assign": {"x": 1}}]),
                        C=a_pass(),
                    ),
                    Next="D",
                    End=False,
                ),
                D=a_pass(Assign={"x": 1}),
            ),
            ["/States/A/Iterator/States/B/Catch/0/Assign/x"],
        ),
        (_parallel(a_machine(B=a_pass(Assign={"x": 1})), a_machine(C=a_pass(Assign={"x": 1}))), []),
        (
            a_machine(
                A=_parallel(
                    a_machine(B=a_pass(Assign={"x": 1})),
                    Catch=[{"ErrorEquals": ["X"], "Next": "C", "Assign": {"x": 1}}],
                ),
                C=a_pass(),
            ),
            [],
        ),
        (
            a_machine(A=a_pass(Assign={"x": 1}, Next="B"), B=_distributed(a_pass(Assign={"x": 1}))),
            [],
        ),
    ],
    ids=["branch", "catcher in an iterator", "siblings", "own catcher", "distributed"],
)
def test_inner_scopes_do_not_assign_outer_variables(definition, paths):
    """They read them only; a run of its own has its own, and so has a state's own Catcher."""
    assert told(definition) == [("DUPLICATE_VARIABLE_NAME", path) for path in paths]


@pytest.mark.parametrize(
    ("definition", "paths"),
    [
        (a_pass(Parameters={"a.$": "$x.b"}), ["/States/S/Parameters/a.$"]),
        (a_pass(QueryLanguage="JSONata", Output="{% $x + $sum([1]) %}"), ["/States/S/Output"]),
        (a_pass(QueryLanguage="JSONata", Output="{% ($y := 1; $y) %}"), []),
        (a_pass(Assign={"x": 1}, Parameters={"a.$": "$x"}), []),
        (a_choice({"Variable": "$x", "IsNull": True, "Assign": {"x": 1}}, Default="Done"), []),
        (
            a_machine(
                A=a_pass(Assign={"x": 1}, Next="B"),
                B=_parallel(a_machine(C=a_pass(InputPath="$x"))),
            ),
            [],
        ),
        (
            a_machine(A=a_pass(Assign={"x": 1}, Next="B"), B=_distributed(a_pass(InputPath="$x"))),
            ["/States/B/ItemProcessor/States/Inner/InputPath"],
        ),
        (
            a_machine(A=a_pass(InputPath="$x", Next="B"), B=_distributed(a_pass(Assign={"x": 1}))),
            ["/States/A/InputPath"],
        ),
        (a_pass(Parameters={"a.$": "States.Format('$x {}', $.y)"}), []),
    ],
    ids=[
        "path",
        "jsonata",
        "bound",
        "own",
        "rule",
        "outer",
        "outside a distributed Map",
        "inside a distributed Map",
        "quoted",
    ],
)
def test_variables_that_nobody_assigns_are_warned_of(definition, paths):
    """It may be a misspelt one, or one that the state does not see."""
    assert told(definition) == [("POSSIBLY_UNDEFINED_VARIABLE", path) for path in paths]


def test_a_misspelt_function_is_suggested():
    """In an expression it may be a function that is misspelt; JSONPath has none of them."""
    query = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $uppercas('a') %}"}
    [problem] = problems({**query, "End": True})
    assert problem.hint == "no state assigns it; did you mean the function '$uppercase'?"
    [problem] = problems({**query, "Output": "{% $total %}", "End": True})
    assert problem.hint == "no state assigns it"
    [problem] = problems(a_pass(InputPath="$uppercas"))
    assert problem.hint == "no state assigns it"


def test_the_nearest_variable_is_suggested():
    """Names that are assigned are the ones that may have been meant."""
    [problem] = problems(a_pass(Assign={"order": 1}, InputPath="$oder"))
    assert problem.message == "Variable 'oder' is possibly not defined: did you mean '$order'?"


@pytest.mark.parametrize(
    "definition",
    [
        a_machine(A=a_pass(Assign={"x": 1}, Next="B"), B=_distributed(a_pass(InputPath="$x"))),
        a_machine(A=a_pass(InputPath="$x", Next="B"), B=_distributed(a_pass(Assign={"x": 1}))),
    ],
    ids=["from outside", "from inside"],
)
def test_runs_apart_are_told_as_such(definition):
    """A variable that is there but cannot be seen is not called misspelt."""
    [problem] = problems(definition)
    assert problem.hint.startswith("a distributed Map and its children do not see each other's")


@pytest.mark.parametrize("assign", [5, [], "{% $x %}"])
def test_assign_is_an_object(assign):
    """Its fields are the variables, in either language."""
    for language in ("JSONPath", "JSONata"):
        state = a_pass(QueryLanguage=language, Assign=assign)
        [problem] = problems(state)
        assert problem.summary == "Expected value of type [OBJECT]"
