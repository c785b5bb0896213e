"""Notes on properties of machines and functions that are not carried over. Pure.

The tables map CloudFormation's property names to a kind of note and a text; ``serverless`` first
translates its names into those.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from asw.asl.values import Json, JsonObject
from asw.importing.found import Kind, Note
from asw.messages import t

Say = Callable[[], tuple[str, str]]

_ROLE: Say = lambda: (  # noqa: E731 -- translated when used
    t("roles and policies apply to what AWS runs"),
    t("give the Functions that need it a service account: spec.serviceAccountName"),
)
_LOGS: Say = lambda: (  # noqa: E731
    t("logging and tracing are settings of AWS"),
    t("history, logs and metrics are kept without them: asw history, asw logs"),
)
_LINES: Say = lambda: (  # noqa: E731
    t("where log lines go is a setting of the operator"),
    t("set telemetry of its chart; spec.logging says which lines"),
)
_TAGS: Say = lambda: (t("tags"), t("write labels into metadata.labels"))  # noqa: E731
_VERSIONS: Say = lambda: (  # noqa: E731
    t("aliases, versions and how they are rolled out"),
    t(
        "each Execution keeps the definition that it started with; a Function always runs as"
        " it is now"
    ),
)

_DEAD_LETTERS: Say = lambda: (  # noqa: E731
    t("the dead letter queue"),
    t("catch the error in the state machine"),
)
_UNKNOWN: Final[tuple[Kind, Say]] = (
    "left-out",
    lambda: (t("asw has no equivalent"), t("check whether the workflow works without it")),
)
_OF_BOTH: Final[Mapping[str, tuple[Kind, Say]]] = {
    **dict.fromkeys(("Role", "Policies"), ("left-out", _ROLE)),
    "Tags": ("left-out", _TAGS),
    **dict.fromkeys(("AutoPublishAlias", "DeploymentPreference"), ("left-out", _VERSIONS)),
    "Tracing": ("left-out", _LOGS),
}
_OF_MACHINES: Final[Mapping[str, tuple[Kind, Say]]] = {
    **_OF_BOTH,
    **dict.fromkeys(("RoleArn", "PermissionsBoundary"), ("left-out", _ROLE)),
    **dict.fromkeys(("Logging", "LoggingConfiguration"), ("left-out", _LINES)),
    "TracingConfiguration": ("left-out", _LOGS),
    "EncryptionConfiguration": (
        "left-out",
        lambda: (t("encryption with your own key"), t("encrypt etcd, as Kubernetes documents")),
    ),
}
_OF_FUNCTIONS: Final[Mapping[str, tuple[Kind, Say]]] = {
    **_OF_BOTH,
    **dict.fromkeys(("TracingConfig", "LoggingConfig"), ("left-out", _LOGS)),
    "Layers": (
        "function",
        lambda: (
            t("layers are not supported"),
            t("build an image with what they hold, and set runtime image"),
        ),
    ),
    "VpcConfig": (
        "left-out",
        lambda: (t("subnets and security groups"), t("write a NetworkPolicy for the pods")),
    ),
    "FileSystemConfigs": (
        "unsupported",
        lambda: (t("file systems cannot be mounted"), t("read and write objects instead")),
    ),
    **dict.fromkeys(("DeadLetterQueue", "DeadLetterConfig"), ("left-out", _DEAD_LETTERS)),
    "ReservedConcurrentExecutions": (
        "left-out",
        lambda: (t("reserved concurrency"), t("set spec.maxActiveTasks of the Workflow")),
    ),
    "ProvisionedConcurrencyConfig": (
        "left-out",
        lambda: (t("provisioned concurrency"), t("a pod is created for each task")),
    ),
}

_TAKEN_OF_MACHINES: Final = frozenset(
    (
        "Name",
        "StateMachineName",
        "Type",
        "StateMachineType",
        "Events",
        "Description",
        "Definition",
        "DefinitionString",
        "DefinitionUri",
        "DefinitionS3Location",
        "DefinitionSubstitutions",
    )
)
_TAKEN_OF_FUNCTIONS: Final = frozenset(
    (
        "FunctionName",
        "Description",
        "Runtime",
        "Handler",
        "Code",
        "CodeUri",
        "InlineCode",
        "ImageUri",
        "PackageType",
        "Environment",
        "Timeout",
        "MemorySize",
        "EphemeralStorage",
        "Events",
    )
)
"""Properties that are read, or do not matter for a workflow."""


def logging_of(properties: JsonObject) -> JsonObject:
    """``spec.logging`` for AWS's LoggingConfiguration, however it is spelt; empty for OFF."""
    for name in ("LoggingConfiguration", "Logging", "loggingConfiguration", "loggingConfig"):
        given = properties.get(name)
        if not isinstance(given, dict):
            continue
        fields = {str(key).lower(): value for key, value in given.items()}
        level = str(fields.get("level")).upper()
        if level not in ("ALL", "ERROR", "FATAL"):
            return {}
        found: dict[str, Json] = {"level": level}
        if str(fields.get("includeexecutiondata")).lower() == "true":
            found["includeExecutionData"] = True
        return found
    return {}


def notes_on_machine(properties: JsonObject, prefix: str) -> Iterator[Note]:
    """Notes on a machine's properties, with triggers and type; ``prefix`` starts their places."""
    yield from _notes(properties, _OF_MACHINES, _TAKEN_OF_MACHINES, prefix)
    for name, event in (properties.get("Events") or {}).items():
        kind = str(event.get("Type", "?")) if isinstance(event, dict) else "?"
        yield trigger(f"{prefix}Events.{name}", kind)
    for name in ("Type", "StateMachineType"):
        if str(properties.get(name)).upper() == "EXPRESS":
            yield Note(
                kind="unsupported",
                place=f"{prefix}{name}",
                message=t("Express is not supported yet: it becomes a Standard workflow"),
                remedy=t("no action is needed if history and duration do not matter"),
            )


def notes_on_function(properties: JsonObject, prefix: str) -> Iterator[Note]:
    """Notes on a function's properties; its own triggers are not part of the workflow."""
    yield from _notes(properties, _OF_FUNCTIONS, _TAKEN_OF_FUNCTIONS, prefix)


def trigger(place: str, kind: str) -> Note:
    """The note on a trigger that starts executions in the cloud."""
    remedy = t("have the source of the event start it: asw start, or kubectl create an Execution")
    if "schedule" in kind.lower() or kind.lower() == "timer":
        remedy = t("write a CronJob that creates an Execution with generateName")
    return Note(
        kind="unsupported",
        place=place,
        message=t("asw has no trigger of type {kind}", kind=kind),
        remedy=remedy,
    )


def _notes(
    properties: JsonObject,
    table: Mapping[str, tuple[Kind, Say]],
    taken: Collection[str],
    prefix: str,
) -> Iterator[Note]:
    for name in properties:
        if name not in taken:
            kind, say = table.get(name, _UNKNOWN)
            message, remedy = say()
            yield Note(kind=kind, place=f"{prefix}{name}", message=message, remedy=remedy)
