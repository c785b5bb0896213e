"""Reads ``serverless.yml``: Tencent's components asw and scf, and serverless-step-functions.

Pure. Variables ``${...}`` that stay open are in the report.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

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
    Source,
    machine_at,
)
from asw.importing.intrinsics import Resolver
from asw.importing.leftovers import logging_of, notes_on_function, notes_on_machine, trigger
from asw.importing.plain import default_input
from asw.importing.tokens import fill, tokens_of
from asw.importing.variables import fill_in
from asw.lint.exports import component_of
from asw.messages import t

_PSEUDO: Final = re.compile(r"#\{([\w:.]+)\}")
_OF_FLOWS: Final = {
    **dict.fromkeys(("name", "definition", "input", "src", "chineseName", "description"), ""),
    **dict.fromkeys(("region", "events"), ""),
    "role": "Role",
    "roleArn": "Role",
    "enableCls": "Logging",
    "type": "Type",
}
_OF_CLOUD_FUNCTIONS: Final = {
    **dict.fromkeys(("name", "description", "src", "codeUri", "runtime", "handler"), ""),
    **dict.fromkeys(("environment", "timeout", "memorySize", "region", "events", "triggers"), ""),
    "role": "Role",
    "tags": "Tags",
    "layers": "Layers",
    "vpcConfig": "VpcConfig",
    "cfs": "FileSystemConfigs",
    "traffic": "DeploymentPreference",
    "publish": "DeploymentPreference",
}
_OF_MACHINES: Final = {
    **dict.fromkeys(("id", "name", "definition", "events"), ""),
    "role": "Role",
    "loggingConfig": "Logging",
    "tracingConfig": "Tracing",
    "tags": "Tags",
    "type": "Type",
}
_OF_FUNCTIONS: Final = {
    **dict.fromkeys(("name", "description", "runtime", "handler", "environment", "events"), ""),
    **dict.fromkeys(("timeout", "memorySize"), ""),
    "role": "Role",
    "iamRoleStatements": "Policies",
    "tags": "Tags",
    "layers": "Layers",
    "vpc": "VpcConfig",
    "tracing": "Tracing",
    "onError": "DeadLetterConfig",
    "fileSystemConfig": "FileSystemConfigs",
    "reservedConcurrency": "ReservedConcurrentExecutions",
    "provisionedConcurrency": "ProvisionedConcurrencyConfig",
}
"""Names in each kind of file, and those in ``leftovers``; ``""`` for fields read elsewhere."""


def read_components(export: Export) -> Haul:
    """Instances of the components asw and scf: in this file, and scf ones in folders beside it."""
    haul = Haul()
    for place, written in _instances(export):
        content = fill_in(written, export)
        if component_of(content) == "asw":
            _take_flow(content, place, export, haul)
        else:
            _take_cloud_function(content, place, "", haul)
    for path in export.files.names(""):
        if path.count("/") == 1 and path.endswith(("/serverless.yml", "/serverless.yaml")):
            content = read_export(export.files.text(path) or "", path)
            if isinstance(content, dict) and component_of(content) == "scf":
                folder = path.rpartition("/")[0]
                _take_cloud_function(fill_in(content, export), path, folder, haul)
    return haul


def read_plugin(export: Export) -> Haul:
    """A service of the Serverless Framework with ``stepFunctions.stateMachines``."""
    content: Any = fill_in(export.content, export)
    provider = content.get("provider")
    provider = provider if isinstance(provider, dict) else {}
    haul = Haul()
    for key, function in merged(content.get("functions")).items():
        if isinstance(function, dict):
            haul.functions.append(_lambda(key, function, provider, content, export))
            properties = _in_words_of_templates(function, _OF_FUNCTIONS)
            haul.notes.extend(notes_on_function(properties, f"{export.at('functions', key)}."))
    names = {alias: it.name for it in haul.functions for alias in (*it.aliases, it.name)}
    template = {**merged(content.get("resources")), "Parameters": {}}
    resolver = Resolver(template, names, export.values)
    machines = merged((content.get("stepFunctions") or {}).get("stateMachines"))
    for key, machine in machines.items():
        if isinstance(machine, dict):
            place = export.at("stepFunctions", "stateMachines", key)
            with machine_at(place, haul):
                _take_plugin_machine(key, machine, resolver, export, haul)
    return haul


def merged(value: Json) -> dict[str, Json]:
    """A section, which may be a list of parts; what parts have in common is merged as well."""
    if isinstance(value, dict):
        return dict(value)
    whole: dict[str, Json] = {}
    for part in value if isinstance(value, list) else ():
        for key, item in merged(part).items():
            both = isinstance(item, dict) and isinstance(whole.get(key), dict)
            whole[key] = {**whole[key], **item} if both else item
    return whole


def _pseudo(value: Json, resolver: Resolver) -> Json:
    """``#{Name}`` as the plugin serverless-pseudo-parameters has it: a Sub wherever it stands."""
    if isinstance(value, dict):
        return {key: _pseudo(item, resolver) for key, item in value.items()}
    if isinstance(value, list):
        return [_pseudo(item, resolver) for item in value]
    if not isinstance(value, str):
        return value
    return _PSEUDO.sub(lambda it: resolver.text({"Fn::Sub": "${" + it[1] + "}"}), value)


