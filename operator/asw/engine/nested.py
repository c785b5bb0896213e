"""Executions that a Task starts (AWS: ``states:startExecution``): the request, and what ends it.

Such a child is an execution of another Workflow with a Record of its own. Its name follows from
the request, or from the task's ordinal, so a start that is repeated after a crash is the same one.
With ``.sync`` and ``.sync:2`` the task waits for its end and has what AWS's DescribeExecution
answers as its result; without, it ends with the start. With ``.waitForTaskToken`` whoever has the
token ends it, and the child's end changes nothing.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from asw.asl.errors import (
    INVALID_EXECUTION_INPUT,
    INVALID_EXECUTION_NAME,
    INVALID_MACHINE_ARN,
    MACHINE_NOT_FOUND,
    NAME_TAKEN,
    TASK_FAILED,
    StatesError,
)
from asw.asl.execution_input import check_input_text
from asw.asl.integrations import CALLBACK
from asw.asl.resources import Invocation, ServiceInvocation
from asw.asl.values import Json, from_text, to_text
from asw.engine.children import derived_uuid
from asw.engine.commands import StartExecution, StartTask
from asw.engine.facts import (
    CallbackFailed,
    CallbackSucceeded,
    ChildFinished,
    TaskFact,
    TaskStarted,
    TaskSucceeded,
)
from asw.engine.record import Header, OnTask, Waiting

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MACHINE: Final = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:stateMachine:([^:/]+)(?::[^:]+)?")
_NAME: Final = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
"""AWS, StartExecution: what a name may be."""


class Asked(NamedTuple):
    """A request to start an execution, as far as the engine understands it.

    ``name`` is None if the request leaves it to us.
    """

    workflow_arn: str
    name: str | None
    input: Json


def is_child(waiting: Waiting) -> bool:
    """Whether it is a task that starts an execution of another Workflow."""
    return isinstance(waiting, OnTask) and is_nested(waiting.invocation)


def is_awaited_child(waiting: Waiting) -> bool:
    """Whether it is a task that ends with the execution that it starts."""
    return isinstance(waiting, OnTask) and _is_awaited(waiting.invocation)


def is_nested(invocation: Invocation) -> bool:
    """Whether the call starts an execution of another Workflow."""
    return isinstance(invocation, ServiceInvocation) and invocation.is_nested


def asked_of(request: Json) -> Asked:
    """Read the request, whatever is wrong with it (``refusal_of``)."""
    given = request if isinstance(request, dict) else {}
    arn, name, value = (given.get(key) for key in ("StateMachineArn", "Name", "Input"))
    return Asked(
        arn if isinstance(arn, str) else to_text(arn),
        name if isinstance(name, str) else None,
        _input(value),
    )


def refusal_of(start: StartExecution) -> StatesError | None:
    """AWS's error for a request that can start nothing, whichever Workflows there are.

    What stands in for the child in a test is not asked to refuse anything.
    """
    given = start.call.payload if isinstance(start.call.payload, dict) else {}
    arn, name, value = (given.get(key) for key in ("StateMachineArn", "Name", "Input"))
    if not isinstance(arn, str) or not _MACHINE.fullmatch(arn):
        told = f"Invalid Arn: 'Resource type not valid in this context: {start.workflow_arn}'"
        return _refused(INVALID_MACHINE_ARN, told)
    if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
        return _refused(INVALID_EXECUTION_NAME, f"Invalid Name: '{name}'")
    if isinstance(value, str):
        problem = check_input_text(value)
        if problem is not None:
            told = f"Invalid State Machine Execution Input: '{problem}'"
            return _refused(INVALID_EXECUTION_INPUT, told)
    return None


def start_execution(call: StartTask) -> StartExecution:
    """The command for a task that starts an execution."""
    asked = asked_of(call.payload)
    return StartExecution(
        call=call,
        workflow_arn=asked.workflow_arn,
        name=asked.name or derived_uuid(*call.task_id),
        input=asked.input,
        is_awaited=_is_awaited(call.invocation),
    )


def nested_header(parent: Header, start: StartExecution, at: datetime) -> Header:
    """The header of a child that is played beside its parent."""
    own = _own(parent, start.workflow_arn)
    return Header(
        uid=derived_uuid(*start.task_id),
        name=start.name,
        arn=execution_arn(own, start.name),
        workflow_name=workflow_name_of(own),
        workflow_arn=own,
        role_arn=parent.role_arn,
        started_at=at,
    )


def workflow_name_of(arn: str) -> str:
    """The Workflow that a state machine's ARN names, without its version or alias."""
    found = _MACHINE.fullmatch(arn)
    return found[1] if found else arn.rpartition(":")[2]


def execution_arn(workflow_arn: str, name: str) -> str:
    """The ARN of the Workflow's execution of this name."""
    prefix, _, _ = workflow_arn.partition(":stateMachine:")
    return f"{prefix}:execution:{workflow_name_of(workflow_arn)}:{name}"


