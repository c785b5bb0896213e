"""``asw validate``: what it prints where, and its exit code."""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from asw.asl import problems
from asw.asl.problems import Problem
from asw.cli.main import main
from asw.cli.validating import ValidateOrder, validate
from asw.cli.views.findings_text import finding_lines
from asw.lint.findings import Finding
from asw.lint.rules import MEANINGS
from asw.lint.sources import Position, Source

GOOD = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
BAD = '{"StartAt": "A",\n "States": {"A": {"Type": "Pass", "Edn": true, "Next": "A"}}}'
WARNED = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "$.a", "End": true}}}'
TCSL = '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "End": true}}}'


@pytest.fixture(autouse=True)
def no_actions(monkeypatch):
    """These tests may themselves run in GitHub Actions."""
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder with a file for each of the texts above."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"good": GOOD, "bad": BAD, "warned": WARNED, "tcsl": TCSL}.items():
        (tmp_path / f"{name}.json").write_text(text)
    return lambda *arguments, stdin=None: CliRunner().invoke(
        main, ["validate", *arguments], input=stdin, catch_exceptions=False
    )


def test_what_is_valid_is_said_to_be(asw):
    """Nothing on standard output, a line with counts on standard error, exit code 0."""
    result = asw("good.json")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "valid: 1 Workflow, 0 Functions\n"
    assert gc.isenabled()  # others go on in this process


def test_folders_below_are_looked_into(asw, tmp_path):
    """With -R all manifests below are checked as a set; hidden folders and node_modules are not."""
    for place in ("b/deep", "a", ".git/x", "node_modules/y"):
        folder = tmp_path / "all" / place
        folder.mkdir(parents=True)
        (folder / "flow.asl.json").write_text(BAD)
        (folder / "flow.test.yaml").write_text("no: manifest")
        (folder / "package.json").write_text('{"no": "manifest"}')
    result = asw("all")
    assert (result.exit_code, "in this folder" in result.stderr) == (2, True)
    result = asw("-R", "all", "good.json")
    places = [line.partition(":")[0] for line in result.stderr.splitlines()[:-1]]
    assert list(dict.fromkeys(places)) == ["all/a/flow.asl.json", "all/b/deep/flow.asl.json"]
    assert "no such file" in asw("-R", "nothing").stderr


def test_text_is_a_line_each_without_colours_where_nobody_watches(asw):
    """As compilers have it, for CI and editors: file, line, column, severity, code."""
    result = asw("bad.json")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert any(
        line.startswith("bad.json:2:35: error: SCHEMA_VALIDATION_FAILED: Field 'Edn'")
        for line in lines
    )
    assert lines[-1] == "not valid: 2 errors, 0 warnings"
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("wanted", ["json", "sarif"])
def test_reports_are_json_on_standard_output(asw, wanted):
    """A pipe reads the report alone, also where nothing is wrong."""
    assert json.loads(asw("bad.json", "-o", wanted).stdout)
    assert json.loads(asw("good.json", "-o", wanted).stdout)


def test_annotations_come_by_themselves_in_actions(asw, monkeypatch):
    """In GitHub Actions findings are shown beside the lines without being asked for."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert asw("bad.json").stdout.startswith("::error file=bad.json,")
    assert asw("bad.json", "-o", "text").stdout == ""
    assert asw("good.json").stdout == ""


@pytest.mark.parametrize("wanted", ["github", "sarif"])
def test_actions_name_files_from_their_checkout(asw, monkeypatch, tmp_path, wanted):
    """A step with a working-directory is told in the paths that GitHub knows."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
    assert f"{Path.cwd().name}/bad.json" in asw("bad.json", "-o", wanted).stdout
    outside = tmp_path / "elsewhere" / "outside"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(outside))
    assert f"{Path.cwd().name}/bad.json" not in asw("bad.json", "-o", wanted).stdout