def _instances(export: Export) -> Iterator[tuple[str, JsonObject]]:
    """The instance of a file, or several under their own names, as in older versions."""
    if component_of(export.content):
        yield export.name, export.content
        return
    for key, content in export.content.items():
        if isinstance(content, dict) and component_of(content):
            yield export.at(key), {"name": key, **content}


def _take_flow(content: JsonObject, place: str, export: Export, haul: Haul) -> None:
    inputs = content.get("inputs") or {}
    definition = _text_or_file(inputs.get("definition"), inputs, export)
    if not isinstance(definition, dict):
        raise Failure(
            t("{place}: inputs.definition is not a definition", place=place),
            remedy=t("it must be JSON text, or the path of a file with JSON"),
        )
    given = inputs.get("input")
    path = _path(str(given), inputs) if isinstance(given, str) else ""
    has_input, value = default_input(export.files.text(path) or given if path else given)
    definition = fill(definition, export.values)
    haul.machines.append(
        FoundMachine(
            name=str(inputs.get("name") or content.get("name") or export.stem),
            place=place,
            definition=definition,
            dialect="TCSL",
            open_tokens=frozenset(tokens_of(definition)),
            has_input=has_input,
            input=value,
            description=str(inputs.get("chineseName") or inputs.get("description") or ""),
        )
    )
    properties = _in_words_of_templates(inputs, _OF_FLOWS)
    haul.notes.extend(notes_on_machine(properties, f"{place}: "))


def _take_cloud_function(content: JsonObject, place: str, folder: str, haul: Haul) -> None:
    haul.functions.append(_cloud_function(content, place, folder))
    properties = _in_words_of_templates(content.get("inputs") or {}, _OF_CLOUD_FUNCTIONS)
    haul.notes.extend(notes_on_function(properties, f"{place}.inputs."))


def _in_words_of_templates(given: JsonObject, words: Mapping[str, str]) -> dict[str, Json]:
    """Set fields, under CloudFormation's names if ``words`` has one; ``""`` drops a field."""
    named = {words.get(name, name): value for name, value in given.items() if value}
    return {name: value for name, value in named.items() if name}


