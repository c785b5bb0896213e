"""Warm runtime processes: reused, replaced, killed, and their prints kept by task."""

import asyncio

import pytest

from asw.api.names import CODE_LIMIT_BYTES
from asw.engine.task_ids import TaskId
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.logs import TaskLogs
from asw.platforms.local.runtime import Call
from asw.platforms.local.tasks import Failed, Succeeded
from asw.platforms.local.warm import Pool
from tests.support.processes import is_alive

PATIENCE_SECONDS = 300
CODE = """
import os, sys, time
print("loaded")

def main_handler(event, context):
    print("event", event.get("say"))
    time.sleep(event.get("sleep", 0))
    while "until" in event and not os.path.exists(event["until"]):
        time.sleep(0.01)
    if "exit" in event:
        os._exit(event["exit"])
    if "size" in event:
        return "x" * event["size"]
    return os.getpid()
"""
SCRIPT = """
echo "to the log" >&2
sleep "${SECONDS_TO_SLEEP:-0}"
echo '{"state": "'$ASW_STATE'"}'
"""


def function(code=CODE, **fields):
    """A Python function of this code."""
    given = {"runtime": "python3", "handler": "index.main_handler", "files": {"index.py": code}}
    return LocalFunction(**{"name": "fn", **given, **fields})


class Bench:
    """A pool, and tasks numbered from 1."""

    def __init__(self, folder, limit):
        self.folder = folder
        self.pool = Pool(folder / "code", TaskLogs(folder / "logs"), limit=limit)
        self.started = []
        self.alive = []
        self._number = 0

    async def run(self, event=None, of=None, **variables):
        """Run a task of the function to its outcome."""
        self._number += 1
        call = Call(
            task_id=TaskId("uid", self._number),
            function=of or function(),
            variables=variables,
            event=event or {},
            execution="run-1",
            state="Work",
        )
        number = self._number
        return await self.pool.run(
            call, lambda: self.started.append(number), lambda: self.alive.append(number)
        )

    def log(self, number):
        """What the task printed."""
        file = self.folder / "logs" / "run-1" / f"{number}.log"
        return file.read_text() if file.exists() else ""


@pytest.fixture
async def bench(tmp_path):
    """A bench with two processes at most."""
    made = Bench(tmp_path, limit=2)
    yield made
    await made.pool.close()


async def until(is_so):
    """Let the tasks work until it is so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110  what happens outside tells nobody
            await asyncio.sleep(0.01)


async def test_process_is_reused(bench):
    """The second task of a function finds a warm process."""
    assert await bench.run() == await bench.run()


async def test_functions_do_not_share_a_process(bench):
    """A process serves one version of one function."""
    first, other = await bench.run(), await bench.run(of=function(CODE + "\n"))
    assert first != other
    assert await bench.run() == first


async def test_tasks_run_beside_each_other_up_to_the_limit(bench):
    """More tasks than processes all end, the others wait for their turn, not started."""
    go = bench.folder / "go"
    running = [asyncio.create_task(bench.run({"until": str(go)})) for _ in range(6)]
    await until(lambda: all("event" in bench.log(number) for number in (1, 2)))
    assert bench.started == [1, 2]
    go.touch()
    outcomes = await asyncio.gather(*running)
    assert len({outcome.output for outcome in outcomes}) == 2


async def test_oldest_idle_process_makes_room(bench):
    """However many functions there are, there are never more processes than the limit."""
    pids = [(await bench.run(of=function(CODE + "\n" * n))).output for n in range(4)]
    assert [is_alive(pid) for pid in pids] == [False, False, True, True]


async def test_crash_fails_the_task_and_not_the_next(bench):
    """A process that dies is replaced."""
    crashed = await bench.run({"exit": 3})
    assert crashed == Failed(error="Asw.TaskCrashed", cause="The process ended with exit code 3")
    assert isinstance(await bench.run(), Succeeded)


async def test_cancelled_task_takes_its_process_along(bench):
    """Nobody works on after a cancel."""
    pid = (await bench.run()).output
    task = asyncio.create_task(bench.run({"say": "asleep", "sleep": 60}))
    await until(lambda: "asleep" in bench.log(2))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not is_alive(pid)


async def test_cancelled_script_takes_along_what_it_started(bench, tmp_path):
    """Programs that a script runs end with its task."""
    code = f"sleep 3600 & echo $! > {tmp_path}/pid; wait"
    script = function(runtime="shell", handler="index.sh", files={"index.sh": code})
    task = asyncio.create_task(bench.run(of=script))
    file = tmp_path / "pid"
    await until(lambda: file.exists() and file.read_text().endswith("\n"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not is_alive(int(file.read_text())))


async def test_function_timeout_ends_the_task(bench):
    """A function that runs past its own timeout fails as at AWS Lambda, and is started anew."""
    slow = function(timeout_seconds=1)
    pid = (await bench.run(of=slow)).output
    assert (await bench.run({"sleep": 60}, of=slow)).error == "Sandbox.Timedout"
    assert (await bench.run(of=slow)).output != pid


async def test_result_beyond_all_limits(bench):
    """A result that is far too large fails by name instead of filling memory."""
    outcome = await bench.run({"size": 20 * 1024 * 1024})
    assert outcome.error == "States.DataLimitExceeded"


async def test_prints_lie_in_the_log_of_their_task(bench):
    """Each task has its own log, complete when the outcome is there."""
    await bench.run({"say": "one"})
    await bench.run({"say": "two"})
    assert bench.log(1) == "loaded\nevent one\n"
    assert bench.log(2) == "event two\n"


async def test_large_code_is_run_from_a_folder(bench):
    """Code that fits no variable runs all the same."""
    large = function(CODE + "#" * (CODE_LIMIT_BYTES + 1))
    assert isinstance(await bench.run(of=large), Succeeded)


async def test_variables_reach_the_function(bench, monkeypatch):
    """What the Function declares is in its environment, what asw has is not."""
    monkeypatch.setenv("ASW_TEST_SECRET", "x")
    code = "import os\ndef main_handler(event, context): return dict(os.environ)"
    outcome = await bench.run(of=function(code), MINE="1")
    assert outcome.output["MINE"] == "1"
    assert "ASW_TEST_SECRET" not in outcome.output


async def test_signs_of_life_are_passed_on(bench):
    """A function that tells that it is alive is heard before it ends."""
    code = "import asw_runtime\ndef main_handler(event, context): asw_runtime.heartbeat()"
    assert await bench.run(of=function(code)) == Succeeded(output=None)
    assert bench.alive == [1]


async def test_shell_function(bench):
    """A script is a function too."""
    script = function(SCRIPT, runtime="shell", handler="index.sh", files={"index.sh": SCRIPT})
    assert (await bench.run(of=script)).output == {"state": "Work"}
    assert "to the log" in bench.log(1)
