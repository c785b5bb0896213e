"""The pod of a Function: Function, code and settings to the spec of a pod. Pure.

What holds for every pod of a Function, whatever makes it: a Job for one task, or a Deployment for
many. Who makes it hands in what is its own: further variables. No volume unless the Function asks
for one (a mount costs the kubelet 0.3 s), no service account token unless it asks for one. Literal
values of the environment have every ``$`` doubled: the kubelet expands ``$(NAME)`` in them.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel

from asw.api.function import Function
from asw.api.pod_template import CONTAINER, TokenRequest
from asw.api.pods import Resources
from asw.api.quantities import mebibytes
from asw.api.workflow import TaskTemplate
from asw.platforms.kubernetes.tasks.code import CODE_VOLUME, CodeSource
from asw.platforms.kubernetes.tasks.merging import Object, by_key, merged
from asw.platforms.kubernetes.tasks.packages import InstalledPackages
from asw.platforms.kubernetes.tasks.settings import TaskSettings

SHOWN_FIRST = {"kubectl.kubernetes.io/default-container": CONTAINER}
"""The container whose log kubectl shows, even if somebody injected containers before it."""
RESULT_FILE = "/dev/termination-log"
CODE_DIR = "/opt/asw/code"
TOKEN_DIR = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105  a path
"""Where client libraries of Kubernetes look for a token of the API server's."""
OTHER_TOKEN_DIR = "/var/run/secrets/asw.dev/serviceaccount"  # noqa: S105  a path
"""Where a token for somebody else is: libraries must not take it for one of the API server's."""
TOKEN_SECONDS = 3600
USER = 65532

Env = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltIn:
    """What the pods of a Function of the operator's own have besides.

    ``sources`` are those of a projected volume at ``path``; none, and there is no volume.
    """

    variables: Mapping[str, str]
    path: str
    sources: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPod:
    """All that the pods of a Function depend on."""

    function: Function
    code: CodeSource | None
    """Where its code is; None if its image contains it."""
    template: TaskTemplate
    settings: TaskSettings
    limited: frozenset[str] = frozenset()
    """Compute resources that LimitRanges of the namespace speak of."""
    built_in: BuiltIn | None = None
    """None for a Function of a user's."""

    @property
    def is_our_image(self) -> bool:
        """Whether the settings say which image it is."""
        return self.function.spec.image is None or self.built_in is not None

    @property
    def packages(self) -> InstalledPackages | None:
        """What was installed for it; None if its image has all that it needs."""
        return None if self.code is None else self.code.packages


def pod_template(
    pod: FunctionPod, variables: Env, labels: Mapping[str, str], annotations: Mapping[str, str]
) -> dict[str, Any]:
    """The pod as a Job or a Deployment takes it; these labels and annotations win over the user's.

    It has no restart policy yet.
    """
    users = _said_by_users(pod).get("metadata", {})
    return {
        "metadata": {
            "labels": {**users.get("labels", {}), **labels},
            "annotations": {**users.get("annotations", {}), **annotations, **SHOWN_FIRST},
        },
        "spec": pod_spec(pod, variables),
    }


def pod_spec(pod: FunctionPod, variables: Env) -> dict[str, Any]:
    """The spec of the pod, without a restart policy; ``variables`` win over those of the user."""
    function, template = pod.function.spec, pod.template
    said, packages = _said_by_users(pod).get("spec", {}), pod.packages
    of_task: Object = next(iter(said.get("containers", ())), {})
    initial = [_init_container(pod, each) for each in said.get("initContainers", ())]
    spec: dict[str, Any] = {
        **said,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "initContainers": initial,
        "containers": [_container(pod, of_task, variables)],
        "serviceAccountName": function.service_account_name,
        "nodeSelector": {
            **template.node_selector,
            **function.node_selector,
            **({} if packages is None else packages.node_selector),
        },
        "tolerations": plain([*template.tolerations, *function.tolerations]),
        "imagePullSecrets": plain([*template.image_pull_secrets, *function.image_pull_secrets]),
        "priorityClassName": function.priority_class_name or template.priority_class_name,
        "volumes": [*said.get("volumes", ()), *_volumes(pod)],
    }
    return _said(spec)


