"""Reading test files: what is wrong is told with its place and the remedy; workflows are found."""

import json
from pathlib import Path

import pytest
import yaml

from asw.testkit.reading import read_suites
from tests.support.play import definition, task
from tests.support.testing import HEAD, Bench, case

FLOW = definition("Pay", Pay=task("charge", Next="Done"), Done={"Type": "Succeed"})
OK = {"result": 1}

WRONG = [
    pytest.param({"nmae": "x"}, "nmae: no such field: did you mean name?", id="unknown field"),
    pytest.param({"mocks": {"Pay": {"reslt": 1}}}, "did you mean result?", id="field of a mock"),
    pytest.param({"expect": {"outputs": 1}}, "did you mean output?", id="field of expect"),
    pytest.param({"mocks": {"Pya": OK}}, "no state 'Pya': did you mean Pay?", id="state"),
    pytest.param({"mocks": {"Done": OK}}, "is not a Task", id="state that is no Task"),
    pytest.param({"functions": {"chrage": OK}}, "did you mean charge?", id="function"),
    pytest.param({"mocks": {"Pay": {}}}, "one of result, error", id="mock without an end"),
    pytest.param({"mocks": {"Pay": {**OK, "lost": "x"}}}, "has: lost, result", id="two ends"),
    pytest.param({"mocks": {"Pay": {**OK, "cause": 1}}}, "needs an error", id="cause alone"),
    pytest.param({"mocks": {"Pay": []}}, "must not be empty", id="no mocks in a list"),
    pytest.param({"mocks": {"Pay": {**OK, "delay": "soon"}}}, "not a time span", id="delay"),
    pytest.param({"requests": [{"after": 1}]}, "either stop or redrive", id="request"),
    pytest.param({"input": 1, "inputFile": "x"}, "not both", id="two inputs"),
    pytest.param({"inputFile": "no.json"}, "no such file", id="input file"),
    pytest.param({"objects": "no"}, "no such folder", id="objects"),
    pytest.param({"expect": {"status": "OK"}}, "one of SUCCEEDED, FAILED, ", id="status"),
    pytest.param({"expect": {"calls": {"Pya": 1}}}, "did you mean Pay?", id="state of calls"),
    pytest.param({"expect": {"calls": {"Pay": "1"}}}, "how many calls", id="calls"),
    pytest.param({"expect": {"states": ["Pay", "Don"]}}, "did you mean Done?", id="path"),
    pytest.param({"expect": {"states": [{"Pay": 1}]}}, "a list of trails", id="inner path"),
    pytest.param(
        {"mocks": {"Pay": {"result": 1, "times": "many"}}},
        "mocks.Pay.times: this must be a whole number, or this must be always",
        id="one of two kinds",
    ),
    pytest.param({"expect": {"states": "Pay"}}, "must be a list", id="no path"),
    pytest.param({"expect": {"states": [1]}}, "the name of a state", id="no name"),
    pytest.param({"expect": {"duration": "long"}}, "not a time span", id="duration"),
    pytest.param({"expect": {"duration": {"most": 1}}}, "min, max or both", id="bounds"),
    pytest.param({"expect": {"output": {"$regx": "a"}}}, "did you mean $regex?", id="matcher"),
    pytest.param(
        {"mocks": {"Pay": {**OK, "when": {"input": {"$regx": 1}}}}},
        "did you mean $regex?",
        id="matcher of when",
    ),
    pytest.param(
        {"expect": {"status": "SUCCEEDED", "error": "E"}}, "has no error", id="error of a success"
    ),
    pytest.param({"parameters": [{"a": 1}], "input": "${b}"}, "no parameter 'b'", id="parameter"),
    pytest.param({"parameters": []}, "must not be empty", id="no rows"),
    pytest.param({"context": {"startTime": "noon"}}, "valid datetime", id="start time"),
]


@pytest.mark.parametrize(("given", "words"), WRONG)
def test_what_is_wrong_with_a_case(bench: Bench, given, words):
    """Every slip is found before anything is run."""
    (sentence,) = bench.findings(FLOW, case(**given))
    assert "Value error" not in sentence
    assert words in sentence


def test_an_action_that_no_task_calls(bench: Bench):
    """A misspelt action of a service is told, with the nearest that a Task calls."""
    request = {"Resource": "arn:aws:states:::sns:publish", "Parameters": {"Message": "paid"}}
    given = case(functions={"sns:publsh": OK})
    (sentence,) = bench.findings(definition("Tell", Tell=task(**request)), given)
    assert "no Task of the workflow calls 'sns:publsh': did you mean sns:publish?" in sentence


def test_everything_is_told_at_once_with_its_line(bench: Bench):
    """An author mends all of it in one go."""
    bench.write(FLOW)
    path = bench.folder / "flow.test.yaml"
    path.write_text(
        "apiVersion: asw.dev/v1alpha1\n"
        "kind: WorkflowTest\n"
        "workflow: flow.asl.json\n"
        "cases:\n"
        "  - name: a\n"
        "    inpt: {}\n"
        "  - name: b\n"
        "    mocks:\n"
        "      Pya: {result: 1}\n"
        "    expect: {output: {$regx: x}}\n"
    )
    suites, findings = read_suites([Path("flow.test.yaml")])
    assert suites == []
    assert [finding.place for finding in findings] == [
        "flow.test.yaml:6:5",
        "flow.test.yaml:9:7",
        "flow.test.yaml:10:30",
    ]


