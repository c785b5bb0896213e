"""Documents as Workflows, Functions, Executions and ConfigMaps; a bare definition as a Workflow.

Pure. Everything that is wrong is found at once; other kinds of objects are left to Kubernetes.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.names import API_VERSION, GROUP
from asw.api.objects import NAME_PATTERN, OBJECT_NAME_PATTERN, CustomResource, InvalidObject
from asw.api.workflow import Workflow
from asw.app.documents import Document, Finding
from asw.asl.values import Json, JsonObject

_Object = TypeVar("_Object", bound=CustomResource)


@dataclass(frozen=True, slots=True)
class Placed(Generic[_Object]):
    """An object, and where to tell its author that it stands."""

    place: str
    object: _Object


@dataclass(frozen=True, slots=True)
class Manifests:
    """Objects by metadata.name, as they lie in the API server after ``kubectl apply``.

    ``folders`` says where each Workflow's file lies.
    """

    workflows: dict[str, Placed[Workflow]] = field(default_factory=dict)
    functions: dict[str, Placed[Function]] = field(default_factory=dict)
    executions: dict[str, Placed[Execution]] = field(default_factory=dict)
    config_maps: dict[str, Mapping[str, str]] = field(default_factory=dict)
    folders: dict[str, Path] = field(default_factory=dict)


def read_manifests(documents: Iterable[Document]) -> tuple[Manifests, list[Finding]]:
    """What the documents describe, and what is wrong with them."""
    manifests = Manifests()
    findings: list[Finding] = []
    for document in documents:
        findings += _take(document, manifests)
        for name in manifests.workflows:
            manifests.folders.setdefault(name, document.path.parent)
    return manifests, findings


def _take(document: Document, manifests: Manifests) -> Iterator[Finding]:
    content, place = document.content, str(document.path)
    if not isinstance(content, dict):
        yield Finding(place, "neither a manifest nor a definition: its top is no object")
    elif "kind" not in content and "StartAt" in content:
        workflow = Workflow.parse(_workflow_of(content, document.path))
        yield from _put(workflow, place, manifests.workflows)
    elif "kind" not in content:
        yield Finding(place, "neither a manifest (no kind) nor a definition (no StartAt)")
    else:
        yield from _take_object(content, place, manifests)


def _take_object(content: JsonObject, place: str, manifests: Manifests) -> Iterator[Finding]:
    kind, version = content["kind"], str(content.get("apiVersion", ""))
    content = {**content, "metadata": _metadata(content)}
    place = f"{place}: {kind} {content['metadata'].get('name', '')}".rstrip()
    match version, kind:
        case "v1", "ConfigMap":
            manifests.config_maps[content["metadata"]["name"]] = content.get("data") or {}
        case _, "Workflow" if version == API_VERSION:
            yield from _parse(Workflow, content, place, manifests.workflows)
        case _, "Function" if version == API_VERSION:
            yield from _parse(Function, content, place, manifests.functions)
        case _, "Execution" if version == API_VERSION:
            yield from _parse(Execution, content, place, manifests.executions)
        case _ if version.startswith(f"{GROUP}/") or kind in ("Workflow", "Function", "Execution"):
            yield Finding(place, f"apiVersion {version} is not known; use {API_VERSION}")


def _metadata(content: JsonObject) -> dict[str, Json]:
    """The metadata with a name: Kubernetes makes one where there is only generateName."""
    given = content.get("metadata")
    metadata = dict(given) if isinstance(given, dict) else {}
    if "name" not in metadata and isinstance(metadata.get("generateName"), str):
        metadata["name"] = metadata["generateName"] + secrets.token_hex(3)[:5]
    return metadata


def _parse(
    model: type[_Object], content: JsonObject, place: str, known: dict[str, Placed[_Object]]
) -> Iterator[Finding]:
    try:
        parsed = model.parse(content)
    except InvalidObject as error:
        yield from (Finding(place, str(problem)) for problem in error.problems)
        return
    yield from _put(parsed, place, known)


def _put(parsed: _Object, place: str, known: dict[str, Placed[_Object]]) -> Iterator[Finding]:
    name = parsed.metadata.name
    if not re.fullmatch(OBJECT_NAME_PATTERN, name):
        remedy = "use lower case letters, digits, dashes and dots, and spec.name for others"
        yield Finding(place, f"metadata.name {name!r} is no name of an object: {remedy}")
    elif name in known:
        yield Finding(place, f"another {model_name(parsed)} has this name: {known[name].place}")
    else:
        known[name] = Placed(place, parsed)


def model_name(parsed: CustomResource) -> str:
    """The kind, as manifests spell it."""
    return type(parsed).__name__


def _workflow_of(definition: JsonObject, path: Path) -> JsonObject:
    """A Workflow named after the definition's file."""
    stem = path.name.partition(".")[0]
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "workflow"
    spec: dict[str, Json] = {"definition": definition}
    if re.fullmatch(NAME_PATTERN, stem) and len(stem) <= 80:
        spec["name"] = stem
    return {"metadata": {"name": name}, "spec": spec}
