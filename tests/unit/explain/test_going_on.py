"""What is advised after an end: a redrive, by which definition, or a new start."""

import json
from dataclasses import replace

import pytest

from asw.cli.views.explanation_text import lines_of
from asw.executions.port import LogLine, TaskSnapshot
from asw.executions.run import Run
from asw.explain.explain import explain
from tests.support.cases import a_case, an_open_case, with_status
from tests.support.play import Raised, definition, task

CURRENT = "asw redrive run-1 --revision current"
ANEW = "asw rerun run-1 --input-file FILE"


def advised(case, **place):
    """The commands that are advised, those that only look aside."""
    commands = [advice.command for advice in explain(case, **place).advice]
    return [it for it in commands if "asw redrive" in it or "asw rerun" in it]


def snippets(case):
    """The pieces of JSON that are advised."""
    return [advice.snippet for advice in explain(case).advice if advice.snippet]


def failing(error, **fields):
    """The case of a Task whose function fails with the error."""

    def fails(_event):
        raise Raised(error, "because")

    return a_case(definition("A", A=task(**fields)), {}, {"work": fails})


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Fail", "Error": "Wrong"},
        {"Type": "Pass", "Parameters": {"x.$": "$.nowhere"}, "End": True},
        task(Parameters={"x.$": "$.nowhere"}),
        {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Z"}]},
    ],
    ids=["Fail", "path of a Pass", "path of a Task", "Choice"],
)
def test_what_the_definition_did_is_gone_on_with_by_another_definition(state):
    """A redrive goes on with the definition that was run: on the same data it fails again."""
    others = {"Z": {"Type": "Succeed"}} if state["Type"] == "Choice" else {}
    assert advised(a_case(definition("A", A=state, **others), {})) == [CURRENT, ANEW]


def test_what_a_function_did_is_gone_on_with_once_that_is_mended():
    """The Function is looked up anew; a handler that was added needs the current definition."""
    assert advised(failing("Oops")) == ["asw redrive run-1", CURRENT]


def test_on_one_machine_what_was_mended_has_to_be_applied():
    """The store has a copy of definition and code, and no cluster that kubectl brought them to."""
    apply = "asw apply PATH --data d && "
    assert advised(failing("Oops"), target="--data d") == [
        f"{apply}asw redrive run-1 --data d",
        f"{apply}{CURRENT} --data d",
    ]
    fails = a_case(definition("A", A={"Type": "Fail", "Error": "Wrong"}), {})
    assert advised(fails, target="--local") == [
        f"asw apply PATH --local && {CURRENT} --local",
        f"{ANEW} --local",
    ]


def test_a_mistake_outside_of_the_definition_needs_no_other_definition():
    """What no call can get over is mended where it is, and neither retried nor caught."""
    case = failing("Asw.OutOfMemory")
    assert (advised(case), snippets(case)) == (["asw redrive run-1"], [])


def test_a_child_is_not_redriven_by_itself():
    """Its parent runs anew what did not succeed; a redrive of the child would be refused."""
    case = failing("Asw.OutOfMemory")
    manifest = dict(case.run.manifest)
    manifest["spec"] = {**manifest["spec"], "parent": {"name": "mother", "state": "M"}}
    case = replace(case, run=Run(manifest))
    assert advised(case) == ["asw redrive mother"]
    told = explain(case, is_nested=True).advice
    assert not any("redrive" in advice.command for advice in told)


def test_what_timed_out_goes_on_where_it_stood():
    """Nothing failed that could be mended but its own TimeoutSeconds."""
    wait = {"Type": "Wait", "Seconds": 100, "End": True}
    case = a_case({**definition("A", A=wait), "TimeoutSeconds": 5}, {})
    assert advised(case) == ["asw redrive run-1", CURRENT]


def test_what_never_began_is_started_anew():
    """There is nothing that a redrive could take up."""
    case = with_status(
        replace(failing("Oops"), events=[], record=None),
        error="Asw.InvalidInput",
        cause="no JSON",
    )
    assert advised(case) == [ANEW]


