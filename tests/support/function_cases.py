"""What a Function and a task template may ask for, as cases: for the operator and for its policy.

One table, so that what Python decides and what CEL decides cannot come apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PLACES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "baseline": {"securityContext": "baseline"},
    "privileged": {"securityContext": "privileged"},
    "narrow": {
        "serviceAccounts": ["runner"],
        "secrets": ["fn-*"],
        "images": ["registry.example/team/*", "docker.io/library/busybox:1"],
    },
}
"""Kinds of namespaces, each with the rules that it has of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One object in one place; ``refused`` is a part of the message, None where it is allowed."""

    spec: Mapping[str, Any]
    place: str = "plain"
    kind: str = "Function"
    refused: str | None = None


def _function(place: str = "plain", refused: str | None = None, **spec: Any) -> Case:
    return Case(
        spec={"runtime": "image", "image": "registry.example/team/tool:1", **spec},
        place=place,
        refused=refused,
    )


def _context(place: str = "plain", *, is_refused: bool, **context: Any) -> Case:
    (field,) = set(context) - {"runAsNonRoot"} or {"runAsNonRoot"}
    refused = f"spec.securityContext.{field}" if is_refused else None
    return _function(place, refused, securityContext=context)


def _contexts(
    contexts: Mapping[str, Mapping[str, Any]], place: str, *, is_refused: bool
) -> dict[str, Case]:
    return {
        f"{id_}, {place}": _context(place, is_refused=is_refused, **context)
        for id_, context in contexts.items()
    }


def _secret(name: str, place: str = "plain", refused: str | None = None) -> Case:
    source = {"secretKeyRef": {"name": name, "key": "k"}}
    return _function(place, refused, env=[{"name": "A", "valueFrom": source}])


def _template(refused: str | None = None, place: str = "plain", **template: Any) -> Case:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    spec = {"definition": definition, "taskTemplate": template}
    return Case(spec=spec, place=place, kind="Workflow", refused=refused)


_LOOSE: Mapping[str, Mapping[str, Any]] = {
    "privileged": {"privileged": True},
    "a capability of the host": {"capabilities": {"drop": ["ALL"], "add": ["SYS_ADMIN"]}},
    "all capabilities": {"capabilities": {"add": ["ALL"]}},
    "capabilities in another shape": {"capabilities": {"add": [{}]}},
    "no seccomp profile": {"seccompProfile": {"type": "Unconfined"}},
    "a seccomp profile of null": {"seccompProfile": None},
    "no AppArmor profile": {"appArmorProfile": {"type": "Unconfined"}},
    "another SELinux type": {"seLinuxOptions": {"type": "spc_t"}},
    "another SELinux user": {"seLinuxOptions": {"user": "system_u"}},
    "the unmasked /proc": {"procMount": "Unmasked"},
    "a field of nobody": {"hostNetwork": True},
    "a host process": {"windowsOptions": {"hostProcess": True}},
}
"""What no level but privileged allows."""
_ROOT: Mapping[str, Mapping[str, Any]] = {
    "root": {"runAsUser": 0},
    "perhaps root": {"runAsNonRoot": False},
    "a null instead of non-root": {"runAsNonRoot": None},
    "escalation": {"allowPrivilegeEscalation": True},
    "a null instead of no escalation": {"allowPrivilegeEscalation": None},
    "capabilities that are not dropped": {"capabilities": {}},
    "a capability of containers": {"capabilities": {"drop": ["ALL"], "add": ["CHOWN"]}},
}
"""What baseline allows, and restricted does not."""
_TIGHT: Mapping[str, Mapping[str, Any]] = {
    "another user": {"runAsUser": 1000},
    "the user of the image": {"runAsUser": None},
    "another group": {"runAsGroup": 0},
    "a writable disk": {"readOnlyRootFilesystem": False},
    "a low port": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}},
    "the profile of the runtime": {"seccompProfile": {"type": "RuntimeDefault"}},
    "a profile of the node": {"appArmorProfile": {"type": "Localhost", "localhostProfile": "x"}},
    "a SELinux level": {"seLinuxOptions": {"level": "s0:c1"}},
}
"""What every level allows."""

CASES: Mapping[str, Case] = {
    **_contexts(_LOOSE, "plain", is_refused=True),
    **_contexts(_LOOSE, "baseline", is_refused=True),
    **_contexts(_LOOSE, "privileged", is_refused=False),
    **_contexts(_ROOT, "plain", is_refused=True),
    **_contexts(_ROOT, "baseline", is_refused=False),
    **_contexts(_TIGHT, "plain", is_refused=False),
    **_contexts(_TIGHT, "baseline", is_refused=False),
    "code and nothing else": Case(
        spec={"runtime": "python3", "code": {"inline": {"index.py": "pass"}}}, place="narrow"
    ),
    "a Secret": _secret("db"),
    "a Secret of ours with tokens": _secret("0b2bd0a47c0c-t-0", refused="belongs to asw itself"),
    "a Secret of ours with values": _secret("0b2bd0a47c0c-v-1-a", refused="belongs to asw itself"),
    "the keys": _secret("asw-keys", refused="belongs to asw itself"),
    "a token of an account": _secret("ci-token-x7k2p", refused="the token of an account"),
    "a token of a node": _secret("bootstrap-token-abcdef", refused="the token of an account"),
    "a Secret named like others": _secret("fn-db", "narrow"),
    "a Secret that is not listed": _secret("db", "narrow", "Secret db is not among fn-*"),
    "a pull secret that is not listed": _function(
        "narrow", "spec.imagePullSecrets: Secret db", imagePullSecrets=[{"name": "db"}]
    ),
    "a pull secret with a token": _function(
        "privileged", "belongs to asw itself", imagePullSecrets=[{"name": "asw-keys"}]
    ),
    "any account": _function(serviceAccountName="builder"),
    "an account that is listed": _function("narrow", serviceAccountName="runner"),
    "the account that all have": _function("narrow", serviceAccountName="default"),
    "an account that is not listed": _function(
        "narrow", "builder is not among runner", serviceAccountName="builder"
    ),
    "any image": _function(image="busybox"),
    "an image in a folder": _function("narrow"),
    "an image by its whole name": _function("narrow", image="docker.io/library/busybox:1"),
    "an image of the same start": _function(
        "narrow", "is not among", image="docker.io/library/busybox:11"
    ),
    "an image without its registry": _function(
        "narrow", "busybox:1 is not among", image="busybox:1"
    ),
    "an image of another registry": _function(
        "narrow", "is not among", image="evil.example/registry.example/team/tool:1"
    ),
    "a priority": _template(priorityClassName="low"),
    "a priority of the system": _template(
        "reserved for the cluster itself", "privileged", priorityClassName="system-node-critical"
    ),
    "a pull secret for all tasks": _template(imagePullSecrets=[{"name": "db"}]),
    "a pull secret for all tasks that is not listed": _template(
        "Secret db is not among fn-*", "narrow", imagePullSecrets=[{"name": "db"}]
    ),
}  # fmt: skip
