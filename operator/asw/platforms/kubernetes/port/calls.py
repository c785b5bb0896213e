"""Calls of services: by which connector they are made, or why they are not.

A call is a task for a warm pod, and for nothing else: without a free one it waits.
"""

from datetime import timedelta
from typing import Final

from asw.api.connection import Connection
from asw.api.function_policy import connection_problems, told
from asw.api.workflow import Workflow
from asw.asl.errors import NO_CONNECTION, NOT_ALLOWED, START_FAILED
from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json
from asw.connector.wanted import Wanted, wanted_by
from asw.engine.commands import StartTask
from asw.engine.record import Header
from asw.platforms.kubernetes.cache.cache import Cache
from asw.platforms.kubernetes.cache.connected import NoConnection
from asw.platforms.kubernetes.pools.pool import place_of
from asw.platforms.kubernetes.pools.pools import Pools
from asw.platforms.kubernetes.tasks.settings import TaskSettings
from asw.platforms.kubernetes.workflows.connectors import called, event_of
from asw.platforms.kubernetes.workflows.functions import Functions
from asw.reconciler.platform import Busy, ExecutionKey, PlatformError, TaskRefused

ASK_AGAIN: Final = timedelta(seconds=1)
"""How soon a Connection that has just come has a pool."""


def is_call(task: StartTask) -> bool:
    """Whether the task is a call of a service; an approval calls nothing."""
    return isinstance(task.invocation, ServiceInvocation) and not task.invocation.is_approval


def payload_of(task: StartTask, header: Header | None) -> Json:
    """What a warm pod is told of the task; ``header`` is that of its execution."""
    if isinstance(task.invocation, ServiceInvocation):
        return event_of(task, task.invocation, header)
    return task.payload


class Calls:
    """Starts calls. ``place_of`` says which pool serves a task."""

    def __init__(
        self, cache: Cache, functions: Functions, pools: Pools, settings: TaskSettings
    ) -> None:
        self._cache = cache
        self._functions = functions
        self._pools = pools
        self._policy = settings.policy
        self._has_server = settings.result_server is not None
        self._patience = settings.spans.start_timeout
        pools.place_of = self.place_of
        pools.owner_of = self.owner_of

    def place_of(self, key: ExecutionKey, task: StartTask) -> tuple[str, str]:
        """Namespace and name of what the task calls, as ``Pools.routes`` has them."""
        if not isinstance(task.invocation, ServiceInvocation):
            return place_of(key, task)
        if task.invocation.is_approval:
            return key.namespace, ""
        workflow = self._workflow(key)
        try:
            if workflow is None:
                return key.namespace, ""
            wanted = wanted_by(task.invocation, task.payload)
            found = self._cache.connections.find(workflow, wanted)
        except NoConnection:
            return key.namespace, ""
        return key.namespace, called(found.metadata.name)

    def owner_of(self, key: ExecutionKey) -> str:
        """The Workflow on whose behalf a task waits: Workflows take turns."""
        seen = self._cache.executions.get(key.root.uid)
        return key.root.uid if seen is None else seen.workflow_name

    def where(self, namespace: str, workflow_name: str, wanted: Wanted) -> tuple[str, str]:
        """What makes such calls of the Workflow, as ``Pools.routes`` has it. Raises TaskRefused."""
        workflow = self._cache.workflows.get((namespace, workflow_name))
        if workflow is None:
            raise TaskRefused(NO_CONNECTION, _no_workflow(wanted))
        try:
            connection = self._cache.connections.find(workflow, wanted)
        except NoConnection as error:
            raise TaskRefused(NO_CONNECTION, str(error)) from error
        if (refusal := self._refusal(namespace, connection)) is not None:
            raise refusal
        return namespace, called(connection.metadata.name)

    def start(self, key: ExecutionKey, task: StartTask) -> PlatformError:
        """Why the call is not made yet, or never: one that has a slot does not get here."""
        assert isinstance(task.invocation, ServiceInvocation)
        wanted, workflow = wanted_by(task.invocation, task.payload), self._workflow(key)
        if not self._has_server:
            return TaskRefused(
                START_FAILED,
                "calls of services need the operator's result server: set resultServer.enabled",
            )
        if workflow is None:
            return TaskRefused(NO_CONNECTION, _no_workflow(wanted))
        try:
            connection = self._cache.connections.find(workflow, wanted)
        except NoConnection as error:
            named = self._cache.connections.name_for(workflow, wanted)
            return self._missing(key, named, str(error))
        return (
            self._refusal(key.namespace, connection)
            or self._pools.waits(key, task)
            or self._unready(task, connection.metadata.name)
        )

    def _refusal(self, namespace: str, connection: Connection) -> TaskRefused | None:
        """Why the operator's policy does not let the Connection be used."""
        problems = connection_problems(connection.spec, self._policy.rules(namespace))
        if not problems:
            return None
        return TaskRefused(NOT_ALLOWED, f"Connection {connection.metadata.name}: {told(problems)}")

    def _missing(self, key: ExecutionKey, name: str | None, why: str) -> PlatformError:
        """What is applied together may come in any order, as with Functions."""
        ends_at = self._functions.grace_ends_at(key)
        if ends_at is None:
            return TaskRefused(NO_CONNECTION, why)
        return self._functions.not_yet(key, called(name or ""), why, ends_at)

    def _unready(self, task: StartTask, name: str) -> PlatformError:
        """Its pool is about to be made, unless the operator may not do so."""
        held_at, now = task.held_at, self._cache.now()
        if held_at is not None and now >= held_at + self._patience:
            patience = self._patience.total_seconds()
            cause = f"no connector of Connection {name} could be made for {patience:g} s"
            return TaskRefused(START_FAILED, f"{cause}; the operator's log says why")
        return Busy(f"the connector of Connection {name} is about to be made", again_in=ASK_AGAIN)

    def _workflow(self, key: ExecutionKey) -> Workflow | None:
        seen = self._cache.executions.get(key.root.uid)
        name = None if seen is None else (seen.key.namespace, seen.workflow_name)
        return None if name is None else self._cache.workflows.get(name)


def _no_workflow(wanted: Wanted) -> str:
    return f"the Workflow that would name the Connection for {wanted.service} is gone"
