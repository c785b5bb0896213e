"""What user code can do wrong, and the outcome that each mistake has."""

import json
import os
from typing import Any

import pytest

from tests.functions.result_server import ResultServer
from tests.functions.tasks import TASK_ID, Tasks

BAD_FUNCTIONS: dict[str, tuple[str, str, str]] = {
    "an exception": (
        "def main_handler(event, context):\n    raise ValueError('没有 stock')",
        "ValueError",
        "没有 stock",
    ),
    "an exception without words": (
        (
            "class CustomException(Exception):\n"
            "    def __init__(self):\n"
            "        self.message = 'unused'\n"
            "def main_handler(event, context):\n"
            "    raise CustomException()"
        ),
        "CustomException",
        "",
    ),
    "an exception that cannot be printed": (
        (
            "class Odd(Exception):\n"
            "    def __str__(self):\n"
            "        raise RuntimeError\n"
            "def main_handler(event, context):\n"
            "    raise Odd"
        ),
        "Odd",
        "<unprintable Odd object>",
    ),
    "a coroutine that raises": (
        "async def main_handler(event, context):\n    raise KeyError('x')",
        "KeyError",
        "'x'",
    ),
    "a set": (
        "def main_handler(event, context):\n    return {1, 2}",
        "Runtime.MarshalError",
        "Unable to marshal response: Object of type set is not JSON serializable",
    ),
    "a set deep inside": (
        "def main_handler(event, context):\n    return {'a': [0, {'b c': {1}}]}",
        "Runtime.MarshalError",
        (
            "Unable to marshal response: Object of type set is not JSON serializable"
            " (at $.a[1]['b c'])"
        ),
    ),
    "a key that is no text": (
        "def main_handler(event, context):\n    return {(1, 2): 3}",
        "Runtime.MarshalError",
        (
            "Unable to marshal response: keys must be str, int, float, bool or None, not tuple"
            " (at $, key (1, 2))"
        ),
    ),
    "a circle": (
        "def main_handler(event, context):\n    event['me'] = event\n    return event",
        "Runtime.MarshalError",
        "Unable to marshal response: Circular reference detected (at $.me)",
    ),
    "sys.exit with a status": (
        "import sys\ndef main_handler(event, context):\n    sys.exit(3)",
        "Runtime.ExitError",
        f"RequestId: {TASK_ID} Error: Runtime exited with error: exit status 3",
    ),
    "exit without a reason": (
        "def main_handler(event, context):\n    exit()",
        "Runtime.ExitError",
        f"RequestId: {TASK_ID} Error: Runtime exited without providing a reason",
    ),
    "a syntax error": (
        "def main_handler(event, context:\n    pass",
        "Runtime.UserCodeSyntaxError",
        "Syntax error in module 'index': '(' was never closed (index.py, line 1)",
    ),
    "a missing import": (
        "import no_such_module",
        "Runtime.ImportModuleError",
        "Unable to import module 'index': No module named 'no_such_module' (the code has index.py)",
    ),
    "a module that fails": ("1 / 0", "ZeroDivisionError", "division by zero"),
    "a missing handler": (
        "def handler(event, context):\n    pass",
        "Runtime.HandlerNotFound",
        "Handler 'main_handler' missing on module 'index'; it has handler",
    ),
    "a handler that is no function": (
        "main_handler = 3",
        "Runtime.HandlerNotFound",
        "Handler 'main_handler' no function but int on module 'index'",
    ),
    "one parameter too few": (
        "def main_handler(event):\n    pass",
        "TypeError",
        "main_handler() takes 1 positional argument but 2 were given",
    ),
}


