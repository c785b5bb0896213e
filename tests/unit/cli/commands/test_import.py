"""``asw import`` as its user types it."""

import json
import shlex
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from tests.unit.importing import samples


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder with the files of a sample."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASW_LANG", "en")

    def run(files, *arguments):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(main, ("import", *arguments), catch_exceptions=False)

    return run


def test_manifests_on_standard_output_and_the_report_beside_them(asw):
    """What is printed can be piped into kubectl."""
    result = asw(samples.SAM, "template.yaml")
    assert result.exit_code == 1
    kinds = [document["kind"] for document in yaml.safe_load_all(result.stdout)]
    assert kinds == ["Workflow", "Function", "Function"]
    assert "Needs a Function" in result.stderr
    assert "      build an image that follows the task contract" in result.stderr
    assert result.stderr.endswith("\nleft to do: 9\n")


def test_a_folder_is_written_and_never_overwritten(asw):
    """Names on standard output; a second time all are refused, and stay as they are."""
    result = asw(samples.SAM, "template.yaml", "-o", "out")
    assert result.stdout.splitlines() == ["out/workflow.yaml", "out/functions.yaml"]
    Path("out/workflow.yaml").write_text("mine")
    result = asw({}, "template.yaml", "-o", "out")
    assert result.exit_code == 2
    assert "these files exist already: out/workflow.yaml, out/functions.yaml" in result.stderr
    assert Path("out/workflow.yaml").read_text() == "mine"
    assert asw({}, "template.yaml", "-o", "out", "--force").exit_code == 1
    assert "order-machine" in Path("out/workflow.yaml").read_text()


def test_the_report_as_json(asw):
    """A program reads it from standard output where the manifests are in a folder."""
    result = asw(samples.CDK, "Shop.template.json", "-o", "out", "--report", "json")
    report = json.loads(result.stdout)
    assert (report["workflows"], report["functions"]) == (["order-machine"], ["check"])
    assert report["needsWork"] is True
    assert {note["kind"] for note in report["notes"]} >= {"carried", "open"}


def test_nothing_left_to_do_is_exit_code_0(asw):
    """A workflow with its code at hand, and nothing that asw lacks."""
    files = {
        **samples.PLUGIN,
        "flow.yml": samples.PLUGIN["flow.yml"].partition("    Next: Ship")[0],
    }
    files["flow.yml"] += "    End: true\n"
    files["serverless.yml"] = files["serverless.yml"].replace("      events:\n", "      unused:\n")
    result = asw(files, "serverless.yml", "-o", "out")
    assert result.exit_code == 0, result.stderr
    assert "Left out" in result.stderr
    assert result.stderr.endswith("\nnothing is left to do\n")


def test_what_was_imported_is_valid(asw):
    """The manifests that are complete pass asw validate."""
    asw(samples.DESCRIBED, "machine.json", "-o", "out")
    assert CliRunner().invoke(main, ("validate", "out")).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nothing.yaml",), 4, "no file nothing.yaml"),
        ((".",), 2, ". is a folder"),
        (("bytes.bin",), 2, "is not text"),
        (("empty.yaml",), 2, "is empty, or its top level is not an object"),
        (("list.yaml",), 2, "is empty, or its top level is not an object"),
        (("machine.json", "--set", "x"), 2, "--set x is not NAME=VALUE"),
        (("machine.json", "--format", "terraform"), 2, "'terraform' is not one of"),
    ],
)
def test_bad_input(asw, arguments, code, message):
    """Each is told with its place, and nothing is printed."""
    Path("bytes.bin").write_bytes(b"\xff\xfe\x00")
    files = {**samples.DESCRIBED, "empty.yaml": "", "list.yaml": "- 1"}
    result = asw(files, *arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert message in result.stderr


def test_in_chinese(asw, monkeypatch):
    """The report speaks the language of its reader."""
    monkeypatch.setenv("ASW_LANG", "zh")
    result = asw(samples.TENCENT_SERVERLESS, "serverless.yml")
    assert "不支持" in result.stderr
    assert "订单流程" in result.stdout


def test_standard_input(asw):
    """What another command prints needs no file."""
    text = samples.DESCRIBED["machine.json"]
    result = CliRunner().invoke(main, ("import", "-", "-o", "out"), input=text)
    assert result.exit_code == 1
    assert "name: Resize" in Path("out/workflow.yaml").read_text()


def test_what_the_report_says_to_set_can_be_typed(asw):
    """A name with a space is quoted for the shell, and the value then stands in its place."""
    state = "{Type: Pass, Parameters: {x: !ImportValue shared}, End: true}"
    text = (
        "Resources:\n  M:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n"
        f"      Definition: {{StartAt: A, States: {{A: {state}}}}}\n"
    )
    result = asw({"t.yaml": text}, "t.yaml")
    (line,) = [each for each in result.stderr.splitlines() if "set it with" in each]
    words = shlex.split(line.partition("set it with ")[2].replace("VALUE", "here"))
    assert words == ["--set", "ImportValue shared=here"]
    assert "  x: here\n" in asw({}, "t.yaml", *words).stdout


def test_objects_that_are_written_have_a_remedy_of_their_own(asw):
    """A Function before the Map cannot stand for what is written after it."""
    given = (
        '{"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": '
        '{"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P", '
        '"States": {"P": {"Type": "Pass", "End": true}}}, "ResultWriter": {"Resource": '
        '"arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}}}}'
    )
    result = asw({"m.json": given}, "m.json")
    assert "remove it: the output has the results" in result.stderr
    assert "return the items" not in result.stderr


def test_a_definition_on_standard_input_has_a_place_and_a_name(asw):
    """Notes name it as asw validate does, and the Workflow needs a name of its own."""
    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    result = CliRunner().invoke(main, ("import", "-"), input=text)
    assert "  name: workflow\n" in result.stdout
    assert "  <stdin>: Workflow workflow, states: 1\n" in result.stderr
    wrong = CliRunner().invoke(main, ("import", "-"), input="[]")
    assert wrong.stderr.startswith("error: <stdin> is empty, or its top level is not an object\n")


def test_what_is_nested_too_deeply_is_told(asw):
    """A thousand brackets are no state machine, and no traceback."""
    deep = "[" * 450 + "]" * 450
    state = f'{{"Type": "Pass", "Result": {deep}, "End": true}}'
    files = {"x.json": f'{{"StartAt": "A", "States": {{"A": {state}}}}}'}
    result = asw(files, "x.json")
    assert result.exit_code in (0, 1, 2)
    assert "a fault of asw itself" not in result.stderr


def test_a_resource_with_a_placeholder_is_told_once(asw):
    """It is to be filled in, and no mistake of the definition that importing would mend."""
    resource = "qrn:qcs:asw:${self:inputs.region}:1:sdk:json:qcloud:scf:Invoke/f/$DEFAULT/default"
    states = {"A": {"Type": "Task", "Resource": resource, "End": True}}
    inputs = {"name": "flow", "definition": {"StartAt": "A", "States": states}}
    content = yaml.safe_dump({"component": "asw", "name": "flow", "inputs": inputs})
    result = asw({"serverless.yml": content}, "serverless.yml", "--report", "json", "-o", "out")
    notes = json.loads(result.stdout)["notes"]
    assert [it["kind"] for it in notes if "/States/A/Resource" in it["place"]] == ["open"]
