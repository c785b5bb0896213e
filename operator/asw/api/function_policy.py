"""What Functions and task templates may ask for in each namespace: the rules, and their violations.

Anyone who may create a Function may run pods, so these are rules for pods, in the words of the Pod
Security Standards of Kubernetes. The chart's admission policy states the same rules in CEL; one
table of cases tests both (tests/support/function_cases.py). Nothing here trusts what a tenant says
about itself: rules only use fields and names.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from asw.api.conditions import MESSAGE_LIMIT
from asw.api.connection import ConnectionSpec
from asw.api.function import FunctionSpec
from asw.api.objects import Part
from asw.api.packages import CLAIM
from asw.api.pod_template import EnvSource, InitContainer, PodTemplate, TaskContainer
from asw.api.pods import Variable
from asw.api.volumes import Volume
from asw.api.workflow import TaskTemplate

Level = Literal["restricted", "baseline", "privileged"]
Patterns: TypeAlias = tuple[Annotated[str, Field(pattern=r"^[^*]*\*?$")], ...]

ANY: Final[Patterns] = ("*",)
REMEDY: Final = "see docs/reference/who-may-do-what.md; functionPolicy of the operator decides"

OUR_NAMES: Final = r"[0-9a-f]{12}-[a-z]+-[-0-9a-z]+|asw-keys|asw-serve-keys"
"""Secrets that hold tokens, values and keys of asw itself (``asw.api.names``)."""
NAMES_OF_TOKENS: Final = r".+-token-[bcdfghjklmnpqrstvwxz2456789]{5}|bootstrap-token-[a-z0-9]{6}"
"""Names that Kubernetes gives to Secrets with tokens of accounts and of joining nodes.

A token in a Secret with another name cannot be recognised without reading Secrets.
"""
OUR_AUDIENCES: Final = "asw.dev"
"""Tokens for asw itself: whoever has one may ask for the tasks of others."""
STS: Final = "sts.amazonaws.com"
"""AWS: the audience of tokens by which a service account assumes a role."""
API_SERVER: Final = ""
"""The audience of tokens for the API server of the cluster, as ``Rules`` spell it."""
SYSTEM_PRIORITIES: Final = "system-"
"""Kubernetes: names of its own PriorityClasses start like this."""

RESTRICTED_CAPABILITIES: Final = frozenset({"NET_BIND_SERVICE"})
BASELINE_CAPABILITIES: Final = RESTRICTED_CAPABILITIES | {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
PROFILES: Final = ("RuntimeDefault", "Localhost")
SELINUX_TYPES: Final = (
    "container_t", "container_init_t", "container_kvm_t", "container_engine_t",
)  # fmt: skip


class Rules(Part):
    """What is allowed in a namespace. A pattern is a whole text, or a prefix followed by ``*``."""

    security_context: Level = "restricted"
    """The level of the Pod Security Standards for spec.securityContext of Functions."""

    service_accounts: Patterns = ANY
    """Accounts that Functions may run as, besides ``default``."""

    secrets: Patterns = ANY
    """Secrets that Functions may read, and that Functions and templates may pull images with."""

    images: Patterns = ANY
    """Images of Functions, and of init containers and sidecars, as they are written."""

    service_account_tokens: Patterns = ()
    """Audiences that spec.serviceAccountToken of Functions may name; an empty text stands for the
    API server of the cluster."""


class FunctionPolicy(Part):
    """The rules of every namespace."""

    default: Rules = Field(default_factory=Rules)
    """The rules of namespaces that ``namespaces`` does not list."""

    namespaces: Mapping[str, Rules] = Field(default_factory=dict)
    """Rules by namespace: the fields given there replace those of the default."""

    def rules(self, namespace: str) -> Rules:
        """The rules of one namespace."""
        own = self.namespaces.get(namespace)
        if own is None:
            return self.default
        given = {name: getattr(own, name) for name in own.model_fields_set}
        return self.default.model_copy(update=given)


DEFAULT_POLICY: Final = FunctionPolicy()
"""The policy if none is configured; the chart's default is the same."""


def function_problems(spec: FunctionSpec, rules: Rules) -> tuple[str, ...]:
    """What the Function asks for but must not, each with its field and the remedy."""
    context = spec.security_context or {}
    pulled = [it.name for it in spec.image_pull_secrets]
    return (
        *_context_problems("spec.securityContext", context, rules.security_context),
        *_account_problems(spec, rules),
        *_secret_problems("spec.env", _of_variables(spec.env), rules),
        *_secret_problems("spec.envFrom", _of_sources(spec.env_from), rules),
        *_secret_problems("spec.imagePullSecrets", pulled, rules),
        *_image_problems("spec.image", spec.image, rules),
        *_priority_problems("spec.priorityClassName", spec.priority_class_name),
        *_pod_problems("spec.podTemplate", spec.pod_template, rules),
    )


