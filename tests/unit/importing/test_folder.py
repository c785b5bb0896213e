"""An export names files of its own folder; what leads out of it is refused, and never read."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.exits import BAD_INPUT
from asw.importing.folder import Folder

SECRET = "def handler(event, context):\n    return 'the-secret'\n"
MACHINE = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "${Pay}", "End": True}}}
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": "the-secret"}}})


def template(uri="src", definition=None):
    """A SAM template: where the code of its function lies, and its definition."""
    machine = {"DefinitionUri": definition} if definition else {"Definition": MACHINE}
    substitutions = {"DefinitionSubstitutions": {"Pay": {"Fn::GetAtt": ["Pay", "Arn"]}}}
    function = {"Handler": "index.handler", "Runtime": "python3.12", "CodeUri": uri}
    return json.dumps(
        {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {
                "Flow": {
                    "Type": "AWS::Serverless::StateMachine",
                    "Properties": {**machine, **substitutions},
                },
                "Pay": {"Type": "AWS::Serverless::Function", "Properties": function},
            },
        }
    )


FLOW = "component: asw\nname: f\ninputs:\n  name: f\n  definition: {path}\n"
PLUGIN = "service: s\nstepFunctions:\n  stateMachines:\n    f: ${{file({path})}}\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder for the export; beside it one with files that are nobody's business."""
    monkeypatch.setenv("ASW_LANG", "en")
    home, mine = tmp_path / "home", tmp_path / "home" / "export"
    (mine / "src").mkdir(parents=True)
    (home / "private").mkdir()
    (home / "private" / "index.py").write_text(SECRET)
    (home / "private" / "flow.json").write_text(PASS)
    (home / "private" / "flow.yml").write_text(f"definition: {PASS}")
    monkeypatch.chdir(mine)
    return mine


def run(*words):
    return CliRunner().invoke(main, ("import", *words), catch_exceptions=False)


def absolute(project, name):
    return str(project.parent / "private" / name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("template.json", template("../private")),
        ("template.json", template("src/../../private")),
        ("template.json", template(definition="../private/flow.json")),
        ("serverless.yml", FLOW.format(path="../private/flow.json")),
        ("serverless.yml", PLUGIN.format(path="../private/flow.yml")),
    ],
    ids=["code", "code by a detour", "definition", "definition of a component", "variable"],
)
def test_a_path_that_leads_out_is_refused(project, name, text):
    """What the export names by way of its parents is not read, and nothing is written."""
    (project / name).write_text(text)
    result = run(name, "-o", "out")
    assert result.exit_code == BAD_INPUT
    assert f"error: {name}" in result.stderr
    assert "leads out of the folder ." in result.stderr
    assert "--within" in result.stderr
    assert "the-secret" not in result.output
    assert not Path("out").exists()


def test_an_absolute_path_is_refused(project):
    """The root of the machine is no part of the export either."""
    (project / "template.json").write_text(template(definition=absolute(project, "flow.json")))
    assert "leads out of the folder" in run("template.json").stderr


@pytest.mark.parametrize("name", ["src", "src/index.py"], ids=["folder", "file"])
def test_a_link_that_leads_out_is_refused(project, name):
    """A link is followed to where it leads, whichever part of the path it is."""
    where = project.parent / "private"
    (project / "src").rmdir()
    if name != "src":
        (project / "src").mkdir()
        where /= "index.py"
    (project / name).symlink_to(where)
    (project / "template.json").write_text(template())
    result = run("template.json")
    assert result.exit_code == BAD_INPUT
    assert "Pay" in result.stderr.splitlines()[0]
    assert "the-secret" not in result.output


def test_a_link_within_the_folder_is_followed(project):
    """Projects link to themselves."""
    (project / "real.py").write_text(SECRET)
    (project / "src" / "index.py").symlink_to("../real.py")
    (project / "template.json").write_text(template())
    assert "the-secret" in run("template.json").stdout


def test_a_wider_folder_may_be_allowed(project):
    """Who knows the project names the folder that holds both."""
    (project / "template.json").write_text(template("../private"))
    assert "the-secret" in run("template.json", "--within", "..").stdout


def test_a_link_that_nothing_names_does_no_harm(project):
    """A project with links of its own can be imported as long as it asks for none of them."""
    (project / "elsewhere").symlink_to(project.parent / "private")
    (project / "src" / "index.py").write_text("def handler(event, context):\n    return 1\n")
    (project / "template.json").write_text(template())
    assert run("template.json").exit_code == 0


@pytest.mark.parametrize("path", ["a\0b", "loop", "x" * 5000])
def test_what_is_no_path_is_not_there(project, path):
    """Odd names are files that are not there, not faults."""
    (project / "loop").symlink_to("loop")
    folder = Folder(project, project)
    assert folder.text(path) is None
    assert list(folder.names(path)) == []
