"""Callbacks on this machine: a function hands its token on, and another process reports."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import pytest
import yaml

API = {"apiVersion": "asw.dev/v1alpha1"}
CODE = """
import os

def main_handler(event, context):
    path = f"FOLDER/token-{event['try']}"
    with open(path + ".part", "w") as file:
        file.write(event["token"])
    os.rename(path + ".part", path)
    return "asked"
"""
ENVIRON = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {
        "FunctionName": "ask",
        "Payload": {"token.$": "$$.Task.Token", "try.$": "$$.State.RetryCount"},
    },
    "Retry": [{"ErrorEquals": ["Again"], "IntervalSeconds": 1, "MaxAttempts": 1}],
    "End": True,
}


@pytest.fixture
def folder(tmp_path):
    """A folder with a Workflow ``flow`` whose only Task waits for a callback."""
    code = {
        "runtime": "python3",
        "code": {"inline": {"index.py": CODE.replace("FOLDER", str(tmp_path))}},
    }
    flow = {"definition": {"StartAt": "Ask", "States": {"Ask": ASK}}}
    objects = [
        {**API, "kind": "Function", "metadata": {"name": "ask"}, "spec": code},
        {**API, "kind": "Workflow", "metadata": {"name": "flow"}, "spec": flow},
    ]
    (tmp_path / "flow.yaml").write_text(yaml.safe_dump_all(objects))
    return tmp_path


async def asw(folder, *words):
    """Exit code and both outputs of one asw."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "asw", *words, cwd=folder, env=ENVIRON, stdout=pipe, stderr=pipe
    )
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, out.decode(), err.decode()


async def token(folder, number=0):
    """The token that the function of this try got."""
    path = folder / f"token-{number}"
    async with asyncio.timeout(60):
        while not path.exists():  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.02)
    return path.read_text()


@asynccontextmanager
async def running(folder):
    """An ``asw run`` at work, as the task of its exit code and outputs; it ends with the block."""
    task = asyncio.create_task(asw(folder, "run", "flow.yaml", "-q"))
    try:
        yield task
    finally:
        task.cancel()


async def test_a_callback_ends_a_running_execution(folder):
    """Whoever has the token ends the Task of another process, once."""
    async with running(folder) as run:
        given = await token(folder)
        code, _, said = await asw(folder, "callback", "success", given, "--output", '{"a": 1}')
        assert (code, said) == (0, "flow-1 was told\n")
        assert (await run)[:2] == (0, '{"a":1}\n')
    late = await asw(folder, "callback", "success", given)
    assert late[0] == 1
    assert "TaskTimedOut" in late[2]


async def test_a_failing_callback_is_retried_with_another_token(folder):
    """The next try has a token of its own, and the old one is over."""
    async with running(folder) as run:
        first = await token(folder)
        assert (await asw(folder, "callback", "failure", first, "--error", "Again"))[0] == 0
        second = await token(folder, 1)
        assert (await asw(folder, "callback", "success", first))[0] == 1
        assert (await asw(folder, "callback", "heartbeat", second))[0] == 0
        failed = await asw(folder, "callback", "failure", second, "--error", "E", "--cause", "why")
        assert failed[0] == 0
        code, _, said = await run
    assert code == 1
    assert "E" in said
    assert "why" in said


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nonsense", "InvalidToken"),
        ("callback.0d5f9d3e-7a2b-4a55-9d0a-3f4f1b6c7e01-1", "TaskDoesNotExist"),
    ],
)
async def test_tokens_of_nobody_are_refused(folder, text, code):
    """What is no token, or one of another folder, gets AWS's error."""
    async with running(folder) as run:
        given = await token(folder)
        refused = await asw(folder, "callback", "success", text)
        assert refused[0] != 0
        assert code in refused[2]
        assert (await asw(folder, "callback", "success", given))[0] == 0
        assert (await run)[:2] == (0, "{}\n")


async def test_a_report_waits_for_who_resumes(folder):
    """A report that comes while no asw is at work is kept."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "asw", "run", "flow.yaml", "-q", cwd=folder, env=ENVIRON
    )
    given = await token(folder)
    history = ""
    async with asyncio.timeout(60):
        while "TaskSubmitted" not in history:
            history = (await asw(folder, "history", "flow-1", "--local"))[1]
    process.kill()
    await process.wait()
    assert (await asw(folder, "callback", "success", given, "--output", "7"))[0] == 0
    code, said, _ = await asw(folder, "resume", "flow-1", "--local", "-q")
    assert (code, said) == (0, "7\n")


@pytest.mark.parametrize("words", [("success", "--cause"), ("heartbeat", "--output")])
async def test_options_of_another_kind_are_refused(folder, words):
    """An output goes with success alone, an error with failure alone."""
    kind, option = words
    code, _, said = await asw(folder, "callback", kind, "callback.x-1", option, "1")
    assert code == 2
    assert f"{option} does not go with {kind}" in said
