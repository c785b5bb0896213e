"""Activities on this machine: workers of other processes do the tasks, each once."""

import asyncio
import json
import shlex
import signal
import sys
from contextlib import asynccontextmanager

import pytest
import yaml

from tests.local.test_callbacks import API, ENVIRON, asw, running
from tests.support.examples import examples

SHIP = {
    "Type": "Task",
    "Resource": "arn:aws:states:eu-central-1:123456789012:activity:ship",
    "HeartbeatSeconds": 20,
    "End": True,
}


@pytest.fixture
def folder(tmp_path):
    """A folder whose Workflow ``flow`` has a task of the activity ``ship``."""
    write(tmp_path, SHIP)
    return tmp_path


def write(folder, state):
    """Make the state the only one of ``flow``."""
    flow = {"definition": {"StartAt": "Ship", "States": {"Ship": state}}}
    manifest = {**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": flow}
    (folder / "flow.yaml").write_text(yaml.safe_dump(manifest))


@asynccontextmanager
async def worker(folder, *words, once=False):
    """A worker of ``ship`` with this command; killed at the end if it still runs."""
    options = ("--once",) if once else ()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "asw", "activity", "worker", "ship", "--worker", "me"),
        *(*options, "--", *words),
        cwd=folder,
        env=ENVIRON,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def events(folder):
    """The history of ``flow-1``: each event's type and details."""
    return json.loads((await asw(folder, "history", "flow-1", "--local", "-o", "json"))[1])[
        "events"
    ]


async def test_a_worker_does_the_task(folder):
    """Input on stdin, the last line of stdout is the output; the history names the worker."""
    (folder / "flow.yaml").write_text(
        (folder / "flow.yaml").read_text() + "  defaultInput: {order: 7}\n"
    )
    command = ("sh", "-c", "echo looking; cat; echo careful >&2")
    async with running(folder) as run, worker(folder, *command, once=True) as process:
        assert (await run)[:2] == (0, '{"order":7}\n')
        _, said = await process.communicate()
    assert said.decode().splitlines() == [
        "Ship of flow-1: taken",
        "careful",
        "Ship of flow-1: done",
    ]
    told = {event["type"]: event for event in await events(folder)}
    assert list(told) == [
        *("ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted"),
        *("ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded"),
    ]
    assert told["ActivityStarted"]["activityStartedEventDetails"] == {"workerName": "me"}


async def test_two_workers_do_each_task_once(folder):
    """Ten tasks of a Map are shared."""
    done = folder / "done"
    write(
        folder,
        {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Do", "States": {"Do": SHIP}},
            "End": True,
        },
    )
    text = (folder / "flow.yaml").read_text()
    (folder / "flow.yaml").write_text(text + f"  defaultInput: {list(range(10))}\n")
    command = ("sh", "-c", f'printf "%s\\n" "$ASW_EVENT" >> {done}; echo "$ASW_EVENT"')
    async with running(folder) as run, worker(folder, *command), worker(folder, *command):
        assert (await run)[:2] == (0, "[0,1,2,3,4,5,6,7,8,9]\n")
    assert sorted(map(int, done.read_text().split())) == list(range(10))


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("echo broken >&2; exit 3", "Shell.ExitStatus.3"),
        ("kill -9 $$", "Shell.ExitStatus.137"),
        ("head -c 2000000 /dev/zero | tr '\\0' x; echo", "States.DataLimitExceeded"),
    ],
    ids=["exit code", "signal", "too much"],
)
async def test_a_command_that_fails_fails_the_task(folder, script, error):
    """By the name that a script of a Function has; the worker goes on."""
    async with running(folder) as run, worker(folder, "sh", "-c", script) as process:
        code, _, said = await run
        assert process.returncode is None
    assert code == 1
    assert error in said