def _said_by_users(pod: FunctionPod) -> Object:
    return merged(pod.template.pod_template, pod.function.spec.pod_template)


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, {}, [])}


def start_timeout_of(
    function: Function | None, template: TaskTemplate, settings: TaskSettings
) -> timedelta:
    """How long a pod of the Function, if it is known, may take to start."""
    own = None if function is None else function.spec.start_timeout_seconds
    seconds = own or template.start_timeout_seconds
    return settings.spans.start_timeout if seconds is None else timedelta(seconds=seconds)


def literal(values: Mapping[str, str]) -> Env:
    """Variables with these values, which the container gets unchanged."""
    return [{"name": name, "value": escaped(value)} for name, value in values.items()]


def escaped(value: str) -> str:
    """The value escaped for the kubelet, so that the container gets it unchanged."""
    return value.replace("$", "$$")


def _container(pod: FunctionPod, said: Object, variables: Env) -> dict[str, Any]:
    function = pod.function.spec
    settings = pod.settings
    own = {} if pod.built_in is None else pod.built_in.variables
    ours = [*literal({**_home(pod), **_limits(pod), **own}), *_code_variables(pod), *variables]
    return _said(
        {
            "name": CONTAINER,
            "image": function.image or settings.images[function.runtime],
            "imagePullPolicy": function.image_pull_policy
            or (settings.pull_policy if pod.is_our_image else None),
            "command": _literals(function.command),
            "args": _literals(function.args),
            # In Kubernetes the last of a name counts: ours.
            "env": [*_users(said.get("env", ())), *_users(plain([*function.env])), *ours],
            "envFrom": [*said.get("envFrom", ()), *plain([*function.env_from])],
            "resources": plain(_resources(pod)),
            "securityContext": _security_context(pod),
            "terminationMessagePath": RESULT_FILE,
            "terminationMessagePolicy": "File",
            "volumeMounts": by_key("mountPath", [*said.get("volumeMounts", ()), *_mounts(pod)]),
        }
    )


def _init_container(pod: FunctionPod, said: Object) -> dict[str, Any]:
    own = Resources.model_validate(said.get("resources", {}))
    context = {**RESTRICTED, **(said.get("securityContext") or {})}
    return _said(
        {
            **said,
            "env": _users(said.get("env", ())),
            "resources": plain(_filled(own, pod, own.requests.keys() | own.limits.keys())),
            "securityContext": context,
        }
    )


def _users(variables: Iterable[Object]) -> Env:
    """Variables of the user's, their literal values as the container is to see them."""
    return [
        dict(each) if each.get("valueFrom") else {**each, "value": escaped(each.get("value") or "")}
        for each in variables
    ]


def _home(pod: FunctionPod) -> dict[str, str]:
    return {"HOME": "/tmp"} if pod.function.spec.runtime == "image" else {}  # noqa: S108


def _limits(pod: FunctionPod) -> dict[str, str]:
    made: dict[str, str] = {}
    function = pod.function.spec
    if function.timeout_seconds is not None:
        made["ASW_TIMEOUT_SECONDS"] = str(function.timeout_seconds)
    if (memory := _resources(pod).limits.get("memory")) is not None:
        made["ASW_MEMORY_MB"] = str(mebibytes(memory))
    return made


def _code_variables(pod: FunctionPod) -> Env:
    if pod.function.handler is None:
        return []
    packages = {} if pod.packages is None else pod.packages.variables
    handler = literal({"ASW_HANDLER": pod.function.handler, **packages})
    if pod.code is None:
        return handler  # the code is where our runtimes look for it in their image
    if pod.code.is_mounted:
        return [*handler, *literal({"ASW_CODE_DIR": CODE_DIR})]
    source = {"name": pod.code.config_map, "key": "code"}
    return [*handler, {"name": "ASW_CODE", "valueFrom": {"configMapKeyRef": source}}]


