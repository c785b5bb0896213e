"""A killed ``asw run`` is resumed by ``asw resume``, and nothing that was finished runs twice."""

import collections
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.processes import is_alive

MARK = """
import os, time

def main_handler(event, context):
    with open(event["file"], "a") as file:
        file.write(f"{event['name']} {os.getpid()}\\n")
    while event["holds"] and not os.path.exists(event["file"] + ".go"):
        time.sleep(0.01)
    return event["name"]
"""
NAMES = ("A", "B", "C", "D", "E")
PATIENCE_SECONDS = 300
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
"""Processes import what this one does, installed or not."""


def call(name, file, following=None, *, holds=True):
    """A Task state that writes its name into the file; ``holds``: it runs until it is let go."""
    state = {
        "Type": "Task",
        "Resource": "asw:function:mark",
        "Parameters": {"name": name, "file": str(file), "holds": holds},
    }
    return {**state, "Next": following} if following else {**state, "End": True}


def let_go(file):
    """Whatever holds ends, and from now on nothing holds."""
    Path(f"{file}.go").touch()


def chain(file, number):
    """Five Tasks one after the other, of which the one of this number holds."""
    following = dict(itertools.pairwise(NAMES))
    states = {
        name: call(name, file, following.get(name), holds=name == NAMES[number - 1])
        for name in NAMES
    }
    return {"StartAt": "A", "States": states}


def beside(file):
    """Five Tasks beside each other, all of which hold, then another one."""
    branches = [{"StartAt": name, "States": {name: call(name, file)}} for name in NAMES]
    parallel = {"Type": "Parallel", "Branches": branches, "Next": "Z"}
    return {"StartAt": "P", "States": {"P": parallel, "Z": call("Z", file)}}


def manifests(folder, definition, **on_lost):
    """A folder with the Function and a Workflow of this definition; ``on_lost`` of either kind."""
    api = {"apiVersion": "asw.dev/v1alpha1"}
    code = {"runtime": "python3", "code": {"inline": {"index.py": MARK}}}
    objects = [
        {**api, "kind": "Function", "metadata": {"name": "mark"}, "spec": code},
        {
            **api,
            "kind": "Workflow",
            "metadata": {"name": "marks"},
            "spec": {"definition": definition},
        },
    ]
    for item in objects:
        if item["kind"] in on_lost:
            item["spec"]["onLost"] = on_lost[item["kind"]]
    folder.mkdir()
    (folder / "all.json").write_text(json.dumps({"kind": "List", "items": objects}))
    return folder


def asw(*arguments):
    """The command line of a process of its own."""
    return [sys.executable, "-m", "asw", *map(str, arguments)]


def finish(*arguments):
    """Run the command to its end."""
    return subprocess.run(
        asw(*arguments),
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env=ENVIRONMENT,
    )


def begin(*arguments):
    """Start the command as a terminal does: what a shell runs in the background ignores SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        asw(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def wait_until(is_so):
    """Poll until it is so."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < give_up_at, "it does not happen"
        time.sleep(0.01)


def lines(file):
    """What the tasks have written: name and process."""
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def run_and_end(folder, definition, file, number, signal_number, **on_lost):
    """Run, send the signal once ``number`` tasks have begun; the exit code."""
    data = folder / "data"
    given = manifests(folder / "manifests", definition, **on_lost)
    with begin("run", given, "--data", data) as process:
        wait_until(lambda: len(lines(file)) >= number)
        os.kill(process.pid, signal_number)
        process.communicate()
    return process.returncode