TOPS = [
    pytest.param({**HEAD, "kind": "Workflow"}, "has kind WorkflowTest, not Workflow", id="kind"),
    pytest.param({"StartAt": "x"}, "has kind WorkflowTest, not none", id="no kind"),
    pytest.param([1], "has kind WorkflowTest", id="no object"),
    pytest.param({**HEAD, "apiVersion": "v1"}, "must be asw.dev/v1alpha1", id="version"),
    pytest.param({**HEAD}, "cases: this field is required", id="no cases"),
    pytest.param({**HEAD, "cases": []}, "must not be empty", id="empty cases"),
    pytest.param({**HEAD, "cases": [1]}, "must be an object", id="no case"),
    pytest.param({**HEAD, "case": [], "cases": [case()]}, "did you mean cases?", id="typo"),
    pytest.param({**HEAD, "workflow": "no.json", "cases": [case()]}, "no such file", id="file"),
    pytest.param(
        {**HEAD, "workflow": "flow.asl.json#x", "cases": [case()]}, "no Workflow 'x'", id="name"
    ),
    pytest.param({**HEAD, "cases": [case(), case()]}, "another case has this name", id="twins"),
    pytest.param({**HEAD, "mocks": {"X": OK}, "cases": [case()]}, "no state 'X'", id="mocks"),
]


@pytest.mark.parametrize(("content", "words"), TOPS)
def test_what_is_wrong_with_a_file(bench: Bench, content, words):
    """A file that holds no tests, or not as they are written, says what is missing."""
    bench.write(FLOW)
    path = bench.folder / "x.test.json"
    path.write_text(json.dumps(content))
    suites, findings = read_suites([path])
    assert suites == []
    assert words in " ".join(finding.sentence for finding in findings)


@pytest.mark.parametrize(
    ("text", "words"), [("", "empty"), ("a: [", "InvalidYaml"), ("a: 1\na: 2", "twice")]
)
def test_broken_files(bench: Bench, text, words):
    """What is no YAML is told as by every verb."""
    path = bench.folder / "x.test.yaml"
    path.write_text(text)
    suites, findings = read_suites([path])
    assert suites == []
    assert words in " ".join(finding.sentence for finding in findings)


def test_a_broken_workflow_is_told_with_its_own_place(bench: Bench):
    """A definition that cannot run is shown where it stands, not as a failed case."""
    first, *_ = bench.findings({**FLOW, "StartAt": "Nobody"}, case())
    assert first.startswith("MISSING_TRANSITION_TARGET")


def workflow(name: str) -> dict[str, object]:
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": name},
        "spec": {"definition": FLOW},
    }


def found_for(bench: Bench, test_file: str, wanted: str | None, *names: str) -> str:
    """The name of the workflow that a test file is about, or what is said where there is none."""
    (bench.folder / "flows.yaml").write_text(yaml.safe_dump_all(workflow(name) for name in names))
    content = {**HEAD, "workflow": wanted, "cases": [case(mocks={"Pay": OK})]}
    path = bench.folder / test_file
    path.write_text(json.dumps(content))
    suites, findings = read_suites([path])
    return suites[0].subject.name if suites else findings[0].sentence


def test_the_only_workflow_beside_a_test_file_is_meant(bench: Bench):
    """Whoever has one Workflow need not name it."""
    assert found_for(bench, "x.test.json", None, "pay") == "pay"


def test_the_workflow_called_as_the_test_file_is_meant(bench: Bench):
    """Of several, the one with the test file's name is tested."""
    assert found_for(bench, "two.test.json", None, "one", "two") == "two"


def test_one_of_several_workflows_is_named(bench: Bench):
    """A file with several Workflows is named with one of them."""
    assert found_for(bench, "x.test.json", "flows.yaml#one", "one", "two") == "one"
    told = found_for(bench, "x.test.json", None, "one", "two")
    assert "more than one Workflow here: one, two: name its file" in told


def test_input_comes_from_a_file(bench: Bench):
    """An input that is long may lie beside the test file."""
    (bench.folder / "order.yaml").write_text("n: 1\n")
    expect = {"calls": {"Pay": [{"n": 1}]}}
    given = case(mocks={"Pay": OK}, inputFile="order.yaml", expect=expect)
    assert bench.failures(FLOW, given) == []


def test_manifests_of_a_folder_are_read_without_its_tests(bench: Bench):
    """Asw run and validate take a folder that has test files in it."""
    from asw.lint.documents import read_documents  # noqa: PLC0415

    bench.write(FLOW, case())
    documents, findings = read_documents([bench.folder])
    assert ([it.path.name for it in documents], findings) == (["flow.asl.json"], [])
