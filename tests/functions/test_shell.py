"""What a shell function may count on, and how its failures are named."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.functions.result_server import ResultServer
from tests.functions.tasks import FUNCTIONS, PYTHON, TASK_ID, Tasks

OUTPUTS = {
    "the last line, if it is JSON": ("echo starting; echo '{\"a\": 1.0}'", b'{"a": 1.0}'),
    "the last line that is not blank": ("echo 1; echo; echo '  '", b"1"),
    "a last line without its end": ("echo 1; printf '[2,\"中\"]'", '[2,"中"]'.encode()),
    "null for other text": ("echo '{\"a\": 1}'; echo done", b"null"),
    "null for silence": ("true", b"null"),
    "null for not a number": ("echo NaN", b"null"),
    "the output file before all": ('echo 1; echo 2 > "$ASW_OUTPUT_FILE"', b"2"),
    "an output file of many lines": ("printf '[1,\\n2]\\n' > \"$ASW_OUTPUT_FILE\"", b"[1, 2]"),
    "an output file that is moved there": ('echo 3 > x; mv x "$ASW_OUTPUT_FILE"', b"3"),
    "the event from stdin": ("cat", b"{}"),
    "the event from its variable": ('echo "$ASW_EVENT"', b"{}"),
    "an interpreter of one's own": ("#!/usr/bin/env python3\nprint([1, 2])", b"[1, 2]"),
    "what was said before a background job ends": ("sleep 20 & echo 4", b"4"),
}


@pytest.fixture
def language() -> str:
    """Scripts."""
    return "shell"


@pytest.mark.parametrize(("script", "output"), OUTPUTS.values(), ids=OUTPUTS.keys())
def test_the_output_of_a_script(tasks: Tasks, script: str, output: bytes) -> None:
    """The output file, else the last line of stdout when it is JSON, else null."""
    ended = tasks.run(script)

    assert ended.status == 0
    assert ended.file == b'{"output":' + output + b"}"


def test_output_is_passed_on_to_the_log(tasks: Tasks) -> None:
    """``kubectl logs`` shows what the script said, on the stream it said it on."""
    ended = tasks.run("echo one; echo two >&2; printf three")

    assert (ended.stdout, ended.stderr) == ("one\nthree", "two\n")


def test_an_exit_status_names_the_error(tasks: Tasks) -> None:
    """Retry and Catch can tell the statuses apart; the cause quotes the end of stderr."""
    ended = tasks.run("echo '{\"output\": 1}'; echo 'no disk' >&2; exit 75")

    assert ended.status == 1
    assert ended.outcome["error"] == "Shell.ExitStatus.75"
    assert ended.cause == {
        "errorMessage": "no disk",
        "errorType": "Shell.ExitStatus.75",
        "requestId": TASK_ID,
        "exitStatus": 75,
    }


@pytest.mark.parametrize(
    ("script", "error", "words"),
    [
        ("nosuchcommand", "Shell.ExitStatus.127", "nosuchcommand: "),
        ("kill -9 $$", "Shell.ExitStatus.137", "exit status 137"),
        ("set -e; false; echo 1", "Shell.ExitStatus.1", "exit status 1"),
        ("set -u; echo $NOTHING", "Shell.ExitStatus.2", "NOTHING: "),
        ("#!/no/such/shell", "Runtime.InvalidEntrypoint", "Unable to start index.sh: "),
        ("echo x > $ASW_OUTPUT_FILE", "Runtime.MarshalError", "Unable to marshal response: "),
    ],
)
def test_bad_scripts_fail_with_a_reason(tasks: Tasks, script: str, error: str, words: str) -> None:
    """Whatever a script does wrong has a name and a sentence."""
    ended = tasks.run(script)

    assert ended.status == 1
    assert ended.outcome["error"] == error
    assert words in ended.cause["errorMessage"]


def test_only_the_end_of_a_long_stderr_is_quoted(tasks: Tasks) -> None:
    """2 KiB, from the start of a line."""
    ended = tasks.run("seq 100000 >&2; exit 1")

    lines = ended.cause["errorMessage"].split("\n")
    assert lines == [str(number) for number in range(100_001 - len(lines), 100_001)]
    assert 1_900 < len(ended.cause["errorMessage"]) <= 2_048


def test_a_flood_of_output_is_only_passed_on(tasks: Tasks) -> None:
    """Megabytes of log do not stop the script, and the output is still its last line."""
    ended = tasks.run("yes 'a long line of the log' | head -n 200000; echo 5")

    assert ended.outcome == {"output": 5}
    assert len(ended.stdout) == 200_000 * 23 + 2


def test_a_last_line_without_bounds_is_over_the_limit(tasks: Tasks) -> None:
    """What cannot be an output is said to be too large, not dropped."""
    ended = tasks.run("head -c 2000000 /dev/zero | tr '\\0' 1")

    assert ended.outcome["error"] == "States.DataLimitExceeded"


def test_helper_files_lie_beside_the_script(tasks: Tasks) -> None:
    """The script runs in a folder of its own, with all its files, gone afterwards."""
    files = {"index.sh": 'cd sub; . ../lib.sh; . ./more.sh; echo "\\"$PWD $(greet) $more\\""'}
    files |= {"lib.sh": "greet() { echo hello; }", "sub/more.sh": "more=again"}

    output = tasks.run(files).outcome["output"]

    folder, *words = output.split()
    assert words == ["hello", "again"]
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"only.sh": "echo 1"}, ""),
        ({"index.sh": "echo 1", "other.sh": "echo 2"}, ""),
        ({"jobs/clean.sh": "echo 1", "index.sh": "echo 2"}, "jobs/clean.sh"),
    ],
)
def test_the_script_is_found(tasks: Tasks, files: dict[str, str], handler: str) -> None:
    """By the handler, else index.sh, else the only file there is."""
    assert tasks.run(files, ASW_HANDLER=handler).outcome == {"output": 1}


def test_a_missing_script_says_what_there_is(tasks: Tasks) -> None:
    """The message names the files."""
    ended = tasks.run({"index.sh": "echo 1", "b.sh": ""}, ASW_HANDLER="c.sh")

    assert ended.outcome["error"] == "Runtime.HandlerNotFound"
    assert ended.cause["errorMessage"] == "Script 'c.sh' is missing; the code has index.sh, b.sh"


def test_a_script_may_lie_in_a_folder(tasks: Tasks, tmp_path: Path) -> None:
    """ASW_CODE_DIR holds the script where the code is mounted or built in."""
    (tmp_path / "index.sh").write_text('. "$(dirname "$0")/lib.sh"; echo "$answer"')
    (tmp_path / "lib.sh").write_text("answer=42")

    ended = tasks.run("", ASW_CODE="", ASW_CODE_DIR=str(tmp_path))

    assert ended.outcome == {"output": 42}


def test_a_file_name_cannot_leave_the_folder(tasks: Tasks) -> None:
    """Inline files are written below the script's folder or not at all."""
    ended = tasks.run({"../up.sh": "", "index.sh": "echo 1"})

    assert ended.outcome["error"] == "Runtime.ImportModuleError"


