"""What makes the calls of a pod: by the kind of its Connection, and loaded with the first one."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Self

from asw.asl.errors import NO_CONNECTION
from asw.asl.resources import ServiceInvocation
from asw.connector.calls import Call, Failed, Outcome
from asw.connector.configured import AnyAccess
from asw.connector.http.access import HttpAccess
from asw.connector.kubernetes.access import ClusterAccess
from asw.connector.places import Access
from asw.connector.wanted import Kind, wanted_by

if TYPE_CHECKING:  # a pod needs one of them
    from asw.connector.connector import Connector
    from asw.connector.http.caller import HttpCaller
    from asw.connector.kubernetes.caller import KubernetesCaller


class Callers:
    """Makes calls of all kinds. Use as an async context manager."""

    def __init__(self, *, at_a_time: int) -> None:
        self._at_a_time = at_a_time
        self._open = AsyncExitStack()
        self._aws: Connector | None = None
        self._http: HttpCaller | None = None
        self._kubernetes: KubernetesCaller | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._open.aclose()

    async def make(self, call: Call, access: AnyAccess) -> Outcome:
        """Make the call. What goes wrong is an outcome, too."""
        invocation = ServiceInvocation(service=call.service, action=call.action, sdk=call.sdk)
        wanted, kind = wanted_by(invocation, None), _kind_of(access)
        if not wanted.takes(kind):  # the Connection has changed since the call was sent here
            cause = f"Connection {access.name} is of kind {kind}, and {call.service} needs one"
            return Failed(error=NO_CONNECTION, cause=f"{cause} of kind {wanted.kinds}")
        if isinstance(access, HttpAccess):
            return await self._apis().make(call.parameters, access)
        if isinstance(access, ClusterAccess):
            return await self._clusters().make(call, access)
        return await self._services().make(call, access)

    async def exchange(
        self, call: Call, wanted: dict[str, Any], access: AnyAccess
    ) -> dict[str, Any] | Failed:
        """Make a call of AWS with arguments as botocore takes them."""
        if not isinstance(access, Access):
            cause = f"Connection {access.name} is of kind {_kind_of(access)}, and objects need one"
            return Failed(error=NO_CONNECTION, cause=f"{cause} of kind aws")
        return await self._services().exchange(call, wanted, access)

    def _services(self) -> "Connector":
        if self._aws is None:
            from asw.connector.connector import Connector  # noqa: PLC0415

            self._aws = Connector(at_a_time=self._at_a_time)
            self._open.push_async_callback(self._aws.close)
        return self._aws

    def _apis(self) -> "HttpCaller":
        if self._http is None:
            from asw.connector.http.caller import HttpCaller  # noqa: PLC0415

            self._http = HttpCaller()
            self._open.push_async_callback(self._http.close)
        return self._http

    def _clusters(self) -> "KubernetesCaller":
        if self._kubernetes is None:
            from asw.connector.kubernetes.caller import KubernetesCaller  # noqa: PLC0415

            self._kubernetes = KubernetesCaller()
            self._open.push_async_callback(self._kubernetes.close)
        return self._kubernetes


def _kind_of(access: AnyAccess) -> Kind:
    if isinstance(access, ClusterAccess):
        return "kubernetes"
    return "http" if isinstance(access, HttpAccess) else "aws"
