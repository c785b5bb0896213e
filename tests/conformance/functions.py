"""The Lambda functions of a case, run in this process as AWS Lambda runs them, in virtual time."""

import io
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from asw.asl.errors import FUNCTION_NOT_FOUND, FUNCTION_TIMED_OUT, RUNTIME
from asw.asl.parse import parse
from asw.asl.resources import ActivityInvocation, FunctionInvocation, ServiceInvocation
from asw.asl.values import Json, from_text, to_text
from asw.engine.answers import Answer, Raised, Ran, Refused, Returned
from asw.engine.commands import StartTask
from asw.engine.nested import no_such_machine
from asw.engine.simulation import MapItem
from asw.engine.tokens import callback_token
from tests.conformance.services import ACTIVITY, Services

REQUEST = "<uuid:1>"
ACCOUNT = "111111111111"
_CALLBACK = "lambda:invoke.waitForTaskToken"
LONGEST_SECONDS = 900
"""AWS Lambda's longest timeout, for functions that have none of their own."""


class Functions:
    """The outside of a case: its functions, AWS's answer for any other name, and its services."""

    def __init__(
        self,
        recorded: Mapping[str, Mapping[str, Any]],
        history: Sequence[Mapping[str, Any]] = (),
        machines: Mapping[str, Json] | None = None,
    ) -> None:
        self._services = Services(history)
        self._machines = machines or {}
        self._functions = {name: _Function(name, it) for name, it in recorded.items()}

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:
        """Run the function now; it takes as long as it slept."""
        invocation = command.invocation
        if isinstance(invocation, ServiceInvocation):
            if invocation.is_nested and not _has_token(command):
                return self._nested(str(command.payload["StateMachineArn"]))
            return self._services.answer(invocation.name, command.payload)
        if isinstance(invocation, ActivityInvocation):
            return self._of_activity(invocation, command.payload)
        function = self._functions.get(invocation.name)
        answer = _absent(invocation) if function is None else function.call(command.payload)
        if not command.is_request or not isinstance(answer.end, Returned):
            return answer
        reported = self._services.answer(_CALLBACK, command.payload)
        return replace(reported, submission=answer.end.output)

    def _of_activity(self, invocation: ActivityInvocation, value: Json) -> Answer:
        if not self._services.has(ACTIVITY):
            arn = f"arn:aws:states:us-east-1:{ACCOUNT}:activity:{invocation.activity}"
            return Answer(end=Refused(RUNTIME, f"The activity {arn} does not exist."))
        return self._services.answer(ACTIVITY, value)

    def _nested(self, arn: str) -> Answer:
        """An execution of another machine of the case."""
        if arn in self._machines:
            return Answer(end=Ran(parse(to_text(self._machines[arn]))))
        missing = no_such_machine(arn).failure
        assert missing.error is not None
        return Answer(end=Raised(missing.error, missing.cause))


def _has_token(command: StartTask) -> bool:
    """Whether somebody gets the task's token: the report is recorded, the child's calls are not."""
    return callback_token(command.task_id) in to_text(command.payload)


def _absent(invocation: FunctionInvocation) -> Answer:
    qualified = f"{invocation.name}:{invocation.qualifier or '$LATEST'}"
    cause = (
        f"Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:{qualified} "
        "(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; "
        "Request ID: <request_id>; Proxy: null)"
    )
    return Answer(end=Raised(FUNCTION_NOT_FOUND, cause))


class _OutOfTime(BaseException):
    """The function slept past its timeout; its own code is not meant to catch this."""