def _cloud_function(content: JsonObject, place: str, folder: str) -> FoundFunction:
    """An instance of the component scf."""
    inputs = content.get("inputs") or {}
    name = str(inputs.get("name") or content.get("name") or "function")
    source = inputs.get("src") or inputs.get("codeUri")
    if isinstance(source, dict):
        source = source.get("src")
    environment = (inputs.get("environment") or {}).get("variables") or {}
    where: Source = Elsewhere()
    if isinstance(source, str):
        where = FolderSource(f"{folder}/{source.removeprefix('./')}" if folder else source)
    return FoundFunction(
        name=name,
        place=place,
        source=where,
        aliases=frozenset((str(content.get("name", name)),)),
        runtime=_text(inputs.get("runtime")),
        handler=_text(inputs.get("handler")),
        environment={str(key): str(value) for key, value in environment.items()},
        timeout_seconds=_number(inputs.get("timeout")),
        memory_mb=_number(inputs.get("memorySize")),
    )


def _lambda(
    key: str, function: JsonObject, provider: JsonObject, content: JsonObject, export: Export
) -> FoundFunction:
    """A function of the framework; the plugin knows it by key and by logical id."""
    service = content.get("service")
    service = service.get("name") if isinstance(service, dict) else service
    stage = export.values.get("stage") or provider.get("stage") or "dev"
    logical = key.replace("-", "Dash").replace("_", "Underscore")
    logical = f"{logical[:1].upper()}{logical[1:]}LambdaFunction"
    given = function.get("name")
    handler = _text(function.get("handler"))
    has_name = isinstance(given, str) and not any(tokens_of(given))
    environment = {
        **(provider.get("environment") or {}),
        **(function.get("environment") or {}),
    }
    resolver = Resolver({}, {}, export.values)
    return FoundFunction(
        name=str(given) if has_name else key,
        place=export.at("functions", key),
        source=FolderSource(".") if handler else Elsewhere(),
        aliases=frozenset((key, logical, f"{service}-{stage}-{key}")),
        runtime=_text(function.get("runtime") or provider.get("runtime")),
        handler=handler,
        environment={str(name): resolver.text(value) for name, value in environment.items()},
        timeout_seconds=_number(function.get("timeout") or provider.get("timeout")),
        memory_mb=_number(function.get("memorySize") or provider.get("memorySize")),
    )


def _take_plugin_machine(
    key: str, machine: JsonObject, resolver: Resolver, export: Export, haul: Haul
) -> None:
    place = export.at("stepFunctions", "stateMachines", key)
    definition = machine.get("definition")
    if isinstance(definition, str):
        definition = read_export(definition, f"{place}: definition")
    if not isinstance(definition, dict):
        raise Failure(
            t("definition is not a definition"),
            remedy=t("it must be an object, or ${file(PATH)} of a file with one"),
        )
    definition = fill(_pseudo(resolver.resolve(definition), resolver), export.values)
    given = machine.get("name")
    haul.machines.append(
        FoundMachine(
            name=given if isinstance(given, str) and not any(tokens_of(given)) else key,
            place=place,
            definition=definition,
            open_tokens=frozenset(tokens_of(definition)),
            logging=logging_of(machine),
        )
    )
    properties = _in_words_of_templates(machine, _OF_MACHINES)
    haul.notes.extend(notes_on_machine(properties, f"{place}."))
    for event in machine.get("events") or ():
        kinds = ", ".join(event) if isinstance(event, dict) else str(event)
        haul.notes.append(trigger(f"{place}.events", kinds))


def _text_or_file(value: Json, inputs: JsonObject, export: Export) -> Json:
    """The definition, or that in the file named, below ``inputs.src`` or beside the export."""
    if not isinstance(value, str) or value.lstrip().startswith("{"):
        return read_export(value, export.name) if isinstance(value, str) else value
    for path in (_path(value, inputs), value):
        text = export.files.text(path)
        if text is not None:
            return read_export(text, path)
    raise Failure(
        t("no file {path}, which should hold the definition", path=value),
        remedy=t("put it where the export says"),
    )


def _path(path: str, inputs: JsonObject) -> str:
    source = inputs.get("src")
    folder = source.get("src") if isinstance(source, dict) else source
    return f"{folder}/{path.removeprefix('./')}" if isinstance(folder, str) else path


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Json) -> int | None:
    return int(value) if str(value).isdigit() else None