def test_a_catcher_in_jsonata_has_no_result_path():
    """What is advised is taken by the validator of the same language."""
    state = task(QueryLanguage="JSONata")
    machine = definition("A", A=state)

    def fails(_event):
        raise Raised("Oops", "because")

    assert snippets(a_case(machine, {}, {"work": fails})) == [
        '"Catch": [{"ErrorEquals": ["Oops"], "Next": "..."}]'
    ]


def test_a_default_is_not_advised_where_a_path_was_missing():
    """A Default is taken where no rule holds, and not where one cannot be asked."""
    rules = [{"Variable": "$.nowhere", "StringEquals": "a", "Next": "Z"}]
    machine = definition("C", C={"Type": "Choice", "Choices": rules}, Z={"Type": "Succeed"})
    texts = [advice.text for advice in explain(a_case(machine, {})).advice]
    assert "if the path may be absent, test for that first" in texts
    assert not any("Default" in text for text in texts)


def test_a_missing_function_is_told_with_the_one_that_may_have_been_meant():
    """The nearest name, else those that there are."""
    case = failing("Lambda.ResourceNotFoundException")
    near = explain(replace(case, functions=["pay", "works"])).failures[0].notes
    assert near[1:] == ("did you mean works?",)
    far = explain(replace(case, functions=["ship", "pay"])).failures[0].notes
    assert far[1:] == ("available: pay, ship",)
    since = explain(replace(case, functions=["pay", "work"])).failures[0].notes
    assert since[1:] == ("Function work exists by now.",)


def test_a_call_that_succeeded_has_no_trouble():
    """A pod that pushed its outcome may look to its place as one that left none."""
    snapshot = TaskSnapshot(state="A", number=1, trouble="Asw.TaskCrashed: no outcome")
    state = task(ResultSelector={"x.$": "$.nowhere"})
    case = a_case(definition("A", A=state), {}, {"work": lambda _: {}}, tasks=[snapshot])
    assert explain(case).failures[0].tries[0].trouble == ""


def test_what_is_long_is_cut_unless_all_is_wanted():
    """A line of a log, a message and a traceback of any length leave the screen readable."""

    def fails(_event):
        trace = [f"frame {number}" for number in range(100)]
        raise Raised("Oops", json.dumps({"errorMessage": "m" * 999, "stackTrace": trace}))

    lines = [LogLine("A", 0, "x" * 9000, 1)]
    case = a_case(definition("A", A=task()), {}, {"work": fails}, lines=lines)
    short = [line.text for line in lines_of(explain(case))]
    assert max(map(len, short)) < 500
    assert "    … 88 more, all with --full" in short
    assert short.count("    frame 99") == 1
    full = [line.text for line in lines_of(explain(case), is_full=True)]
    assert "  | " + "x" * 9000 in full
    assert "    frame 0" in full


def test_many_that_wait_for_the_same_are_advised_once():
    """A Map of many items in one plight is one thing to mend, and a screen of it is enough."""
    state = {
        "Type": "Map",
        "ItemsPath": "$",
        "ItemProcessor": definition("T", T=task()),
        "End": True,
    }
    trouble = "no node takes its pod"
    tasks = [TaskSnapshot(state="T", number=it, trouble=trouble) for it in range(1, 41)]
    case = an_open_case(definition("M", M=state), list(range(40)), tasks=tasks)
    explanation = explain(case)
    assert len(explanation.waits) == 40
    assert sum("Asw.Unschedulable" in advice.text for advice in explanation.advice) == 1
    said = [line.text for line in lines_of(explanation)]
    assert "    … 20 more, all with --full" in said


def test_an_invalid_workflow_is_said_to_be_mended():
    """An execution that waits for its Workflow to be valid does not begin by being watched."""
    condition = {"type": "Ready", "reason": "InvalidDefinition", "message": "it has problems"}
    case = with_status(
        replace(an_open_case(definition("A", A=task())), events=[], record=None),
        phase="Pending",
        conditions=[condition],
    )
    assert explain(case).advice[0].text == "fix the Workflow flow, and apply it"
