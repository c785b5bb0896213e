"""Turns documents into our objects and ConfigMaps; a bare definition becomes a Workflow.

Pure. Finds everything that is wrong at once. Other kinds of objects are left to Kubernetes.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from asw.api.names import API_VERSION, GROUP, NAME_PATTERN, OBJECT_NAME_PATTERN
from asw.api.objects import CustomResource, InvalidObject
from asw.asl.model import Dialect
from asw.asl.problems import nearest_name
from asw.asl.values import Json, JsonObject
from asw.failures import nearest
from asw.lint.documents import Document
from asw.lint.exports import format_of
from asw.lint.fields import field_finding, slips_outside
from asw.lint.findings import Finding, Origin
from asw.lint.nulls import lost_nulls
from asw.lint.rules import (
    DUPLICATE_OBJECT,
    INVALID_FIELD,
    INVALID_NAME,
    NO_MANIFEST,
    UNKNOWN_VERSION,
)
from asw.lint.sources import STDIN
from asw.messages import t

if TYPE_CHECKING:
    from asw.api.activity import Activity
    from asw.api.connection import Connection
    from asw.api.execution import Execution
    from asw.api.function import Function
    from asw.api.schedule import Schedule
    from asw.api.taskdefaults import TaskDefaults
    from asw.api.trigger import Trigger
    from asw.api.workflow import Workflow

_Object = TypeVar("_Object", bound=CustomResource)

_FIELDS: Final = {
    "Workflow": "workflows",
    "Function": "functions",
    "Execution": "executions",
    "TaskDefaults": "task_defaults",
    "Connection": "connections",
    "Activity": "activities",
    "Schedule": "schedules",
    "Trigger": "triggers",
}
"""Where objects of a kind are among the manifests."""
KINDS: Final = tuple(_FIELDS)
"""Each is a class in the module of asw.api of that name, imported on first use."""
_OF_DEFINITION: Final = ("definition", "definitionText", "dialect")
_MARKS: Final = frozenset({"apiVersion", "kind", "metadata", "spec", "StartAt", "States"})
"""Fields that identify a manifest or a definition among the files of a folder."""


@dataclass(frozen=True, slots=True)
class Placed(Generic[_Object]):
    """An object and its place."""

    origin: Origin
    object: _Object

    @property
    def place(self) -> str:
        """File and name, for messages."""
        return str(self.origin)


@dataclass(frozen=True, slots=True)
class Manifests:
    """Objects by metadata.name, as the API server would hold them after ``kubectl apply``.

    ``folders`` has the folder of each Workflow's file. ``loose`` definitions are only checked:
    bare ones in a folder whose manifests say what runs, those of manifests with mistakes, and, with
    ``has_namespaces``, namesakes in other namespaces. Without it no two objects may share a name:
    this machine's store has one namespace. ``refused`` has kind and name of objects with mistakes:
    they are not available, but not missing either.
    """

    workflows: "dict[str, Placed[Workflow]]" = field(default_factory=dict)
    functions: "dict[str, Placed[Function]]" = field(default_factory=dict)
    executions: "dict[str, Placed[Execution]]" = field(default_factory=dict)
    task_defaults: "dict[str, Placed[TaskDefaults]]" = field(default_factory=dict)
    """Checked only: no run on this machine has pods."""
    connections: "dict[str, Placed[Connection]]" = field(default_factory=dict)
    activities: "dict[str, Placed[Activity]]" = field(default_factory=dict)
    schedules: "dict[str, Placed[Schedule]]" = field(default_factory=dict)
    triggers: "dict[str, Placed[Trigger]]" = field(default_factory=dict)
    """Checked only: nothing starts by itself on this machine."""
    config_maps: dict[str, Mapping[str, str]] = field(default_factory=dict)
    payloads: dict[str, Mapping[str, str]] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)
    loose: "list[Placed[Workflow]]" = field(default_factory=list)
    refused: set[tuple[str, str]] = field(default_factory=set)
    has_namespaces: bool = False


def read_manifests(
    documents: Iterable[Document], dialect: Dialect = "ASL", *, has_namespaces: bool = False
) -> tuple[Manifests, list[Finding]]:
    """What the documents describe, and what is wrong; ``dialect`` is that of bare definitions."""
    manifests = Manifests(has_namespaces=has_namespaces)
    findings: list[Finding] = []
    bare: list[Document] = []
    for document in documents:
        if _is_bare(document.content):
            bare.append(document)
            continue
        findings += _take(document, manifests)
        for name in manifests.workflows:
            manifests.folders.setdefault(name, document.path.parent)
    has_manifests = bool(manifests.workflows)
    for document in bare:
        findings += _take_bare(document, manifests, dialect, is_loose=has_manifests)
    return manifests, findings


def _is_bare(content: Json) -> bool:
    """Whether it is a definition: either field is enough, its check reports that one is missing."""
    if not isinstance(content, dict) or "kind" in content:
        return False
    return "StartAt" in content or isinstance(content.get("States"), dict)


def _take_bare(
    document: Document, manifests: Manifests, dialect: Dialect, *, is_loose: bool
) -> Iterator[Finding]:
    model: type[Workflow] = _model("Workflow")
    name, spec = _name_of(document.path)
    spec |= {"definition": document.content, "dialect": dialect}
    workflow = model.parse({"metadata": {"name": name}, "spec": spec})
    origin = document.origin
    if is_loose and not document.is_named:
        manifests.loose.append(Placed(origin, workflow))
        return
    manifests.folders.setdefault(name, document.path.parent)
    yield from _put(workflow, origin, manifests.workflows, manifests)


def _take(document: Document, manifests: Manifests) -> Iterator[Finding]:
    content, origin = document.content, document.origin
    is_object = isinstance(content, dict)
    if not document.is_named and not (is_object and _MARKS & content.keys()):
        return
    if not is_object:
        yield origin.finding(
            NO_MANIFEST,
            t("neither a manifest nor a definition: it is not an object"),
            t('a definition is an object with "StartAt" and "States"'),
        )
    elif "kind" not in content:
        yield origin.finding(
            NO_MANIFEST,
            t("neither a manifest (no kind) nor a definition (no StartAt)"),
            _export_remedy(content) or _misspelt(content),
        )
    elif document.is_refused:
        known = {**content, "metadata": _metadata(content)}
        manifests.refused.update((str(content["kind"]), name) for name in _names_in(known))
    else:
        yield from _take_object(content, origin, manifests)


def _export_remedy(content: JsonObject) -> str:
    """What to do with a cloud's export, such as a template or a described state machine."""
    if format_of(content) is None:
        return ""
    return t("this is an export of Step Functions or ASW: asw import makes manifests of it")


