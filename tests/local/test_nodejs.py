"""Node.js functions on this machine, as a user types it."""

import json

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main

API = {"apiVersion": "asw.dev/v1alpha1"}
CODE = {
    "index.mjs": "import { readFileSync } from 'node:fs';\nimport { twice } from './twice.cjs';\n"
    "export const handler = async (event, context) => {\n"
    "  console.log(`doubling ${event.n}`);\n  context.heartbeat();\n"
    "  if (event.n < 0) throw new RangeError('negative');\n"
    "  return { n: twice(event.n), notes: readFileSync('notes.txt', 'utf8') };\n};",
    "twice.cjs": "exports.twice = (n) => 2 * n;",
    "notes.txt": "as it is",
}


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder with a workflow that calls a Node.js function twice."""
    monkeypatch.chdir(tmp_path)
    state = {"Type": "Task", "Resource": "asw:function:double"}
    caught = [{"ErrorEquals": ["RangeError"], "Next": "Caught"}]
    definition = {
        "StartAt": "Once",
        "States": {
            "Once": {**state, "Next": "Again", "Catch": caught},
            "Again": {**state, "End": True},
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    spec = {"runtime": "nodejs", "handler": "index.handler", "code": {"inline": CODE}}
    objects = (
        {
            **API,
            "kind": "Workflow",
            "metadata": {"name": "flow"},
            "spec": {"definition": definition},
        },
        {**API, "kind": "Function", "metadata": {"name": "double"}, "spec": spec},
    )
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(objects))
    return lambda *words: CliRunner().invoke(main, words, catch_exceptions=False)


def test_a_nodejs_function_runs_here(asw):
    """Modules of both kinds and other files; the process stays warm for the next call."""
    done = asw("run", "all.yaml", "--input", '{"n": 2}', "--quiet")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"n": 8, "notes": "as it is"}


def test_its_errors_are_caught_by_name(asw):
    """The error is Lambda's, with its cause as JSON."""
    done = asw("run", "all.yaml", "--input", '{"n": -1}', "--quiet")
    output = json.loads(done.stdout)
    assert output["Error"] == "RangeError"
    assert json.loads(output["Cause"])["errorMessage"] == "negative"


def test_without_node_it_is_said_what_to_install(asw, monkeypatch, tmp_path):
    """The task fails before anything starts, and says what is missing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    done = asw("run", "all.yaml", "--input", '{"n": 2}')
    assert done.exit_code == 1
    assert "install Node.js 18 or later" in done.output
