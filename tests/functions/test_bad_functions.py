"""What user code can do wrong, and the outcome that each mistake has."""

import json
import os
from typing import Any

import pytest

from tests.functions.bad_functions import CASES
from tests.functions.result_server import ResultServer
from tests.functions.tasks import TASK_ID, Code, Tasks


@pytest.fixture(params=["python", "nodejs"])
def language(request: pytest.FixtureRequest) -> str:
    """Each runtime takes care of it."""
    return str(request.param)


in_python = pytest.mark.parametrize("language", ["python"], indirect=True)


@pytest.mark.parametrize(
    ("language", "code", "error", "message"),
    [case[:-1] for case in CASES],
    ids=[f"{case[0]}-{case[-1]}" for case in CASES],
    indirect=["language"],
)
def test_a_bad_function_fails_with_lambdas_words(
    tasks: Tasks, code: str, error: str, message: str
) -> None:
    """Error name and message are AWS Lambda's, and the exit status says failure."""
    ended = tasks.run(code)

    assert ended.status == 1
    assert ended.outcome["error"] == error
    assert ended.cause["errorType"] == error
    assert ended.cause["errorMessage"] == message
    assert f"[ERROR] {error}" in ended.stderr


@in_python
@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_result_that_is_not_a_number_is_refused(tasks: Tasks, number: str) -> None:
    """JSON has no NaN and no infinities; the message says where one was."""
    ended = tasks.run(f"def main_handler(event, context):\n    return [1.5, float('{number}')]")

    assert ended.outcome["error"] == "Runtime.MarshalError"
    assert "Out of range float values" in ended.cause["errorMessage"]
    assert ended.cause["errorMessage"].endswith(" (at $[1])")


@in_python
def test_the_stack_trace_has_the_users_frames_only(tasks: Tasks) -> None:
    """Each frame is one text with file, line, function and source, as Lambda gives it."""
    code = (
        "import json\n"
        "def parse(text):\n"
        "    return json.loads(text)\n"
        "def main_handler(event, context):\n"
        "    return parse('{')\n"
    )

    cause = tasks.run(code).cause

    assert list(cause) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert cause["stackTrace"][:2] == [
        "  File \"/var/task/index.py\", line 5, in main_handler\n    return parse('{')\n",
        '  File "/var/task/index.py", line 3, in parse\n    return json.loads(text)\n',
    ]
    assert "/json/__init__.py" in cause["stackTrace"][2]


@in_python
def test_endless_recursion_has_a_short_trace(tasks: Tasks) -> None:
    """Repeated frames are counted, not listed."""
    ended = tasks.run("def main_handler(event, context):\n    return main_handler(event, context)")

    assert ended.outcome["error"] == "RecursionError"
    assert len(ended.cause["stackTrace"]) == 4
    assert "more times]" in ended.cause["stackTrace"][3]


@in_python
def test_a_syntax_error_shows_its_line(tasks: Tasks) -> None:
    """The trace of a file that cannot be compiled is the line at fault, as at AWS."""
    ended = tasks.run("def main_handler(event, context):\n    return [\n")

    assert ended.cause["stackTrace"] == ['  File "/var/task/index.py" Line 2\n        return [\n']


def test_earlier_exceptions_are_in_the_log(tasks: Tasks) -> None:
    """The log tells which exception another one came from; the outcome has the last only."""
    code = Code(
        python="def main_handler(event, context):\n"
        "    try:\n        raise LookupError('first')\n"
        "    except LookupError as error:\n        raise ValueError('v') from error\n",
        nodejs="class LookupError extends Error { name = 'LookupError' }\n"
        "exports.main_handler = async () => {\n"
        "  throw new Error('v', { cause: new LookupError('first') });\n};",
    )

    ended = tasks.run(code)

    assert "Because of LookupError: first" in ended.stderr
    assert "first" not in ended.outcome["cause"]


@pytest.mark.parametrize(
    "code",
    [
        Code(python="import os\nos._exit(5)", nodejs="process.kill(process.pid, 'SIGKILL')"),
        Code(python="import os\nos.abort()", nodejs="process.abort()"),
    ],
    ids=["exit", "abort"],
)
def test_a_process_that_ends_itself_leaves_no_outcome(
    tasks: Tasks, server: ResultServer, code: Code
) -> None:
    """A crash is for the engine to name: non-zero exit, empty file, nothing pushed."""
    ended = tasks.run(code, server=server)

    assert ended.status != 0
    assert ended.outcome is None
    assert server.calls == []


def test_a_function_that_runs_past_its_timeout_is_ended(tasks: Tasks, server: ResultServer) -> None:
    """The outcome is Lambda's Sandbox.Timedout, pushed while user code still sleeps."""
    code = Code(
        python="import time\ndef main_handler(event, context):\n    time.sleep(20)",
        nodejs="exports.main_handler = () => new Promise((end) => setTimeout(end, 20_000))",
    )

    ended = tasks.run(code, server=server, ASW_TIMEOUT_SECONDS="0.2")

    assert ended.status == 1
    assert ended.outcome == json.loads(server.bodies()[0])
    assert ended.outcome["error"] == "Sandbox.Timedout"
    assert ended.cause == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {TASK_ID} Error: Task timed out after 0.20 seconds",
    }