def connection_problems(spec: ConnectionSpec, rules: Rules) -> tuple[str, ...]:
    """What the Connection asks for but must not: a Function could not have it in its pods either.

    Of a token the audience counts, and whose it is.
    """
    found: list[str] = []
    ca = spec.ca
    if ca is not None and ca.secret_key_ref is not None:
        found += _secret_problems("spec.ca.secretKeyRef", [ca.secret_key_ref.name], rules)
    for field, secret in _of_connection(spec):
        found += _secret_problems(field, [secret], rules)
    identity = None if spec.credentials is None else spec.credentials.web_identity
    if identity is not None:
        name, field = identity.service_account_name, "spec.credentials.webIdentity"
        found += _token_problems(field, name, STS, rules)
    if spec.is_own_cluster:
        account = None if spec.kubernetes is None else spec.kubernetes.service_account_name
        found += _token_problems("spec.kubernetes", account, API_SERVER, rules)
    return tuple(found)


def _token_problems(field: str, name: str | None, audience: str, rules: Rules) -> Iterator[str]:
    """What is wrong with a Connection's account, and with the audience of its token."""
    if name not in (None, "default") and not _matches(name, rules.service_accounts):
        shown = _shown(rules.service_accounts)
        yield f"{field}.serviceAccountName: {name} is not among {shown}"
    if not _matches(audience, rules.service_account_tokens):
        shown = _shown(rules.service_account_tokens)
        yield f"{field}: audience '{audience}' is not among {shown}"


def template_problems(
    template: TaskTemplate, rules: Rules, field: str = "spec.taskTemplate"
) -> tuple[str, ...]:
    """What a task template asks for but must not: a Workflow's, or of TaskDefaults."""
    names = [each.name for each in template.image_pull_secrets]
    return (
        *_priority_problems(f"{field}.priorityClassName", template.priority_class_name),
        *_secret_problems(f"{field}.imagePullSecrets", names, rules),
        *_pod_problems(f"{field}.podTemplate", template.pod_template, rules),
    )


def told(problems: Iterable[str]) -> str:
    """The problems as one sentence, short enough for a condition, with what decides about them."""
    return f"{'; '.join(problems)[: MESSAGE_LIMIT - 200]} ({REMEDY})"


def _account_problems(spec: FunctionSpec, rules: Rules) -> Iterator[str]:
    name, token = spec.service_account_name, spec.service_account_token
    if name not in (None, "default") and not _matches(name, rules.service_accounts):
        yield f"spec.serviceAccountName: {name} is not among {_shown(rules.service_accounts)}"
    if token is None:
        return
    audience = token.audience or ""
    if f"{audience}/".startswith(f"{OUR_AUDIENCES}/"):
        yield f"spec.serviceAccountToken: audience {audience} belongs to asw itself"
    elif not _matches(audience, rules.service_account_tokens):
        yield (
            f"spec.serviceAccountToken: audience '{audience}' is not among "
            f"{_shown(rules.service_account_tokens)}"
        )


def _image_problems(field: str, image: str | None, rules: Rules) -> Iterator[str]:
    if image is not None and not _matches(image, rules.images):
        yield f"{field}: {image} is not among {_shown(rules.images)}; write out registry and folder"


def _priority_problems(field: str, priority: str | None) -> Iterator[str]:
    if priority is not None and priority.startswith(SYSTEM_PRIORITIES):
        yield (
            f"{field}: {priority} is reserved for the cluster itself; "
            "name a PriorityClass of your own"
        )


def _pod_problems(field: str, template: PodTemplate | None, rules: Rules) -> Iterator[str]:
    """What has a field in a pod template and may reach something."""
    if template is None or template.spec is None:
        return
    spec = template.spec
    read = [name for each in spec.volumes for name in _of_volume(each)]
    containers: list[TaskContainer | InitContainer] = [*spec.containers, *spec.init_containers]
    for container in containers:
        read += _of_variables(container.env) + _of_sources(container.env_from)
    yield from _secret_problems(field, read, rules)
    for volume in spec.volumes:
        claim = volume.persistent_volume_claim
        if claim is not None and f"{claim.claim_name}-".startswith(f"{CLAIM}-"):
            yield f"{field}: PersistentVolumeClaim {claim.claim_name} belongs to asw itself"
    for each in spec.init_containers:
        yield from _image_problems(field, each.image, rules)
        context = each.security_context or {}
        yield from _context_problems(field, context, rules.security_context)


def _of_volume(volume: Volume) -> Iterator[str]:
    """The Secrets that a volume shows."""
    if volume.secret is not None:
        yield volume.secret.secret_name
    if volume.projected is not None:
        yield from (it.secret.name for it in volume.projected.sources if it.secret is not None)


