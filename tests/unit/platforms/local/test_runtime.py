"""How a runtime process is started and spoken to."""

import json
from pathlib import Path

import pytest

from asw.api.names import CODE_LIMIT_BYTES
from asw.engine.task_ids import TaskId
from asw.platforms.local.functions import LocalFunction
from asw.platforms.local.runtime import (
    Answered,
    Call,
    Heartbeat,
    command,
    crashed,
    environment,
    read_answer,
    request_line,
    timed_out,
)
from asw.platforms.local.tasks import Failed, Succeeded

TASK = TaskId("uid", 7)


def a_call(event=None, **function):
    """A call of a function of these fields."""
    given = {"name": "sum", "runtime": "python3", "handler": "index.main_handler"} | function
    return Call(
        task_id=TASK,
        function=LocalFunction(**given),
        variables={"MINE": "1"},
        event=event,
        execution="run-1",
        state="Add",
    )


def test_runtime_is_found():
    """The runtime's entry point exists, in the source tree and in an installed package."""
    assert Path(command(a_call().function)[3]).is_file()
    assert Path(command(a_call(runtime="nodejs").function)[1]).is_file()


def test_shell_functions_are_served_as_such():
    """The same runtime serves scripts when told so."""
    assert "--shell" in command(a_call(runtime="shell").function)
    assert "--shell" not in command(a_call().function)


def test_environment_is_what_the_function_declares():
    """A function sees its own variables and those of the contract, not ours."""
    ours = {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "x"}
    variables = environment(a_call(files={"index.py": "x"}, timeout_seconds=3), ours, Path("/c"))
    assert variables == {
        "PATH": "/bin",
        "MINE": "1",
        "ASW_HANDLER": "index.main_handler",
        "ASW_FUNCTION_NAME": "sum",
        "ASW_FUNCTION_VERSION": "$LATEST",
        "ASW_NAMESPACE": "default",
        "ASW_PACKAGES_DIR": "",
        "ASW_TIMEOUT_SECONDS": "3",
        "ASW_CODE": '{"index.py":"x"}',
    }


def test_large_code_goes_into_a_folder():
    """Code that no variable can hold lies in a folder."""
    files = {"index.py": "x" * (CODE_LIMIT_BYTES + 1)}
    variables = environment(a_call(files=files), {}, Path("/c"))
    assert variables["ASW_CODE_DIR"] == "/c"
    assert "ASW_CODE" not in variables


@pytest.mark.parametrize("event", [None, "text", 1.0, {"a": "\ud800语"}, [1]], ids=repr)
def test_request_carries_the_event_as_text(event):
    """Any event, a text too, arrives as the JSON text that it is, on one line."""
    line = request_line(a_call(event))
    request = json.loads(line)
    assert line.count(b"\n") == 1
    assert json.loads(request["event"]) == event
    assert request["taskId"] == "uid-7"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b'{"taskId":"uid-7","heartbeat":true}', Heartbeat()),
        (b'{"taskId":"uid-7","outcome":{"output":null}}', Answered(Succeeded(output=None))),
        (
            b'{"taskId":"uid-7","outcome":{"error":"E","cause":"c"}}',
            Answered(Failed(error="E", cause="c")),
        ),
        (
            b'{"taskId":"uid-7","outcome":{"output":1},"last":true}',
            Answered(Succeeded(output=1), is_last=True),
        ),
    ],
)
def test_answers_are_read(line, answer):
    """The three kinds of lines that a runtime writes."""
    assert read_answer(line, TASK) == answer


@pytest.mark.parametrize(
    "line", [b"print", b"[]", b'{"taskId":"uid-8","outcome":{"output":1}}', b'{"taskId":"uid-7"}']
)
def test_anything_else_is_an_invalid_result(line):
    """A line that is no answer fails the task by name, it is not taken for one."""
    assert read_answer(line, TASK).outcome.error == "Asw.InvalidResult"


@pytest.mark.parametrize(
    ("exit_code", "outcome"),
    [
        (0, Succeeded(output=None)),
        (3, Failed(error="Asw.TaskCrashed", cause="The process ended with exit code 3")),
        (-9, Failed(error="Asw.TaskCrashed", cause="The process was killed by SIGKILL")),
    ],
)
def test_process_that_ends_without_outcome(exit_code, outcome):
    """As the task contract has it: exit code 0 is null, anything else a crash."""
    assert crashed(exit_code) == outcome


def test_timeout_is_told_as_lambda_tells_it():
    """Error and cause of a function that ran too long are AWS Lambda's."""
    outcome = timed_out(a_call(timeout_seconds=3))
    assert outcome.error == "Sandbox.Timedout"
    assert "Task timed out after 3.00 seconds" in outcome.cause
