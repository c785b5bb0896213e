"""What the page of the command line shows for pipelines, run as a runner runs it."""

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml

from tests.support.playground import write_playground
from tests.support.typed import shell_environment, typed

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"
CHART = "{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n"


def written():
    """The blocks of YAML of the section: the steps, and pre-commit's configuration."""
    section = PAGE.read_text(encoding="utf-8").split("## In a pipeline")[1].split("\n## ")[0]
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]


@pytest.fixture
def runner(tmp_path):
    """Type a line at the top of a repository that has workflows, a chart and other tools' files."""
    write_playground(tmp_path / "repository" / "workflows")
    (tmp_path / "repository" / "chart").mkdir()
    (tmp_path / "repository" / "chart" / "deployment.yaml").write_text(CHART)
    (tmp_path / "repository" / "tsconfig.json").write_text('{"strict": true, // yes\n}\n')
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(tmp_path / "repository")}
    environment = shell_environment(tmp_path / "bin", actions)
    return lambda line: typed(f"set -euo pipefail; {line}", tmp_path / "repository", environment)


def test_the_steps_pass_on_what_is_right(runner, tmp_path):
    """They find the workflows of the repository, write their reports, and pass over the rest."""
    steps, _ = written()
    for step in steps:
        done = runner(step["run"])
        assert done.returncode == 0, done.stdout + done.stderr
    assert "valid: 2 Workflows, 1 Function" in done.stderr
    report = ET.parse(tmp_path / "repository" / "report.xml").getroot()
    assert report.attrib["tests"] == "4"
    assert json.loads((tmp_path / "repository" / "asw.sarif").read_text())["version"] == "2.1.0"


def test_the_steps_fail_on_what_is_wrong(runner, tmp_path):
    """A slip fails each of them, and is annotated in the file as the repository names it."""
    file = tmp_path / "repository" / "workflows" / "workflow.yaml"
    file.write_text(file.read_text().replace("Next: Done", "Next: Don"))
    steps, _ = written()
    for step in steps:
        done = runner(step["run"])
        assert done.returncode == 2
        if "sarif" not in step["run"]:
            assert "::error file=workflows/workflow.yaml,title=MISSING_TRANSITION" in done.stdout


def test_the_hook_is_one_that_pre_commit_runs(runner):
    """It looks at the whole repository when a file of the kind changes."""
    _, hooks = written()
    (hook,) = hooks["repos"][0]["hooks"]
    assert re.search(hook["files"], "workflows/workflow.yaml")
    assert hook["pass_filenames"] is False
    assert runner(hook["entry"]).returncode == 0