def resume(folder):
    """Go on with what was interrupted, nothing holding any more; the only execution, as JSON."""
    let_go(folder / "marks")
    done = finish("resume", "--data", folder / "data", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("number", [1, 3, 5])
def test_chain_goes_on_where_it_was_killed(tmp_path, number):
    """Every task runs once, but for the one that was running, and the history has no seam."""
    file = tmp_path / "marks"
    code = run_and_end(tmp_path, chain(file, number), file, number, signal.SIGKILL)
    assert code == -signal.SIGKILL
    killed = NAMES[number - 1]
    execution = resume(tmp_path)
    assert (execution["status"], execution["output"]) == ("SUCCEEDED", "E")
    runs = collections.Counter(name for name, _ in lines(file))
    assert runs == {name: 2 if name == killed else 1 for name in NAMES}
    history = execution["history"]
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    for kind in ("TaskStateEntered", "TaskStateExited"):
        assert [it["name"] for it in history if it["type"] == kind] == list(NAMES)
    types = collections.Counter(event["type"] for event in history)
    assert types["LambdaFunctionSucceeded"] == len(NAMES)
    assert (types["ExecutionStarted"], types["ExecutionSucceeded"]) == (1, 1)


@pytest.mark.parametrize("on_lost", [{"Function": "Fail"}, {"Workflow": "Fail"}], ids=str)
def test_what_must_not_repeat_is_not_run_again(tmp_path, on_lost):
    """A task that was running when asw was killed fails by the kind of its loss."""
    file = tmp_path / "marks"
    run_and_end(tmp_path, chain(file, 2), file, 2, signal.SIGKILL, **on_lost)
    let_go(file)
    done = finish("resume", "--data", tmp_path / "data", "--json")
    execution = json.loads(done.stdout)
    assert (execution["status"], execution["error"]) == ("FAILED", "Asw.TaskLost")
    assert [name for name, _ in lines(file)] == ["A", "B"]


def test_branches_go_on_where_they_were_killed(tmp_path):
    """Tasks beside each other are all tried again, and the join comes once."""
    file = tmp_path / "marks"
    run_and_end(tmp_path, beside(file), file, len(NAMES), signal.SIGKILL)
    execution = resume(tmp_path)
    assert (execution["status"], execution["output"]) == ("SUCCEEDED", "Z")
    runs = collections.Counter(name for name, _ in lines(file))
    assert runs == {**dict.fromkeys(NAMES, 2), "Z": 1}


def test_processes_end_with_the_asw_that_started_them(tmp_path):
    """A killed asw leaves no function running."""
    file = tmp_path / "marks"
    run_and_end(tmp_path, chain(file, 1), file, 1, signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for _, pid in lines(file)))


def test_a_run_whose_process_is_gone_does_not_look_alive(tmp_path):
    """Lists, objects and explanations say so, with the way to go on, until somebody works on it."""
    file, data = tmp_path / "marks", tmp_path / "data"
    run_and_end(tmp_path, chain(file, 2), file, 2, signal.SIGKILL)
    assert " Interrupted " in finish("list", "--data", data).stdout
    assert finish("why", "marks-1", "--data", data).stdout.split()[1] == "Interrupted"
    assert "marks-1" in finish("list", "--data", data, "--phase", "interrupted").stdout
    got = json.loads(finish("get", "marks-1", "--data", data, "-o", "json").stdout)
    (said,) = [it for it in got["status"]["conditions"] if it["type"] == "Stalled"]
    assert (got["status"]["phase"], said["reason"]) == ("Running", "NoProcess")
    assert said["message"].endswith(f"asw resume --data {data}")
    assert said["message"] in finish("why", "marks-1", "--data", data).stdout
    with begin("resume", "--data", data) as process:
        wait_until(lambda: len(lines(file)) == 3)
        assert " Running " in finish("list", "--data", data).stdout
        let_go(file)
        process.communicate()
    assert " Succeeded " in finish("list", "--data", data).stdout


def test_who_watches_sees_a_process_die(tmp_path):
    """A watch shows the moment, though nobody writes to the store any more."""
    file, data = tmp_path / "marks", tmp_path / "data"
    with begin("run", manifests(tmp_path / "m", chain(file, 1)), "--data", data) as process:
        wait_until(lambda: lines(file))
        with begin("watch", "--data", data, "-o", "json") as watching:
            assert "NoProcess" not in watching.stdout.readline()
            process.kill()
            process.communicate()
            wait_until(lambda: "NoProcess" in watching.stdout.readline())
            watching.kill()


def test_interrupted_run_says_how_to_go_on(tmp_path):
    """Ctrl-C ends everything in order, and what it leaves can be resumed."""
    file = tmp_path / "marks"
    assert run_and_end(tmp_path, chain(file, 2), file, 2, signal.SIGINT) == 130
    assert not any(is_alive(pid) for _, pid in lines(file))
    assert resume(tmp_path)["output"] == "E"


def test_interrupted_run_can_be_stopped_instead(tmp_path):
    """An execution that nobody wants to resume is aborted, and its tasks are not tried again."""
    file = tmp_path / "marks"
    run_and_end(tmp_path, chain(file, 2), file, 2, signal.SIGKILL)
    done = finish("stop", "marks-1", "--data", tmp_path / "data", "--yes")
    assert (done.returncode, done.stderr) == (0, "marks-1 is aborted\n")
    got = finish("get", "marks-1", "--data", tmp_path / "data", "-o", "json")
    assert json.loads(got.stdout)["status"]["phase"] == "Aborted"
    assert len(lines(file)) == 2


def test_living_run_is_left_alone(tmp_path):
    """Nobody resumes what another asw works on."""
    file = tmp_path / "marks"
    data = tmp_path / "data"
    source = manifests(tmp_path / "manifests", chain(file, 1))
    with begin("run", source, "--data", data, "-q") as process:
        wait_until(lambda: lines(file))
        refused = finish("resume", "--data", data)
        let_go(file)
        output, _ = process.communicate()
    assert refused.returncode == 2
    assert "another asw is working" in refused.stderr
    assert output == '"E"\n'