class _NotLoaded(Exception):
    """The function's code cannot be used; ``error`` is AWS Lambda's name for it."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error


class _Clock:
    """The time of one function: sleeping passes at once and is added up."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self.slept = 0.0
        self._clocks = {name: getattr(time, name) for name in ("time", "monotonic", "perf_counter")}

    def sleep(self, seconds: float) -> None:
        """In place of ``time.sleep``, whichever way the function imports it."""
        self.slept += seconds
        if self.slept >= self.timeout:
            raise _OutOfTime

    def _moved(self, name: str) -> Any:
        return lambda: self._clocks[name]() + self.slept

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within, every module sees this time."""
        moved = {name: self._moved(name) for name in self._clocks}
        with mock.patch.multiple(time, sleep=self.sleep, **moved):
            yield


class _Function:
    """One function: loaded at its first call, and kept as AWS Lambda keeps a warm one."""

    def __init__(self, name: str, recorded: Mapping[str, Any]) -> None:
        self._name = name
        self._source = recorded["source"]
        self._module, _, self._handler = recorded["handler"].rpartition(".")
        self._clock = _Clock(recorded.get("timeout_seconds") or LONGEST_SECONDS)
        self._environment = {
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            **(recorded.get("env") or {}),
        }
        self._names: dict[str, Any] | None = None

    def call(self, event: Json) -> Answer:
        """What the function answers; no or null payload reaches it as ``{}``."""
        self._clock.slept = 0.0
        try:
            with (
                mock.patch.dict(os.environ, self._environment),
                redirect_stdout(io.StringIO()),
                self._clock.running(),
            ):
                end: Returned | Raised = self._end(event)
        except _OutOfTime:
            message = f"Task timed out after {self._clock.timeout:.2f} seconds"
            end = _failed(FUNCTION_TIMED_OUT, f"RequestId: {REQUEST} Error: {message}")
            return Answer(end=end, seconds=self._clock.timeout)
        return Answer(end=end, seconds=self._clock.slept)

    def _end(self, event: Json) -> Returned | Raised:
        try:
            handler = self._load()[self._handler]
            # The values of the engine are shared: a function may change only a copy.
            given = {} if event is None else from_text(to_text(event))
            result = handler(given, self._context())
        except _NotLoaded as why:
            return _failed(why.error, str(why), requestId=REQUEST, stackTrace=[])
        except SystemExit as left:
            error = f"Runtime exited with error: exit status {left.code or 0}"
            return _failed("Runtime.ExitError", f"RequestId: {REQUEST} Error: {error}")
        except Exception as error:  # noqa: BLE001 - whatever a function raises is its answer
            return _failed(type(error).__name__, str(error), requestId=REQUEST, stackTrace=[])
        return _returned(result)

    def _load(self) -> dict[str, Any]:
        if self._names is None:
            path = f"{self._module}.py"
            names: dict[str, Any] = {"__name__": self._module, "__file__": path}
            try:
                exec(compile(self._source, path, "exec"), names)
            except SyntaxError as wrong:
                message = f"Syntax error in module '{self._module}': {wrong}"
                raise _NotLoaded("Runtime.UserCodeSyntaxError", message) from wrong
            except ImportError as missing:
                message = f"Unable to import module '{self._module}': {missing}"
                raise _NotLoaded("Runtime.ImportModuleError", message) from missing
            if self._handler not in names:
                message = f"Handler '{self._handler}' missing on module '{self._module}'"
                raise _NotLoaded("Runtime.HandlerNotFound", message)
            self._names = names
        return self._names

    def _context(self) -> SimpleNamespace:
        left = self._clock.timeout * 1000
        return SimpleNamespace(
            function_name=self._name,
            function_version="$LATEST",
            invoked_function_arn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{self._name}",
            memory_limit_in_mb="128",
            aws_request_id=REQUEST,
            log_group_name=f"/aws/lambda/{self._name}",
            log_stream_name="stream",
            get_remaining_time_in_millis=lambda: int(left - self._clock.slept * 1000),
        )


def _returned(result: Any) -> Returned | Raised:
    """Bytes are the response's body as it is, all else is written as JSON."""
    if isinstance(result, bytes):
        try:
            return Returned(from_text(result))
        except ValueError:
            return Returned(result.decode(errors="replace"))
    try:
        return Returned(from_text(to_text(result)))
    except (TypeError, ValueError) as error:
        return _failed("Runtime.MarshalError", f"Unable to marshal response: {error}")


def _failed(error: str, message: str, **more: Json) -> Raised:
    return Raised(error, to_text({"errorMessage": message, "errorType": error, **more}))
