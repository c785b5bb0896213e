"""asw test: what it prints where, and with which exit code."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from asw.cli.testing import SuiteOptions, run_tests
from tests.support.play import definition, task
from tests.support.playground import write_playground
from tests.support.testing import Bench, asw, case

FLOW = definition("Work", Work=task())
GOOD = {"name": "good", "mocks": {"Work": {"result": 1, "delay": "5m"}}}
POOR = {"name": "poor", "mocks": {"Work": {"error": "E", "cause": "]]> <&\x00 坏"}}}
LOST = {"name": "lost"}


def test_text(bench: Bench):
    """A line for each case, what differs below it, and how many passed."""
    bench.write(FLOW, GOOD, POOR)
    done = asw("test")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "flow.test.json  flow",
        "  ✓ good  5m",
        "  ✗ poor  0s",
        "      flow.test.json:15:5",
        "      status: expected SUCCEEDED, got FAILED (E: ]]> <&\ufffd 坏)",
        "      states: Work",
        "",
        "1 passed, 1 failed  virtual time 5m",
    ]
    assert done.stderr == ""


def test_quiet_and_verbose(bench: Bench):
    """-q shows failed cases only, -v what each case went through."""
    bench.write(FLOW, GOOD)
    assert asw("test", "-q").stdout == "1 passed  virtual time 5m\n"
    assert "call of Work, start 1: {}" in asw("test", "-v").stdout


def test_chinese(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """What is said is said in the user's language."""
    monkeypatch.setenv("ASW_LANG", "zh")
    bench.write(FLOW, GOOD, POOR)
    assert "失败 1 个" in asw("test").stdout


def test_json(bench: Bench):
    """-o json is one object with everything: results, what came, coverage."""
    bench.write(FLOW, GOOD, POOR, LOST)
    done = asw("test", "-o", "json", "--coverage")
    plain = json.loads(done.stdout)
    assert plain["summary"] == {"cases": 3, "passed": 1, "failed": 2}
    cases = plain["files"][0]["cases"]
    assert [it["result"] for it in cases] == ["passed", "failed", "error"]
    assert cases[0]["got"]["seconds"] == 300
    assert cases[1]["failures"][0]["path"] == "status"
    assert plain["coverage"][0]["percent"] == 100


def test_junit(bench: Bench):
    """The report is XML, whatever errors say, and tells failed cases from broken ones."""
    bench.write(FLOW, GOOD, POOR, LOST)
    asw("test", "--junit", "out/report.xml")
    root = ET.parse(bench.folder / "out" / "report.xml").getroot()
    assert dict(root.attrib) == {
        "name": "asw test",
        "tests": "3",
        "failures": "1",
        "errors": "1",
        "skipped": "0",
        "time": "300.000",
    }
    good, poor, lost = root.iter("testcase")
    assert (good.attrib["name"], list(good)) == ("good", [])
    assert "E: ]]> <&\ufffd 坏" in (poor[0].text or "")
    assert (poor[0].tag, lost[0].tag) == ("failure", "error")
    assert "result: {}" in (lost[0].text or "")


def test_only_some_cases(bench: Bench):
    """-k runs the cases with these words in their name, or all of a file with them in its name."""
    bench.write(FLOW, GOOD, POOR)
    assert asw("test", "-k", "GOO").stdout.endswith("1 passed  virtual time 5m\n")
    assert "1 passed, 1 failed" in asw("test", "-k", "flow.test").stdout
    done = asw("test", "-k", "nobody")
    assert done.exit_code == 4
    assert "available: good; poor" in done.stderr