async def test_a_command_that_cannot_start_ends_the_worker(folder):
    """Its task fails, and the worker says why."""
    async with running(folder) as run, worker(folder, "./nothing") as process:
        assert "Asw.TaskCrashed" in (await run)[2]
        _, said = await process.communicate()
        assert process.returncode == 2
    assert "cannot start ./nothing: No such file or directory" in said.decode()


async def test_a_task_that_timed_out_ends_its_command(folder):
    """SIGTERM comes first, so that it may clean up."""
    write(folder, {**SHIP, "TimeoutSeconds": 2, "HeartbeatSeconds": 1})
    script = "trap 'echo cleaned >&2; exit 1' TERM; while :; do sleep 0.1; done"
    async with running(folder) as run, worker(folder, "sh", "-c", script, once=True) as process:
        assert "States.Timeout" in (await run)[2]
        _, said = await process.communicate()
    assert said.decode().splitlines()[-2:] == [
        "cleaned",
        "Ship of flow-1: nobody waits for it any more",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_ended_fails_its_task(folder, number):
    """The execution need not wait for a time-out."""
    async with running(folder) as run, worker(folder, "sh", "-c", "sleep 600") as process:
        assert await process.stderr.readline() == b"Ship of flow-1: taken\n"
        process.send_signal(number)
        assert await process.wait() == 0
        assert "Asw.WorkerStopped" in (await run)[2]


async def test_a_task_outlives_a_killed_asw(folder):
    """What the worker reports meanwhile counts when the execution is resumed, once."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "asw", "run", "flow.yaml", "-q", cwd=folder, env=ENVIRON
    )
    go = folder / "go"
    script = f"while ! test -e {go}; do sleep 0.05; done; echo 5"
    async with worker(folder, "sh", "-c", script, once=True) as working:
        assert await working.stderr.readline() == b"Ship of flow-1: taken\n"
        process.kill()
        await process.wait()
        go.touch()
        assert await working.wait() == 0
    code, said, _ = await asw(folder, "resume", "flow-1", "--local", "-q")
    assert (code, said) == (0, "5\n")
    assert [event["type"] for event in await events(folder)].count("ActivityStarted") == 1


async def test_an_offer_outlives_a_killed_asw(folder):
    """A task that nobody has taken is there when the execution is resumed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "asw", "run", "flow.yaml", "-q", cwd=folder, env=ENVIRON
    )
    scheduled = ""
    async with asyncio.timeout(60):
        while "ActivityScheduled" not in scheduled:
            scheduled = (await asw(folder, "history", "flow-1", "--local"))[1]
    process.kill()
    await process.wait()
    resuming = asyncio.create_task(asw(folder, "resume", "flow-1", "--local", "-q"))
    async with worker(folder, "echo", "6", once=True):
        assert (await resuming)[:2] == (0, "6\n")
    assert [event["type"] for event in await events(folder)].count("ActivityScheduled") == 1


async def test_the_command_may_leave_the_report_to_others(folder):
    """Whoever has the token may report, and the first report counts."""
    script = f'{sys.executable} -m asw callback success "$ASW_TASK_TOKEN" --output 1; echo 2'
    async with running(folder) as run, worker(folder, "sh", "-c", script, once=True):
        assert (await run)[:2] == (0, "1\n")


_OURS = [it for it in examples("endless") if it.command.startswith("asw activity")]


@pytest.mark.parametrize(
    "example",
    [it for it in _OURS if "-n" not in shlex.split(it.command)],  # those need a cluster
    ids=lambda example: example.command,
)
async def test_an_example_does_what_its_help_says(folder, example):
    """Each does the task of ``ship`` that waits."""
    script = folder / "ship.sh"
    script.write_text("#!/bin/sh\ncat\n")
    script.chmod(0o755)
    words = shlex.split(example.command)
    async with running(folder) as run:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *words, cwd=folder, env=ENVIRON
        )
        try:
            assert (await run)[:2] == (0, "{}\n")
        finally:
            if process.returncode is None:
                process.terminate()
            assert await process.wait() == 0
