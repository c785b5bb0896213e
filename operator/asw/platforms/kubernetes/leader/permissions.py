"""What the operator may do in the cluster, each with its reason: the single source of its RBAC.

The chart's Roles are compared with this list by a test, and a request that is not in it is a bug.
Nothing here lets the operator impersonate anybody, run a command in a pod or read a Secret that is
not its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from asw.api.names import GROUP

CLAIM_OF_ALL = "all-namespaces.asw.dev"
"""Name of the Lease by which one installation claims all namespaces (``claiming``)."""
CLAIM_OF_ONE = "namespace.asw.dev"
"""Lease by which one claims the namespace that it is in."""


class Scope(Enum):
    """Where a permission holds."""

    WATCHED = "watched"
    """In every namespace that the operator watches."""
    OWN = "own"
    """In the namespace that the operator runs in."""
    PUBLIC = "public"
    """In kube-public, which every cluster has, and where none but administrators have powers."""


class Watching(Enum):
    """Which operators need a permission: those that watch all namespaces, or some by name."""

    ALL = "all"
    NAMED = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One rule of a Role. ``names`` limits it to objects of these names, empty means all.

    ``watching`` limits it to operators that watch so; None means both kinds.
    """

    scope: Scope
    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()
    watching: Watching | None = None
    reason: str


PERMISSIONS: Sequence[Permission] = (
    Permission(
        scope=Scope.WATCHED,
        group=GROUP,
        resources=("workflows", "executions", "functions"),
        verbs=("get", "list", "watch"),
        reason="They are what it reconciles.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group=GROUP,
        resources=("workflows/status", "executions/status", "functions/status"),
        verbs=("patch",),
        reason="It writes what it found out and what happened.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group=GROUP,
        resources=("executions",),
        verbs=("create", "patch"),
        reason="Children of distributed Maps are Executions; it stops those nobody waits for.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group=GROUP,
        resources=("executions",),
        verbs=("delete",),
        reason="Retention deletes those that are over, where users ask for it.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group=GROUP,
        resources=("executions/finalizers",),
        verbs=("update",),
        reason="That a deletion in the foreground waits for Jobs needs it on some clusters.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="batch",
        resources=("jobs",),
        verbs=("get", "list", "watch", "create", "delete"),
        reason="A task runs as a Job; cancelled and old ones are deleted.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("pods",),
        verbs=("get", "list", "watch"),
        reason="Pods show when a task started and how it ended; their Jobs make and remove them.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("pods",),
        verbs=("patch",),
        reason="A pod that only sidecars keep is given a deadline, so that its logs stay.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("secrets",),
        verbs=("create",),
        reason="The tokens of an Execution's tasks; it can write such Secrets, not read them.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("configmaps",),
        verbs=("get", "list", "watch", "create", "delete"),
        reason="Code of Functions, large values and old history; inputs by inputFrom are read.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("serviceaccounts",),
        verbs=("get", "list", "watch"),
        reason="Whether the account is there that a Function's pods are to run as.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("limitranges",),
        verbs=("list",),
        reason="What they say of compute resources wins over the defaults of tasks.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group=GROUP,
        resources=("payloads",),
        verbs=("get", "list", "create", "delete"),
        reason="The same where a Workflow keeps its payloads private.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="apps",
        resources=("controllerrevisions",),
        verbs=("get", "list", "create", "delete"),
        reason="They pin definitions; those that nobody runs any more are swept.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="",
        resources=("events",),
        verbs=("list",),
        reason="The Job controller says only there why a pod could not be created.",
    ),
    Permission(
        scope=Scope.OWN,
        group="",
        resources=("secrets",),
        verbs=("create",),
        reason="Its keys, where there are none yet.",
    ),
    Permission(
        scope=Scope.OWN,
        group="",
        resources=("secrets",),
        verbs=("get",),
        names=("asw-keys",),
        reason="Its keys, which all replicas share.",
    ),
    Permission(
        scope=Scope.OWN,
        group="",
        resources=("services",),
        verbs=("get",),
        reason="The address of its result server, which tasks are told.",
    ),
    Permission(
        scope=Scope.OWN,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("get", "create", "update"),
        reason="One replica acts at a time.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("list",),
        names=(CLAIM_OF_ONE,),
        watching=Watching.ALL,
        reason="Namespaces that another installation has are left to it.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("get", "update"),
        names=(CLAIM_OF_ONE,),
        watching=Watching.NAMED,
        reason="It claims each namespace, so that no other installation acts there.",
    ),
    Permission(
        scope=Scope.WATCHED,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("create",),
        watching=Watching.NAMED,
        reason="The first claim of a namespace; Kubernetes cannot limit it by name.",
    ),
    Permission(
        scope=Scope.PUBLIC,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("get",),
        names=(CLAIM_OF_ALL,),
        reason="Whether another installation has all namespaces.",
    ),
    Permission(
        scope=Scope.PUBLIC,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("update",),
        names=(CLAIM_OF_ALL,),
        watching=Watching.ALL,
        reason="It claims all namespaces, so that no other installation acts.",
    ),
    Permission(
        scope=Scope.PUBLIC,
        group="coordination.k8s.io",
        resources=("leases",),
        verbs=("create",),
        watching=Watching.ALL,
        reason="The first claim of all; Kubernetes cannot limit it by name.",
    ),
)
