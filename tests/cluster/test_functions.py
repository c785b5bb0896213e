"""Functions on the cluster: good ones, bad ones, other images. None leaves a run Running."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.images import built
from tests.support.space import Space, call, events, execution, function, one_task, workflow

pytestmark = pytest.mark.cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A function that fails, the error it must fail with, and a text that its cause must hold."""

    source: str
    error: str
    says: str
    spec: dict[str, Any]


def _bad(source: str, error: str, says: str, **spec: Any) -> Bad:
    return Bad(source=source, error=error, says=says, spec=spec)


HANDLER = "def main_handler(event, context):\n    "

BAD = {
    "raises": _bad(HANDLER + "raise ValueError('no good')", "ValueError", "no good"),
    "no-json": _bad(HANDLER + "return {1, 2}", "Runtime.MarshalError", "set"),
    "syntax": _bad("def main_handler(event, context)\n", "Runtime.UserCodeSyntaxError", "index"),
    "no-handler": _bad("def main_handle(e, c): pass\n", "Runtime.HandlerNotFound", "main_handle"),
    "exit": _bad(HANDLER + "import os; os._exit(3)", "Asw.TaskCrashed", "3"),
    "memory": _bad(
        HANDLER + "return len(bytearray(10**9))",
        "Asw.OutOfMemory",
        "resources",
        resources={"limits": {"memory": "64Mi"}},
    ),
    "timeout": _bad(
        HANDLER + "import time; time.sleep(600)", "Sandbox.Timedout", "2", timeoutSeconds=2
    ),
    "large": _bad(HANDLER + "return 'x' * 300_000", "States.DataLimitExceeded", "size"),
}


def test_bad_functions(space: Space) -> None:
    """Each way to fail has its named error and a cause that helps; all runs end."""
    for name, bad in BAD.items():
        space.apply(
            function(name, bad.source, **bad.spec),
            workflow(name, one_task(name)),
            execution(f"{name}-1", name, {}),
        )
    for name, bad in BAD.items():
        status = space.finished(f"{name}-1")["status"]
        assert status["phase"] == "Failed", name
        assert status["error"] == bad.error, (name, status.get("cause"))
        assert bad.says in status["cause"], name


def test_an_exception_as_lambda_reports_it(space: Space) -> None:
    """Error is the class name; the cause is JSON with message, type, stack trace, request id."""
    source = (
        "class Sad(Exception): pass\ndef main_handler(event, context):\n    raise Sad('坏了')\n"
    )
    space.apply(function("sad", source), workflow("sad", one_task("sad")))
    status = space.run("sad-1", "sad")
    cause = json.loads(status["cause"])
    assert status["error"] == "Sad"
    assert cause["errorMessage"] == "坏了"
    assert cause["errorType"] == "Sad"
    assert cause["requestId"]
    assert "raise Sad(" in cause["stackTrace"][-1]


def test_endless_output_is_cut_off_by_the_timeout(space: Space) -> None:
    """A function that prints without end is ended by its timeout like any other."""
    source = HANDLER + "\n    while True: print('x' * 1000)\n"
    space.apply(function("noisy", source, timeoutSeconds=2), workflow("noisy", one_task("noisy")))
    status = space.run("noisy-1", "noisy")
    assert status["error"] == "Sandbox.Timedout"


def test_state_timeout(space: Space) -> None:
    """TimeoutSeconds of the state ends the run with States.Timeout and deletes the Job."""
    space.apply(
        function("slow", HANDLER + "import time; time.sleep(600)"),
        workflow("slow", one_task("slow", TimeoutSeconds=2)),
    )
    status = space.run("slow-1", "slow")
    assert status["error"] == "States.Timeout"
    assert events(status, "LambdaFunctionTimedOut")
    space.until("the end of the Job", lambda: not space.jobs("slow-1"))


def test_a_caught_error_goes_on(space: Space) -> None:
    """A function's error is caught by its class name, and the error output goes on."""
    definition = {
        "StartAt": "try",
        "States": {
            "try": call("sad", Catch=[{"ErrorEquals": ["KeyError"], "Next": "after"}]),
            "after": {"Type": "Pass", "InputPath": "$.Error", "End": True},
        },
    }
    space.apply(function("sad", HANDLER + "return {}['x']"), workflow("sad", definition))
    status = space.run("sad-1", "sad")
    assert status["output"] == "KeyError"


