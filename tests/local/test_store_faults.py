"""A store that is full, read-only or damaged: a sentence with its path and what to do, no hang."""

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from asw.exits import BAD_INPUT, LOST_OUTPUT, NOT_FOUND
from asw.platforms.local.database import FILE_NAME

PATIENCE_SECONDS = 60
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ASW_LANG": "en"}
ASW = [sys.executable, "-m", "asw"]
LARGE = """
import os

def main_handler(event, context):
    if os.path.exists(event["log"]):
        print("x" * 400_000)
    return "x" * 200_000
"""
NAMES = [f"T{number}" for number in range(12)]


def manifests(folder):
    """Twelve Tasks one after the other, each with an output that takes room on the disk."""
    states = {}
    for number, name in enumerate(NAMES):
        following = {"Next": NAMES[number + 1]} if name != NAMES[-1] else {"End": True}
        states[name] = {
            "Type": "Task",
            "Resource": "asw:function:large",
            "Parameters": {"log": str(folder / "print")},
            "ResultPath": f"$.{name}",
            "ResultSelector": {"some.$": "States.ArrayLength(States.Array($))"},
            **following,
        }
    api = {"apiVersion": "asw.dev/v1alpha1"}
    code = {"runtime": "python3", "code": {"inline": {"index.py": LARGE}}}
    definition = {"definition": {"StartAt": NAMES[0], "States": states}}
    objects = [
        {**api, "kind": "Function", "metadata": {"name": "large"}, "spec": code},
        {**api, "kind": "Workflow", "metadata": {"name": "fill"}, "spec": definition},
    ]
    path = folder / "all.json"
    path.write_text(json.dumps({"kind": "List", "items": objects}))
    return path


def finish(words, **more):
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": ENVIRONMENT, **more}
    return subprocess.run(
        words,
        check=False,
        text=True,
        timeout=PATIENCE_SECONDS,
        **streams,
    )


def small_disk(folder, *commands):
    """Run the commands one after the other with a disk of 3 MB at ``folder``, and of 64 at last."""
    mount = f"mount -t tmpfs -o size=3m none {folder}"
    larger = f"mount -o remount,size=64m {folder}"
    script = "; ".join([mount, *commands[:-1], larger, commands[-1]])
    return finish(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script])


def shell(*words):
    return " ".join([*ASW, *map(str, words)])


def can_mount(tmp_path):
    """Whether this machine lets us have a disk of our own."""
    if shutil.which("unshare") is None:
        return False
    return small_disk(tmp_path, "true", "true").returncode == 0


@pytest.mark.parametrize("prints", [False, True], ids=["values", "logs"])
def test_a_disk_that_fills_in_mid_run_ends_the_run_and_costs_nothing_else(tmp_path, prints):
    """It ends with the store's path and the remedy; with room again resume finishes the rest."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not can_mount(disk):
        pytest.skip("no disk of our own can be mounted here")
    if prints:
        (tmp_path / "print").touch()
    run = f"{shell('run', manifests(tmp_path), '--data', disk / 'store')}; echo $? >&2"
    resume = shell("resume", "--data", disk / "store", "--json")
    done = small_disk(disk, run, resume)
    assert f"no room is left on the disk of {disk}/store" in done.stderr
    assert f"free some space, then asw resume --data {disk}/store" in done.stderr
    assert "Traceback" not in done.stderr
    assert f"\n{BAD_INPUT}\n" in done.stderr
    assert done.returncode == 0
    execution = json.loads(done.stdout)
    assert execution["status"] == "SUCCEEDED"
    assert set(execution["output"]) == set(NAMES)
    entered = [it["name"] for it in execution["history"] if it["type"] == "TaskStateEntered"]
    assert entered == NAMES


def test_a_file_that_may_not_grow_ends_the_run(tmp_path):
    """A quota, or a limit of the process, is told as what the system says of it."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))

    data = tmp_path / "store"
    words = [*ASW, "run", str(manifests(tmp_path)), "--data", str(data)]
    done = finish(words, preexec_fn=limit)
    assert (done.returncode, "Traceback" in done.stderr) == (BAD_INPUT, False)
    assert f"error: {data}" in done.stderr
    assert f"asw resume --data {data}" in done.stderr
    assert finish([*ASW, "resume", "--data", str(data), "-q"]).returncode == 0


@pytest.fixture
def store(tmp_path):
    """A store in which something ran."""
    flow = tmp_path / "flow.json"
    states = {name: {"Type": "Pass", "Next": "Z"} for name in ("A",)}
    states["Z"] = {"Type": "Succeed"}
    flow.write_text(json.dumps({"StartAt": "A", "States": states}))
    done = finish([*ASW, "run", str(flow), "--data", str(tmp_path / "store")])
    assert done.returncode == 0, done.stderr
    return tmp_path / "store"


LOOKS = (["list"], ["get", "flow-1"], ["why", "flow-1"], ["history", "flow-1"], ["resume"])


@pytest.mark.parametrize("verb", LOOKS, ids=lambda verb: verb[0])
def test_a_damaged_store_is_told_as_such(store, verb):
    """Pages that a disk tore are no fault of asw: it names the file, and what may be done."""
    file = store / FILE_NAME
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    done = finish([*ASW, *verb, "--data", str(store)])
    assert done.returncode == BAD_INPUT
    assert done.stderr.startswith(f"error: {file} is damaged: ")
    assert "restore a copy of it" in done.stderr