@pytest.mark.parametrize(
    ("words", "cases"),
    [
        ("not poor", ["good", "this and that"]),
        ("good or that", ["good", "this and that"]),
        ("flow.test and good", ["good"]),
        ("this and that", ["this and that"]),
        ("good and not poor or poor", ["good", "poor"]),
    ],
)
def test_words_are_combined(bench: Bench, words: str, cases: list[str]):
    """-k knows and, or and not, as pytest's; words that a name has as they stand are just words."""
    bench.write(FLOW, GOOD, POOR, {**GOOD, "name": "this and that"})
    done = json.loads(asw("test", "-o", "json", "-k", words).stdout)
    assert [case["name"] for case in done["files"][0]["cases"]] == cases


def test_the_first_failure_may_be_enough(bench: Bench):
    """With -x nothing is run after it, and how much that is is said."""
    bench.write(FLOW, GOOD, POOR, LOST, {**GOOD, "name": "later"})
    done = asw("test", "-x")
    assert done.exit_code == 1
    assert "1 passed, 1 failed" in done.stdout
    assert "stopped at the first failure: 2 not run" in done.stderr


def test_large_results_do_not_fill_reports(bench: Bench):
    """Of thousands of differences a report has the first ones, and what is recorded is cut."""
    large = {"mocks": {"Work": {"result": list(range(5000))}}}
    bench.write(
        definition("Work", Work=task()), {"name": "x", "expect": {"output": [-1] * 5000}, **large}
    )
    asw("test", "--junit", "report.xml")
    (failure,) = ET.parse(bench.folder / "report.xml").getroot().iter("failure")
    assert failure.attrib["type"] == "NotAsExpected"
    assert (failure.text or "").splitlines()[-1] == "... and 4950 more differences"
    done = asw("test", "--update")
    assert max(map(len, done.stderr.splitlines())) < 2100
    assert asw("test").exit_code == 0


def test_coverage(bench: Bench):
    """What no case used is named with its place; too little coverage fails."""
    flow = definition("Work", Work=task(Retry=[{"ErrorEquals": ["E"]}]))
    bench.write(flow, GOOD)
    done = asw("test", "--coverage", "--coverage-file", "cov.json")
    assert done.exit_code == 0
    assert "coverage of flow: 50%  states 1/1, retriers 0/1" in done.stdout
    assert "not covered: retrier Work: E  flow.asl.json:1:" in done.stdout
    (plain,) = json.loads((bench.folder / "cov.json").read_text())
    assert [(it["pointer"], it["count"]) for it in plain["spots"]] == [
        ("/States/Work", 1),
        ("/States/Work/Retry/0", 0),
    ]
    assert asw("test", "--min-coverage", "50").exit_code == 0
    short = asw("test", "--min-coverage", "50.5")
    assert short.exit_code == 1
    assert "coverage of flow is 50%, less than the required 50.5%" in short.stderr


def test_folders_are_searched(bench: Bench):
    """Test files are found below a folder, but not in hidden ones or among packages."""
    for place in (".", "a/b", ".asw", "node_modules/x"):
        Bench(bench.folder / place).folder.mkdir(parents=True, exist_ok=True)
        Bench(bench.folder / place).write(FLOW, GOOD)
    assert "2 passed" in asw("test").stdout
    assert "1 passed" in asw("test", "a").stdout
    assert "2 passed" in asw("test", ".", "a/b/flow.test.json").stdout


BAD = [
    pytest.param(["nowhere"], 2, "nowhere: no such file or folder", id="missing path"),
    pytest.param(["."], 4, "names of test files end in .test.yaml", id="no test file"),
    pytest.param(["flow.asl.json"], 2, "has kind WorkflowTest, not none", id="no test"),
    pytest.param(["--min-coverage", "101"], 2, "101", id="more than all"),
    pytest.param(["--colour"], 2, "no option --colour", id="unknown option"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), BAD)
