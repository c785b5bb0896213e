"""Child executions of distributed Maps: which machine they run, and what they are called.

A child is a run of its own, with its own input, history, outcome and Record. It sees none of its
parent's variables (AWS: "Distributed mode", Map Run).
"""

import uuid
from dataclasses import replace
from datetime import datetime

from asw.asl.model import Block, MapState, ParallelState, StateMachine
from asw.engine.commands import StartChild
from asw.engine.facts import ChildFinished
from asw.engine.record import Header, Outcome
from asw.engine.task_ids import TaskId

_NAMESPACE = uuid.UUID("3f0d2c1e-6a57-5f7e-9a36-2f6a4f6a9d10")


class NoSuchMap(Exception):
    """The machine has no distributed Map of that name."""


def child_machine(machine: StateMachine, state: str) -> StateMachine:
    """The machine that children of the distributed Map ``state`` run: its ItemProcessor.

    Raises NoSuchMap.
    """
    found = _find_map(machine.block, state)
    if found is None or found.distribution is None:
        raise NoSuchMap(f"the definition has no distributed Map {state!r}")
    return replace(machine, block=found.item_processor, comment=None, timeout_seconds=None)


def child_header(parent: Header, start: StartChild, at: datetime) -> Header:
    """The header that the child starts with.

    Its uid and name follow from its TaskId, so starting it twice starts it once.
    """
    label = start.label
    name = derived_uuid(parent.uid, start.task_id.ordinal)
    return Header(
        uid=name,
        name=name,
        arn=f"{_prefix(parent, 'execution')}:{parent.workflow_name}/{label}:{name}",
        workflow_name=f"{parent.workflow_name}/{label}",
        workflow_arn=f"{parent.workflow_arn}/{label}",
        role_arn=parent.role_arn,
        started_at=at,
    )


def child_finished(
    task_id: TaskId, outcome: Outcome, started_at: datetime | None = None
) -> ChildFinished:
    """The fact for the parent of a child that ended so."""
    failure = outcome.failure
    return ChildFinished(
        task_id=task_id,
        at=outcome.at,
        status=outcome.status,
        output=outcome.output,
        error=None if failure is None else failure.error,
        cause=None if failure is None else failure.cause,
        started_at=started_at,
    )


def map_run_arn(parent: Header, label: str, ordinal: int) -> str:
    """The ARN of a Map Run, the n-th start of its execution."""
    run = derived_uuid(parent.uid, ordinal)
    return f"{_prefix(parent, 'mapRun')}:{parent.workflow_name}/{label}:{run}"


def derived_uuid(uid: str, ordinal: int) -> str:
    """A UUID that follows from an execution and an ordinal of it."""
    return str(uuid.uuid5(_NAMESPACE, f"{uid}/{ordinal}"))


def _prefix(header: Header, kind: str) -> str:
    partition, service, region, account = header.workflow_arn.split(":")[1:5]
    return f"arn:{partition}:{service}:{region}:{account}:{kind}"


def _find_map(block: Block, name: str) -> MapState | None:
    """The Map of that name, anywhere in the block: names are unique in the whole machine."""
    for state in block.states.values():
        if isinstance(state, MapState) and state.name == name:
            return state
        inner = state.branches if isinstance(state, ParallelState) else ()
        inner = (state.item_processor,) if isinstance(state, MapState) else inner
        for within in inner:
            found = _find_map(within, name)
            if found is not None:
                return found
    return None
