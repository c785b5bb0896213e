"""``asw validate --strict``: its options, and the examples of its page."""

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.lint import rules
from asw.lint.analysis.codes import CODES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "data-flow-check.md"
TYPO = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$.nme", "End": true}}}'
WORKFLOW = f"""
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {{name: flow}}
spec:
  defaultInput: {{name: Ada}}
  definition: {TYPO}
"""


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder with a definition and a sample."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "typo.json").write_text(TYPO)
    (tmp_path / "flow.yaml").write_text(WORKFLOW)
    (tmp_path / "sample.json").write_text('{"name": "Ada"}')
    return lambda *arguments: CliRunner().invoke(
        main, ["validate", *arguments], catch_exceptions=False
    )


def test_the_examples_of_the_page_say_what_it_shows(tmp_path, monkeypatch):
    """Every file of the page is written, every command run, every answer as it is printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    blocks = re.findall(r"```(yaml|console)\n(.*?)```", PAGE.read_text(), re.DOTALL)
    ran = 0
    for kind, text in blocks:
        first, _, rest = text.partition("\n")
        if kind == "yaml":
            (tmp_path / first.removeprefix("# ")).write_text(text)
            continue
        result = CliRunner().invoke(main, shlex.split(first)[2:], catch_exceptions=False)
        assert result.stderr == rest
        ran += 1
    assert ran >= 5


def test_the_page_names_every_code():
    """Each code has its word on the page, and its meaning in reports."""
    page = PAGE.read_text()
    for code in CODES:
        assert f"`{code}`" in page
        assert code in rules.MEANINGS


def test_without_strict_nothing_is_followed(asw):
    """The check is asked for by --strict, or by telling of the input."""
    assert asw("typo.json").exit_code == 0
    assert asw("--strict", "typo.json").exit_code == 0
    result = asw("--sample", "sample.json", "typo.json")
    assert result.exit_code == 2
    assert "did you mean 'name'?" in result.stderr


def test_findings_stand_in_reports(asw):
    """In every format, with the place in the file."""
    result = asw("--sample", "sample.json", "-o", "json", "typo.json")
    found = json.loads(result.stdout)
    assert "PathNeverFound" in json.dumps(found)


def test_the_default_input_of_a_workflow_is_a_sample(asw):
    """It warns only, for others may start the Workflow with another input."""
    result = asw("--strict", "flow.yaml")
    assert result.exit_code == 0
    assert "warning: PathNeverFound" in result.stderr
    assert "default input" in result.stderr


def test_results_are_told_by_state(asw, tmp_path):
    """A sample of what a Task returns is followed on."""
    task = {"Type": "Task", "Resource": "asw:function:f", "OutputPath": "$.idd", "End": True}
    (tmp_path / "task.json").write_text(json.dumps({"StartAt": "T", "States": {"T": task}}))
    result = asw("--result", "T=sample.json", "task.json")
    assert "The path '$.idd' never finds anything" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--sample", "none.json"], 2, "none.json"),
        (["--sample", "broken.json"], 2, "broken.json:1:"),
        (["--sample", "empty.json"], 2, "empty.json"),
        (["--input-schema", "list.json"], 2, "list.json is not a JSON Schema: # is no schema"),
        (["--sample", "sample.json", "--input-schema", "sample.json"], 2, "give one of them"),
        (["--result", "A"], 2, "write it as STATE=FILE"),
        (["--result", "=sample.json"], 2, "write it as STATE=FILE"),
        (["--result", "a=sample.json"], 2, "did you mean A?"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_what_cannot_be_read_is_refused(asw, tmp_path, arguments, code, message):
    """Each wrong option names itself or its file, and the remedy."""
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "list.json").write_text("[1]")
    result = asw(*arguments, "typo.json")
    assert result.exit_code == code
    assert message in result.stderr


def test_keywords_that_are_left_out_are_told(asw, tmp_path):
    """What restricts the input and is not read here is no secret."""
    (tmp_path / "schema.json").write_text('{"not": {"type": "string"}}')
    result = asw("--input-schema", "schema.json", "typo.json")
    assert result.exit_code == 0
    assert "schema.json: 'not' at # is not taken into account" in result.stderr
