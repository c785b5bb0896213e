"""Tests of ``asw.asl.definition.states``: the tables of the state types."""

import pytest

from asw.asl.definition.states import STATE_TYPES
from tests.unit.asl.definitions import (
    a_machine,
    a_map,
    a_pass,
    a_task,
    only_state,
    problems,
    told,
)

FAILED = "SCHEMA_VALIDATION_FAILED"


def test_there_are_eight_types():
    """ASL's list is complete."""
    assert set(STATE_TYPES) == {
        "Pass",
        "Task",
        "Choice",
        "Wait",
        "Succeed",
        "Fail",
        "Parallel",
        "Map",
    }


@pytest.mark.parametrize(
    ("state", "path", "message"),
    [
        (
            {"End": True},
            "",
            "The field 'Type' is required but was missing: it is one of Pass, Task",
        ),
        (
            {"Type": "Tsk", "End": True},
            "/Type",
            "There is no state type 'Tsk': did you mean 'Task'?",
        ),
        (
            {"Type": "Zzzz", "End": True},
            "/Type",
            "There is no state type 'Zzzz': it is one of Pass",
        ),
        ({"Type": 5, "End": True}, "/Type", "There is no state type '5': it is one of Pass"),
        ({"Type": [], "End": True}, "/Type", "There is no state type '[]': it is one of Pass"),
        ({"Type": "Pass"}, "", "Exactly one of these fields is required: [Next, End]"),
        (
            {"Type": "Pass", "End": False},
            "",
            "Exactly one of these fields is required: [Next, End]",
        ),
        (a_pass(Next="S", End=True), "", "Only one of these fields may be given: [Next, End]"),
        (a_pass(Resource="x"), "/Resource", "The field 'Resource' is not one of a Pass state"),
        (a_pass(Retry=[]), "/Retry", "The field 'Retry' is not one of a Pass state"),
        (
            a_pass(ResultSelector={}),
            "/ResultSelector",
            "The field 'ResultSelector' is not one of a",
        ),
        (a_task(ResultSeclector={}), "/ResultSeclector", "The field 'ResultSeclector' is not one"),
        (a_task(Assign=[]), "/Assign", "The value for the field 'Assign' must be an object"),
        ({"Type": "Fail", "Assign": {}}, "/Assign", "The field 'Assign' is not one of a Fail st"),
        ({"Type": "Succeed", "End": True}, "/End", "The field 'End' is not one of a Succeed state"),
        ({"Type": "Fail", "Next": "S"}, "/Next", "The field 'Next' is not one of a Fail state"),
        ({"Type": "Fail", "Error": "e", "ErrorPath": "$.e"}, "", "Only one of these fields may be"),
        ({"Type": "Fail", "Cause": "c", "CausePath": "$.c"}, "", "Only one of these fields may be"),
        ({"Type": "Wait", "End": True}, "", "Exactly one of these fields is required: [Seconds, S"),
        (
            {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True},
            "",
            "Only one of these",
        ),
        ({"Type": "Map", "End": True}, "", "Exactly one of these fields is required: [ItemProcess"),
        (a_map(ItemSelector={}, Parameters={}), "", "Only one of these fields may be given: [Item"),
        (a_map(MaxConcurrency=1, MaxConcurrencyPath="$.n"), "", "Only one of these fields may be"),
        (a_map(ItemReader={}), "/ItemReader", "The field 'ItemReader' is not one of an inline Map"),
        ({"Type": "Parallel", "End": True}, "", "The field 'Branches' is required but was missing"),
        (a_pass(QueryLanguage="JSONata", ResultPath="$"), "/ResultPath", "The field 'ResultPath'"),
        (a_pass(QueryLanguage="SQL"), "/QueryLanguage", "The value for the field 'QueryLanguage'"),
        (5, "", "The value for the field 'S' must be an object (a state): it is 5"),
    ],
)
def test_states_are_checked(state, path, message):
    """Each type has its fields; what is missing, too much or unknown is told with the remedy."""
    told_problems = problems(a_machine(S=state))
    assert f"/States/S{path}" in [problem.path for problem in told_problems]
    assert any(problem.message.startswith(message) for problem in told_problems)


def test_the_misspelling_of_tencents_pages_is_explained():
    """``ResultSeclector`` stands in Tencent's own tables."""
    [problem] = problems(a_task(ResultSeclector={}), "TCSL")
    assert problem.message.endswith("did you mean 'ResultSelector'?")


