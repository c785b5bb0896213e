"""What is told of an execution that a Task started: which one it is. Pure."""

from collections.abc import Iterator
from datetime import timedelta

from asw.asl.values import from_text
from asw.engine.nested import child_arn
from asw.engine.record import Header, OnTask
from asw.messages import t
from asw.messages.spans import span_text


def wait_told(parent: Header, waiting: OnTask, running: timedelta) -> str:
    """What a Task waits for whose child is not over."""
    workflow, name = child_arn(parent, waiting).split(":")[-2:]
    return t(
        "waits for execution {name} of Workflow {workflow}, which began {since} ago:"
        " asw why {name} tells what it does",
        name=name,
        workflow=workflow,
        since=span_text(running),
    )


def failure_notes(cause: str | None) -> Iterator[str]:
    """Which child it was that failed the Task, if the cause describes one."""
    try:
        told = from_text(cause or "")
    except ValueError:
        return
    arn = told.get("ExecutionArn") if isinstance(told, dict) else None
    if not isinstance(arn, str):
        return
    *_, workflow, name = ("", *arn.split(":"))
    yield t(
        "It is execution {name} of Workflow {workflow} that failed: asw why {name} tells more.",
        name=name,
        workflow=workflow,
    )