def test_what_is_no_file_has_no_path(asw, monkeypatch):
    """Standard input is in no checkout."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(Path.cwd().parent))
    assert asw("-", stdin="{").stdout.startswith("::error file=<stdin>,")


def test_warnings_fail_only_where_they_are_asked_to(asw):
    """A definition that can run is valid; CI may be stricter."""
    result = asw("warned.json")
    assert result.exit_code == 0
    assert "(0 errors, 1 warning)" in result.stderr
    assert asw("warned.json", "--warnings-as-errors").exit_code == 2


def test_standard_input_is_read(asw):
    """- is what comes through a pipe, JSON or YAML."""
    assert asw("-", stdin=GOOD).exit_code == 0
    assert asw("-", stdin="StartAt: A\nStates: {A: {Type: Succeed}}\n").exit_code == 0
    assert asw("-", stdin="{StartAt: A, States: {A: {Type: Succeed}}}\n").exit_code == 0
    result = asw("-", stdin="{")
    assert result.exit_code == 2
    assert result.stderr.startswith("<stdin>:1:1: error: INVALID_JSON_DESCRIPTION")


def test_the_dialect_is_that_of_bare_definitions(asw):
    """A Wait state is ASL's own, and told to who writes TCSL."""
    assert "warning" not in asw("tcsl.json").stderr
    assert "BeyondDialect" in asw("tcsl.json", "--dialect", "tcsl").stderr


def test_problems_of_all_files_are_told_once(asw):
    """Naming files and their folder tells no more than naming the folder."""
    alone = asw(".").stderr
    assert asw("bad.json", ".", "./bad.json").stderr.count("'Edn'") == alone.count("'Edn'") == 1


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.json", b"", "the file is empty"),
        ("binary.json", b"\x00\x01\x02", "NUL"),
        ("latin.yaml", "a: é".encode("latin-1"), "not UTF-8"),
    ],
)
def test_files_that_are_no_text_are_told(asw, tmp_path, name, content, words):
    """Whatever a file holds, there is a sentence for it and never a traceback."""
    (tmp_path / name).write_bytes(content)
    result = asw(name)
    assert result.exit_code == 2
    assert words in result.stderr


def test_an_unreadable_path_is_told(asw, tmp_path):
    """Folders without manifests and files that are not there are mistakes of the command."""
    (tmp_path / "void").mkdir()
    assert "no .yaml" in asw("void").stderr
    assert "no such file or folder" in asw("gone.yaml").stderr
    if os.geteuid():
        (tmp_path / "good.json").chmod(0)
        assert "no permission" in asw("good.json").stderr


def test_chinese_users_get_the_meaning_beside_the_sentence_of_aws(asw, monkeypatch):
    """AWS's sentence stays, since people search for it; what it means comes in Chinese."""
    monkeypatch.setenv("ASW_LANG", "zh")
    stderr = asw("bad.json").stderr
    assert "Field 'Edn' is not supported" in stderr
    assert "定义中有字段缺失、拼写错误、类型不对或超出范围。" in stderr


def test_every_code_has_a_meaning():
    """Reports and Chinese explain each code, those of definitions included."""
    of_definitions = {
        value
        for name, value in vars(problems).items()
        if name.isupper() and isinstance(value, str) and value.isidentifier()
    }
    assert of_definitions - MEANINGS.keys() == set()


def test_more_checks_are_placed_as_all_others(tmp_path, capsys):
    """What looks further into a definition tells problems, and they get line and column."""
    (tmp_path / "good.json").write_text(GOOD)
    problem = Problem(severity="WARNING", code="X", path="/States/A", summary="odd")
    order = ValidateOrder(more_checks=[lambda _workflow: [problem]])
    assert validate([tmp_path / "good.json"], order) == 0
    assert "good.json:1:29: warning: X: odd (/States/A)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "column", "end", "shown", "carets"),
    [
        ("a: bad", 4, 7, "    1 | a: bad", "           ^^^"),
        ("名: 坏值", 4, 6, "    1 | 名: 坏值", "            ^^^^"),
        ("\ta: x", 2, 3, "    1 |  a: x", "         ^"),
    ],
)
def test_a_terminal_shows_the_line_and_carets(line, column, end, shown, carets):
    """The carets are below what they mean, Chinese letters of two cells before them or not."""
    position = Position(line=1, column=column, end_line=1, end_column=end)
    source = Source("x", line)
    finding = Finding(file="x", code="X", message="m", position=position, source=source)
    lines = [click_free(it) for it in finding_lines(finding, has_picture=True)]
    assert lines[1:] == [shown, carets]


