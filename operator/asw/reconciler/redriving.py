"""Whether a finished execution must be redriven, and by which definition.

``asw.engine.redrive`` holds what the engine knows of redrives; this module looks things up.
"""

from collections.abc import Collection

from asw.asl.model import StateMachine
from asw.asl.problems import InvalidDefinition
from asw.engine.redrive import misfit, places, why_final
from asw.reconciler.machines import Machines
from asw.reconciler.opening import cannot_parse
from asw.reconciler.platform import Platform, Redrive, Refused, Revision, Stored

NEVER_BEGAN = "it ended before it began to run; start a new execution"


class RedriveRefused(Exception):
    """The redrive is impossible; the message says why, and what to do instead."""


def wanted_redrive(stored: Stored) -> Redrive | None:
    """The redrive that must be carried out, or refused, now."""
    order, record = stored.redrive, stored.record
    if order is None or stored.is_redrive_refused:
        return None
    if record is None:
        return order if stored.is_finished else None
    return order if record.outcome is not None and order.number > record.redrive_count else None


async def definition_for(
    platform: Platform, machines: Machines, stored: Stored, order: Redrive
) -> tuple[str, StateMachine]:
    """The revision to continue with, and its machine. Raises RedriveRefused, PlatformError."""
    record = stored.record
    if record is None:
        raise RedriveRefused(stored.record_problem or NEVER_BEGAN)
    if reason := why_final(record):
        raise RedriveRefused(reason)
    if stored.revision is None:
        raise RedriveRefused(NEVER_BEGAN)
    look_up = _LookUp(platform, machines, stored)
    old = await look_up.revision(stored.revision)
    machine = await look_up.machine(old)
    if not {frame.state for frame in record.frames.values()} <= places(machine).keys():
        raise RedriveRefused(NEVER_BEGAN)  # it was stopped while its revision was unavailable
    if order.revision in (None, old.name):
        return old.name, machine
    new = await look_up.revision(order.revision)
    if new.workflow_name != old.workflow_name:
        raise RedriveRefused(
            f"revision {new.name!r} is one of Workflow {new.workflow_name!r}; name a revision of "
            f"{old.workflow_name!r}"
        )
    mended = await look_up.machine(new)
    reason = misfit(machine, mended, record, await look_up.finished_states())
    if reason is not None:
        raise RedriveRefused(
            f"revision {new.name!r} cannot take over: {reason}; name one that has all that the "
            "run has been through, redrive it without one, or start a new execution"
        )
    return new.name, mended


class _LookUp:
    """The look-ups for one execution."""

    def __init__(self, platform: Platform, machines: Machines, stored: Stored) -> None:
        self._platform = platform
        self._machines = machines
        self._key = stored.key

    async def revision(self, name: str) -> Revision:
        found = await self._platform.revision(self._key, name)
        if found is None:
            raise RedriveRefused(
                f"revision {name!r} does not exist in namespace {self._key.namespace!r}; "
                "start a new execution"
            )
        return found

    async def machine(self, revision: Revision) -> StateMachine:
        try:
            return await self._machines.parse(self._key.namespace, revision)
        except InvalidDefinition as error:
            why = cannot_parse(error).cause
            raise RedriveRefused(f"revision {revision.name!r} cannot run: {why}") from error

    async def finished_states(self) -> Collection[str]:
        try:
            return await self._platform.exited_states(self._key)
        except Refused as error:
            raise RedriveRefused(
                f"another revision needs the whole history: {error}, or redrive it without one"
            ) from error
