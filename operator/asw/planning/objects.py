"""The differences between a Workflow or Function in the cluster and its manifest. Pure.

Both go through the models of the custom resources, so that defaults are no difference, whoever
writes them. Only labels and annotations of the manifest count: others belong to the cluster.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from asw.api.function import Function
from asw.api.names import API_VERSION
from asw.api.objects import CustomResource
from asw.api.pods import Variable
from asw.api.workflow import Workflow
from asw.asl.model import StateMachine
from asw.asl.parse import read_definition
from asw.asl.values import ABSENT, Json, JsonObject
from asw.lint.plan import definition_text
from asw.planning.machines import compare_machines
from asw.planning.values import (
    Change,
    Difference,
    compare,
    compare_objects,
    is_same,
    without_nulls,
)

_DEFINITION = ("definition", "definitionText", "defaultInput", "dialect")
_CODE = ("code", "packages", "env")
Files = Mapping[str, str]
"""Source files by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowChange:
    """The differences of a Workflow: its states, and everything else.

    ``machine`` is the manifest's. ``is_rewritten``: the definition is another text with the same
    meaning. ``is_unreadable``: the cluster's cannot be parsed, so nothing can be compared.
    ``has_lost_nulls``: the cluster has the manifest without its nulls, which no merge patch can
    add; what kubectl apply left out is not lost (``asw.api.applied``).
    """

    machine: StateMachine
    states: tuple[Difference, ...]
    fields: tuple[Difference, ...]
    is_rewritten: bool = False
    is_unreadable: bool = False
    has_lost_nulls: bool = False

    @property
    def has_new_definition(self) -> bool:
        """Whether the manifest creates another revision."""
        is_pinned = any(field.name.startswith("spec.taskTemplate") for field in self.fields)
        return bool(self.states) or is_pinned or self.is_rewritten or self.is_unreadable


def compare_workflows(old: Workflow, new: Workflow, machine: StateMachine) -> WorkflowChange:
    """The change from ``old`` to ``new``, whose definition parses to ``machine``."""
    before, _ = read_definition(definition_text(old), old.spec.dialect)
    states = () if before is None else compare_machines(before, machine)
    is_same_text = (
        old.spec.dialect == new.spec.dialect
        and old.spec.definition_text == new.spec.definition_text
        and is_same(old.spec.definition, new.spec.definition)
    )
    return WorkflowChange(
        machine=machine,
        states=states,
        fields=(
            *_metadata(old, new),
            *compare("spec.defaultInput", _default_input(old), _default_input(new)),
            *compare_objects("spec", _spec(old, _DEFINITION), _spec(new, _DEFINITION)),
        ),
        is_rewritten=before is not None and not states and not is_same_text,
        is_unreadable=before is None,
        has_lost_nulls=_has_lost_nulls(old, new),
    )


def compare_functions(
    old: Function, new: Function, old_files: Files | None, new_files: Files | None
) -> tuple[Difference, ...]:
    """All differences; for files the number of changed lines. Files are None if not readable."""
    one, other = _spec(old, _CODE), _spec(new, _CODE)
    one |= {"handler": old.handler} if old.handler else {}
    other |= {"handler": new.handler} if new.handler else {}
    return (
        *_metadata(old, new),
        *compare_objects("spec", one, other),
        *compare("spec.code.configMapRef.name", _code_reference(old), _code_reference(new)),
        *_compare_maps(old, new, is_told=old_files is None or new_files is None),
        *_compare_files(old_files, new_files),
        *_compare_locks(old, new),
        *compare_objects("spec.env", _variables(old), _variables(new)),
    )


def files_of(function: Function, config_maps: Mapping[str, Files]) -> Files | None:
    """The source files, including those of known ConfigMaps; None for unknown ConfigMaps."""
    code = function.spec.code
    if code is None:
        return {}
    is_known = all(each.name in config_maps for each in code.maps)
    return code.files(config_maps) if is_known else None


def code_maps_of(function: Function) -> tuple[str, ...]:
    """Names of the ConfigMaps that hold its code; none for inline code and images."""
    code = function.spec.code
    return () if code is None else tuple(each.name for each in code.maps)


def as_manifest(resource: CustomResource) -> JsonObject:
    """The object as written, for an API server."""
    metadata = resource.metadata
    plain = resource.model_dump(
        mode="json", by_alias=True, exclude_unset=True, include={"spec": True}
    )
    return {
        "apiVersion": API_VERSION,
        "kind": resource.kind,
        "metadata": {
            "name": metadata.name,
            "labels": dict(metadata.labels),
            "annotations": dict(metadata.annotations),
        },
        **plain,
    }


