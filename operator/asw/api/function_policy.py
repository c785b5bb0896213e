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
from asw.api.function import FunctionSpec
from asw.api.objects import Part
from asw.api.workflow import TaskTemplate

Level = Literal["restricted", "baseline", "privileged"]
Patterns: TypeAlias = tuple[Annotated[str, Field(pattern=r"^[^*]*\*?$")], ...]

ANY: Final[Patterns] = ("*",)
REMEDY: Final = "see docs/reference/who-may-do-what.md; functionPolicy of the operator decides"

OUR_NAMES: Final = r"[0-9a-f]{12}-[a-z]+-[-0-9a-z]+|asw-keys"
"""Secrets that hold tokens, values and keys of asw itself (``asw.api.names``)."""
NAMES_OF_TOKENS: Final = r".+-token-[bcdfghjklmnpqrstvwxz2456789]{5}|bootstrap-token-[a-z0-9]{6}"
"""Names that Kubernetes gives to Secrets with tokens of accounts and of joining nodes.

A token in a Secret with another name cannot be recognised without reading Secrets.
"""
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
    """Images of Functions with runtime image, as written in spec.image."""


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
    secrets = [
        each.value_from.secret_key_ref.name
        for each in spec.env
        if each.value_from is not None and each.value_from.secret_key_ref is not None
    ]
    return (
        *_context_problems(spec.security_context or {}, rules.security_context),
        *_account_problems(spec.service_account_name, rules),
        *_secret_problems("spec.env", secrets, rules),
        *_secret_problems(
            "spec.imagePullSecrets", [it.name for it in spec.image_pull_secrets], rules
        ),
        *_image_problems(spec.image, rules),
    )


def template_problems(template: TaskTemplate, rules: Rules) -> tuple[str, ...]:
    """What the task template of a Workflow asks for but must not."""
    found: list[str] = []
    priority = template.priority_class_name
    if priority is not None and priority.startswith(SYSTEM_PRIORITIES):
        found.append(
            f"spec.taskTemplate.priorityClassName: {priority} is reserved for the cluster itself;  "
            "name a PriorityClass of your own"
        )
    names = [each.name for each in template.image_pull_secrets]
    return (*found, *_secret_problems("spec.taskTemplate.imagePullSecrets", names, rules))


def told(problems: Iterable[str]) -> str:
    """The problems as one sentence, short enough for a condition, with what decides about them."""
    return f"{'; '.join(problems)[: MESSAGE_LIMIT - 200]} ({REMEDY})"


def _account_problems(name: str | None, rules: Rules) -> Iterator[str]:
    if name not in (None, "default") and not _matches(name, rules.service_accounts):
        yield f"spec.serviceAccountName: {name} is not among {_shown(rules.service_accounts)}"


def _image_problems(image: str | None, rules: Rules) -> Iterator[str]:
    if image is not None and not _matches(image, rules.images):
        yield (
            f"spec.image: {image} is not among {_shown(rules.images)}; "
            "write out registry and folder"
        )


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


def _context_problems(context: Mapping[str, Any], level: Level) -> Iterator[str]:
    """The default context is restricted: only fields that are set, even to null, can loosen it."""
    if level == "privileged":
        return
    for field, value in sorted(context.items()):
        holds, remedy = _LEVELS[level].get(field, (lambda _: False, "leave it out"))
        if not holds(value):
            yield f"spec.securityContext.{field}: level {level} does not allow this; {remedy}"
