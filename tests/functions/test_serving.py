"""The warm mode (docs/reference/runtime-protocol.md): many tasks, one process."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.tasks import Code, Source, command, environment

Serve = Callable[..., "Warm"]

ECHO = Code(
    python="def main_handler(event, context):\n    return event",
    nodejs="exports.main_handler = async (event) => event",
)
HANGS = Code(
    python="import time\ndef main_handler(event, context):\n    print('on')\n    time.sleep(20)",
    nodejs="exports.main_handler = (event, context, callback) => {\n"
    "  console.log('on');\n  setTimeout(callback, 20_000);\n};",
    shell="echo on; sleep 20",
)
BUSY = Code(
    python="def main_handler(event, context):\n    print('on')\n    while True:\n        pass",
    nodejs="exports.main_handler = () => {\n  console.log('on');\n  for (;;);\n};",
)


class Warm:
    """A runtime process and its three streams."""

    def __init__(self, words: list[str], env: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                words,
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


@pytest.fixture(params=["python", "nodejs"])
def language(request: pytest.FixtureRequest) -> str:
    """Each runtime keeps it."""
    return str(request.param)


@pytest.fixture
def serve(tmp_path: Path, language: str) -> Iterator[Serve]:
    """Starts warm runtimes, and ends those that still run."""
    started: list[Warm] = []

    def start(code: Source, **variables: str) -> Warm:
        env = environment(language, code, **variables)
        warm = Warm(command(language, "--serve"), env, tmp_path / "log")
        started.append(warm)
        return warm

    yield start
    for warm in started:
        warm.end()


def test_requests_are_answered_in_order_by_one_warm_module(serve: Serve) -> None:
    """The module is loaded once; each task has its id and its variables."""
    warm = serve(
        Code(
            python="import os\ncount = 0\n"
            "def main_handler(event, context):\n"
            "    global count\n    count += 1\n"
            "    return [count, event, context.aws_request_id, os.environ['ASW_STATE']]\n",
            nodejs="let count = 0;\nexports.main_handler = async (event, context) =>\n"
            "  [(count += 1), event, context.awsRequestId, process.env.ASW_STATE];",
        )
    )
    warm.ask("uid-1", {"n": 1.5}, ASW_STATE="First")
    warm.ask("uid-2", "text", ASW_STATE="Second")

    assert warm.answer() == {
        "taskId": "uid-1",
        "outcome": {"output": [1, {"n": 1.5}, "uid-1", "First"]},
    }
    assert warm.answer() == {
        "taskId": "uid-2",
        "outcome": {"output": [2, "text", "uid-2", "Second"]},
    }
    assert warm.end() == 0


def test_an_event_may_be_sent_as_a_value(serve: Serve) -> None:
    """Whatever is no string is the event itself; absent it is an empty object."""
    warm = serve(ECHO)
    warm.send('{"taskId": "uid-1", "event": [1.5, null]}')
    warm.send('{"taskId": "uid-2"}')

    assert warm.answer()["outcome"] == {"output": [1.5, None]}
    assert warm.answer()["outcome"] == {"output": {}}


def test_what_user_code_prints_is_not_protocol(serve: Serve) -> None:
    """Stdout of user code and its children goes to stderr; stdin is empty."""
    warm = serve(
        Code(
            python="import os, sys\ndef main_handler(event, context):\n"
            "    print('{\"taskId\": 0}')\n    os.system('echo from a child')\n"
            "    return sys.stdin.read()\n",
            nodejs="exports.main_handler = async () => {\n"
            "  console.log('{\"taskId\": 0}');\n"
            "  require('child_process').execSync('echo from a child', { stdio: 'inherit' });\n"
            "  return require('fs').readFileSync(0, 'utf8');\n};",
        )
    )
    warm.ask("uid-1")

    assert warm.answer()["outcome"] == {"output": ""}
    assert warm.log() == '{"taskId": 0}\nfrom a child\n'


@pytest.mark.parametrize(
    ("python", "nodejs"),
    [
        ("raise ValueError('bad')", "throw new Error('bad')"),
        ("raise SystemExit(3)", "process.exit(3)"),
    ],
    ids=["exception", "exit"],
)
def test_a_failure_ends_the_task_only(serve: Serve, python: str, nodejs: str) -> None:
    """The process serves the next request."""
    warm = serve(
        Code(
            python="def main_handler(event, context):\n"
            f"    if event:\n        {python}\n    return 'fine'",
            nodejs="exports.main_handler = async (event) => {\n"
            f"  if (event) {nodejs};\n  return 'fine';\n}};",
        )
    )
    warm.ask("uid-1", 1)
    warm.ask("uid-2", 0)

    assert warm.answer()["outcome"]["error"] in {"ValueError", "Error", "Runtime.ExitError"}
    assert warm.answer()["outcome"] == {"output": "fine"}


def test_code_that_cannot_be_loaded_fails_each_task(serve: Serve) -> None:
    """The error is told to whoever asks, not once at the start."""
    warm = serve(Code(python="import no_such_module", nodejs="require('no_such_module')"))

    for task_id in ("uid-1", "uid-2"):
        warm.ask(task_id)
        assert warm.answer()["outcome"]["error"] == "Runtime.ImportModuleError"
    first = "asw: the code could not be loaded ahead of its first task: Runtime.ImportModuleError"
    assert warm.log().splitlines()[0] == first


@pytest.mark.parametrize("language", ["nodejs"], indirect=True)
def test_an_es_module_that_cannot_be_loaded_ends_the_process(serve: Serve) -> None:
    """Node.js would tell the same error for ever, also where its reason is gone by then."""
    warm = serve({"index.mjs": "throw new RangeError('not now');"})
    warm.ask("uid-1")

    answer = warm.answer()
    assert (answer["outcome"]["error"], answer["last"]) == ("RangeError", True)
    assert warm.answer() is None
    assert warm.end() == 1


@pytest.mark.parametrize("code", [HANGS, BUSY], ids=["waiting", "busy"])
def test_a_timeout_answers_and_ends_the_process(serve: Serve, code: Code) -> None:
    """User code cannot be stopped in a process that goes on."""
    warm = serve(code, ASW_TIMEOUT_SECONDS="0.2")
    warm.ask("uid-1")

    answer = warm.answer()
    assert (answer["outcome"]["error"], answer["last"]) == ("Sandbox.Timedout", True)
    assert warm.answer() is None
    assert warm.end() == 1


def test_a_crash_is_the_end_of_the_stream(serve: Serve) -> None:
    """No line answers a request whose process is gone."""
    code = Code(
        python="import os\ndef main_handler(event, context):\n    os.abort()",
        nodejs="exports.main_handler = async () => process.abort()",
    )
    warm = serve(code)
    warm.ask("uid-1")

    assert warm.answer() is None
    assert warm.end() == -signal.SIGABRT


@pytest.mark.parametrize(
    ("language", "code"),
    [("python", HANGS), ("python", BUSY), ("nodejs", HANGS), ("nodejs", BUSY), ("shell", HANGS)],
    ids=["python", "python-busy", "nodejs", "nodejs-busy", "shell"],
    indirect=["language"],
)
def test_the_end_of_stdin_ends_the_process_at_work(serve: Serve, code: Code) -> None:
    """A platform that is gone leaves nothing running, and no false outcome is told."""
    warm = serve(code)
    warm.ask("uid-1")
    while "on" not in warm.log():
        assert warm.process.poll() is None

    output, _ = warm.process.communicate(timeout=120)

    assert (warm.process.returncode, output) == (0, b"")


def test_heartbeats_are_lines_before_the_answer(serve: Serve) -> None:
    """At most one a second, for the task at work."""
    warm = serve(
        Code(
            python="from asw_runtime import heartbeat\n"
            "def main_handler(event, context):\n    heartbeat()\n    heartbeat()\n    return 1\n",
            nodejs="exports.main_handler = async (event, context) => {\n"
            "  context.heartbeat();\n  context.heartbeat();\n  return 1;\n};",
        )
    )
    for task_id in ("uid-1", "uid-2"):
        warm.ask(task_id)
        assert warm.answer() == {"taskId": task_id, "heartbeat": True}
        assert warm.answer() == {"taskId": task_id, "outcome": {"output": 1}}


def test_a_line_that_is_no_request_ends_the_process(serve: Serve) -> None:
    """A broken protocol is not guessed at."""
    warm = serve(ECHO)
    warm.send("no request")

    assert warm.answer() is None
    assert warm.end() == 2
    assert "no request" in warm.log()


def test_large_outcomes_pass_on_one_line(serve: Serve) -> None:
    """A megabyte is one line; the platform decides whether it is too much."""
    code = Code(
        python="def main_handler(event, context):\n    return '中\\n' * 500_000",
        nodejs="exports.main_handler = async () => '中\\n'.repeat(500_000)",
    )
    warm = serve(code)
    warm.ask("uid-1")

    assert warm.answer()["outcome"] == {"output": "中\n" * 500_000}


@pytest.mark.parametrize("language", ["shell"], indirect=True)
def test_scripts_are_run_anew_for_each_request(serve: Serve) -> None:
    """The shell runtime speaks the same protocol."""
    warm = serve({"index.sh": 'echo "[$ASW_EVENT, \\"$ASW_STATE\\"]"'})
    warm.ask("uid-1", 1, ASW_STATE="A")
    warm.ask("uid-2", 2, ASW_STATE="B")

    assert warm.answer()["outcome"] == {"output": [1, "A"]}
    assert warm.answer()["outcome"] == {"output": [2, "B"]}


@pytest.mark.parametrize("language", ["nodejs"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("Promise.reject(new Error('lost'))", "Runtime.UnhandledPromiseRejection"),
        ("setTimeout(() => { throw new TypeError('later'); })", "TypeError"),
    ],
    ids=["rejection", "exception"],
)
def test_what_nobody_catches_answers_and_ends_the_process(
    serve: Serve, statement: str, error: str
) -> None:
    """As at Lambda: what user code has left behind cannot be trusted any more."""
    warm = serve(
        f"exports.main_handler = () => new Promise((end) => {{\n  {statement};\n"
        "  setTimeout(end, 20_000);\n});"
    )
    warm.ask("uid-1")

    answer = warm.answer()
    assert (answer["outcome"]["error"], answer["last"]) == (error, True)
    assert warm.answer() is None
    assert warm.end() == 1