def test_bad_input(bench: Bench, arguments, code, words):
    """What cannot be run is said on standard error, with the exit code that every verb has."""
    bench.write(FLOW).unlink()
    done = asw("test", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert words in done.stderr


def test_a_wrong_file_keeps_all_from_running(bench: Bench):
    """Results of half of the files would look like results."""
    bench.write(FLOW, GOOD)
    (bench.folder / "x.test.yaml").write_text("kind: Workflow\n")
    done = asw("test")
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_wrong_file_is_in_the_reports(bench: Bench):
    """A report of the run before would look like success, an empty one like a crash."""
    bench.write({"StartAt": "Work", "States": {"Work": {"Type": "Tusk", "End": True}}}, GOOD)
    (bench.folder / "report.xml").write_text("of the run before")
    done = asw("test", "-o", "json", "--junit", "report.xml")
    assert done.exit_code == 2
    plain = json.loads(done.stdout)
    assert plain["summary"] == {"cases": 0, "passed": 0, "failed": 0}
    assert plain["findings"][0]["code"] == "SCHEMA_VALIDATION_FAILED"
    root = ET.parse(bench.folder / "report.xml").getroot()
    assert (root.attrib["tests"], root.attrib["errors"], root.attrib["failures"]) == ("1", "1", "0")
    (case,) = root.iter("testcase")
    assert case.attrib["file"] == "flow.asl.json"
    assert "did you mean 'Task'?" in (case[0].text or "")
    assert case[0].attrib["message"].startswith("SCHEMA_VALIDATION_FAILED: The field 'Type'")


def test_failed_cases_are_annotated_in_actions(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """GitHub Actions shows them beside their lines, named from its checkout."""
    bench.write(FLOW, GOOD, POOR)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(bench.folder.parent))
    told = [line for line in asw("test").stdout.splitlines() if line.startswith("::")]
    (line,) = told
    file = f"{bench.folder.name}/flow.test.json"
    assert line.startswith(f"::error file={file},title=poor,line=")
    assert "::poor%0Astatus: " in line
    assert json.loads(asw("test", "-o", "json").stdout)["summary"]["failed"] == 1
    (bench.folder / "flow.test.json").write_text('{"kind": "Workflow"}')
    assert asw("test").stdout.startswith(f"::error file={file},title=InvalidField,line=1")


def test_nothing_is_annotated_elsewhere(bench: Bench):
    """Commands of GitHub Actions are noise for everybody else."""
    bench.write(FLOW, POOR)
    assert "::" not in asw("test").stdout


def test_a_report_that_cannot_be_written(bench: Bench):
    """A path that is no place for a file is an error with a remedy, not a traceback."""
    bench.write(FLOW, GOOD)
    done = asw("test", "--junit", "flow.asl.json/x.xml")
    assert done.exit_code == 2
    assert "cannot write flow.asl.json" in done.stderr


def test_real_functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """functions: real runs the Functions of the manifests, in no virtual time."""
    write_playground(tmp_path)
    monkeypatch.chdir(tmp_path)
    content = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "WorkflowTest",
        "workflow": "workflow.yaml",
        "functions": "real",
        "cases": [
            case(input={"name": "李雷"}, expect={"output": {"greeting": "Hello, 李雷!"}}),
            case(name="two", input={}, expect={"error": "KeyError", "duration": 0}),
            case(
                name="three",
                input={"name": "x"},
                mocks={"Greet": [{"error": "Lambda.TooManyRequestsException"}, "real"]},
                expect={"output": {"greeting": "Hello, x!"}, "duration": "1s"},
            ),
        ],
    }
    (tmp_path / "real.test.json").write_text(json.dumps(content))
    done = asw("test", "real.test.json", "--logs")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "3 passed  virtual time 1s")
    assert "Greet | " in done.stderr


def test_the_same_again(bench: Bench, capsys: pytest.CaptureFixture[str]):
    """Two runs print the same, to the last byte."""
    jitter = {"ErrorEquals": ["E"], "JitterStrategy": "FULL"}
    flow = definition("Work", Work=task(Retry=[jitter]))
    path = bench.write(flow, POOR)
    printed = []
    for _ in range(2):
        assert run_tests([path], SuiteOptions(format="json")) == 1
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
