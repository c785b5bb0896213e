"""Reads CloudFormation templates: written for SAM, synthesised by the CDK, or plain. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asw.asl.values import Json, JsonObject
from asw.failures import Failure
from asw.importing.cloud_yaml import read_export
from asw.importing.found import (
    Elsewhere,
    Export,
    FolderSource,
    FoundFunction,
    FoundMachine,
    Haul,
    ImageSource,
    InlineSource,
    Note,
    Source,
    machine_at,
)
from asw.importing.intrinsics import Resolver, is_function, is_machine
from asw.importing.leftovers import logging_of, notes_on_function, notes_on_machine
from asw.importing.tokens import fill, fill_text, tokens_of
from asw.messages import t

_NAME_FIELDS: Final = ("FunctionName", "StateMachineName", "Name")
_CDK_HASH: Final = re.compile(r"[0-9A-F]{8}$")
_WHOLE_NUMBER: Final = re.compile(r"[0-9]+")


def read_template(export: Export) -> Haul:
    """The state machines and functions of a template. Other resources are ignored."""
    template = export.content
    resources = {
        name: resource
        for name, resource in (template.get("Resources") or {}).items()
        if isinstance(resource, dict)
    }
    functions = {name: it for name, it in resources.items() if is_function(it)}
    machines = {name: it for name, it in resources.items() if is_machine(it)}
    names = _names_of({**functions, **machines}, Resolver(template, {}, export.values))
    resolver = Resolver(template, names, export.values)
    haul = Haul()
    for logical_id, resource in functions.items():
        properties = _with_globals(template, resource)
        place = export.at("Resources", logical_id)
        haul.functions.append(_function(logical_id, properties, resource, resolver, place))
        haul.notes.extend(notes_on_function(properties, f"{place}.Properties."))
    for logical_id, resource in machines.items():
        with machine_at(export.at("Resources", logical_id), haul):
            _take_machine(logical_id, resource, resolver, export, haul)
    return haul


def _names_of(resources: Mapping[str, JsonObject], resolver: Resolver) -> dict[str, str]:
    """The name of each function and machine here, by its logical id."""
    return {
        logical_id: _name_of(logical_id, resource, resolver)
        for logical_id, resource in resources.items()
    }


def _name_of(logical_id: str, resource: JsonObject, resolver: Resolver) -> str:
    """The name in the template, else from the CDK's path, else from the logical id."""
    properties = resource.get("Properties") or {}
    given = next(filter(None, map(properties.get, _NAME_FIELDS)), None)
    if given is not None:
        name = resolver.text(given)
        if not any(tokens_of(name)):
            return name
    path = str((resource.get("Metadata") or {}).get("aws:cdk:path", ""))
    steps = path.removesuffix("/Resource").split("/")
    if len(steps) > 1:
        return steps[-1]
    return _CDK_HASH.sub("", logical_id) or logical_id


def _with_globals(template: JsonObject, resource: JsonObject) -> dict[str, Json]:
    """The properties, merged with SAM's Globals for functions."""
    own = dict(resource.get("Properties") or {})
    common = (template.get("Globals") or {}).get("Function") or {}
    if resource.get("Type") != "AWS::Serverless::Function" or not isinstance(common, dict):
        return own
    variables = {**_variables(common), **_variables(own)}
    return {**common, **own, "Environment": {"Variables": variables}}


def _variables(properties: JsonObject) -> JsonObject:
    environment = properties.get("Environment")
    found = environment.get("Variables") if isinstance(environment, dict) else None
    return found if isinstance(found, dict) else {}


def _function(
    logical_id: str, properties: JsonObject, resource: JsonObject, resolver: Resolver, place: str
) -> FoundFunction:
    runtime = properties.get("Runtime")
    storage = (properties.get("EphemeralStorage") or {}).get("Size")
    return FoundFunction(
        name=resolver.names[logical_id],
        place=place,
        aliases=frozenset((logical_id,)),
        source=_source(properties, resource, resolver),
        runtime=resolver.text(runtime) if runtime is not None else None,
        handler=resolver.text(properties["Handler"]) if "Handler" in properties else None,
        environment={
            str(name): resolver.text(value) for name, value in _variables(properties).items()
        },
        timeout_seconds=_number(properties.get("Timeout"), resolver),
        memory_mb=_number(properties.get("MemorySize"), resolver),
        scratch_mb=_number(storage, resolver),
    )