def test_only_tcsl_has_a_pass_selector():
    """TCSL documents a ResultSelector for Pass, ASL has none."""
    state = a_pass(ResultSelector={"x.$": "$"})
    assert only_state(state, "TCSL").result_selector == {"x.$": "$"}
    [problem] = problems(state)
    assert problem.message == (
        "The field 'ResultSelector' is not one of a Pass state: Parameters may do"
    )


@pytest.mark.parametrize(
    ("state", "path"),
    [
        ({"Type": "Wait", "Seconds": 1, "End": True}, "/States/S/Type"),
        ({"Type": "Succeed"}, "/States/S/Type"),
        ({"Type": "Fail"}, "/States/S/Type"),
    ],
)
def test_tcsl_documents_five_types(state, path):
    """The other three work in TCSL too, with a warning."""
    assert told(state) == []
    assert told(state, "TCSL") == [("BeyondDialect", path)]


@pytest.mark.parametrize(("name", "count"), [("a" * 80, 0), ("求" * 80, 0), ("a" * 81, 1), ("", 1)])
def test_names_have_a_length(name, count):
    """Up to 80 characters of any script."""
    assert len(told(a_machine(**{name: a_pass()}))) == count


def test_names_are_unique_in_the_whole_machine():
    """Also between blocks, since histories name states by name alone."""
    definition = a_machine(
        A={
            "Type": "Parallel",
            "Branches": [a_machine(B=a_pass()), a_machine(A=a_pass(Next="B"), B=a_pass())],
            "End": True,
        }
    )
    second = "/States/A/Branches/1/States"
    assert told(definition) == [
        ("DUPLICATE_STATE_NAME", f"{second}/A"),
        ("DUPLICATE_STATE_NAME", f"{second}/B"),
    ]
    assert "/States/A/Branches/0/States/B has it" in problems(definition)[1].message


def test_old_names_of_map_fields_work():
    """Iterator is ItemProcessor, and Parameters of a Map its ItemSelector."""
    old = a_map(Iterator=a_machine(Inner=a_pass()), Parameters={"v.$": "$$.Map.Item.Value"})
    new = a_map(ItemProcessor=a_machine(Inner=a_pass()), ItemSelector={"v.$": "$$.Map.Item.Value"})
    assert only_state(old) == only_state(new)


@pytest.mark.parametrize(
    ("config", "code", "path"),
    [
        ({"Mode": "SOME"}, FAILED, "/Mode"),
        ({"Mode": "INLINE", "ExecutionType": "SLOW"}, FAILED, "/ExecutionType"),
        ({"Mod": "INLINE"}, FAILED, "/Mod"),
        (5, FAILED, ""),
    ],
)
def test_a_config_has_known_words(config, code, path):
    """Mode and ExecutionType are of AWS's words."""
    state = a_map(ItemProcessor={"ProcessorConfig": config, **a_machine(In=a_pass())})
    assert told(state) == [(code, f"/States/S/ItemProcessor/ProcessorConfig{path}")]


def test_an_inline_config_is_taken():
    """ProcessorConfig may say what is so anyway."""
    for config in ({}, {"Mode": "INLINE"}, {"Comment": "why"}):
        state = a_map(ItemProcessor={"ProcessorConfig": config, **a_machine(In=a_pass())})
        assert told(state) == []


@pytest.mark.parametrize(
    ("block", "path"),
    [
        (5, ""),
        ({}, ""),
        ({"StartAt": "A"}, ""),
        ({**a_machine(A=a_pass()), "TimeoutSeconds": 5}, "/TimeoutSeconds"),
    ],
)
def test_blocks_are_checked(block, path):
    """A branch is a block of states, without the fields of a whole machine."""
    state = {"Type": "Parallel", "Branches": [block], "End": True}
    assert f"/States/S/Branches/0{path}" in [where for _, where in told(state)]


def test_a_state_may_not_return_to_jsonpath():
    """AWS: where the machine is in JSONata, so are its states."""
    definition = {"QueryLanguage": "JSONata", **a_machine(S=a_pass(QueryLanguage="JSONPath"))}
    [message] = [each.message for each in problems(definition) if each.path == "/States/S"]
    assert message == (
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    )
