"""Which Connection a call needs: of which kind, and by which name if the call says one. Pure.

A Connection says as whom calls are made. So the role in a Task's Credentials (AWS) stands for a
Connection, too: a Workflow maps its ARN beside the names of services.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asw.api.names import connection_of
from asw.asl.integrations import EKS, HTTP
from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json

Kind: TypeAlias = Literal["aws", "http", "kubernetes"]
ROLE_ARN: Final = "arn:"
"""How the keys of ``Workflow.spec.connections`` that are roles begin; no service's name does."""
CONTAINERS: Final = frozenset({"ecs", "batch"})
"""Services that run containers: on a cluster a Job does so as well."""
_LONGEST_SHOWN: Final = 128
"""Of a role in messages, which stand in causes and conditions."""
_LONGEST_NAME: Final = 253
"""Kubernetes: of an object. A longer text is nobody's name."""


@dataclass(frozen=True, slots=True, order=True)
class Wanted:
    """What a call needs of a Connection. ``service`` is spelt as in the Resource.

    ``named`` is the name that the call itself says, which may be that of no Connection here.
    ``role`` is the ARN of the role as whom it is made, empty without Credentials. ``may_be_job``
    if a Job of Kubernetes may stand for what it starts.
    """

    service: str
    kind: Kind
    named: str = ""
    role: str = ""
    may_be_job: bool = False

    @property
    def kinds(self) -> str:
        """The kinds of Connections that can make the call, for messages."""
        return f"{self.kind} or kubernetes" if self.may_be_job else self.kind

    def takes(self, kind: Kind) -> bool:
        """Whether a Connection of this kind can make the call."""
        return kind == self.kind or (self.may_be_job and kind == "kubernetes")

    def name(self, connections: Mapping[str, str], is_known: Callable[[str], bool]) -> str | None:
        """The Connection's name: the call's own if there is one of it, else the Workflow's.

        ``connections`` are those of the Workflow's spec. None if nothing says a name.
        """
        is_alone = self.kind == "http" and self.service not in connections
        if self.named and (is_alone or is_known(self.named)):
            return self.named
        if self.role and has_roles(connections):
            return connections.get(self.role) if self.role.startswith(ROLE_ARN) else None
        return connection_of(self.service, connections)

    def lacking(self, connections: Mapping[str, str]) -> str:
        """The key that ``connections`` lack if they say no name, as messages have it."""
        if self.role and has_roles(connections):
            return f"the role {_shown(self.role)}"
        return self.service

    def names(self, connections: Mapping[str, str]) -> set[str]:
        """All that ``name`` may give, whatever is there."""
        found = {self.name(connections, lambda _: True), self.name(connections, lambda _: False)}
        return {it for it in found if it is not None}


def has_roles(connections: Mapping[str, str]) -> bool:
    """Whether the Workflow tells roles apart; if not, Credentials have no effect in it."""
    return any(key.startswith(ROLE_ARN) for key in connections)


def wanted_by(called: ServiceInvocation, parameters: Json) -> Wanted:
    """What a call with these parameters needs."""
    if called.request == HTTP:
        from asw.connector.http.requests import connection_named  # noqa: PLC0415 -- few call APIs

        return Wanted(called.service, "http", _short(connection_named(parameters)))
    if called.is_kubernetes:
        named = _cluster(parameters) if called.service == EKS else None
        return Wanted(called.service, "kubernetes", _short(named), called.role)
    may_be_job = not called.sdk and called.service in CONTAINERS
    return Wanted(called.service, "aws", role=called.role, may_be_job=may_be_job)


def wanted_in(called: ServiceInvocation, template: Json) -> Wanted | None:
    """The same for parameters in a definition; None if only a run knows the Connection."""
    if called.request == HTTP:
        from asw.connector.http.requests import is_connection_known  # noqa: PLC0415 -- the same

        if not is_connection_known(template):
            return None
    if called.role and not called.role.startswith(ROLE_ARN):
        return None
    if called.is_kubernetes and called.service == EKS and not _is_cluster_known(template):
        return None
    return wanted_by(called, template)


def _cluster(parameters: Json) -> str | None:
    """The cluster that the call names, which may be the name of a Connection."""
    name = parameters.get("ClusterName") if isinstance(parameters, dict) else None
    return name if isinstance(name, str) else None


def _is_cluster_known(template: Json) -> bool:
    """Whether parameters of a definition say the cluster, not what a run puts there."""
    if isinstance(template, str) or (isinstance(template, dict) and "ClusterName.$" in template):
        return False
    return not (_cluster(template) or "").startswith("{%")


def _shown(role: str) -> str:
    return role if len(role) <= _LONGEST_SHOWN else f"{role[:_LONGEST_SHOWN]}..."


def _short(name: str | None) -> str:
    return "" if name is None or len(name) > _LONGEST_NAME else name
