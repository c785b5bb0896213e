"""The command line: what it prints where, and with which exit code."""

import json
import os
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from asw.exits import NOT_FOUND

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Sad", "Cause": "so sad"}}}


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder with ``pass.json``, ``fail.json`` and ``bad.json``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pass.json").write_text(json.dumps(PASS))
    (tmp_path / "fail.json").write_text(json.dumps(FAIL))
    (tmp_path / "bad.json").write_text('{"StartAt": "B", "States": {}}')
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def printed_by(code):
    """What a Python of its own prints, which imports from where this one does."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, check=True, text=True, env=environment)
    return done.stdout


def test_help_imports_nothing_heavy():
    """Help is quick because only click is loaded for it."""
    code = (
        "import sys, asw.cli.main; heavy = {'pydantic', 'rich', 'yaml', 'kopf', 'asyncio'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    assert printed_by(code) == "[]\n"


def test_run_loads_nothing_of_kubernetes():
    """Running on one machine does not pay for the operator's libraries."""
    code = (
        "import sys, asw.cli.acting.running; heavy = {'kopf', 'kubernetes', 'aiohttp'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    assert printed_by(code) == "[]\n"


def test_run_shows_graph_history_and_output(asw):
    """A run is shown as a whole; its output alone is on standard output."""
    result = asw("run", "pass.json", "--input", '{"姓名": "李雷"}')
    assert result.exit_code == 0
    assert "pass-1  Succeeded" in result.stderr
    assert "│ ✓ A  Pass" in result.stderr
    assert "PassStateExited" in result.stderr
    assert result.stdout == '{\n  "姓名": "李雷"\n}\n'


def test_long_output_is_whole_in_a_pipe(asw):
    """However long a text is, what a program reads is JSON."""
    result = asw("run", "pass.json", "--input", json.dumps({"text": "词 " * 500}))
    assert json.loads(result.stdout) == {"text": "词 " * 500}


def test_quiet_run_prints_the_output_only(asw, tmp_path):
    """What a pipe reads is JSON, and the input may come from a file."""
    (tmp_path / "input.json").write_text("[1.0, null]")
    result = asw("run", "pass.json", "--quiet", "--input", "@input.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "[1.0,null]\n", "")


def test_forced_colours_are_no_terminal(asw, tmp_path):
    """CI that forces colours gets JSON to read all the same, and nothing that moves."""
    states = {"A": {"Type": "Wait", "Seconds": 1, "End": True}}
    (tmp_path / "wait.json").write_text(json.dumps({"StartAt": "A", "States": states}))
    command = [sys.executable, "-m", "asw", "run", "wait.json", "--input", "[1]"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "FORCE_COLOR": "1"}
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=True)
    assert json.loads(done.stdout) == [1]
    assert b"A: entered" in done.stderr
    assert b"\x1b[?25l" not in done.stderr


def test_input_comes_from_a_file_or_standard_input(asw, tmp_path):
    """The three ways to give a file mean the same, on standard input as well; two are too many."""
    (tmp_path / "in.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    for arguments in (["--input", "@in.json"], ["--input-file", "in.json"]):
        assert asw("run", "pass.json", "-q", *arguments).stdout == '{"a":1}\n'
    for arguments in (["--input", "-"], ["--input-file", "-"]):
        line = ["run", "pass.json", "-q", *arguments]
        done = CliRunner().invoke(main, line, input="[2]", catch_exceptions=False)
        assert done.stdout == "[2]\n"
    both = asw("run", "pass.json", "--input", "1", "--input-file", "in.json")
    assert (both.exit_code, "do not go together" in both.stderr) == (2, True)


def test_json_run_prints_everything_for_programs(asw):
    """One line of JSON holds outcome and history."""
    result = asw("run", "pass.json", "--json", "--name", "mine")
    plain = json.loads(result.stdout)
    assert (plain["name"], plain["status"], plain["output"]) == ("mine", "SUCCEEDED", {})
    assert [line["id"] for line in plain["history"]] == [1, 2, 3, 4]


def test_failed_run_exits_with_1_and_tells_why(asw):
    """Error and cause go to standard error, so that a pipe reads no output."""
    result = asw("run", "fail.json", "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", "Sad: so sad\n")


def test_failed_run_names_the_verb_that_explains_it(asw):
    """Whoever saw it fail can type the next line as it stands, the store's folder included."""
    assert asw("run", "fail.json").stderr.endswith("asw why fail-1 --local explains it\n")
    elsewhere = asw("run", "fail.json", "--data", "my data")
    assert elsewhere.stderr.endswith("asw why fail-1 --data 'my data' explains it\n")


@pytest.mark.parametrize("verb", [("run", "pass.json"), ("resume",), ("list",)], ids=" ".join)
def test_a_broken_store_is_bad_input(asw, tmp_path, verb):
    """Its file is named, with what to do; it is no fault of asw."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "asw.sqlite3").write_text("no database\n" * 99)
    result = asw(*verb, "--data", "broken")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "error: broken/asw.sqlite3 is damaged: file is not a database\n"
        "  restore a copy of it, or name another folder with --data\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ["bad.json"], "bad.json:1:13: error: MISSING_TRANSITION_TARGET", id="definition"
        ),
        pytest.param(["missing.json"], "no such file", id="path"),
        pytest.param(
            ["pass.json", "--input", "{"],
            "--input is not JSON: line 1, column 1: the text ends before",
            id="input",
        ),
        pytest.param(
            ["pass.json", "--input", "@no.json"],
            "cannot read no.json: No such file or directory",
            id="input file",
        ),
        pytest.param(["pass.json", "fail.json"], "more than one Workflow", id="two Workflows"),
        pytest.param(["pass.json", "--data", "pass.json/x"], "--data", id="data folder"),
    ],
)
def test_bad_input_exits_with_2_and_starts_nothing(asw, arguments, words):
    """Whatever is wrong is said with its place before anything happens."""
    result = asw("run", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words.replace(" ", "") in "".join(result.stderr.split())
    assert asw("list", "--local").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("test -o xml", "不是以下之一"),
        ("test --min-coverage 200", "200.0 不在范围 0<=x<=100 内"),
        ("history x --limit many", "'many' 不是数字"),
        ("list --data pass.json", "'pass.json' 是文件"),
        ("export x -o .", "'.' 是目录"),
    ],
)
def test_a_wrong_value_is_told_in_the_users_language(asw, monkeypatch, arguments, told):
    """What the parser of arguments says of a value is no English to who reads Chinese."""
    monkeypatch.setenv("ASW_LANG", "zh")
    result = asw(*arguments.split())
    assert result.exit_code == 2
    assert told in result.stderr
    assert " is " not in result.stderr


def test_manifests_without_anything_to_run(asw, tmp_path):
    """A folder of ConfigMaps only runs nothing, and says so."""
    (tmp_path / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n")
    result = asw("run", "map.yaml")
    assert result.exit_code == 2
    assert "nothing to run" in result.stderr


def test_same_execution_runs_again_under_another_name(asw):
    """Runs are kept beside each other, and listed."""
    asw("run", "pass.json")
    asw("run", "pass.json")
    items = json.loads(asw("list", "--local", "-o", "json").stdout)["items"]
    assert [item["metadata"]["name"] for item in items] == ["pass-1", "pass-2"]
    assert "pass-2" in asw("list", "--data", ".asw").stdout


def test_a_name_that_is_taken_is_refused(asw):
    """As Step Functions refuses it: who names an execution asks for that one; nothing is put."""
    assert asw("run", "pass.json", "--name", "one").exit_code == 0
    done = asw("run", "fail.json", "--name", "one")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "error: execution 'one' already exists\n  give it another --name, or omit it\n"
    )
    workflows = asw("get", "workflows", "--local", "-o", "name").stdout
    assert workflows == "workflow.asw.dev/pass\n"


def test_an_execution_of_a_manifest_that_runs_again_is_told_with_its_name(asw, tmp_path):
    """Files are run as often as one likes, and what the run is called is no secret."""
    run = {
        "kind": "Execution",
        "metadata": {"name": "x"},
        "spec": {"workflowRef": {"name": "pass"}},
    }
    (tmp_path / "x.json").write_text(json.dumps({"apiVersion": "asw.dev/v1alpha1", **run}))
    assert "has run before" not in asw("run", "x.json", "pass.json").stderr
    assert "x has run before: this one is called x-2\n" in asw("run", "x.json", "pass.json").stderr
    assert asw("run", "x.json", "pass.json", "-q").stderr == ""


def test_history_shows_a_run_again(asw):
    """What was run can be looked at later, with times."""
    asw("run", "pass.json")
    result = asw("history", "pass-1", "--local")
    header, *lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert header.split() == ["ID", "TIME", "TOOK", "EVENT", "STATE", "DETAIL"]
    assert [line.split()[3] for line in lines[:2]] == ["ExecutionStarted", "PassStateEntered"]
    assert lines[2].split()[5:7] == ["PassStateExited", "A"]


def test_history_for_programs_is_as_aws_has_it(asw):
    """JSON and YAML hold the same, in the shape of GetExecutionHistory."""
    asw("run", "pass.json", "--input", '{"姓名": "李雷"}')
    plain = json.loads(asw("history", "pass-1", "--local", "-o", "json").stdout)
    assert plain["events"][0]["executionStartedEventDetails"]["input"] == '{"姓名":"李雷"}'
    assert yaml.safe_load(asw("history", "pass-1", "--local", "-o", "yaml").stdout) == plain


def test_history_shows_what_is_wanted(asw):
    """Types, states, numbers and order choose; what matches nothing is said to."""
    asw("run", "fail.json")
    show = ("history", "fail-1", "--local", "--no-headers")
    failed = asw(*show, "--type", "*failed").stdout.splitlines()
    assert [line.split()[0] for line in failed] == ["3"]
    newest = asw(*show, "--reverse", "--limit", "2").stdout.splitlines()
    assert [line.split()[0] for line in newest] == ["3", "2"]
    assert len(asw(*show, "--state", "A").stdout.splitlines()) == 1
    nothing = asw(*show, "--type", "Nothing")
    assert (nothing.stdout, nothing.stderr) == ("", "none of its 3 events matches\n")


def test_history_of_a_state_that_is_not_there(asw):
    """A state that the definition has not is a mistake, with the nearest name."""
    asw("run", "pass.json")
    result = asw("history", "pass-1", "--local", "--state", "a")
    assert result.exit_code == NOT_FOUND
    assert "did you mean A?" in result.stderr


def test_long_history_is_cut_and_can_be_seen_whole(asw, tmp_path):
    """A run shows the end of a long history, ``asw history`` all of it."""
    inner = {"StartAt": "B", "States": {"B": PASS["States"]["A"]}}
    each = {"Type": "Map", "ItemProcessor": inner, "End": True}
    (tmp_path / "map.json").write_text(json.dumps({"StartAt": "M", "States": {"M": each}}))
    cut = asw("run", "map.json", "--input", json.dumps(list(range(50)))).stderr
    assert "... 106 events before these: asw history map-1 --local\n" in cut
    assert "ExecutionStarted" not in cut
    assert "ExecutionStarted" in asw("history", "map-1", "--local").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--local"], "has no executions"),
        (["history", "x", "--local"], "has no executions"),
    ],
)
def test_unused_folder_is_said_to_be_one(asw, arguments, words):
    """Looking where nothing ran is an error that names the folder."""
    result = asw(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_history_of_an_unknown_execution(asw):
    """A name that is not there is an error that names the nearest."""
    asw("run", "pass.json")
    result = asw("history", "pas-1", "--local")
    assert result.exit_code == NOT_FOUND
    assert "did you mean pass-1?" in result.stderr


def test_validate_says_everything(asw):
    """All findings of all files, and an exit code for pipelines."""
    assert asw("validate", "pass.json", "fail.json").exit_code == 0
    result = asw("validate", "bad.json", "missing.json")
    assert result.exit_code == 2
    assert "bad.json" in result.stderr
    assert "missing.json" in result.stderr


def test_nothing_to_resume_is_well(asw):
    """Resuming is safe to call at any time."""
    asw("run", "pass.json")
    result = asw("resume", "--local")
    assert (result.exit_code, result.stdout) == (0, "")


def test_version(asw):
    """The version is told in both ways."""
    assert asw("version").stdout == asw("--version").stdout


def test_terminals_without_a_sign_for_boxes_show_numbers(asw, tmp_path):
    """An old encoding is no reason to fail: what it has no sign for is escaped."""
    command = [sys.executable, "-m", "asw", "graph", "pass.json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    environment["PYTHONIOENCODING"] = "latin-1"
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=True)
    assert b"\\u2502 \xb7 A  Pass \\u2502" in done.stdout


def test_a_name_that_no_object_can_have_is_refused(asw):
    """The name becomes that of a folder of logs here, and of an object on a cluster."""
    result = asw("run", "pass.json", "--name", "../My Run")
    assert result.exit_code == 2
    assert "--name my-run" in result.stderr


def test_help_is_a_verb_too(asw):
    """As other tools have it: of all verbs, of one, and of none that there is."""
    assert asw("help").stdout == asw("--help").stdout
    assert asw("help", "stop").stdout == asw("stop", "--help").stdout
    assert "did you mean stop?" in asw("help", "stpo").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run",), "'PATHS...' is missing"),
        (
            ("graph", "pass.json", "-o", "sgv"),
            "has a wrong value: 'sgv' is not one of 'text', 'svg'",
        ),
        (("run", "--nmae", "x"), "did you mean --name?"),
        (("start", "hello", "--wiat"), "did you mean --wait, "),
        (("terminate", "x"), "asw stop does that here"),
        (("describe", "x"), "asw get does that here"),
        (("create", "-f", "x"), "kubectl create does that: these are objects of the cluster"),
        (("apply", "--local"), "no path was named"),
        (("rnu",), "did you mean run?"),
    ],
)
def test_wrong_arguments_are_told_with_a_remedy(asw, arguments, words):
    """No usage text that has to be read, but what is wrong and where to look."""
    result = asw(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
