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


TYPES = "should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
NONE_OF = "This object should have only one of the following fields:"
ONE_OF = "There should only be one of the following fields:"


@pytest.mark.parametrize(
    ("state", "path", "location", "message"),
    [
        ({"End": True}, "", "", "The field 'Type' is required but was missing: it is one of Pass"),
        (
            {"Type": "Tsk", "End": True},
            "/Type",
            "/Type",
            f"The field 'Type' {TYPES}: did you mean 'Task'?",
        ),
        ({"Type": "Zz", "End": True}, "/Type", "/Type", f"The field 'Type' {TYPES}: it is \"Zz\""),
        ({"Type": 5, "End": True}, "/Type", "/Type", f"The field 'Type' {TYPES}: it is 5"),
        ({"Type": [], "End": True}, "/Type", "/Type", f"The field 'Type' {TYPES}: it is []"),
        ({"Type": "Pass"}, "", "", f"{NONE_OF} [Next, End]: name the next state"),
        (
            {"Type": "Pass", "End": False},
            "",
            "",
            f"{NONE_OF} [Next, End]: name the next state",
        ),
        (a_pass(Next="S", End=True), "", "", f"{ONE_OF} [Next, End]"),
        (a_pass(Resource="x"), "/Resource", "", "Field 'Resource' is not supported"),
        (a_pass(Retry=[]), "/Retry", "", "Field 'Retry' is not supported: a Pass state has"),
        (a_pass(ResultSelector={}), "/ResultSelector", "", "Field 'ResultSelector' is not supp"),
        (a_task(ResultSeclector={}), "/ResultSeclector", "", "Field 'ResultSeclector' is not supp"),
        (a_map(TimeoutSeconds=5), "/TimeoutSeconds", "", "Field 'TimeoutSeconds' is not supported"),
        (a_task(Assign=[]), "/Assign", "/Assign", "Expected value of type [OBJECT]: Assign is []"),
        ({"Type": "Fail", "Assign": {}}, "/Assign", "", "Field 'Assign' is not supported"),
        ({"Type": "Succeed", "End": True}, "/End", "", "Field 'End' is not supported"),
        ({"Type": "Fail", "Next": "S"}, "/Next", "", "Field 'Next' is not supported"),
        (
            {"Type": "Fail", "Error": "e", "ErrorPath": "$.e"},
            "",
            "",
            f"{ONE_OF} [Error, ErrorPath]",
        ),
        (
            {"Type": "Fail", "Cause": "c", "CausePath": "$.c"},
            "",
            "",
            f"{ONE_OF} [Cause, CausePath]",
        ),
        (
            {"Type": "Wait", "End": True},
            "",
            "",
            f"{NONE_OF} [SecondsPath, Seconds, TimestampPath, Timestamp]",
        ),
        (
            {"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True},
            "",
            "",
            f"{ONE_OF} [SecondsPath, Seconds, TimestampPath, Timestamp]: it has SecondsPath, S",
        ),
        ({"Type": "Map", "End": True}, "", "", f"{NONE_OF} [ItemProcessor, Iterator]"),
        (a_map(ItemSelector={}, Parameters={}), "", "", f"{ONE_OF} [ItemSelector, Parameters]"),
        (
            a_map(MaxConcurrency=1, MaxConcurrencyPath="$.n"),
            "",
            "",
            f"{ONE_OF} [MaxConcurrency, MaxConcurrencyPath]",
        ),
        (
            a_map(ItemReader={}),
            "/ItemReader",
            "",
            "Field 'ItemReader' is not supported: only a Map",
        ),
        ({"Type": "Parallel", "End": True}, "", "", "These fields are required: [Branches]"),
        (
            a_pass(QueryLanguage="JSONata", ResultPath="$"),
            "/ResultPath",
            "",
            "The QueryLanguage is set to 'JSONata', but field 'ResultPath' is only supported for",
        ),
        (
            a_pass(QueryLanguage="SQL"),
            "/QueryLanguage",
            "/QueryLanguage",
            "Value should be one of the following: [JSONPath, JSONata]",
        ),
        (
            a_pass(QueryLanguage=None),
            "/QueryLanguage",
            "/QueryLanguage",
            "Expected value of type [STRING]",
        ),
        (5, "", "", "Expected value of type [OBJECT]: S is 5"),
    ],
)
def test_states_are_checked(state, path, location, message):
    """Each type has its fields; AWS's sentence and its place come with ours and the remedy."""
    found = next(it for it in problems(a_machine(S=state)) if it.message.startswith(message))
    assert (found.path, found.location) == (f"/States/S{path}", f"/States/S{location}")


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
        "Field 'ResultSelector' is not supported: only TCSL's Pass has it; "
        "in ASL, Parameters may do the same"
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
    assert "/States/A/Branches/0/States/B has this one" in problems(definition)[1].message


def test_old_names_of_map_fields_work():
    """Iterator is ItemProcessor, and Parameters of a Map its ItemSelector."""
    old = a_map(Iterator=a_machine(Inner=a_pass()), Parameters={"v.$": "$$.Map.Item.Value"})
    new = a_map(ItemProcessor=a_machine(Inner=a_pass()), ItemSelector={"v.$": "$$.Map.Item.Value"})
    assert only_state(old) == only_state(new)


@pytest.mark.parametrize(
    ("config", "code", "path"),
    [
        ({"Mode": "SOME"}, FAILED, "/Mode"),
        ({"Mode": "DISTRIBUTED", "ExecutionType": "SLOW"}, FAILED, "/ExecutionType"),
        ({"Mode": "DISTRIBUTED"}, FAILED, ""),
        ({"Mode": "INLINE", "ExecutionType": "STANDARD"}, FAILED, "/ExecutionType"),
        ({"ExecutionType": "STANDARD"}, FAILED, "/ExecutionType"),
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
    """AWS: where the machine is in JSONata, so are its states; no other fault of it is told."""
    state = a_pass(QueryLanguage="JSONPath", ResultPath="$.r", Output={})
    [problem] = problems({"QueryLanguage": "JSONata", **a_machine(S=state)})
    assert (problem.path, problem.summary) == (
        "/States/S",
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
    )


@pytest.mark.parametrize("language", ["jsonata", "jsonpath", "", 5, None])
def test_a_language_that_is_none_is_taken_for_jsonata(language):
    """AWS: a state is in JSONPath only where it says exactly so, and is checked accordingly."""
    found = problems(a_machine(S=a_pass(QueryLanguage=language, InputPath="$.a")))
    assert [problem.path for problem in found] == ["/States/S/InputPath", "/States/S/QueryLanguage"]
    assert found[0].summary.startswith("The QueryLanguage is set to 'JSONata', but field 'InputPa")
    whole = problems({**a_machine(S=a_pass(Output=1)), "QueryLanguage": language})
    assert [problem.path for problem in whole] == ["/QueryLanguage"]


@pytest.mark.parametrize("field", ["MaxConcurrency", "ToleratedFailureCount"])
def test_counts_of_a_map_have_no_upper_bound(field):
    """AWS takes any count that is not negative; the engine has a bound of its own."""
    assert told(a_map(**{field: 2**63 - 1})) == []
    [problem] = problems(a_map(**{field: -1}))
    assert (problem.summary, problem.location) == ("Minimum value is 0", f"/States/S/{field}")


def test_inner_states_speak_the_language_of_the_machine():
    """AWS: not that of the state that they are in; the blocks themselves have none."""
    inner = a_machine(Inner=a_pass(ResultPath="$.r"))
    state = a_map(ItemProcessor=inner, QueryLanguage="JSONata")
    assert only_state(state).item_processor.states["Inner"].language == "JSONPath"
    [problem] = problems(a_map(ItemProcessor={**inner, "QueryLanguage": "JSONata"}))
    assert problem.summary == "Field 'QueryLanguage' is not supported"
    assert problem.location == "/States/S/ItemProcessor"


@pytest.mark.parametrize(
    "state",
    [
        a_pass(Result="$.a"),
        a_pass(Result={"a.$": "$.b"}),
    ],
)
def test_a_result_that_looks_dynamic_is_warned_of(state):
    """Result is not a template; AWS warns if it looks like one."""
    assert told(state) == [("PASS_RESULT_IS_STATIC", "/States/S/Result")]


def test_jsonata_in_a_result_is_warned_of():
    """JSONata has no Result: what was meant is the Output of a JSONata state."""
    [problem] = problems(a_pass(Result="{% $states.input %}"))
    assert (problem.code, problem.path) == ("OtherQueryLanguage", "/States/S/Result")
    assert problem.hint.endswith("set QueryLanguage to JSONata and make it the Output")


@pytest.mark.parametrize("field", ["Error", "Cause"])
def test_an_error_that_looks_like_a_path_is_warned_of(field):
    """ErrorPath and CausePath are evaluated, Error and Cause are not."""
    assert told({"Type": "Fail", field: "$.error"}) == [("NO_PATH", f"/States/S/{field}")]