def _source(properties: JsonObject, resource: JsonObject, resolver: Resolver) -> Source:
    code = properties.get("Code")
    code = code if isinstance(code, dict) else {"ImageUri": None, "Path": code}
    inline = properties.get("InlineCode", code.get("ZipFile"))
    if inline is not None:
        return InlineSource(resolver.text(inline))
    image = properties.get("ImageUri", code.get("ImageUri"))
    if image is not None or properties.get("PackageType") == "Image":
        return ImageSource(resolver.text(image) if image is not None else "")
    asset = (resource.get("Metadata") or {}).get("aws:asset:path")
    path = asset or properties.get("CodeUri") or code.get("Path")
    if isinstance(path, str) and not path.startswith(("s3:", "http:", "https:")):
        return FolderSource(path)
    if isinstance(path, dict) and "Bucket" in path:
        return Elsewhere(f"s3://{resolver.text(path['Bucket'])}/{resolver.text(path.get('Key'))}")
    if "S3Key" in code:
        key = resolver.text(code["S3Key"])
        return Elsewhere(f"s3://{resolver.text(code.get('S3Bucket', ''))}/{key}")
    return Elsewhere(path if isinstance(path, str) else "")


def _number(value: Json, resolver: Resolver) -> int | None:
    if value is None:
        return None
    text = resolver.text(value)
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else None


def _take_machine(
    logical_id: str, resource: JsonObject, resolver: Resolver, export: Export, haul: Haul
) -> None:
    properties = resource.get("Properties") or {}
    place = export.at("Resources", logical_id)
    haul.notes.extend(notes_on_machine(properties, f"{place}.Properties."))
    substitutions = {
        str(name): resolver.text(value)
        for name, value in (properties.get("DefinitionSubstitutions") or {}).items()
    }
    definition = _definition(properties, resolver, export, {**export.values, **substitutions})
    if definition is None:
        haul.notes.append(_not_here(place))
        return
    haul.machines.append(
        FoundMachine(
            name=resolver.names[logical_id],
            place=place,
            definition=definition,
            open_tokens=frozenset(tokens_of(definition)) - resolver.literals,
            logging=logging_of(properties),
        )
    )


def _definition(
    properties: JsonObject, resolver: Resolver, export: Export, values: Mapping[str, str]
) -> Json:
    """The definition with its substitutions; None if it is not available.

    AWS substitutes in the text, before it is parsed. Raises Failure for broken or missing text.
    """
    if isinstance(properties.get("Definition"), dict):
        return fill(resolver.resolve(properties["Definition"]), values)
    if "DefinitionString" in properties:
        text = resolver.text(properties["DefinitionString"])
        return read_export(fill_text(text, values), f"{export.name}: DefinitionString")
    wanted = properties.get("DefinitionUri", properties.get("DefinitionS3Location"))
    wanted = resolver.resolve(wanted)
    for path in _paths_of(wanted, resolver, export):
        text_there = export.files.text(path)
        if text_there is not None:
            return read_export(fill_text(text_there, values), path)
    if isinstance(wanted, str) and not wanted.startswith(("s3:", "${")):
        raise Failure(
            t("no file {path}, which should hold the definition", path=wanted),
            remedy=t("put it beside {name}, or fix DefinitionUri", name=export.name),
        )
    return None


def _not_here(place: str) -> Note:
    return Note(
        kind="open",
        place=place,
        message=t("its definition is not in the export: it is in S3, or nowhere"),
        remedy=t("import what aws stepfunctions describe-state-machine prints instead"),
    )


def _paths_of(wanted: Json, resolver: Resolver, export: Export) -> Iterator[str]:
    """Paths that may have the definition: the path itself, or the CDK's asset of that hash."""
    if isinstance(wanted, str):
        yield wanted
    elif isinstance(wanted, dict) and "Key" in wanted:
        stem = resolver.text(wanted["Key"]).partition(".")[0]
        yield from (path for path in export.files.names("") if stem and stem in path)
