"""Approvals on this machine: a person answers an execution at work from another process."""

import asyncio
import getpass
import json
from contextlib import asynccontextmanager

import pytest
import yaml

from tests.local.test_callbacks import asw

ME = getpass.getuser()


def ask(**parameters):
    """A Task that asks."""
    asked = {"Title": "Go?", **parameters}
    return {"Type": "Task", "Resource": "asw:approval", "Parameters": asked, "End": True}


def write(folder, definition):
    """A Workflow ``flow`` of this definition."""
    flow = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "flow"},
        "spec": {"definition": definition},
    }
    (folder / "flow.yaml").write_text(yaml.safe_dump(flow))


async def asked(folder, count=1):
    """The rows of the inbox, once there are so many."""
    async with asyncio.timeout(120):
        while True:
            code, out, _ = await asw(folder, "inbox", "--local", "--json")
            rows = [json.loads(line) for line in out.splitlines()]
            if code == 0 and len(rows) == count:
                return rows


@asynccontextmanager
async def running(folder):
    """An ``asw run`` at work, as the task of its exit code and outputs; it ends with the block."""
    task = asyncio.create_task(asw(folder, "run", "flow.yaml", "-q"))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_an_approval_ends_a_running_execution_once(tmp_path):
    """The result has who, what and why; history has what was asked; a second answer is refused."""
    write(tmp_path, {"StartAt": "Ask", "States": {"Ask": ask(Message="v1")}})
    async with running(tmp_path) as run:
        (row,) = await asked(tmp_path)
        assert (row["title"], row["message"], row["state"]) == ("Go?", "v1", "Ask")
        why = await asw(tmp_path, "why", "flow-1", "--local")
        assert "asw approve flow-1 --task 1 --local" in why[1]
        assert (await asw(tmp_path, "approve", "flow-1", "--local", "--choice", "maybe"))[0] != 0
        assert (await asw(tmp_path, "approve", "flow-1", "--local", "--comment", "fine"))[0] == 0
        code, out, _ = await run
    assert code == 0
    result = json.loads(out)
    assert (result["Choice"], result["By"], result["Comment"]) == ("approve", ME, "fine")
    history = await asw(tmp_path, "history", "flow-1", "--local", "-o", "json")
    assert "TaskSubmitted" in history[1]
    again = await asw(tmp_path, "approve", "flow-1", "--local")
    assert again[0] == 4
    assert await asked(tmp_path, 0) == []


async def test_a_rejection_fails_the_execution(tmp_path):
    """The error has a name, and says who and why."""
    write(tmp_path, {"StartAt": "Ask", "States": {"Ask": ask()}})
    async with running(tmp_path) as run:
        await asked(tmp_path)
        assert (await asw(tmp_path, "reject", "flow-1", "--local", "--comment", "too early"))[
            0
        ] == 0
        code, _, said = await run
    assert code == 1
    assert "Asw.Rejected" in said
    assert f"Rejected by {ME}: too early" in said


@pytest.mark.parametrize("by", ["--state", "--task"])
async def test_one_of_several_approvals_is_named(tmp_path, by):
    """An answer that could mean two is refused; each can be named."""
    branches = [{"StartAt": name, "States": {name: ask()}} for name in ("A", "B")]
    both = {"Type": "Parallel", "Branches": branches, "End": True}
    write(tmp_path, {"StartAt": "Both", "States": {"Both": both}})
    async with running(tmp_path) as run:
        rows = await asked(tmp_path, 2)
        unclear = await asw(tmp_path, "approve", "flow-1", "--local")
        assert unclear[0] != 0
        assert "--task" in unclear[2]
        for row in rows:
            named = row["state"] if by == "--state" else str(row["task"])
            assert (await asw(tmp_path, "approve", "flow-1", "--local", by, named))[0] == 0
        code, out, _ = await run
    assert code == 0
    assert [it["Choice"] for it in json.loads(out)] == ["approve", "approve"]


async def test_only_approvers_answer(tmp_path):
    """Whoever is not among the Users changes nothing."""
    write(
        tmp_path, {"StartAt": "Ask", "States": {"Ask": ask(Approvers={"Users": ["nobody-else"]})}}
    )
    async with running(tmp_path) as run:
        await asked(tmp_path)
        code, _, said = await asw(tmp_path, "approve", "flow-1", "--local")
        assert code != 0
        assert "nobody-else" in said
        assert len(await asked(tmp_path)) == 1
        assert (await asw(tmp_path, "stop", "flow-1", "--local", "--yes"))[0] == 0
        await run


async def test_a_test_plays_an_approval_with_mocks(tmp_path):
    """A suite answers by the state or for every approval, and needs nobody."""
    definition = {"StartAt": "Ask", "States": {"Ask": ask()}}
    (tmp_path / "flow.asl.json").write_text(json.dumps(definition))
    suite = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "WorkflowTest",
        "workflow": "flow.asl.json",
        "cases": [
            {
                "name": "yes",
                "mocks": {"Ask": {"result": {"Choice": "approve"}, "delay": "2h"}},
                "expect": {"output": {"Choice": "approve"}},
            },
            {
                "name": "no",
                "functions": {"asw:approval": {"submitted": {}, "error": "Asw.Rejected"}},
                "expect": {"error": "Asw.Rejected"},
            },
        ],
    }
    (tmp_path / "flow.test.yaml").write_text(yaml.safe_dump(suite))
    code, out, said = await asw(tmp_path, "test", ".")
    assert code == 0, out + said
