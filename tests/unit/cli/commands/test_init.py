"""``asw init``: what it writes, and what it leaves alone."""

import json
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from asw.cli.commands.init import command
from asw.cli.main import main
from asw.cli.templates import NAME_MARK, files_of, templates


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASW_LANG", "en")
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_a_folder_is_written_and_its_files_are_named(asw):
    """Paths on standard output, how to go on beside it."""
    result = asw("init")
    assert result.exit_code == 0
    written = result.stdout.splitlines()
    assert "hello/workflow.yaml" in written
    assert sorted(map(str, Path("hello").iterdir())) == sorted(written)
    assert "cd hello && asw run ." in result.stderr


def test_the_workflow_gets_the_name_that_was_asked_for(asw):
    """Name, folder and test file follow it."""
    assert asw("init", "hello", "deep/er", "--name", "greeting", "-q").exit_code == 0
    manifest = yaml.safe_load(Path("deep/er/workflow.yaml").read_text())
    assert manifest["metadata"]["name"] == "greeting"
    assert NAME_MARK not in Path("deep/er/README.md").read_text()


def test_a_shell_offers_the_templates():
    """Those that begin with what was typed."""
    template = next(param for param in command.params if param.name == "template")
    offered = template.shell_complete(click.Context(command), "fa")
    assert [item.value for item in offered] == ["fan-out"]


def test_nothing_is_overwritten_unless_forced(asw):
    """One file that is there keeps all others from being written; it is named."""
    Path("functions.yaml").write_text("mine")
    result = asw("init", "hello", ".")
    assert result.exit_code == 2
    assert "these files exist already: functions.yaml" in result.stderr
    assert "--force" in result.stderr
    assert [path.name for path in Path().iterdir()] == ["functions.yaml"]
    assert Path("functions.yaml").read_text() == "mine"
    assert asw("init", "hello", ".", "--force").exit_code == 0
    assert "greet" in Path("functions.yaml").read_text()


def test_the_list_has_a_line_for_each_template(asw):
    """Every folder of the package is one, and the first is what asw init takes by itself."""
    lines = asw("init", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [template.name for template in templates()]
    (template, *_) = command.params
    assert templates()[0].name == template.default


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("init", "helo"), 4, "did you mean hello?"),
        (("init", "zzz"), 4, "asw init --list"),
        (("init", "--name", "Hello World"), 2, "lower case letters"),
        (("init", "--name", "x" * 64), 2, "up to 63"),
    ],
)
def test_a_wrong_name_is_told_with_its_remedy(asw, arguments, code, message):
    """Nothing is written for it."""
    result = asw(*arguments)
    assert (result.exit_code, list(Path().iterdir())) == (code, [])
    assert message in result.stderr


def test_a_file_in_the_way_is_told(asw):
    """A folder's name that is a file's is no fault of asw."""
    Path("hello").write_text("")
    result = asw("init")
    assert result.exit_code == 2
    assert "cannot write hello" in result.stderr


@pytest.mark.parametrize("template", [template.name for template in templates()])
def test_every_template_is_whole(template):
    """Workflow, Functions, tests and a README in both languages, under its name."""
    texts = files_of(template, "my-flow")
    others = {"workflow.yaml", "functions.yaml", "README.md", "README.zh.md"}
    assert texts.keys() == {*others, "my-flow.test.yaml"}
    assert not [name for name, text in texts.items() if NAME_MARK in name + text]
    assert yaml.safe_load(texts["workflow.yaml"])["metadata"]["name"] == "my-flow"


@pytest.mark.parametrize("template", [template.name for template in templates()])
def test_kubectl_takes_the_definition_whole(template):
    """A null in it would be lost without a word: kubectl apply drops them."""
    manifest = yaml.safe_load(files_of(template, "flow")["workflow.yaml"])
    assert "null" not in json.dumps(manifest)