@pytest.mark.parametrize(
    ("code", "error", "message"), BAD_FUNCTIONS.values(), ids=BAD_FUNCTIONS.keys()
)
def test_a_bad_function_fails_with_lambdas_words(
    tasks: Tasks, code: str, error: str, message: str
) -> None:
    """Error name, message and request id are AWS Lambda's, and the exit status says failure."""
    ended = tasks.run(code)

    assert ended.status == 1
    assert ended.outcome["error"] == error
    assert ended.cause["errorType"] == error
    assert ended.cause["errorMessage"] == message
    assert ended.cause["requestId"] == TASK_ID
    assert f"[ERROR] {error}" in ended.stderr


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_result_that_is_not_a_number_is_refused(tasks: Tasks, number: str) -> None:
    """JSON has no NaN and no infinities; the message says where one was."""
    ended = tasks.run(f"def main_handler(event, context):\n    return [1.5, float('{number}')]")

    assert ended.outcome["error"] == "Runtime.MarshalError"
    assert "Out of range float values" in ended.cause["errorMessage"]
    assert ended.cause["errorMessage"].endswith(" (at $[1])")


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


def test_endless_recursion_has_a_short_trace(tasks: Tasks) -> None:
    """Repeated frames are counted, not listed."""
    ended = tasks.run("def main_handler(event, context):\n    return main_handler(event, context)")

    assert ended.outcome["error"] == "RecursionError"
    assert len(ended.cause["stackTrace"]) == 4
    assert "more times]" in ended.cause["stackTrace"][3]


def test_a_syntax_error_shows_its_line(tasks: Tasks) -> None:
    """The trace of a file that cannot be compiled is the line at fault, as at AWS."""
    ended = tasks.run("def main_handler(event, context):\n    return [\n")

    assert ended.cause["stackTrace"] == ['  File "/var/task/index.py" Line 2\n        return [\n']


def test_earlier_exceptions_are_in_the_log(tasks: Tasks) -> None:
    """The log tells which exception another one came from; the outcome has the last only."""
    code = (
        "def main_handler(event, context):\n"
        "    try:\n        1 / 0\n"
        "    except ZeroDivisionError as error:\n        raise ValueError('v') from error\n"
    )

    ended = tasks.run(code)

    assert "Because of ZeroDivisionError: division by zero" in ended.stderr
    assert len(ended.cause["stackTrace"]) == 1


@pytest.mark.parametrize("code", ["import os\nos._exit(5)", "import os\nos.abort()"])
def test_a_process_that_ends_itself_leaves_no_outcome(
    tasks: Tasks, server: ResultServer, code: str
) -> None:
    """A crash is for the engine to name: non-zero exit, empty file, nothing pushed."""
    ended = tasks.run(code, server=server)

    assert ended.status != 0
    assert ended.outcome is None
    assert server.calls == []


def test_a_function_that_runs_past_its_timeout_is_ended(tasks: Tasks, server: ResultServer) -> None:
    """The outcome is Lambda's Sandbox.Timedout, pushed while user code still sleeps."""
    code = "import time\ndef main_handler(event, context):\n    time.sleep(20)"

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
    code = "def main_handler(event, context):\n    while True:\n        pass"

    assert tasks.run(code, ASW_TIMEOUT_SECONDS="0.2").outcome["error"] == "Sandbox.Timedout"


def test_a_print_without_a_line_end_reaches_the_log(tasks: Tasks) -> None:
    """What was printed last is not lost when the process ends."""
    code = "def main_handler(event, context):\n    print('half a \\ud800 line', end='')"

    ended = tasks.run(code)

    assert ended.stdout == "half a \\ud800 line"
    assert ended.outcome == {"output": None}


def test_threads_left_running_do_not_keep_the_task(tasks: Tasks) -> None:
    """The task is over when the handler returns, as at AWS."""
    code = (
        "import threading, time\n"
        "def main_handler(event, context):\n"
        "    threading.Thread(target=time.sleep, args=(20,)).start()\n"
        "    return 'done'\n"
    )

    assert tasks.run(code).outcome == {"output": "done"}


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
    code = (
        "class Error(Exception): pass\n"
        "Error.__name__ = 'E' * 300\n"
        "def main_handler(event, context):\n    raise Error('错误' * 50000)"
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
    code = (
        "import os, signal, time\n"
        "def main_handler(event, context):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(20)\n"
    )

    ended = tasks.run(code, server=server)

    assert ended.status == 143
    assert ended.outcome is None
    assert server.calls == []
