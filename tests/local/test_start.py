"""``asw start`` on this machine: inputs, outputs, names, and what ends the waiting."""

import json
import signal
import subprocess
import time

import pytest

from tests.support.playground import make_playground
from tests.support.typed import shell_environment, typed

SLOW = """
apiVersion: asw.dev/v1alpha1
kind: Workflow
metadata: {name: slow}
spec: {definition: {StartAt: W, States: {W: {Type: Wait, SecondsPath: $, End: true}}}}
"""


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    """The folder of examples, with a Workflow ``slow`` that waits as long as its input says."""
    folder = make_playground(tmp_path_factory.mktemp("playground"))
    environment = shell_environment(folder / "bin", {"ASW_LOCAL": "1"})
    (folder / "slow.yaml").write_text(SLOW)
    assert typed("asw run slow.yaml --input 0 -q", folder, environment).returncode == 0
    return folder, environment


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("asw start hello", "World"),
        ("""asw start hello --input '{"name": "文"}'""", "文"),
        ("asw start hello --input @input.json", "Ada"),
        ("asw start hello --input-file input.json", "Ada"),
        ("asw start hello - < input.json", "Ada"),
    ],
)
def test_inputs_come_from_everywhere(playground, line, name):
    """The command line, a file, standard input; the Workflow's default where none comes."""
    done = typed(line, *playground)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"greeting": f"Hello, {name}!"})


def test_names_labels_and_formats(playground):
    """An object instead of the output, for programs."""
    line = "asw start hello --name mine --label team=blue --label example.com/tier.of= -q -o json"
    made = json.loads(typed(line, *playground).stdout)
    assert made["metadata"]["labels"] == {"team": "blue", "example.com/tier.of": ""}
    assert made["status"]["phase"] == "Succeeded"
    assert typed("asw list -l team=blue -o name", *playground).stdout.endswith("/mine\n")


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("asw start helo", 4, "did you mean hello?"),
        ("asw start hello --name hello-1", 2, "already"),
        ("asw start hello --name 'A b'", 2, "--name a-b"),
        ("asw start hello --label team", 2, "--label team=blue"),
        ("asw start hello --label 'my team=blue'", 2, "'my team=blue' is not a label"),
        ("asw start hello --label team=blue=red", 2, "'team=blue=red' is not a label"),
        ("asw start hello --label asw.dev/child=x", 2, "label asw.dev/child is reserved for asw"),
        ("asw start hello '{}'", 2, "give an input with --input JSON"),
        ("asw start hello --input '{'", 2, "is not JSON"),
        ("asw start hello --input-file none.json", 2, "none.json"),
        ("asw start hello - --input 1", 2, "do not go together"),
        ("asw start hello - --input-file input.json", 2, "do not go together"),
        ("asw start hello -o table", 2, "no table here"),
        ("asw start hello --timeout soon", 2, "soon"),
        ("asw start hello --input '{}'", 1, "KeyError"),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(playground, line, code, words):
    """Nothing is begun, but for the execution that fails by itself."""
    done = typed(line, *playground)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr


def test_a_timeout_interrupts_and_says_how_to_go_on(playground):
    """On one machine nobody else works on it."""
    done = typed("asw start slow --input 3600 --name long --timeout 1s -q", *playground)
    assert done.returncode == 5
    assert "asw resume long --local" in done.stderr
    assert typed("asw stop long --yes", *playground).returncode == 0


def test_an_interruption_says_how_to_go_on(playground):
    """Ctrl-C ends the process, and loses nothing."""
    folder, environment = playground
    command = ["asw", "start", "slow", "--input", "3600", "--name", "endless"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        while "Running" not in typed("asw get endless", folder, environment).stdout:
            assert process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
    assert process.returncode == 130
    assert "asw resume endless --local" in told
    assert "Traceback" not in told
