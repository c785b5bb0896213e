"""What a cluster's refusals mean for the user of a command: message, remedy, exit code. Pure."""

import re
import ssl
from dataclasses import dataclass

from aiohttp import ClientConnectorDNSError, ClientConnectorError, ClientSSLError

from asw.executions.cluster.connecting import ClusterContext
from asw.exits import NO_CLUSTER, NOT_SUCCEEDED
from asw.failures import Denied, Failure
from asw.messages import t
from asw.platforms.kubernetes.client.errors import Damaged, Forbidden, Stranger, Unauthorized
from asw.reconciler.platform import PlatformError, Unavailable

_DENIED = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'
    r' in API group "(?P<group>[^"]*)"'
    r'(?: in the namespace "(?P<namespace>[^"]*)"| at the cluster scope)?'
)

_UNKNOWN_FIELDS = re.compile(r'unknown field "([^"]*)"')
"""Strict validation's words; the object around them may be large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """What RBAC denied to whom; ``namespace`` None stands for all of them."""

    user: str
    verb: str
    resource: str
    group: str
    namespace: str | None


def cluster_failure(error: PlatformError, place: ClusterContext) -> Failure:
    """The error as a failure with a remedy, whatever was asked."""
    match error:
        case Forbidden():
            return _forbidden(error)
        case Damaged():
            message, _, remedy = str(error).rpartition("; ")
            return Failure(message, remedy=remedy, code=NOT_SUCCEEDED)
        case Unauthorized():
            return Failure(
                t("{place} does not know who you are: {fault}", place=place, fault=error),
                remedy=t(
                    "its credentials are missing or have expired: log in to the cluster again"
                ),
                code=NO_CLUSTER,
            )
        case Stranger():
            reason = t("what answers there is not an API server ({fault})", fault=error)
            return _unreachable(place, reason)
        case Unavailable():
            return _unavailable(error, place)
    return _refused(error, place)


def _refused(error: PlatformError, place: ClusterContext) -> Failure:
    if fields := ", ".join(_UNKNOWN_FIELDS.findall(str(error))):
        return Failure(
            t(
                "the CRDs of {place} lack fields that this needs: {fields}",
                place=place,
                fields=fields,
            ),
            remedy=older_crds(),
            code=NO_CLUSTER,
        )
    return Failure(
        t("the cluster refused: {fault}", fault=error),
        remedy=t("change what it names, then try again"),
        code=NO_CLUSTER,
    )


def older_crds() -> str:
    """The remedy for a field that this asw knows, and the cluster does not."""
    return t(
        "its CRDs are older than this asw: helm upgrade, or kubectl apply --server-side -f crds/"
    )


def missing_crds(place: ClusterContext) -> Failure:
    """The cluster answers, and knows no Executions."""
    return Failure(
        t("asw is not installed on {place}: its API server knows no Executions", place=place),
        remedy=t(
            "install it: helm install asw charts/asw -n asw-system --create-namespace, or its CRDs"
            " alone: kubectl apply --server-side -f crds/"
        ),
        code=NO_CLUSTER,
    )


def missing_namespace(namespace: str, place: ClusterContext) -> Failure:
    """The cluster has no such namespace."""
    return Failure(
        t("no namespace {namespace!r} in {place}", namespace=namespace, place=place),
        remedy=t("name one with -n; kubectl get namespaces lists them"),
        code=NO_CLUSTER,
    )


def read_denial(message: str) -> Denial | None:
    """What RBAC denied; None if the message is not RBAC's."""
    found = _DENIED.search(message)
    return None if found is None else Denial(**found.groupdict())


def _forbidden(error: Forbidden) -> Failure:
    denial = read_denial(str(error))
    if denial is None:
        return Failure(
            t("the cluster forbids it: {fault}", fault=error),
            remedy=t("ask the administrators of the cluster"),
            code=NO_CLUSTER,
        )
    if denial.namespace is None:
        message = t(
            "{user} may not {verb} {resource} in all namespaces",
            user=denial.user,
            verb=denial.verb,
            resource=denial.resource,
        )
    else:
        message = t(
            "{user} may not {verb} {resource} in namespace {namespace}",
            user=denial.user,
            verb=denial.verb,
            resource=denial.resource,
            namespace=denial.namespace,
        )
    rule = (
        f'{{apiGroups: ["{denial.group}"], resources: ["{denial.resource}"],'
        f' verbs: ["{denial.verb}"]}}'
    )
    remedy = t("ask for a Role with the rule {rule}", rule=rule)
    return Denied(message, remedy=remedy, code=NO_CLUSTER)


def _unavailable(error: Unavailable, place: ClusterContext) -> Failure:
    cause = error.__cause__
    match cause:
        case ClientConnectorDNSError():
            reason = t("its host name cannot be resolved")
        case ClientSSLError() | ssl.SSLError():
            reason = t("the kubeconfig does not trust its certificate")
        case TimeoutError():
            reason = t("it does not answer")
        case ClientConnectorError() | OSError():
            reason = t("nothing listens there, or a firewall is in between")
        case _:
            return Failure(
                t("{place} cannot answer now: {fault}", place=place, fault=error),
                remedy=t("try again later"),
                code=NO_CLUSTER,
            )
    return _unreachable(place, reason)


def _unreachable(place: ClusterContext, reason: str) -> Failure:
    return Failure(
        t(
            "cannot reach {place} at {server}: {reason}",
            place=place,
            server=place.server,
            reason=reason,
        ),
        remedy=t(
            "check whether kubectl cluster-info can; name another --context, or use this "
            "machine's store with --local"
        ),
        code=NO_CLUSTER,
    )
