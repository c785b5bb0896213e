"""What a task asks of the pool of processes, a service or workers; or why it cannot start."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from asw.asl.errors import FUNCTION_NOT_FOUND, START_FAILED
from asw.asl.resources import ActivityInvocation, FunctionInvocation, ServiceInvocation
from asw.asl.values import Json
from asw.engine.commands import StartTask
from asw.platforms.local.activities import Offer
from asw.platforms.local.apis import NoConnection
from asw.platforms.local.catalogue import Catalogue
from asw.platforms.local.functions import LocalFunction, NotRunnable, variables_of
from asw.platforms.local.interpreters import interpreter
from asw.platforms.local.jobs import why_not_followed
from asw.platforms.local.runtime import Call
from asw.platforms.local.services import LocalServices, Request
from asw.reconciler.platform import ExecutionKey, TaskRefused

_IN_EXPRESS = (
    "An Express child of a distributed Map has no activities; make its ExecutionType STANDARD"
)


@dataclass(frozen=True, slots=True)
class Asking:
    """A person is asked, for whom the question is kept; nothing runs until there is an answer."""

    question: Json


Work: TypeAlias = Call | Request | Offer | Asking
"""What is done for a task."""


class Requests:
    """See the module. ``environ`` is asw's own environment, which functions may read."""

    def __init__(
        self, catalogue: Catalogue, services: LocalServices, environ: Mapping[str, str]
    ) -> None:
        self._catalogue = catalogue
        self._services = services
        self._environ = environ

    def of(self, key: ExecutionKey, command: StartTask) -> Work:
        """What the task asks. Raises TaskRefused."""
        if isinstance(command.invocation, ActivityInvocation):
            if key.owner is not None:
                raise TaskRefused(START_FAILED, _IN_EXPRESS)
            name = command.invocation.activity
            return Offer(task_id=command.task_id, activity=name, input=command.payload)
        if isinstance(command.invocation, ServiceInvocation):
            if command.invocation.is_approval:
                return Asking(command.payload)
            refusal = why_not_followed(key, command.invocation)
            if refusal is not None:
                raise TaskRefused(START_FAILED, refusal)
            try:
                return self._services.request(key.root.uid, command, command.invocation)
            except NoConnection as error:
                raise TaskRefused(error.error, str(error)) from error
        function = self._find(command.invocation)
        try:
            variables = variables_of(function, self._environ)
            if function.container is None:
                interpreter(function.runtime, self._environ)
        except NotRunnable as error:
            raise TaskRefused(START_FAILED, str(error)) from error
        return Call(
            task_id=command.task_id,
            function=function,
            variables=variables,
            event=command.payload,
            execution=key.root.name,
            state=command.state,
            child="" if key.owner is None else key.uid,
        )

    def _find(self, invocation: FunctionInvocation) -> LocalFunction:
        """The function that the task calls. Raises TaskRefused as AWS does for a missing one."""
        name = invocation.name
        if invocation.namespace is not None:
            raise TaskRefused(
                FUNCTION_NOT_FOUND,
                f"Function not found: {name} in namespace {invocation.namespace};"
                " one machine has no namespaces",
            )
        function = self._catalogue.function(name)
        if function is None:
            raise TaskRefused(
                FUNCTION_NOT_FOUND, f"Function not found: {name}; add its manifest to the path"
            )
        return function