def no_such_machine(arn: str) -> StatesError:
    """AWS's error for a Workflow that is not there."""
    return _refused(MACHINE_NOT_FOUND, f"State Machine Does Not Exist: '{arn}'")


def name_taken(workflow_arn: str, name: str) -> StatesError:
    """AWS's error for a name that another execution of the Workflow has."""
    arn = execution_arn(workflow_arn, name)
    return _refused(NAME_TAKEN, f"Execution Already Exists: '{arn}'")


def child_arn(parent: Header, waiting: OnTask) -> str:
    """The ARN of the execution that the task starts."""
    return _Child.of(parent, waiting).arn


def task_facts(parent: Header, waiting: OnTask, facts: Iterable[TaskFact]) -> Iterator[TaskFact]:
    """The facts about the child as facts about the task that started it.

    The start is the call's answer: the result, or what was submitted if something is awaited.
    """
    for fact in facts:
        match fact:
            case TaskStarted(at=started):
                yield fact
            case ChildFinished(started_at=at):
                started = at or waiting.started_at or fact.at
                if is_awaited_child(waiting):
                    yield _report(parent, waiting, fact, started)
            case _:
                yield fact
                continue
        answer = {
            "ExecutionArn": child_arn(parent, waiting),
            "StartDate": _milliseconds(started),
        }
        yield TaskSucceeded(task_id=fact.task_id, at=started, output=answer, started_at=started)


class _Child(NamedTuple):
    """A child by its names, and its input."""

    name: str
    arn: str
    workflow_arn: str
    input: Json

    @classmethod
    def of(cls, parent: Header, waiting: OnTask) -> "_Child":
        """The child that the task starts."""
        asked = asked_of(waiting.payload)
        name = asked.name or derived_uuid(parent.uid, waiting.ordinal)
        arn = _own(parent, asked.workflow_arn)
        return cls(name, execution_arn(arn, name), arn, asked.input)


def _own(parent: Header, workflow_arn: str) -> str:
    """The ARN with region and account of where the parent runs: all Workflows are there."""
    prefix, _, _ = parent.workflow_arn.partition(":stateMachine:")
    return f"{prefix}:stateMachine:{workflow_name_of(workflow_arn)}"


def _report(
    parent: Header, waiting: OnTask, end: ChildFinished, started: datetime
) -> CallbackSucceeded | CallbackFailed:
    task_id = end.task_id
    told = _described(_Child.of(parent, waiting), end, started)
    assert isinstance(waiting.invocation, ServiceInvocation)
    if end.status != "SUCCEEDED":
        return CallbackFailed(task_id=task_id, at=end.at, error=TASK_FAILED, cause=to_text(told))
    if waiting.invocation.pattern == ".sync:2":
        told |= {"Input": asked_of(waiting.payload).input, "Output": end.output}
    return CallbackSucceeded(task_id=task_id, at=end.at, output=told)


def _described(child: _Child, end: ChildFinished, started: datetime) -> dict[str, Json]:
    """What AWS's DescribeExecution answers: input and output are texts."""
    told: dict[str, Json] = {
        "Cause": end.cause,
        "Error": end.error,
        "ExecutionArn": child.arn,
        "Input": to_text(child.input),
        "InputDetails": {"Included": True},
        "Name": child.name,
    }
    if end.status == "SUCCEEDED":
        told |= {"Output": to_text(end.output), "OutputDetails": {"Included": True}}
    told |= {"RedriveCount": 0, **_REDRIVE[end.status == "SUCCEEDED"]}
    told |= {"StartDate": _milliseconds(started), "StateMachineArn": child.workflow_arn}
    told |= {"Status": end.status, "StopDate": _milliseconds(end.at)}
    return {key: value for key, value in told.items() if value is not None}


_REDRIVE: Final = {
    True: {
        "RedriveStatus": "NOT_REDRIVABLE",
        "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
    },
    False: {"RedriveStatus": "REDRIVABLE"},
}


def _milliseconds(at: datetime) -> int:
    """Instants in answers of this integration are milliseconds since 1970, cut as in history."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _is_awaited(called: Invocation) -> bool:
    if not isinstance(called, ServiceInvocation) or not called.is_nested:
        return False
    return called.pattern not in ("", CALLBACK)


def _input(given: Json) -> Json:
    """The child's input: a text is JSON already, nothing counts as ``{}``."""
    if given is None:
        return {}
    if not isinstance(given, str):
        return given
    try:
        return from_text(given)
    except ValueError:
        return given


def _refused(error: str, told: str) -> StatesError:
    """AWS's error in the words of its client, whose request gets an id that follows from them."""
    code = error.removeprefix("StepFunctions.").removesuffix("Exception")
    request = derived_uuid(told, 0)
    return StatesError(
        error,
        f"{told} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code};"
        f" Request ID: {request}; Proxy: null)",
    )