def _volumes(pod: FunctionPod) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if pod.code is not None and pod.code.is_mounted:
        made.append({"name": CODE_VOLUME, **pod.code.volume()})
    if pod.packages is not None:
        made.append(pod.packages.volume())
    if (size := pod.function.spec.scratch_size) is not None:
        made.append({"name": "asw-scratch", "emptyDir": {"sizeLimit": size}})
    if (token := pod.function.spec.service_account_token) is not None:
        sources = _token_sources(token)
        made.append({"name": "asw-token", "projected": {"sources": sources, "defaultMode": 0o444}})
    if pod.built_in is not None and pod.built_in.sources:
        shown = {"sources": [*pod.built_in.sources], "defaultMode": 0o444}
        made.append({"name": "asw-own", "projected": shown})
    return made


def _token_sources(token: TokenRequest) -> list[dict[str, Any]]:
    """The token; for the API server also what client libraries want beside it."""
    seconds = token.expiration_seconds or TOKEN_SECONDS
    asked = {"path": "token", "expirationSeconds": seconds}
    if token.audience is not None:
        return [{"serviceAccountToken": {**asked, "audience": token.audience}}]
    root = {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}
    namespace = {"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}
    return [
        {"serviceAccountToken": asked},
        {"configMap": root},
        {"downwardAPI": {"items": [namespace]}},
    ]


def _mounts(pod: FunctionPod) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    if pod.code is not None and pod.code.is_mounted:
        made.append({"name": CODE_VOLUME, "mountPath": CODE_DIR, "readOnly": True})
    if pod.packages is not None:
        made.append(pod.packages.mount())
    if pod.function.spec.scratch_size is not None:
        made.append({"name": "asw-scratch", "mountPath": "/tmp"})  # noqa: S108
    if (token := pod.function.spec.service_account_token) is not None:
        path = TOKEN_DIR if token.audience is None else OTHER_TOKEN_DIR
        made.append({"name": "asw-token", "mountPath": path, "readOnly": True})
    if pod.built_in is not None and pod.built_in.sources:
        made.append({"name": "asw-own", "mountPath": pod.built_in.path, "readOnly": True})
    return made


def _resources(pod: FunctionPod) -> Resources:
    """What the Function or else the Workflow says; what both leave open is as in the settings.

    A Function with scratch space says itself how much it stores.
    """
    function = pod.function.spec
    own = function.resources or pod.template.resources or Resources()
    named = own.requests.keys() | own.limits.keys()
    if function.scratch_size is not None:
        named |= {"ephemeral-storage"}
    return _filled(own, pod, named)


def _filled(own: Resources, pod: FunctionPod, named: AbstractSet[str]) -> Resources:
    """With the defaults of those that nobody speaks of.

    A resource that is spoken of anywhere is left as it is there: a default request beside a limit
    of the user's, or against a LimitRange, could make a pod that nobody takes.
    """

    def filled(amounts: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
        spoken_of = named | pod.limited
        left = {name: amount for name, amount in defaults.items() if name not in spoken_of}
        return {**left, **amounts}

    defaults = pod.settings.resources
    whole = {
        "requests": filled(own.requests, defaults.requests),
        "limits": filled(own.limits, defaults.limits),
    }
    return Resources(**{name: amounts for name, amounts in whole.items() if amounts})


RESTRICTED: Final[Object] = {
    "runAsNonRoot": True,
    "runAsUser": USER,
    "runAsGroup": USER,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def _security_context(pod: FunctionPod) -> dict[str, Any]:
    function = pod.function.spec
    is_ours = function.runtime != "image"
    own = function.security_context or {}
    return {**RESTRICTED, "readOnlyRootFilesystem": is_ours, **own}


def _literals(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def plain(value: Any) -> Any:
    """Models in the spelling of Kubernetes, without what was not set."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value