def _misspelt(content: JsonObject) -> str:
    """A remedy, if a field is a misspelling of one that identifies the document."""
    for name in ("StartAt", "kind"):
        if slip := nearest_name(name, content):
            return t("write {slip} as {name}", slip=slip, name=name)
    return ""


def _take_object(content: JsonObject, origin: Origin, manifests: Manifests) -> Iterator[Finding]:
    kind, version = content["kind"], str(content.get("apiVersion", ""))
    content = {**content, "metadata": _metadata(content)}
    origin = origin.about(f"{kind} {content['metadata'].get('name', '')}".rstrip())
    if (version, kind) == ("v1", "ConfigMap"):
        yield from _take_texts(content, origin, manifests.config_maps)
    elif (version, kind) == (API_VERSION, "Payload"):
        yield from _take_texts(content, origin, manifests.payloads)
    elif version == API_VERSION and kind in KINDS:
        known: dict[str, Placed[Any]] = getattr(manifests, _FIELDS[kind])
        wrong = list(_parse(kind, content, origin, known, manifests))
        yield from wrong
        if wrong and kind == "Workflow" and (salvaged := _salvage(content)) is not None:
            manifests.loose.append(Placed(origin, salvaged))
    elif version == API_VERSION and kind == "WorkflowTest":
        told = t("a test file: no cluster knows it")
        remedy = t("run it with asw test, which finds files whose names end in .test.yaml")
        yield origin.finding(NO_MANIFEST, told, remedy, at=("kind",))
    elif version == API_VERSION:
        yield origin.finding(
            NO_MANIFEST,
            t("{group} has no kind {kind}", group=GROUP, kind=kind),
            nearest(str(kind), KINDS) or t("it has {kinds}", kinds=", ".join(KINDS)),
            at=("kind",),
        )
    elif version.startswith(f"{GROUP}/") or kind in KINDS:
        yield origin.finding(
            UNKNOWN_VERSION,
            t("apiVersion {version} is not known; use {known}", version=version, known=API_VERSION),
            at=("apiVersion",),
        )


