"""Acting on executions of this machine through the port, alone and beside another ``asw``."""

import asyncio
import os
import sys
from contextlib import aclosing, asynccontextmanager

import pytest
import yaml

from asw.executions.opening import open_runs
from asw.executions.port import LogOptions, Query, RedriveOptions, StartOrder
from asw.executions.run import DELETED
from asw.executions.target import Target
from asw.failures import Failure
from asw.platforms.local.store import open_store

API = {"apiVersion": "asw.dev/v1alpha1"}
LOCAL = Target(is_local=True)
CODE = """
import os, time

def main_handler(event, context):
    print("begun", event.get("word"))
    while "until" in event and not os.path.exists(event["until"]):
        time.sleep(0.01)
    if event.get("word") == "bad":
        print("about to fail")
        raise ValueError(event["word"])
    return event
"""
STATES = {
    "Say": {"Type": "Task", "Resource": "asw:function:say", "Next": "Again"},
    "Again": {"Type": "Task", "Resource": "asw:function:say", "End": True},
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a Workflow ``flow`` of two Tasks, which run until the file ``go`` is there."""
    monkeypatch.chdir(tmp_path)
    code = {"runtime": "python3", "code": {"inline": {"index.py": CODE}}}
    objects = [
        {**API, "kind": "Function", "metadata": {"name": "say"}, "spec": code},
        {
            **API,
            "kind": "Workflow",
            "metadata": {"name": "flow"},
            "spec": {
                "definition": {"StartAt": "Say", "States": STATES},
                "defaultInput": {"word": "default"},
            },
        },
    ]
    (tmp_path / "flow.yaml").write_text(yaml.safe_dump_all(objects))
    return tmp_path


@asynccontextmanager
async def running(folder, input_text):
    """Another ``asw``, which runs the Workflow on this input."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["-m", "asw", "run", "flow.yaml", "-q", "--input", input_text]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=folder, env=environ, stderr=asyncio.subprocess.PIPE
    )
    try:
        while not list(folder.glob(".asw/logs/*/1.log")):
            assert process.returncode is None
            await asyncio.sleep(0.02)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ran(folder, word="fine"):
    """Have the Workflow in the store, and one execution of it."""
    async with running(folder, f'{{"word": "{word}"}}') as process:
        await process.wait()


async def until(runs, name, is_so):
    """The execution, once it is so."""
    async with aclosing(runs.watch(Query(), name=name)) as changes:
        async for run in changes:
            if is_so(run):
                return run
    return None


def is_in(state):
    """Whether it runs, and is in that state."""
    return lambda run: (run.phase, run.states) == ("Running", state)


def is_told_to_pause(run):
    """Whether who works on it knows that it is suspended."""
    return "Suspended" in {condition["reason"] for condition in run.status.get("conditions", [])}


async def test_a_start_runs_to_its_end(folder):
    """A stored Workflow needs no manifest any more; its own input is the default."""
    await ran(folder)
    async with open_runs(LOCAL) as runs:
        started = await runs.start(StartOrder(workflow="flow", labels={"team": "blue"}))
        assert (started.name, started.phase) == ("flow-2", "Pending")
        ended = await runs.finish(started)
        assert (ended.phase, await runs.output(ended)) == ("Succeeded", {"word": "default"})
        assert [run.name for run in await runs.list(Query(selector="team=blue"))] == ["flow-2"]
        assert [task.state for task in await runs.tasks(ended)] == ["Say", "Again"]
        with pytest.raises(Failure, match="already"):
            await runs.start(StartOrder(workflow="flow", name="flow-2"))


async def test_a_redrive_goes_on_where_it_failed(folder):
    """What succeeded is not done again, and the count goes up."""
    await ran(folder, word="bad")
    async with open_runs(LOCAL) as runs:
        run = await runs.get("flow-1")
        assert run.phase == "Failed"
        await runs.redrive(run, RedriveOptions())
        ended = await runs.finish(run)
        assert (ended.phase, ended.redrive_count) == ("Failed", 1)
        assert "ExecutionRedriven" in {event.type for event in await runs.history(ended)}
        (first, second) = await runs.tasks(ended)
        assert (first.number, second.number) == (1, 2)
        await runs.redrive(ended, RedriveOptions(revision="nowhere"))
        refused = await runs.finish(ended)
        assert "nowhere" in refused.redrive_refusal