def test_the_context_of_both_clouds(space: Space) -> None:
    """The context serves as SCF's dict and by Lambda's attributes; the token is out of reach."""
    source = HANDLER + (
        "import os\n"
        "    return [context['function_name'], context.function_name,\n"
        "            context['memory_limit_in_mb'], context.get_remaining_time_in_millis() > 0,\n"
        "            os.environ['TENCENTCLOUD_RUNENV'], 'ASW_TASK_TOKEN' in os.environ]\n"
    )
    spec = {"resources": {"limits": {"memory": "256Mi"}}, "timeoutSeconds": 30}
    space.apply(function("who", source, **spec), workflow("who", one_task("who")))
    output = space.run("who-1", "who")["output"]
    assert output[:2] == ["who", "who"]
    assert int(output[2]) == 256
    assert output[3:] == [True, "SCF", False]


def test_shell(space: Space) -> None:
    """A shell Function gets the event on stdin and in env; its last line of JSON is the output."""
    script = 'read -r line\necho "working on $line"\necho "{\\"got\\": $ASW_EVENT}"\n'
    spec = {"runtime": "shell", "handler": "index.sh", "code": {"inline": {"index.sh": script}}}
    space.apply(function("ops", "", **spec), workflow("ops", one_task("ops")))
    status = space.run("ops-1", "ops", [1, 2])
    assert status["output"] == {"got": [1, 2]}
    assert "working on [1,2]" in space.logs("ops-1")


def test_shell_exit_code(space: Space) -> None:
    """A shell Function that ends with an error fails, its stderr in the cause."""
    script = "echo spilt >&2\nexit 7\n"
    spec = {"runtime": "shell", "handler": "index.sh", "code": {"inline": {"index.sh": script}}}
    space.apply(function("ops", "", **spec), workflow("ops", one_task("ops")))
    status = space.run("ops-1", "ops", {})
    assert status["phase"] == "Failed"
    assert "7" in status["error"] + status["cause"]
    assert "spilt" in status["cause"]


WRITE_RESULT = 'printf \'{"output": %s}\' "$ASW_EVENT" > "$ASW_RESULT_FILE"'

IMAGES = {
    "busybox": "FROM docker.io/library/busybox:latest\n",
    "debian-root": "FROM docker.io/library/debian:bookworm-slim\nUSER 0\nWORKDIR /srv\n",
}


@pytest.mark.parametrize("name", IMAGES)
def test_images(space: Space, name: str) -> None:
    """Any image that writes the result file is a Function, one made for root included."""
    image = built(f"docker.io/asw-test/{name}:1", IMAGES[name])
    script = f"echo started && touch scratch && {WRITE_RESULT}"
    spec: dict[str, Any] = {
        "runtime": "image",
        "image": image,
        "command": ["sh", "-c", f"cd ${{HOME:-/tmp}}; mkdir -p $HOME; {script}"],
    }
    space.apply(function("own", "", **spec), workflow("own", one_task("own")))
    status = space.run("own-1", "own", {"n": [1, None, "三", "$(HOME) $$"]})
    assert status["output"] == {"n": [1, None, "三", "$(HOME) $$"]}
    assert status["phase"] == "Succeeded"


def test_an_image_that_says_nothing(space: Space) -> None:
    """Exit code 0 without a result is null; another exit code is Asw.TaskCrashed."""
    image = built("docker.io/asw-test/busybox:1", IMAGES["busybox"])
    for name, code in (("quiet", 0), ("loud", 3)):
        spec = {"runtime": "image", "image": image, "command": ["sh", "-c", f"exit {code}"]}
        space.apply(function(name, "", **spec), workflow(name, one_task(name)))
    quiet, loud = space.run("quiet-1", "quiet"), space.run("loud-1", "loud")
    assert quiet["phase"] == "Succeeded"
    assert json.loads(events(quiet, "ExecutionSucceeded")[0]["output"]) is None
    assert loud["error"] == "Asw.TaskCrashed"
    assert "3" in loud["cause"]


def test_a_start_that_the_kubelet_refuses(space: Space) -> None:
    """A command that the image lacks starts nothing; the cause names it."""
    image = built("docker.io/asw-test/debian-root:1", IMAGES["debian-root"])
    spec = {"runtime": "image", "image": image, "command": ["no-such-command"]}
    space.apply(function("lost", "", **spec), workflow("lost", one_task("lost")))
    status = space.run("lost-1", "lost")
    assert status["error"] == "Asw.StartFailed"
    assert "no-such-command" in status["cause"]


def test_an_image_that_cannot_be_pulled(space: Space) -> None:
    """A missing image fails the Task with the image's name in the cause."""
    image = "registry.invalid/nobody/nothing:1"
    space.apply(
        function("gone", "", runtime="image", image=image), workflow("gone", one_task("gone"))
    )
    status = space.run("gone-1", "gone")
    assert status["error"] == "Asw.ImagePullFailed"
    assert image in status["cause"]