def _take_texts(
    content: JsonObject, origin: Origin, known: dict[str, Mapping[str, str]]
) -> Iterator[Finding]:
    data = content.get("data") or {}
    if not isinstance(data, dict) or not all(isinstance(it, str) for it in data.values()):
        message = t("data: {what}", what=t("this must be an object of strings"))
        yield origin.finding(INVALID_FIELD, message, t("quote numbers and the like"), at=("data",))
        return
    known[str(content["metadata"].get("name", ""))] = data


def _metadata(content: JsonObject) -> dict[str, Json]:
    """The metadata with a name: Kubernetes makes one from generateName."""
    given = content.get("metadata")
    metadata = dict(given) if isinstance(given, dict) else {}
    if "name" not in metadata and isinstance(metadata.get("generateName"), str):
        metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
    return metadata


def _model(kind: str) -> Any:
    """The class of the kind; models are costly to import, and few files have all kinds."""
    return getattr(import_module(f"asw.api.{kind.lower()}"), kind)


def _parse(
    kind: str,
    content: JsonObject,
    origin: Origin,
    known: "dict[str, Placed[_Object]]",
    manifests: Manifests,
) -> Iterator[Finding]:
    model: type[_Object] = _model(kind)
    slips = list(slips_outside(content, origin))
    yield from slips
    try:
        parsed = model.parse(content)
    except InvalidObject as error:
        manifests.refused.update((kind, name) for name in _names_in(content))
        for problem in error.problems:
            if not (problem.kind == "missing" and slips and len(problem.steps) == 1):
                yield field_finding(problem, origin, model, content)
        yield from _name_findings(content["metadata"].get("name"), origin)
        return
    if kind == "Workflow":
        yield from lost_nulls(cast("Workflow", parsed), origin)
    yield from _put(parsed, origin, known, manifests)


def _names_in(content: JsonObject) -> Iterator[str]:
    """The names by which others may know the object."""
    spec = content.get("spec")
    for fields in (content["metadata"], spec if isinstance(spec, dict) else {}):
        if isinstance(name := fields.get("name"), str):
            yield name


def _salvage(content: JsonObject) -> "Workflow | None":
    """A Workflow of the definition alone, so that its mistakes are reported as well."""
    model: type[Workflow] = _model("Workflow")
    spec = content.get("spec")
    fields = spec if isinstance(spec, dict) else {}
    kept = {name: fields[name] for name in _OF_DEFINITION if name in fields}
    try:
        return model.parse({"metadata": {"name": "x"}, "spec": kept})
    except InvalidObject:
        return None


def _put(
    parsed: _Object, origin: Origin, known: "dict[str, Placed[_Object]]", manifests: Manifests
) -> Iterator[Finding]:
    name = parsed.metadata.name
    if wrong := list(_name_findings(name, origin)):
        yield from wrong
    elif name in known and _is_apart(parsed, origin, known[name], manifests):
        if parsed.kind == "Workflow":
            manifests.loose.append(cast("Placed[Workflow]", Placed(origin, parsed)))
    elif name in known:
        yield origin.finding(
            DUPLICATE_OBJECT,
            t(
                "another {kind} has this name: {place}",
                kind=parsed.kind,
                place=known[name].place,
            ),
            t("rename one of them, or leave its file out"),
            at=("metadata", "name"),
        )
    else:
        known[name] = Placed(origin, parsed)


def _is_apart(
    parsed: CustomResource, origin: Origin, first: Placed[Any], manifests: Manifests
) -> bool:
    """Whether a namesake is another object: a bare definition, or in another namespace."""
    if not manifests.has_namespaces:
        return False
    namespaces = {first.object.metadata.namespace}
    if parsed.kind == "Workflow":
        namespaces |= {
            placed.object.metadata.namespace
            for placed in manifests.loose
            if placed.object.metadata.name == parsed.metadata.name
        }
    return not origin.subject or parsed.metadata.namespace not in namespaces


def _name_findings(name: Json, origin: Origin) -> Iterator[Finding]:
    if isinstance(name, str) and not re.fullmatch(OBJECT_NAME_PATTERN, name):
        yield origin.finding(
            INVALID_NAME,
            t("metadata.name {name!r} is not a valid object name", name=name),
            t("use lower case letters, digits, dashes and dots; put other names into spec.name"),
            at=("metadata", "name"),
        )


def _name_of(path: Path) -> tuple[str, dict[str, Json]]:
    """The names of a Workflow after the file of its definition: metadata.name, and spec."""
    stem = "" if path == STDIN else path.name.partition(".")[0]
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "workflow"
    if re.fullmatch(NAME_PATTERN, stem) and len(stem) <= 80:
        return name, {"name": stem}
    return name, {}