def test_a_busy_function_is_ended_as_well(tasks: Tasks) -> None:
    """A loop that never waits does not keep the watchdog from its work."""
    code = Code(
        python="def main_handler(event, context):\n    while True:\n        pass",
        nodejs="exports.main_handler = async () => { for (;;); }",
    )

    assert tasks.run(code, ASW_TIMEOUT_SECONDS="0.2").outcome["error"] == "Sandbox.Timedout"


def test_a_print_without_a_line_end_reaches_the_log(tasks: Tasks) -> None:
    """What was printed last is not lost when the process ends."""
    code = Code(
        python="def main_handler(event, context):\n    print('half a line' * 20_000, end='')",
        nodejs="exports.main_handler = async () => {\n"
        "  process.stdout.write('half a line'.repeat(20_000));\n};",
    )

    ended = tasks.run(code)

    assert ended.stdout == "half a line" * 20_000
    assert ended.outcome == {"output": None}


@in_python
def test_a_print_that_has_no_utf8_reaches_the_log(tasks: Tasks) -> None:
    """Half a surrogate pair is escaped."""
    ended = tasks.run("def main_handler(event, context):\n    print('a \\ud800 line')")

    assert ended.stdout == "a \\ud800 line\n"


def test_threads_left_running_do_not_keep_the_task(tasks: Tasks) -> None:
    """The task is over when the handler returns, as at AWS; so it is with timers."""
    code = Code(
        python="import threading, time\n"
        "def main_handler(event, context):\n"
        "    threading.Thread(target=time.sleep, args=(20,)).start()\n"
        "    return 'done'\n",
        nodejs="exports.main_handler = async () => { setTimeout(() => {}, 20_000); return 'done' }",
    )

    assert tasks.run(code).outcome == {"output": "done"}


@in_python
def test_a_forked_child_does_not_answer_for_the_task(tasks: Tasks, server: ResultServer) -> None:
    """Only the process that was started pushes, even when a child comes back from the handler."""
    code = (
        "import os, time\n"
        "def main_handler(event, context):\n"
        "    if os.fork() == 0:\n        return 'child'\n"
        "    os.wait()\n"
        "    return 'parent'\n"
    )

    tasks.run(code, server=server)

    assert server.bodies() == [b'{"output":"parent"}']


@in_python
def test_names_of_standard_modules_may_be_used(tasks: Tasks, server: ResultServer) -> None:
    """A user's file that is called like a module the runtime needs does no harm to the runtime."""
    names = ("ssl", "socket", "token", "tokenize", "linecache", "traceback", "base64", "queue")
    files = {f"{name}.py": f"mine = '{name}'" for name in names}
    imports = "import token, linecache, traceback, queue"
    code = f"{imports}\ndef main_handler(event, context):\n    raise ValueError(queue.mine)"

    ended = tasks.run({"index.py": code, **files}, server=server)

    assert ended.cause["errorMessage"] == "queue"
    assert len(ended.cause["stackTrace"]) == 1
    assert len(server.bodies()) == 1


def test_a_long_failure_is_cut_to_the_limits(tasks: Tasks, server: ResultServer) -> None:
    """The cause stays JSON: 32,768 characters in the push, 4,096 bytes in the file."""
    code = Code(
        python="class Error(Exception): pass\n"
        "Error.__name__ = 'E' * 300\n"
        "def main_handler(event, context):\n    raise Error('错误' * 50000)",
        nodejs="exports.main_handler = async () => {\n"
        "  const error = new Error('错误'.repeat(50_000));\n"
        "  throw Object.assign(error, { name: 'E'.repeat(300) });\n};",
    )

    ended = tasks.run(code, server=server)

    pushed: dict[str, Any] = json.loads(server.bodies()[0])
    assert len(pushed["error"]) == 256
    assert 8_000 < len(pushed["cause"]) <= 32_768
    assert json.loads(pushed["cause"])["errorMessage"].startswith("错误")
    assert len(ended.file) <= 4_096
    assert ended.cause["errorMessage"].startswith("错误")


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_terminated_task_leaves_no_outcome(tasks: Tasks, server: ResultServer) -> None:
    """SIGTERM means that the pod goes: the engine decides what that counts as."""
    code = Code(
        python="import os, signal, time\n"
        "def main_handler(event, context):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(20)\n",
        nodejs="exports.main_handler = () => {\n"
        "  process.kill(process.pid, 'SIGTERM');\n"
        "  return new Promise((end) => setTimeout(end, 20_000));\n};",
    )

    ended = tasks.run(code, server=server)

    assert ended.status == 143
    assert ended.outcome is None
    assert server.calls == []
