"""``asw run`` with real functions, as a user types it."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from asw.platforms.local.engines import SETTING
from tests.support.engines import IMAGE, fake_engine

EXAMPLE = Path(__file__).parents[2] / "examples" / "01-sum"
API = {"apiVersion": "asw.dev/v1alpha1"}

SHOUT = """
def main_handler(event, context):
    print("about to fail")
    raise ValueError("no good: " + event["word"])
"""
MEET = """
import os, time

def main_handler(event, context):
    open(os.path.join(event["folder"], str(event["number"])), "w").close()
    while len(os.listdir(event["folder"])) < 10:
        time.sleep(0.01)
    return event["number"]
"""


@pytest.fixture
def asw(tmp_path, monkeypatch):
    """The command, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


def a_function(name, source=None, **spec):
    """A manifest of a Python function, or of one with this spec."""
    given = spec or {"runtime": "python3", "code": {"inline": {"index.py": source}}}
    return {**API, "kind": "Function", "metadata": {"name": name}, "spec": given}


def a_workflow(states, start_at):
    """A manifest of a Workflow ``flow`` of these states."""
    definition = {"StartAt": start_at, "States": states}
    spec = {"definition": definition}
    return {**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": spec}


def a_task(name, **fields):
    """A Task that calls the function."""
    return {"Type": "Task", "Resource": f"asw:function:{name}", "End": True, **fields}


def write(tmp_path, *objects):
    """The manifests as one file."""
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all(objects, allow_unicode=True))
    return "all.yaml"


def test_quick_start(asw):
    """The quick start's sum gives 15."""
    result = asw("run", str(EXAMPLE), "--quiet")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "15\n", "")


def test_exception_is_told_as_one(asw, tmp_path):
    """A function that raises fails the run with its message and its own lines, not with JSON."""
    file = write(tmp_path, a_function("shout", SHOUT), a_workflow({"S": a_task("shout")}, "S"))
    result = asw("run", file, "--input", '{"word": "apple"}')
    assert result.exit_code == 1
    assert "ValueError: no good: apple" in result.stderr
    assert 'File "/var/task/index.py", line 4, in main_handler' in result.stderr
    assert "errorMessage" not in result.stderr


def test_the_start_of_a_task_is_recorded_while_it_runs(asw, tmp_path):
    """Its time is not that of its end, as it is of one that was over before anybody wrote."""
    code = "import time\n\ndef main_handler(event, context):\n    time.sleep(1.5)\n"
    file = write(tmp_path, a_function("rest", code), a_workflow({"S": a_task("rest")}, "S"))
    events = json.loads(asw("run", file, "--json").stdout)["history"]
    at = {event["type"]: event["timestamp"] for event in events}
    assert at["LambdaFunctionStarted"] < at["LambdaFunctionSucceeded"]


def test_prints_are_shown_on_request(asw, tmp_path):
    """What functions print is kept in files, and shown beside the state's name when asked for."""
    file = write(tmp_path, a_function("shout", SHOUT), a_workflow({"S": a_task("shout")}, "S"))
    assert "S | about to fail" in asw("run", file, "--logs", "--input", '{"word": "x"}').stderr
    assert "about to fail" in (tmp_path / ".asw" / "logs" / "flow-1" / "1.log").read_text()
    assert "S | " not in asw("run", file, "--input", '{"word": "x"}').stderr


def test_ten_branches_run_at_the_same_time(asw, tmp_path):
    """Branches that wait for one another all get a process."""
    (tmp_path / "meeting").mkdir()
    folder = str(tmp_path / "meeting")
    branches = []
    for number in range(10):
        task = a_task("meet", Parameters={"folder": folder, "number": number})
        branches.append({"StartAt": f"B{number}", "States": {f"B{number}": task}})
    parallel = {"Type": "Parallel", "Branches": branches, "End": True}
    file = write(tmp_path, a_function("meet", MEET), a_workflow({"P": parallel}, "P"))
    assert json.loads(asw("run", file, "--quiet").stdout) == list(range(10))


def test_image_function_runs_in_the_engine_at_hand(asw, tmp_path, monkeypatch):
    """A container engine runs it; without one it is a failure of the Task, with the remedy."""
    engine = fake_engine(tmp_path / "engine")
    monkeypatch.setenv("PATH", engine.environ["PATH"])
    monkeypatch.setenv(SETTING, engine.environ[SETTING])
    script = 'printf \'{"output": %s}\' "$ASW_EVENT" > "$ASW_RESULT_FILE"'
    image = a_function("img", runtime="image", image=IMAGE, command=["sh", "-c", script])
    file = write(tmp_path, image, a_workflow({"S": a_task("img")}, "S"))
    done = asw("run", file, "--quiet", "--input", "[1]")
    assert done.stdout == "[1]\n", done.stderr
    (engine.folder / "down").touch()
    result = asw("run", file)
    assert result.exit_code == 1
    assert "Asw.StartFailed" in result.stderr
    assert "docker does not answer" in " ".join(result.stderr.split())


def test_shell_function(asw, tmp_path):
    """A script is run like any function."""
    script = {"inline": {"index.sh": 'echo "{\\"doubled\\": $((2 * ASW_EVENT))}"'}}
    shell = a_function("sh", runtime="shell", code=script)
    file = write(tmp_path, shell, a_workflow({"S": a_task("sh")}, "S"))
    result = asw("run", file, "--quiet", "--input", "21")
    assert result.stdout == '{"doubled":42}\n'


def test_task_timeout(asw, tmp_path):
    """A Task that runs past its TimeoutSeconds is ended and fails by name."""
    slow = "import time\ndef main_handler(event, context):\n    time.sleep(60)"
    states = {"S": a_task("slow", TimeoutSeconds=1)}
    result = asw("run", write(tmp_path, a_function("slow", slow), a_workflow(states, "S")))
    assert result.exit_code == 1
    assert "States.Timeout" in result.stderr
