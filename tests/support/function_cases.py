"""What a Function and a task template may ask for, as cases: for the operator and for its policy.

One table, so that what Python decides and what CEL decides cannot come apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OURS = "0b2bd0a47c0c-t-0-k"
"""A Secret that holds the tokens of tasks."""

PLACES: Mapping[str, Mapping[str, Any]] = {
    "plain": {},
    "baseline": {"securityContext": "baseline"},
    "privileged": {"securityContext": "privileged"},
    "tokens": {"serviceAccountTokens": ["", "vault"]},
    "roles": {"serviceAccounts": ["runner"], "serviceAccountTokens": ["sts.amazonaws.com"]},
    "narrow": {
        "serviceAccounts": ["runner"],
        "secrets": ["fn-*"],
        "images": ["registry.example/team/*", "docker.io/library/busybox:1"],
        "serviceAccountTokens": ["", "vault*"],
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


def _defaults(refused: str | None = None, place: str = "plain", **template: Any) -> Case:
    return Case(spec=template, place=place, kind="TaskDefaults", refused=refused)


def _pod(refused: str | None = None, place: str = "plain", **spec: Any) -> dict[str, Case]:
    """The same pod template, wherever one may be."""
    template = {"spec": spec}
    of_function = _function(place, refused, podTemplate=template)
    of_workflow = _template(refused, place, podTemplate=template)
    of_namespace = _defaults(refused, place, podTemplate=template)
    return {"Function": of_function, "Workflow": of_workflow, "TaskDefaults": of_namespace}


def _sidecar(refused: str | None = None, place: str = "plain", **fields: Any) -> dict[str, Case]:
    image = "registry.example/team/proxy:1"
    container = {"name": "proxy", "image": image, "restartPolicy": "Always", **fields}
    return _pod(refused, place, initContainers=[container])


def _volume(name: str, refused: str | None = None, place: str = "plain") -> dict[str, Case]:
    return _pod(refused, place, volumes=[{"name": "v", "secret": {"secretName": name}}])


def _claim(name: str, refused: str | None = None, place: str = "plain") -> dict[str, Case]:
    claim = {"claimName": name}
    return _pod(refused, place, volumes=[{"name": "v", "persistentVolumeClaim": claim}])


def _projected(name: str, refused: str | None = None) -> dict[str, Case]:
    sources = [{"configMap": {"name": "c"}}, {"secret": {"name": "db"}}, {"secret": {"name": name}}]
    return _pod(refused, volumes=[{"name": "v", "projected": {"sources": sources}}])


def _from(name: str, refused: str | None = None) -> dict[str, Case]:
    return _pod(refused, containers=[{"name": "task", "envFrom": [{"secretRef": {"name": name}}]}])


def _token(place: str = "plain", refused: str | None = None, **token: Any) -> Case:
    return _function(place, refused, serviceAccountToken=token)


def _connection(place: str = "plain", refused: str | None = None, **spec: Any) -> Case:
    given = {"kind": "aws", "region": "eu-central-1", **spec}
    return Case(spec=given, place=place, kind="Connection", refused=refused)


def _api(secret: str, place: str = "plain", refused: str | None = None) -> dict[str, Case]:
    """A Connection to an API, by each way to show who calls."""
    secret_ref = {"name": secret}
    oauth = {"endpoint": "https://auth.example/token", "secretRef": secret_ref}
    ways = {
        "basic": ("secretRef", {"secretRef": secret_ref}),
        "apiKey": ("secretKeyRef", {"header": "X-Key", "secretKeyRef": {**secret_ref, "key": "k"}}),
        "oauth": ("secretRef", oauth),
        "url": ("secretKeyRef", {"secretKeyRef": {**secret_ref, "key": "k"}}),
    }
    return {
        way: Case(
            spec={"kind": "http", "endpoint": "https://api.example", "http": {way: given}},
            place=place,
            kind="Connection",
            refused=None if refused is None else f"spec.http.{way}.{field}: {refused}",
        )
        for way, (field, given) in ways.items()
    }


def _cluster(place: str = "plain", refused: str | None = None, **kubernetes: Any) -> Case:
    """A Connection to a cluster: elsewhere with a Secret, else the own one."""
    elsewhere = {"endpoint": "https://k.example"} if "secretKeyRef" in kubernetes else {}
    given = {"kubernetes": kubernetes} if kubernetes else {}
    spec = {"kind": "kubernetes", **elsewhere, **given}
    return Case(spec=spec, place=place, kind="Connection", refused=refused)


def _elsewhere(name: str, place: str = "plain", refused: str | None = None) -> Case:
    return _cluster(place, refused, secretKeyRef={"name": name, "key": "token"})


def _signed(name: str, place: str = "plain", refused: str | None = None) -> Case:
    return _connection(place, refused, credentials={"secretRef": {"name": name}})


def _trusting(name: str, place: str = "plain", refused: str | None = None) -> Case:
    return _connection(place, refused, ca={"secretKeyRef": {"name": name, "key": "ca.crt"}})


def _identity(place: str, refused: str | None = None, **identity: Any) -> Case:
    given = {"roleArn": "arn:aws:iam::123456789012:role/r", **identity}
    return _connection(place, refused, credentials={"webIdentity": given})


_CONNECTIONS: Mapping[str, Case] = {
    "a Connection": _connection("narrow"),
    "a Connection's Secret": _signed("db"),
    "a Connection's Secret that is listed": _signed("fn-db", "narrow"),
    "a Connection's Secret that is not listed": _signed(
        "db", "narrow", "spec.credentials.secretRef: Secret db is not among fn-*"
    ),
    "a Connection's Secret of ours": _signed(
        OURS, "plain", "spec.credentials.secretRef: Secret 0b2bd0a47c0c-t-0-k belongs to asw"
    ),
    "a Connection's Secret with a token": _signed(
        "ci-token-bcdf2", "plain", "is named like the token"
    ),
    **{
        f"an API by {way}, a Secret that is listed": it
        for way, it in _api("fn-k", "narrow").items()
    },
    **{
        f"an API by {way}, a Secret that is not listed": it
        for way, it in _api("db", "narrow", "Secret db is not among fn-*").items()
    },
    **{
        f"an API by {way}, a Secret of ours": it
        for way, it in _api(OURS, refused=f"Secret {OURS} belongs to asw").items()
    },
    "the own cluster, by a token that is not allowed": _cluster(
        "plain", "spec.kubernetes: audience '' is not among"
    ),
    "the own cluster, by a token for another": _cluster(
        "roles", "spec.kubernetes: audience '' is not among sts.amazonaws.com"
    ),
    "the own cluster": _cluster("tokens"),
    "the own cluster, as an account": _cluster("tokens", serviceAccountName="deployer"),
    "the own cluster, as one that is listed": _cluster("narrow", serviceAccountName="runner"),
    "the own cluster, as one that is not listed": _cluster(
        "narrow",
        "spec.kubernetes.serviceAccountName: admin is not among runner",
        serviceAccountName="admin",
    ),
    "a cluster elsewhere": _elsewhere("db"),
    "a cluster elsewhere, a Secret that is listed": _elsewhere("fn-k", "narrow"),
    "a cluster elsewhere, a Secret that is not listed": _elsewhere(
        "db", "narrow", "spec.kubernetes.secretKeyRef: Secret db is not among fn-*"
    ),
    "a cluster elsewhere, a Secret with a token": _elsewhere(
        "ci-token-bcdf2", "plain", "is named like the token"
    ),
    "a Connection's certificates": _trusting("fn-ca", "narrow"),
    "a Connection's certificates that are not listed": _trusting(
        "db", "narrow", "spec.ca.secretKeyRef: Secret db is not among fn-*"
    ),
    "a role by a token that is not allowed": _identity(
        "plain", "spec.credentials.webIdentity: audience 'sts.amazonaws.com' is not among"
    ),
    "a role by a token": _identity("roles"),
    "a role of an account": _identity("roles", serviceAccountName="runner"),
    "a role of an account that is not listed": _identity(
        "roles",
        "spec.credentials.webIdentity.serviceAccountName: admin is not among runner",
        serviceAccountName="admin",
    ),
}


_TEMPLATES: Mapping[str, Mapping[str, Case]] = {
    "volumes of all kinds": _pod(
        volumes=[
            {"name": "a", "secret": {"secretName": "db"}},
            {"name": "b", "configMap": {"name": "c"}},
            {"name": "c", "emptyDir": {}},
            {"name": "d", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
        ]
    ),
    "the packages of others as a volume": _claim("asw-packages", "belongs to asw itself"),
    "the packages of others, named otherwise": _claim(
        "asw-packages-nfs", "PersistentVolumeClaim asw-packages-nfs belongs", "privileged"
    ),
    "a claim that is named alike": _claim("asw-packagesof"),
    "a Secret as a volume that is not listed": _volume("db", "Secret db is not among", "narrow"),
    "tokens of ours as a volume": _volume(OURS, "belongs to asw itself", "privileged"),
    "the keys as a volume": _volume("asw-keys", "Secret asw-keys belongs to asw itself"),
    "a token of an account as a volume": _volume("ci-token-x7k2p", "the token of an account"),
    "a projected Secret": _projected("other"),
    "tokens of ours, projected": _projected(OURS, "belongs to asw itself"),
    "a Secret as variables": _from("db"),
    "tokens of ours as variables": _from(OURS, "belongs to asw itself"),
    "tokens of ours as variables of a sidecar": _sidecar(
        "belongs to asw itself", envFrom=[{"secretRef": {"name": OURS}}]
    ),
    "a token of ours as a variable of a sidecar": _sidecar(
        "belongs to asw itself",
        env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": OURS, "key": "1"}}}],
    ),
    "a sidecar": _sidecar(),
    "a sidecar of an image that is not listed": _sidecar(
        "evil.example/proxy is not among", "narrow", image="evil.example/proxy"
    ),
    "a privileged sidecar": _sidecar(
        "securityContext.privileged", securityContext={"privileged": True}
    ),
    "a privileged sidecar where containers of baseline are": _sidecar(
        "securityContext.privileged", "baseline", securityContext={"privileged": True}
    ),
    "a privileged sidecar where all is allowed": _sidecar(
        place="privileged", securityContext={"privileged": True}
    ),
    "a sidecar of root": _sidecar("securityContext.runAsUser", securityContext={"runAsUser": 0}),
    "a sidecar with a field of nobody": _sidecar(
        "securityContext.hostNetwork", securityContext={"hostNetwork": True}
    ),
}

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
    **{
        f"{id_}, {kind}": case
        for id_, cases in _TEMPLATES.items()
        for kind, case in cases.items()
    },
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
    "a Secret as variables of the Function": _function(envFrom=[{"secretRef": {"name": "db"}}]),
    "tokens of ours as variables of the Function": _function(
        "privileged",
        f"spec.envFrom: Secret {OURS} belongs to asw itself",
        envFrom=[{"configMapRef": {"name": "c"}}, {"secretRef": {"name": OURS}}],
    ),
    "a token": _token(refused="audience '' is not among"),
    "a token for somebody": _token(refused="audience 'vault' is not among", audience="vault"),
    "a token that is listed": _token("narrow"),
    "a token for somebody who is listed": _token("narrow", audience="vault.example"),
    "a token for somebody else": _token("narrow", "'sts' is not among", audience="sts"),
    "a token for asw": _token("narrow", "belongs to asw itself", audience="asw.dev/tasks"),
    "a token for all of asw": _token("privileged", "belongs to asw itself", audience="asw.dev"),
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
    "an image of a runtime": Case(
        spec={"runtime": "python3", "image": "registry.example/team/fetch:1"}, place="narrow"
    ),
    "an image of a runtime that is not listed": Case(
        spec={"runtime": "python3", "image": "evil.example/python3:1"},
        place="narrow",
        refused="evil.example/python3:1 is not among",
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
    "a priority of a Function": _function(priorityClassName="low"),
    "a priority of the system for a Function": _function(
        "privileged",
        "spec.priorityClassName: system-cluster-critical is reserved",
        priorityClassName="system-cluster-critical",
    ),
    "a priority for a namespace": _defaults(priorityClassName="low"),
    "a priority of the system for a namespace": _defaults(
        "spec.priorityClassName: system-node-critical is reserved",
        priorityClassName="system-node-critical",
    ),
    "a pull secret for a namespace that is not listed": _defaults(
        "spec.imagePullSecrets: Secret db is not among", "narrow", imagePullSecrets=[{"name": "db"}]
    ),
    "a pull secret for all tasks": _template(imagePullSecrets=[{"name": "db"}]),
    "a pull secret for all tasks that is not listed": _template(
        "Secret db is not among fn-*", "narrow", imagePullSecrets=[{"name": "db"}]
    ),
    **_CONNECTIONS,
}  # fmt: skip
