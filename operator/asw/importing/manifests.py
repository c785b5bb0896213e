"""Makes manifests: a Workflow for a machine, a Function for a function. Pure."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import yaml

from asw.api.names import API_VERSION, NAME_PATTERN
from asw.api.nulls import null_members
from asw.asl.values import Json
from asw.importing.code import Body
from asw.importing.found import FoundFunction, FoundMachine, Note
from asw.importing.tokens import tokens_of
from asw.messages import t

LONGEST_OBJECT_NAME: Final = 63
LONGEST_PUBLIC_NAME: Final = 80
MOST_SECONDS: Final = 31_536_000

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_VARIABLE: Final = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_SECRET: Final = re.compile(r"\{\{resolve:(?:secretsmanager|ssm-secure):")


def object_name(name: str, otherwise: str, taken: Collection[str]) -> str:
    """A free name for a Kubernetes object: ``CheckStock`` becomes check-stock."""
    slug = _OTHER.sub("-", _HUMP.sub("-", name).lower()).strip("-")
    slug = slug[:LONGEST_OBJECT_NAME].rstrip("-") or otherwise
    candidate, number = slug, 1
    while candidate in taken:
        number += 1
        candidate = f"{slug[: LONGEST_OBJECT_NAME - 4]}-{number}"
    return candidate


def public_name(name: str) -> str:
    """A valid name for users and definitions, as close to the given one as possible."""
    if re.fullmatch(NAME_PATTERN, name) and len(name) <= LONGEST_PUBLIC_NAME:
        return name
    return re.sub(r"[^\w.-]+", "-", name)[:LONGEST_PUBLIC_NAME].strip("-") or "workflow"


def workflow_manifest(machine: FoundMachine, definition: Json, name: str) -> dict[str, Json]:
    """The Workflow; ``name`` is metadata.name."""
    spec: dict[str, Json] = {}
    public = public_name(machine.name)
    if public != name:
        spec["name"] = public
    if machine.dialect != "ASL":
        spec["dialect"] = machine.dialect
    if machine.has_input:
        spec["defaultInput"] = machine.input
        if nulls := list(null_members(spec, ("defaultInput",))):
            spec["nulls"] = nulls
    if machine.logging:
        spec["logging"] = dict(machine.logging)
    metadata: dict[str, Json] = {"name": name}
    if machine.description:
        metadata["annotations"] = {"kubernetes.io/description": machine.description}
    if _is_lost(definition):
        spec["definitionText"] = json.dumps(definition, ensure_ascii=False, indent=2) + "\n"
    else:
        spec["definition"] = definition
    return {"apiVersion": API_VERSION, "kind": "Workflow", "metadata": metadata, "spec": spec}


def _is_lost(value: Json) -> bool:
    """Whether something would get lost: 1.0, which becomes 1, or nulls, which patches drop."""
    if isinstance(value, dict):
        return any(item is None or _is_lost(item) for item in value.values())
    if isinstance(value, list):
        return any(_is_lost(item) for item in value)
    return isinstance(value, float) and value.is_integer()


def function_manifest(function: FoundFunction, body: Body, name: str) -> dict[str, Json]:
    """The Function; ``name`` is metadata.name."""
    public = public_name(function.name)
    spec: dict[str, Json] = {} if public == name else {"name": public}
    if body.image is not None:
        spec |= {"runtime": "image", "image": body.image}
    else:
        spec |= {"runtime": body.runtime, "handler": body.handler}
    if function.timeout_seconds:
        spec["timeoutSeconds"] = min(function.timeout_seconds, MOST_SECONDS)
    if function.memory_mb:
        memory = {"memory": f"{function.memory_mb}Mi"}
        spec["resources"] = {"requests": memory, "limits": memory}
    if function.scratch_mb:
        spec["scratchSize"] = f"{function.scratch_mb}Mi"
    variables = [
        {"name": key, "value": value}
        for key, value in function.environment.items()
        if _refusal(key, value) is None
    ]
    if variables:
        spec["env"] = variables
    if body.files is not None:
        spec["code"] = {"inline": dict(body.files)}
    return {
        "apiVersion": API_VERSION,
        "kind": "Function",
        "metadata": {"name": name},
        "spec": spec,
    }


def notes_on_environment(function: FoundFunction) -> Iterator[Note]:
    """Notes on variables with unknown values, and on those left out."""
    for key, value in function.environment.items():
        place = f"{function.place}: {key}"
        refusal = _refusal(key, value)
        if refusal is not None:
            message, remedy = refusal
            yield Note(kind="open", place=place, message=message, remedy=remedy)
            continue
        for token in sorted(set(tokens_of(value))):
            yield Note(
                kind="open",
                place=place,
                message=t("the value {token} is not known here", token=token),
                remedy=t("write it into spec.env of Function {name}", name=function.name),
            )


def _refusal(key: str, value: str) -> tuple[str, str] | None:
    """Why a variable is left out, and what to do; None if it is kept."""
    if _SECRET.search(value):
        return (
            t("the variable is a secret"),
            t("put it into a Secret, and refer to it by valueFrom.secretKeyRef"),
        )
    if key.startswith("ASW_"):
        return t("names that start with ASW_ belong to asw"), t("choose another name")
    if not _VARIABLE.fullmatch(key):
        return t("it is not a valid variable name"), t("choose another name")
    return None


def to_yaml(manifests: Collection[Json]) -> str:
    """A stream of documents as people write them: keys in order, code in blocks."""
    return yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML's signature
        """Write every value in place."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 -- PyYAML's signature
        """Indent lists below their field."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