def test_a_script_that_runs_past_its_timeout_is_killed(tasks: Tasks, server: ResultServer) -> None:
    """With all that it started; the outcome is that of every function."""
    ended = tasks.run("sleep 20 | cat", ASW_TIMEOUT_SECONDS="0.2", **server.variables())

    assert ended.outcome["error"] == "Sandbox.Timedout"
    assert [json.loads(body) for body in server.bodies()] == [ended.outcome]


def test_a_script_gives_signs_of_life(tasks: Tasks, server: ResultServer) -> None:
    """Whatever is written to ASW_HEARTBEAT_FILE is one."""
    script = 'echo > "$ASW_HEARTBEAT_FILE"; sleep 0.1; echo 1'

    tasks.run(script, **server.variables())

    assert [call.path.rpartition("/")[2] for call in server.calls] == ["heartbeat", "outcome"]


def test_a_terminated_script_may_clean_up(tasks: Tasks, server: ResultServer) -> None:
    """SIGTERM is handed on, its trap runs, and no outcome is told."""
    script = "trap 'echo cleaned; exit 0' TERM\nkill -TERM $PPID\nsleep 20 &\nwait\n"

    ended = tasks.run(script, **server.variables())

    assert (ended.status, ended.stdout, ended.outcome) == (143, "cleaned\n", None)
    assert server.calls == []


UNSEEN = """
import os, signal, time, _thread
from asw_runtime.child import Child

def terminate():
    os.read(running, 1)
    time.sleep(0.5)  # by then the main thread sleeps
    signal.pthread_kill(_thread.get_ident(), signal.SIGTERM)

running, told = os.pipe()
heartbeats, _ = os.pipe()
os.dup2(told, 1)
signal.signal(signal.SIGTERM, lambda *_: child.signal(signal.SIGKILL))
script = "echo; sleep 20; echo late >&2"
child = Child(["sh", "-c", script], dict(os.environ), stdin=0, heartbeats=heartbeats)
_thread.start_new_thread(terminate, ())
raise SystemExit(-child.wait().status)
"""
"""A signal that does not end the sleep of the main thread, because another thread received it."""


def test_a_signal_that_interrupts_no_call_is_handed_on_at_once() -> None:
    """One that came right before the runtime went to sleep does not wait for the script's end."""
    variables = {**os.environ, "PYTHONPATH": str(FUNCTIONS / "python3")}

    words = [PYTHON, "-c", UNSEEN]
    ended = subprocess.run(words, env=variables, stderr=subprocess.PIPE, timeout=120, check=False)

    assert (ended.returncode, ended.stderr) == (9, b"")


def test_a_large_event_is_on_stdin_only(tasks: Tasks, tmp_path: Path) -> None:
    """Over 100 KiB there is no variable: the kernel allows 128 KiB for one."""
    script = 'echo "[\\"${ASW_EVENT-none}\\", $(wc -c)]"'
    event = json.dumps("x" * 110_000)

    assert tasks.run(script, ASW_EVENT=event).outcome == {"output": ["none", 110_002]}