def test_a_long_line_is_cut_around_the_place():
    """A definition in one line of a megabyte does not flood the terminal."""
    text = f"{'x' * 5000}BAD{'y' * 5000}"
    position = Position(line=1, column=5001, end_line=1, end_column=5004)
    finding = Finding(file="x", code="X", message="m", position=position, source=Source("x", text))
    _, shown, carets = (click_free(it) for it in finding_lines(finding, has_picture=True))
    assert len(shown) < 200
    assert shown[carets.index("^") : carets.index("^") + 3] == "BAD"


def click_free(text):
    """The line without colours."""
    return click.unstyle(text)


def test_nothing_is_loaded_that_a_plain_definition_does_not_need():
    """Validation is quick since it loads no terminal, no client and no engine of JSONata."""
    code = (
        "import sys, asw.cli.validating, asw.api.workflow;"
        "heavy = {'rich', 'aiohttp', 'kopf', 'kubernetes', 'jlens', 'asyncio', 'sqlite3'};"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, text=True, env=environment
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("text", "where", "reading"),
    [
        ("{StartAt: A, States: {A: {Type: Pass, Next: on}}}", "1:45", "reads on as true"),
        ("{StartAt: No, States: {A: {Type: Pass, End: true}}}", "1:11", "reads No as false"),
        ("{StartAt: A, States: {A: {Type: Pass, Next: 010}}}", "1:45", "reads 010 as 8"),
        ("{StartAt: A, States: {A: {Type: Pass, Next: 1:30}}}", "1:45", "reads 1:30 as 90"),
        ("{StartAt: A, States: {A: {Type: Pass, Next: ~}}}", "1:45", "reads ~ as null"),
        ("{StartAt: 'on', States: {on: {Type: Pass, Next: off}}}", "1:49", "reads off as false"),
    ],
)
def test_a_word_that_yaml_does_not_read_as_text_is_told(asw, text, where, reading):
    """The value that is wrong is nowhere in the file: what YAML made it of is said."""
    Path("flow.yaml").write_text(text)
    lines = [line for line in asw("flow.yaml").stderr.splitlines() if reading in line]
    assert [line.partition(": ")[0] for line in lines] == [f"flow.yaml:{where}"]


@pytest.mark.parametrize("value", ["'on'", "true", "5", "[]"])
def test_what_yaml_reads_as_it_is_written_gets_no_remark(asw, value):
    """Quoted words are text, and other values are what they look like."""
    Path("flow.yaml").write_text(f"{{StartAt: A, States: {{A: {{Type: Pass, Next: {value}}}}}}}")
    result = asw("flow.yaml")
    assert result.exit_code == 2
    assert "YAML reads" not in result.stderr


REFUSED = """
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: fn}
spec: {runtime: python, code: {inline: {index.py: ""}}}
---
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: flow}
spec:
  dialekt: ASL
  definition: {StartAt: A, States: {A: {Type: Task, Resource: "asw:function:fn", End: true}}}
---
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: other}
spec:
  definition: {StartAt: A, States: {A: {Type: Task, Resource: "asw:function:fn", End: true}}}
---
apiVersion: asw.dev/v1alpha1
kind: Execution
metadata: {name: run}
spec: {workflowRef: {name: flow}}
"""


def test_an_object_that_is_refused_is_not_missing_as_well(asw):
    """Whoever names a Function or Workflow with a mistake is told of the mistake alone."""
    Path("all.yaml").write_text(REFUSED)
    report = json.loads(asw("all.yaml", "-o", "json").stdout)
    assert [it["code"] for it in report["findings"]] == ["InvalidField", "UnknownField"]


def test_code_that_cannot_be_loaded_is_not_valid(asw):
    """Python that does not parse, a handler that is not there, an import that the image lacks."""
    function = {"apiVersion": "asw.dev/v1alpha1", "kind": "Function"}
    for name, text in {"a": "def", "b": "", "c": "import yaml\nmain_handler = print\n"}.items():
        spec = {"runtime": "python3", "code": {"inline": {"index.py": text}}}
        manifest = {**function, "metadata": {"name": name}, "spec": spec}
        Path(f"{name}.json").write_text(json.dumps(manifest))
    result = asw("a.json", "b.json", "c.json", "-o", "json")
    codes = [it["code"] for it in json.loads(result.stdout)["findings"]]
    assert (result.exit_code, codes) == (2, ["InvalidCode", "MissingHandler", "MissingModule"])
