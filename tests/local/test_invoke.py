"""``asw invoke`` on this machine: Functions of files and of the store, and how they end."""

import json
import signal
import subprocess
import sys
import time

import pytest
import yaml
from click.testing import CliRunner

from asw.cli.main import main
from asw.platforms.local.engines import SETTING
from tests.support.engines import IMAGE, fake_engine
from tests.support.playground import make_playground
from tests.support.processes import is_alive

TALKS = """
import os, time
print("你好", event_seen := "loaded")

def main_handler(event, context):
    print("pid", os.getpid(), flush=True)
    time.sleep(event.get("sleep", 0))
    return {"state": os.environ["ASW_STATE"], "secret": os.environ.get("HIDDEN")}
"""
ENV = [{"name": "HIDDEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]


def a_function(name, /, **spec):
    """A manifest of a Function."""
    return {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Function",
        "metadata": {"name": name},
        "spec": spec,
    }


def python(source, **spec):
    """The spec of a Function of this source."""
    return {"runtime": "python3", "code": {"inline": {"index.py": source}}, **spec}


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    """A folder of manifests, and a store that has them."""
    folder = make_playground(tmp_path_factory.mktemp("invoke"))
    more = [
        a_function("talks", **python(TALKS, env=ENV)),
        a_function("Resize_Image", **python("def main_handler(event, context):\n    return 1\n")),
    ]
    more[1]["metadata"]["name"] = "resize-image"
    more[1]["spec"]["name"] = "Resize_Image"
    (folder / "more.yaml").write_text(yaml.safe_dump_all(more, allow_unicode=True))
    return folder


@pytest.fixture
def asw(playground, monkeypatch):
    """The command, in the playground."""
    monkeypatch.chdir(playground)
    return lambda *arguments: CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize("place", [["functions.yaml"], ["."], ["--local"]])
def test_the_output_alone_is_printed(asw, place):
    """Whatever has the Function: standard output is the JSON that it returned."""
    done = asw("invoke", "greet", *place, "--input", '{"name": "Ada"}')
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {"greeting": "Hello, Ada!"}


def test_it_runs_as_a_task_does(asw, monkeypatch):
    """It has the variables of a Task, those of Secrets from the environment, and {} as input."""
    monkeypatch.setenv("HIDDEN", "s3cret")
    done = asw("invoke", "talks", "more.yaml")
    assert json.loads(done.stdout) == {"state": "Invoke", "secret": "s3cret"}


def test_prints_come_on_request(asw, monkeypatch):
    """With --log standard error has what it printed, and nothing else."""
    monkeypatch.setenv("HIDDEN", "")
    done = asw("invoke", "talks", "more.yaml", "--log")
    assert done.exit_code == 0
    first, second = done.stderr.splitlines()
    assert first == "你好 loaded"
    assert second.startswith("pid ")


def test_a_failure_has_name_cause_and_traceback(asw):
    """The traceback is the function's own, without frames of ours."""
    done = asw("invoke", "greet", ".")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.splitlines()[:2] == ["greet failed", "KeyError: 'name'"]
    assert 'File "/var/task/index.py", line 3, in main_handler' in done.stderr
    assert "asw_runtime" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["gret", "."], 4, "did you mean greet?"),
        (["gret", "--local"], 4, "did you mean greet?"),
        (["resize_image", "more.yaml"], 4, "did you mean Resize_Image?"),
        (["greet:7", "."], 4, "has no version or alias '7'"),
        (["greet", ".", "--local"], 2, "do not go together"),
        (["greet", ".", "-n", "shop"], 2, "do not go together"),
        (["greet", ".", "--input", "{"], 2, "is not JSON"),
        (["talks", "more.yaml"], 2, "set HIDDEN in the environment"),
        (["greet", ".", "--timeout", "1ms"], 5, "greet was ended: it ran longer than 1 ms"),
        (["wf/greet", "."], 2, "is not of kind Function"),
    ],
)
def test_what_cannot_be_done_is_said(asw, words, code, said):
    """Each with its exit code, and a remedy."""
    done = asw("invoke", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_public_names_and_kinds_are_understood(asw):
    """Definitions' own name, and the form that -o name prints."""
    assert asw("invoke", "Resize_Image", "more.yaml").stdout == "1\n"
    assert asw("invoke", "fn/Resize_Image", "more.yaml").stdout == "1\n"
    assert asw("invoke", "Resize_Image:$LATEST", "more.yaml").stdout == "1\n"


def test_a_mistake_elsewhere_does_not_matter(asw, playground):
    """Another manifest that is wrong is not this Function's business; one that hides it is."""
    (playground / "wrong").mkdir()
    (playground / "wrong" / "one.yaml").write_text("kind: Function\nmetadata: {name: x}\n")
    assert asw("invoke", "Resize_Image", "more.yaml", "wrong/one.yaml").stdout == "1\n"
    done = asw("invoke", "x", "wrong/one.yaml")
    assert done.exit_code == 2
    assert "wrong/one.yaml" in done.stderr


def test_an_image_runs_in_the_engine(asw, tmp_path, monkeypatch):
    """A container of the engine at hand, by the task contract."""
    engine = fake_engine(tmp_path / "engine")
    monkeypatch.setenv("PATH", engine.environ["PATH"])
    monkeypatch.setenv(SETTING, engine.environ[SETTING])
    script = 'echo told; printf \'{"output": %s}\' "$ASW_EVENT" > "$ASW_RESULT_FILE"'
    manifest = a_function("box", runtime="image", image=IMAGE, command=["sh", "-c", script])
    (tmp_path / "box.yaml").write_text(yaml.safe_dump(manifest))
    done = asw("invoke", "box", str(tmp_path / "box.yaml"), "--input", '{"a": 1}', "--log")
    assert (done.exit_code, done.stdout, done.stderr) == (0, '{"a":1}\n', "told\n")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing(playground, monkeypatch, sign):
    """Ctrl-C and SIGTERM end the function's process, and the command with 130."""
    monkeypatch.setenv("HIDDEN", "")
    words = ["invoke", "talks", "more.yaml", "--input", '{"sleep": 600}', "--log"]
    process = subprocess.Popen(
        [sys.executable, "-m", "asw", *words],
        cwd=playground,
        stderr=subprocess.PIPE,
        text=True,
    )
    lines = iter(process.stderr.readline, "")
    pid = next(int(line.split()[1]) for line in lines if line.startswith("pid"))
    process.send_signal(sign)
    process.communicate(timeout=60)
    assert process.returncode == 130
    end = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_alive(pid)