ROWS = {
    "executions": ("input", "outcome", "labels", "created_at"),
    "history": ("details", "at"),
}


@pytest.mark.parametrize("value", ["'{\"a\": '", "x'ff00fe'"], ids=["cut", "bytes"])
@pytest.mark.parametrize("table", ROWS)
def test_a_damaged_row_names_its_execution(store, table, value):
    """A file that SQLite takes for whole may have lost what a row holds."""
    file = store / FILE_NAME
    for column in ROWS[table]:
        copy = store.parent / f"{column}-store"
        shutil.copytree(store, copy)
        with closing(sqlite3.connect(copy / FILE_NAME)) as connection, connection:
            connection.execute(f"UPDATE {table} SET {column} = {value}")
        done = finish([*ASW, "history", "flow-1", "--data", str(copy)])
        assert done.returncode == BAD_INPUT, done.stderr
        assert done.stderr.startswith(f"error: {copy / file.name} is damaged: execution flow-1: ")
        assert "restore a copy of it" in done.stderr


def test_a_damaged_record_names_its_execution(store):
    """What the engine remembers of it is no longer JSON: nobody may go on with it."""
    file = store / FILE_NAME
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE executions SET record = '{', outcome = NULL")
    for verb in ("why flow-1", "resume", "list"):
        done = finish([*ASW, *verb.split(), "--data", str(store)])
        assert done.returncode == BAD_INPUT, (verb, done.stderr)
        assert done.stderr.startswith(f"error: {file} is damaged: execution flow-1: ")


@pytest.mark.parametrize("verb", LOOKS, ids=lambda verb: verb[0])
def test_a_store_that_cannot_be_written_is_told_as_such(store, verb):
    """One of somebody else, or on a disk that is mounted read-only."""
    script = f"mount --bind {store} {store} && mount -o remount,bind,ro {store} && "
    script += shell(*verb, "--data", store)
    if not can_mount(store.parent):
        pytest.skip("nothing can be mounted here")
    done = finish(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script])
    assert done.returncode == BAD_INPUT
    assert done.stderr.startswith(f"error: {store}")
    assert "cannot be written" in done.stderr
    assert "how it is mounted" in done.stderr


PRINTING = (
    "list --data {0}",
    "get flow-1 --data {0} -o json",
    "why flow-1 --data {0}",
    "graph flow-1 --data {0} -o svg",
    "export flow-1 --data {0} -o -",
    "start flow --data {0} -q",
    "init hello {0}/hello",
    "list --help",
    "--version",
)


@pytest.mark.parametrize("is_buffered", [False, True], ids=["unbuffered", "buffered"])
@pytest.mark.parametrize("verb", PRINTING, ids=lambda verb: verb.split()[0])
def test_results_that_cannot_be_written_are_told_as_such(store, verb, is_buffered):
    """A full disk behind standard output is no fault of asw, and has an exit code of its own."""
    environment = {k: v for k, v in ENVIRONMENT.items() if k != "PYTHONUNBUFFERED"}
    environment |= {} if is_buffered else {"PYTHONUNBUFFERED": "1"}
    with open("/dev/full", "w") as full:  # noqa: PTH123 -- a device
        done = finish([*ASW, *verb.format(store).split()], stdout=full, env=environment)
    assert done.returncode == LOST_OUTPUT
    told, remedy = done.stderr.splitlines()
    assert told == "error: cannot write to standard output: No space left on device"
    assert "free some space" in remedy


REMARKING = {
    "run {0}/../flow.json --data {0} --name again": 0,
    "run {0}/nothing.json": BAD_INPUT,
    "validate {0}/../flow.json": 0,
    "list --nope": BAD_INPUT,
    "why nothing --data {0}": NOT_FOUND,
}


@pytest.mark.parametrize("is_buffered", [False, True], ids=["unbuffered", "buffered"])
@pytest.mark.parametrize("verb", REMARKING, ids=lambda verb: verb.split()[0])
def test_remarks_that_cannot_be_written_change_nothing(store, verb, is_buffered):
    """A full disk behind standard error costs what is said there: all else is done, and told."""
    environment = {k: v for k, v in ENVIRONMENT.items() if k != "PYTHONUNBUFFERED"}
    environment |= {} if is_buffered else {"PYTHONUNBUFFERED": "1"}
    with open("/dev/full", "w") as full:  # noqa: PTH123 -- a device
        done = finish([*ASW, *verb.format(store).split()], stderr=full, env=environment)
    assert done.returncode == REMARKING[verb]
    assert "Traceback" not in done.stdout


def test_a_reader_that_has_seen_enough_is_no_fault(store):
    """A pipe that is closed early, as by head, is passed over without a word."""
    words = f"{shell('history', 'flow-1', '--data', store)} | true"
    assert finish(["sh", "-c", words]).stderr == ""


def test_a_template_that_finds_no_room_is_told_with_its_file(tmp_path):
    """A system that says so names no file: asw does."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not can_mount(disk):
        pytest.skip("no disk of our own can be mounted here")
    fill = f"cat /dev/zero >{disk}/fill 2>/dev/null"
    done = small_disk(disk, fill, f"{shell('init', 'hello', disk / 'hello')}; echo $?", "true")
    assert done.stdout == f"{BAD_INPUT}\n"
    assert done.stderr == (
        f"error: cannot write {disk}/hello/README.md: No space left on device\n"
        "  free some space there, or name another folder\n"
    )
