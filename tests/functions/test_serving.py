"""The warm mode (docs/reference/runtime-protocol.md): many tasks, one process."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.tasks import command, environment

Serve = Callable[..., "Warm"]


class Warm:
    """A runtime process and its three streams."""

    def __init__(self, env: dict[str, str], log: Path, *options: str) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                command("--serve", *options),
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def ask(self, task_id: str, event: Any = None, **environment: str) -> None:
        """Send one request; the event goes as text."""
        request = {"taskId": task_id, "event": json.dumps(event), "environment": environment}
        self.send(json.dumps(request))

    def send(self, line: str) -> None:
        """Send one line as it is."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def answer(self) -> Any:
        """The next line; None when there are no more."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def end(self) -> int:
        """Close stdin and wait for the process."""
        self.process.communicate(timeout=120)
        return self.process.returncode

    def log(self) -> str:
        """What has been logged so far."""
        return self._log.read_text()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts warm runtimes, and ends those that still run."""
    started: list[Warm] = []

    def start(code: Any, *options: str, **variables: str) -> Warm:
        warm = Warm(environment(code, **variables), tmp_path / "log", *options)
        started.append(warm)
        return warm

    yield start
    for warm in started:
        warm.end()


def test_requests_are_answered_in_order_by_one_warm_module(serve: Serve) -> None:
    """The module is loaded once; each task has its id and its variables."""
    warm = serve(
        "import os\ncount = 0\n"
        "def main_handler(event, context):\n"
        "    global count\n    count += 1\n"
        "    return [count, event, context.aws_request_id, os.environ['ASW_STATE']]\n"
    )
    warm.ask("uid-1", {"n": 1.0}, ASW_STATE="First")
    warm.ask("uid-2", "text", ASW_STATE="Second")

    assert warm.answer() == {
        "taskId": "uid-1",
        "outcome": {"output": [1, {"n": 1.0}, "uid-1", "First"]},
    }
    assert warm.answer() == {
        "taskId": "uid-2",
        "outcome": {"output": [2, "text", "uid-2", "Second"]},
    }
    assert warm.end() == 0


def test_an_event_may_be_sent_as_a_value(serve: Serve) -> None:
    """Whatever is no string is the event itself; absent it is an empty object."""
    warm = serve("def main_handler(event, context):\n    return event")
    warm.send('{"taskId": "uid-1", "event": [1.0, null]}')
    warm.send('{"taskId": "uid-2"}')

    assert warm.answer()["outcome"] == {"output": [1.0, None]}
    assert warm.answer()["outcome"] == {"output": {}}


def test_what_user_code_prints_is_not_protocol(serve: Serve) -> None:
    """Stdout of user code and its children goes to stderr; stdin is empty."""
    warm = serve(
        "import os, sys\ndef main_handler(event, context):\n"
        "    print('{\"taskId\": 0}')\n    os.system('echo from a child')\n"
        "    return sys.stdin.read()\n"
    )
    warm.ask("uid-1")

    assert warm.answer()["outcome"] == {"output": ""}
    assert warm.log() == '{"taskId": 0}\nfrom a child\n'


@pytest.mark.parametrize("statement", ["raise ValueError('bad')", "raise SystemExit(3)"])
def test_a_failure_ends_the_task_only(serve: Serve, statement: str) -> None:
    """The process serves the next request."""
    warm = serve(
        f"def main_handler(event, context):\n    if event:\n        {statement}\n    return 'fine'"
    )
    warm.ask("uid-1", 1)
    warm.ask("uid-2", 0)

    assert warm.answer()["outcome"]["error"] in {"ValueError", "Runtime.ExitError"}
    assert warm.answer()["outcome"] == {"output": "fine"}


def test_code_that_cannot_be_loaded_fails_each_task(serve: Serve) -> None:
    """The error is told to whoever asks, not once at the start."""
    warm = serve("import no_such_module")

    for task_id in ("uid-1", "uid-2"):
        warm.ask(task_id)
        assert warm.answer()["outcome"]["error"] == "Runtime.ImportModuleError"
    first = "asw: the code could not be loaded ahead of its first task: Runtime.ImportModuleError"
    assert warm.log().splitlines()[0] == first


def test_a_timeout_answers_and_ends_the_process(serve: Serve) -> None:
    """User code cannot be stopped in a process that goes on."""
    warm = serve(
        "import time\ndef main_handler(event, context):\n    time.sleep(20)",
        ASW_TIMEOUT_SECONDS="0.2",
    )
    warm.ask("uid-1")

    assert warm.answer()["outcome"]["error"] == "Sandbox.Timedout"
    assert warm.answer() is None
    assert warm.end() == 1


def test_a_crash_is_the_end_of_the_stream(serve: Serve) -> None:
    """No line answers a request whose process is gone."""
    warm = serve("import os\ndef main_handler(event, context):\n    os._exit(7)")
    warm.ask("uid-1")

    assert warm.answer() is None
    assert warm.end() == 7


@pytest.mark.parametrize("option", [(), ("--shell",)], ids=["python", "shell"])
def test_the_end_of_stdin_ends_the_process_at_work(serve: Serve, option: tuple[str, ...]) -> None:
    """A platform that is gone leaves nothing running, and no false outcome is told."""
    python = "import time\ndef main_handler(event, context):\n    print('on')\n    time.sleep(20)"
    shell = {"index.sh": "echo on; sleep 20"}
    warm = serve(shell if option else python, *option)
    warm.ask("uid-1")
    while "on" not in warm.log():
        assert warm.process.poll() is None

    output, _ = warm.process.communicate(timeout=120)

    assert (warm.process.returncode, output) == (0, b"")


def test_heartbeats_are_lines_before_the_answer(serve: Serve) -> None:
    """At most one a second, for the task at work."""
    warm = serve(
        "from asw_runtime import heartbeat\n"
        "def main_handler(event, context):\n    heartbeat()\n    heartbeat()\n    return 1\n"
    )
    for task_id in ("uid-1", "uid-2"):
        warm.ask(task_id)
        assert warm.answer() == {"taskId": task_id, "heartbeat": True}
        assert warm.answer() == {"taskId": task_id, "outcome": {"output": 1}}


def test_a_line_that_is_no_request_ends_the_process(serve: Serve) -> None:
    """A broken protocol is not guessed at."""
    warm = serve("def main_handler(event, context):\n    return 1")
    warm.send("no request")

    assert warm.answer() is None
    assert warm.end() == 2
    assert "no request" in warm.log()


def test_large_outcomes_pass_on_one_line(serve: Serve) -> None:
    """A megabyte is one line; the platform decides whether it is too much."""
    warm = serve("def main_handler(event, context):\n    return '中\\n' * 500_000")
    warm.ask("uid-1")

    assert warm.answer()["outcome"] == {"output": "中\n" * 500_000}


def test_scripts_are_run_anew_for_each_request(serve: Serve) -> None:
    """The shell runtime speaks the same protocol."""
    warm = serve({"index.sh": 'echo "[$ASW_EVENT, \\"$ASW_STATE\\"]"'}, "--shell")
    warm.ask("uid-1", 1, ASW_STATE="A")
    warm.ask("uid-2", 2, ASW_STATE="B")

    assert warm.answer()["outcome"] == {"output": [1, "A"]}
    assert warm.answer()["outcome"] == {"output": [2, "B"]}