def summary_of_function(
    function: Function, config_maps: Mapping[str, Files]
) -> tuple[Difference, ...]:
    """What readers look for first in a new Function; its files, where they are known."""
    plain = _spec(function, _CODE)
    fields = ("runtime", "handler", "image", "timeoutSeconds", "serviceAccountName")
    return (
        *(
            Difference(change="added", name=f"spec.{field}", after=plain[field])
            for field in fields
            if field in plain
        ),
        *_compare_files({}, files_of(function, config_maps)),
    )


def _spec(resource: Workflow | Function, without: tuple[str, ...]) -> dict[str, Json]:
    """The spec with its defaults, without empty fields and those compared separately."""
    plain: dict[str, Json] = resource.spec.model_dump(mode="json", by_alias=True, exclude_none=True)
    plain["name"] = resource.public_name
    return {
        name: value
        for name, value in plain.items()
        if name not in without and value not in ({}, [], ())
    }


def _has_lost_nulls(old: Workflow, new: Workflow) -> bool:
    pairs = (
        (old.spec.definition, new.spec.definition),
        (_default_input(old), _default_input(new)),
    )
    return any(
        not is_same(before, after) and is_same(before, without_nulls(after))
        for before, after in pairs
    )


def _default_input(workflow: Workflow) -> Json:
    return workflow.spec.default_input if workflow.spec.has_default_input else ABSENT


def _metadata(old: CustomResource, new: CustomResource) -> Iterator[Difference]:
    for part in ("labels", "annotations"):
        before, after = getattr(old.metadata, part), getattr(new.metadata, part)
        kept = {name: value for name, value in before.items() if name in after}
        yield from compare_objects(f"metadata.{part}", kept, after)


def _code_reference(function: Function) -> Json:
    """The ConfigMap that its author names; those of ``configMapRefs`` are named by their files."""
    code = function.spec.code
    reference = None if code is None else code.config_map_ref
    return ABSENT if reference is None else reference.name


def _compare_maps(old: Function, new: Function, *, is_told: bool) -> Iterator[Difference]:
    """Names of ConfigMaps that end in a digest tell of a change where files cannot be read."""
    refs = [None if it.spec.code is None else it.spec.code.config_map_refs for it in (old, new)]
    if is_told and any(refs):
        before, after = ([each.name for each in ref] if ref else ABSENT for ref in refs)
        yield from compare("spec.code.configMapRefs", before, after)


def _variables(function: Function) -> Mapping[str, Json]:
    return {variable.name: _source(variable) for variable in function.spec.env}


def _source(variable: Variable) -> Json:
    """A literal value, or where it comes from: the values of Secrets are never read."""
    if variable.value_from is None:
        return variable.value or ""
    plain: Json = variable.value_from.model_dump(mode="json", by_alias=True, exclude_none=True)
    for reference in plain.values():
        if reference.get("optional") is False:
            del reference["optional"]
    return {"valueFrom": plain}


def _compare_files(before: Files | None, after: Files | None) -> Iterator[Difference]:
    if before is None or after is None:
        return
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        added, removed = _line_counts(one or "", other or "")
        change: Change = "added" if one is None else "removed" if other is None else "changed"
        yield Difference(
            change=change,
            name=f"spec.code[{name}]",
            before=ABSENT if one is None else removed,
            after=ABSENT if other is None else added,
        )


def _compare_locks(before: Function, after: Function) -> Iterator[Difference]:
    """The texts of spec.packages, as files are compared."""
    packages = after.spec.packages or before.spec.packages
    if packages is None:
        return
    for each in _compare_files(_lock(before), _lock(after)):
        yield replace(each, name=f"spec.packages.{packages.lock_field}")


def _lock(function: Function) -> Files:
    packages = function.spec.packages
    return {} if packages is None else {"": packages.lock}


def _line_counts(before: str, after: str) -> tuple[int, int]:
    """How many lines were added and removed."""
    one, other = before.splitlines(keepends=True), after.splitlines(keepends=True)
    matcher = SequenceMatcher(None, one, other, autojunk=len(one) + len(other) > _EXACT_LINES)
    same = sum(block.size for block in matcher.get_matching_blocks())
    return len(other) - same, len(one) - same


_EXACT_LINES = 20_000
"""Lines of both files; longer ones are compared faster and less exactly."""
