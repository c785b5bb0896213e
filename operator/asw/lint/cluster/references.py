"""The objects that manifests refer to, each with the place that does. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from asw.asl.values import from_text
from asw.lint.documents import Document
from asw.lint.findings import Finding, Origin
from asw.lint.manifests import Manifests, Placed
from asw.lint.placing import steps_to_call
from asw.lint.plan import Plan

if TYPE_CHECKING:
    from asw.api.execution import Execution
    from asw.api.function import Function
    from asw.api.pods import OptionalKeyReference, PullSecrets

CLUSTER_WIDE: Final = frozenset({"PriorityClass"})
"""Kinds without namespaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An object that a manifest refers to, and where; an empty ``namespace`` is the target's.

    With ``key`` its data must have that key. An optional one may be missing.
    """

    kind: str
    name: str
    origin: Origin
    steps: tuple[str | int, ...]
    namespace: str = ""
    key: str | None = None
    is_optional: bool = False

    def finding(self, code: str, message: str, remedy: str = "") -> Finding:
        """A finding at the place that refers to it."""
        return self.origin.finding(code, message, remedy, at=self.steps)


def references_of(manifests: Manifests, plan: Plan) -> list[Reference]:
    """All of them: Functions that Tasks call, Workflows, accounts, ConfigMaps and Secrets."""
    found = list(_of_workflows(manifests, plan))
    for function in manifests.functions.values():
        found += _of_function(function)
    for execution in manifests.executions.values():
        found += _of_execution(execution)
    return found


def declared_in(
    documents: Iterable[Document], manifests: Manifests
) -> Mapping[tuple[str, str], frozenset[str]]:
    """Kind and name of each object in the files, with the keys of its data."""
    declared: dict[tuple[str, str], frozenset[str]] = {}
    for document in documents:
        content = document.content
        if isinstance(content, dict) and isinstance(content.get("metadata"), dict):
            name = str(content["metadata"].get("name", ""))
            fields = ("data", "stringData", "binaryData")
            parts = [part for field in fields if isinstance(part := content.get(field), dict)]
            keys = frozenset(key for part in parts for key in part)
            declared[str(content.get("kind", "")), name] = keys
    for placed in manifests.functions.values():  # definitions use their public names
        declared["Function", placed.object.public_name] = frozenset()
    for refused in manifests.refused:
        declared[refused] = frozenset()
    for workflow in manifests.workflows:
        declared["Workflow", workflow] = frozenset()
    return declared


def _of_workflows(manifests: Manifests, plan: Plan) -> Iterator[Reference]:
    for name, placed in manifests.workflows.items():
        planned = plan.workflows.get(name)
        if planned is not None and planned.machine.functions:
            definition = from_text(planned.text)
            for function in sorted(planned.machine.functions):
                yield Reference(
                    kind="Function",
                    name=function,
                    namespace=placed.object.metadata.namespace,
                    origin=planned.origin,
                    steps=steps_to_call(definition, function),
                )
        template = placed.object.spec.task_template
        if template is None:
            continue
        if (priority := template.priority_class_name) is not None:
            at = ("taskTemplate", "priorityClassName")
            yield replace(_reference(placed, "PriorityClass", priority, *at), namespace="")
        yield from _pull_secrets(placed, template.image_pull_secrets, "taskTemplate")


def _of_function(placed: "Placed[Function]") -> Iterator[Reference]:
    spec = placed.object.spec
    if (account := spec.service_account_name) is not None:
        yield _reference(placed, "ServiceAccount", account, "serviceAccountName")
    if spec.code is not None and (code := spec.code.config_map_ref) is not None:
        yield _reference(placed, "ConfigMap", code.name, "code", "configMapRef", "name")
    refs = None if spec.code is None else spec.code.config_map_refs
    for at, each in enumerate(refs or ()):
        yield _reference(placed, "ConfigMap", each.name, "code", "configMapRefs", at, "name")
    yield from _pull_secrets(placed, spec.image_pull_secrets)
    for at, variable in enumerate(spec.env):
        source = variable.value_from
        if source is not None and source.secret_key_ref is not None:
            yield _of_key(placed, "Secret", source.secret_key_ref, at)
        elif source is not None and source.config_map_key_ref is not None:
            yield _of_key(placed, "ConfigMap", source.config_map_key_ref, at)


def _pull_secrets(placed: Placed[Any], secrets: "PullSecrets", *around: str) -> Iterator[Reference]:
    for at, secret in enumerate(secrets):
        yield _reference(placed, "Secret", secret.name, *around, "imagePullSecrets", at, "name")


def _of_key(
    placed: "Placed[Function]", kind: str, reference: "OptionalKeyReference", at: int
) -> Reference:
    field = "secretKeyRef" if kind == "Secret" else "configMapKeyRef"
    found = _reference(placed, kind, reference.name, "env", at, "valueFrom", field)
    return replace(found, key=reference.key, is_optional=bool(reference.optional))


def _of_execution(placed: "Placed[Execution]") -> Iterator[Reference]:
    spec = placed.object.spec
    yield _reference(placed, "Workflow", spec.workflow_ref.name, "workflowRef", "name")
    if spec.input_from is not None:
        kind, reference = spec.input_from.kind, spec.input_from.reference
        field = "payloadRef" if kind == "Payload" else "configMapRef"
        found = _reference(placed, kind, reference.name, "inputFrom", field)
        yield replace(found, key=reference.key)


def _reference(placed: Placed[Any], kind: str, name: str, *steps: str | int) -> Reference:
    """What the object's spec names at these steps: an object of the same namespace."""
    return Reference(
        kind=kind,
        name=name,
        namespace=placed.object.metadata.namespace,
        origin=placed.origin,
        steps=("spec", *steps),
    )