async def test_another_asw_stops_what_it_is_told_to_stop(folder, monkeypatch):
    """The wish lies in the store, and whoever works on the execution finds it there."""
    monkeypatch.setattr("asw.executions.local.runs.STOP_SECONDS", 300.0)
    async with running(folder, '{"until": "go"}') as process, open_runs(LOCAL) as runs:
        run = await until(runs, "flow-1", is_in("Say"))
        await runs.stop(run, error="Why", cause="因为")
        ended = await runs.get("flow-1")
        assert (ended.phase, ended.error, ended.cause) == ("Aborted", "Why", "因为")
        assert await process.wait() == 1


async def test_another_asw_suspends_and_goes_on(folder):
    """What runs may finish; what follows waits until it is let go."""
    async with running(folder, '{"until": "go"}') as process, open_runs(LOCAL) as runs:
        run = await until(runs, "flow-1", is_in("Say"))
        await runs.suspend(run, is_suspended=True)
        await until(runs, "flow-1", is_told_to_pause)
        (folder / "go").touch()
        suspended = await until(runs, "flow-1", is_in("Again"))
        assert suspended.is_suspended
        assert len(await runs.tasks(suspended)) == 1
        await runs.suspend(suspended, is_suspended=False)
        assert (await runs.finish(suspended)).phase == "Succeeded"
        assert await process.wait() == 0


async def test_what_nobody_works_on_is_stopped_at_once(folder):
    """An execution whose asw was killed needs no resume first."""
    async with running(folder, '{"until": "go"}') as process:
        process.kill()
        await process.wait()
        async with open_runs(LOCAL) as runs:
            await runs.stop(await runs.get("flow-1"), error=None, cause=None)
            assert (await runs.get("flow-1")).phase == "Aborted"


async def test_what_a_busy_folder_keeps_from_being_stopped_is_told(folder, monkeypatch):
    """Who works in the folder on something else is no help; the wish is kept."""
    monkeypatch.setattr("asw.executions.local.runs.STOP_SECONDS", 1.0)
    async with running(folder, '{"until": "go"}'), open_runs(LOCAL) as runs:
        other = await runs.start(StartOrder(workflow="flow"))
        async with open_runs(LOCAL) as later:
            with pytest.raises(Failure, match=f"not on {other.name}"):
                await later.stop(other, error=None, cause=None)
            assert (await later.get(other.name)).spec["stop"] == {}


async def test_logs_are_followed_to_the_end(folder):
    """Lines come as they are printed, those of later tasks too, each once."""
    async with running(folder, '{"until": "go", "word": "bad"}'), open_runs(LOCAL) as runs:
        run, lines = await runs.get("flow-1"), []
        async with aclosing(runs.logs(run, LogOptions(follow=True))) as logs:
            async for line in logs:
                lines.append((line.state, line.attempt, line.text))
                (folder / "go").touch()
        assert lines[:2] == [("Say", 0, "begun bad"), ("Say", 0, "about to fail")]
        assert [text for _, _, text in lines].count("[ERROR] ValueError: bad") == 1
        async with aclosing(runs.logs(run, LogOptions(state="Say", tail=1))) as logs:
            assert [line.text async for line in logs] == [lines[-1][2]]
        async with aclosing(runs.logs(run, LogOptions(state="Again"))) as logs:
            assert [line async for line in logs] == []


async def test_a_watch_tells_of_what_is_gone(folder):
    """Nobody deletes executions but with a tool of their own; a watch does not mind."""
    await ran(folder)
    async with open_runs(LOCAL) as runs, aclosing(runs.watch(Query())) as changes:
        assert (await anext(changes)).phase == "Succeeded"
        store = open_store(folder / ".asw")
        store._connection.execute("DELETE FROM executions")
        store.close()
        assert (await anext(changes)).phase == DELETED
