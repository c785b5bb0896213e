"""What the operator may do in the cluster, each with its reason: the single source of its RBAC.

A test compares the chart's Roles with this list, and a request that is not in it is a bug. Nothing
here lets the operator impersonate anybody, run a command in a pod or read a Secret that is not its
own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from asw.api.names import GROUP

CLAIM_OF_ALL = "all-namespaces.asw.dev"
"""Name of the Lease by which an installation claims all namespaces (``claiming``)."""
CLAIM_OF_ONE = "namespace.asw.dev"
"""Name of the Lease by which an installation claims the namespace that it lies in."""
_COORDINATION = "coordination.k8s.io"


class Scope(Enum):
    """Where a permission holds."""

    WATCHED = "watched"
    """In every namespace that the operator watches."""
    OWN = "own"
    """In the namespace that the operator runs in."""
    PUBLIC = "public"
    """In kube-public, which every cluster has, and where only administrators have power."""


class Watching(Enum):
    """Which operators need a permission: those that watch all namespaces, or named ones."""

    ALL = "all"
    NAMED = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One rule of a Role. ``names`` limits it to objects of these names; empty means all.

    ``watching`` limits it to operators that watch this way; None means both. ``value`` is the
    chart's value without which nobody needs it.
    """

    scope: Scope
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    reason: str
    names: tuple[str, ...] = ()
    watching: Watching | None = None
    value: str = ""


def _rules(
    scope: Scope,
    group: str,
    *rules: tuple[str, str, str],
    name: str = "",
    watching: Watching | None = None,
    value: str = "",
) -> tuple[Permission, ...]:
    """One permission for each (resources, verbs, reason)."""
    return tuple(
        Permission(
            scope=scope,
            group=group,
            resources=tuple(resources.split()),
            verbs=tuple(verbs.split()),
            reason=reason,
            names=(name,) if name else (),
            watching=watching,
            value=value,
        )
        for resources, verbs, reason in rules
    )


PERMISSIONS: Sequence[Permission] = (
    *_rules(
        Scope.WATCHED,
        GROUP,
        ("workflows executions functions", "get list watch", "They are what it reconciles."),
        (
            "workflows/status executions/status functions/status connections/status",
            "patch update",
            "It writes what it found out and what happened.",
        ),
        (
            "executions",
            "create",
            "Children of Maps, nested runs, and what Schedules and Triggers start.",
        ),
        ("executions", "patch", "It stops children that nobody waits for, and replaced runs."),
        ("executions", "delete", "Retention deletes finished ones if users ask for it."),
        (
            "executions/finalizers",
            "update",
            "Some clusters ask for it, so that a deletion in the foreground waits for Jobs.",
        ),
        ("connections", "get list watch", "They say how calls of services are made."),
        ("schedules", "get list watch", "They say when Executions start by themselves."),
        ("schedules/status", "patch update", "It says when the next run starts."),
        ("triggers", "get list watch", "They say which events start Executions."),
        ("triggers/status", "patch update", "It says what they have started."),
        ("activities", "get list watch", "A Task for workers waits for the Activity it names."),
        ("payloads", "get list create delete", "Data of Workflows that keep payloads private."),
        ("taskdefaults", "get", "What tasks of a namespace have unless they say otherwise."),
    ),
    *_rules(
        Scope.WATCHED,
        "batch",
        ("jobs", "get list watch", "A Job shows how its task is doing."),
        ("jobs", "create delete", "A task runs as a Job; cancelled and old ones are deleted."),
    ),
    *_rules(
        Scope.WATCHED,
        "",
        ("pods", "get list watch", "Pods show when a task started and how it ended."),
        ("pods", "patch", "A pod that only sidecars keep gets a deadline, so its logs stay."),
        ("secrets", "create", "Tokens of tasks and of warm pods; it cannot read them."),
        ("configmaps", "get list watch", "Inputs by inputFrom, and code of Functions."),
        ("configmaps", "create delete", "Code of Functions, large values and old history."),
        ("serviceaccounts", "get list watch", "Whether the account of a Function's pods exists."),
        ("limitranges", "list", "What they say of resources wins over the defaults of tasks."),
        ("events", "create patch", "They tell people of starts, ends and what is amiss."),
        ("events", "list", "Only there does the Job controller say why there is no pod."),
    ),
    *_rules(
        Scope.WATCHED,
        "",
        ("persistentvolumeclaims", "get create", "A volume for the packages of Functions."),
        value="functions.packageIndex.url",
    ),
    *_rules(
        Scope.WATCHED,
        "",
        ("pods/log", "get", "The archive keeps the end of each task's log."),
        value="archive.enabled",
    ),
    *_rules(
        Scope.WATCHED,
        "apps",
        ("controllerrevisions", "get list", "They pin definitions."),
        ("controllerrevisions", "create delete", "Those that nobody runs any more are swept."),
        ("deployments", "get list", "They keep the pods of warm Functions."),
        ("deployments", "create patch delete", "One for each revision that is called."),
        ("replicasets", "get", "Whether a pod that asks for work is one of a Deployment of ours."),
    ),
    *_rules(
        Scope.OWN,
        "",
        ("secrets", "create", "Its keys, if there are none yet."),
        ("services", "get", "The address of its result server, which tasks are told."),
    ),
    *_rules(
        Scope.OWN,
        "",
        ("secrets", "get", "Its keys, which all replicas share."),
        name="asw-keys",
    ),
    *_rules(
        Scope.OWN,
        "",
        ("secrets", "get", "The keys of callbacks, which it shares with asw serve."),
        ("secrets", "patch", "It tells asw serve by which authority result servers are known."),
        name="asw-serve-keys",
    ),
    *_rules(
        Scope.OWN,
        _COORDINATION,
        ("leases", "get create update", "One replica acts at a time."),
    ),
    *_rules(
        Scope.WATCHED,
        _COORDINATION,
        ("leases", "list", "Namespaces that another installation has are left to it."),
        name=CLAIM_OF_ONE,
        watching=Watching.ALL,
    ),
    *_rules(
        Scope.WATCHED,
        _COORDINATION,
        ("leases", "get update", "It claims each namespace: no other installation acts there."),
        name=CLAIM_OF_ONE,
        watching=Watching.NAMED,
    ),
    *_rules(
        Scope.WATCHED,
        _COORDINATION,
        ("leases", "create", "The first claim; Kubernetes cannot limit it by name."),
        watching=Watching.NAMED,
    ),
    *_rules(
        Scope.PUBLIC,
        _COORDINATION,
        ("leases", "get", "Whether another installation has all namespaces."),
        name=CLAIM_OF_ALL,
    ),
    *_rules(
        Scope.PUBLIC,
        _COORDINATION,
        ("leases", "update", "It claims all namespaces, so that no other installation acts."),
        name=CLAIM_OF_ALL,
        watching=Watching.ALL,
    ),
    *_rules(
        Scope.PUBLIC,
        _COORDINATION,
        ("leases", "create", "The first claim of all; Kubernetes cannot limit it by name."),
        watching=Watching.ALL,
    ),
)