def _of_connection(spec: ConnectionSpec) -> Iterator[tuple[str, str]]:
    """The Secrets that authorize calls, each with the field that names it."""
    credentials, http = spec.credentials, spec.http
    if credentials is not None and credentials.secret_ref is not None:
        yield "spec.credentials.secretRef", credentials.secret_ref.name
    if spec.kubernetes is not None and spec.kubernetes.secret_key_ref is not None:
        yield "spec.kubernetes.secretKeyRef", spec.kubernetes.secret_key_ref.name
    if http is None:
        return
    if http.basic is not None:
        yield "spec.http.basic.secretRef", http.basic.secret_ref.name
    if http.api_key is not None:
        yield "spec.http.apiKey.secretKeyRef", http.api_key.secret_key_ref.name
    if http.oauth is not None:
        yield "spec.http.oauth.secretRef", http.oauth.secret_ref.name
    if http.url is not None:
        yield "spec.http.url.secretKeyRef", http.url.secret_key_ref.name


def _of_variables(variables: Iterable[Variable]) -> list[str]:
    """The Secrets that variables come from."""
    sources = (each.value_from for each in variables)
    keys = (each.secret_key_ref for each in sources if each is not None)
    return [each.name for each in keys if each is not None]


def _of_sources(sources: Iterable[EnvSource]) -> list[str]:
    """The Secrets whose keys become variables."""
    return [each.secret_ref.name for each in sources if each.secret_ref is not None]


def _secret_problems(field: str, names: list[str], rules: Rules) -> Iterator[str]:
    for name in names:
        if re.fullmatch(OUR_NAMES, name):
            yield f"{field}: Secret {name} belongs to asw itself"
        elif re.fullmatch(NAMES_OF_TOKENS, name):
            yield f"{field}: Secret {name} is named like the token of an account or a node"
        elif not _matches(name, rules.secrets):
            yield f"{field}: Secret {name} is not among {_shown(rules.secrets)}"


def _matches(text: str | None, patterns: Patterns) -> bool:
    return text is not None and any(
        text.startswith(each[:-1]) if each.endswith("*") else text == each for each in patterns
    )


def _shown(patterns: Patterns) -> str:
    return ", ".join(patterns) or "those allowed here (none are)"


# The security context

_Holds = Callable[[Any], bool]


def _is_one_of(*allowed: object) -> _Holds:
    return lambda value: any(type(value) is type(each) and value == each for each in allowed)


def _has_profile(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get("type") in PROFILES


def _adds_only(allowed: frozenset[str]) -> _Holds:
    def holds(value: Any) -> bool:
        added = value.get("add", []) if isinstance(value, Mapping) else None
        return isinstance(added, list) and all(
            isinstance(each, str) and each in allowed for each in added
        )

    return holds


def _drops_all(value: Any) -> bool:
    dropped = value.get("drop") if isinstance(value, Mapping) else None
    return isinstance(dropped, list) and "ALL" in dropped


def _is_container_label(value: Any) -> bool:
    return isinstance(value, Mapping) and (
        not value.keys() & {"user", "role"} and value.get("type", "container_t") in SELINUX_TYPES
    )


def _anything(_: Any) -> bool:
    return True


_BASELINE: Final[Mapping[str, tuple[_Holds, str]]] = {
    "privileged": (_is_one_of(False), "leave it out"),
    "capabilities": (_adds_only(BASELINE_CAPABILITIES), "add none beyond those of baseline"),
    "seccompProfile": (_has_profile, "leave it out, or take RuntimeDefault"),
    "appArmorProfile": (_has_profile, "leave it out, or take RuntimeDefault"),
    "seLinuxOptions": (
        _is_container_label,
        "leave out user and role, and use a type for containers",
    ),
    "procMount": (_is_one_of("Default"), "leave it out"),
    "allowPrivilegeEscalation": (_anything, ""),
    "readOnlyRootFilesystem": (_anything, ""),
    "runAsGroup": (_anything, ""),
    "runAsNonRoot": (_anything, ""),
    "runAsUser": (_anything, ""),
}
_RESTRICTED: Final[Mapping[str, tuple[_Holds, str]]] = {
    **_BASELINE,
    "allowPrivilegeEscalation": (_is_one_of(False), "leave it out"),
    "capabilities": (
        lambda it: _drops_all(it) and _adds_only(RESTRICTED_CAPABILITIES)(it),
        "drop ALL, and add none but NET_BIND_SERVICE",
    ),
    "runAsNonRoot": (_is_one_of(True), "leave it out"),
    "runAsUser": (lambda value: value != 0, "use a user other than root"),
}
_LEVELS: Final = {"restricted": _RESTRICTED, "baseline": _BASELINE}
"""By level: the fields that may be set, a test of their values, and the remedy."""


def _context_problems(place: str, context: Mapping[str, Any], level: Level) -> Iterator[str]:
    """The default context is restricted: only fields that are set, even to null, can loosen it."""
    if level == "privileged":
        return
    for field, value in sorted(context.items()):
        holds, remedy = _LEVELS[level].get(field, (lambda _: False, "leave it out"))
        if not holds(value):
            where = place if place.endswith("securityContext") else f"{place}: securityContext"
            yield f"{where}.{field}: level {level} does not allow this; {remedy}"
