"""The CustomResourceDefinitions, generated from the models, as values and texts; no files.

``crds/`` and the chart hold copies, which ``make crds`` writes.
"""

from collections.abc import Mapping, Sequence

import yaml

from asw.api.activity import Activity
from asw.api.connection import Connection
from asw.api.execution import Execution
from asw.api.function import Function
from asw.api.names import GROUP, VERSION
from asw.api.objects import CustomResource
from asw.api.payload import Payload
from asw.api.schedule import Schedule
from asw.api.structural import structural_schema
from asw.api.taskdefaults import TaskDefaults
from asw.api.trigger import Trigger
from asw.api.workflow import Workflow
from asw.asl.values import Json

CATEGORY = "asw"
KINDS: Sequence[type[CustomResource]] = (
    Activity,
    Connection,
    Execution,
    Function,
    Payload,
    Schedule,
    TaskDefaults,
    Trigger,
    Workflow,
)
SELECTABLE_FIELDS: Mapping[str, Sequence[str]] = {
    "executions": (".status.phase", ".spec.workflowRef.name"),
}

_READY = '.status.conditions[?(@.type=="Ready")]'
_AGE = ("Age", "date", ".metadata.creationTimestamp", 0)
_COLUMNS: Mapping[str, Sequence[tuple[str, str, str, int]]] = {
    "activities": (
        ("Description", "string", ".spec.description", 0),
        _AGE,
        ("Name", "string", ".spec.name", 1),
    ),
    "connections": (
        ("Kind", "string", ".spec.kind", 0),
        ("Region", "string", ".spec.region", 0),
        ("Endpoint", "string", ".spec.endpoint", 0),
        ("Ready", "string", f"{_READY}.status", 0),
        ("Reason", "string", f"{_READY}.reason", 0),
        _AGE,
        ("Message", "string", f"{_READY}.message", 1),
    ),
    "workflows": (
        ("Ready", "string", f"{_READY}.status", 0),
        ("Reason", "string", f"{_READY}.reason", 0),
        ("Revision", "string", ".status.revision", 0),
        _AGE,
        ("Name", "string", ".spec.name", 1),
        ("Problems", "string", ".status.problems[*].message", 1),
    ),
    "executions": (
        ("Phase", "string", ".status.phase", 0),
        ("Workflow", "string", ".spec.workflowRef.name", 0),
        ("States", "string", ".status.states", 0),
        ("Result", "string", ".status.result", 0),
        _AGE,
        ("Error", "string", ".status.error", 1),
        # As texts: asw list computes durations from them, and a date would arrive as an age.
        ("Started", "string", ".status.startTime", 1),
        ("Completed", "string", ".status.completionTime", 1),
        ("Suspended", "boolean", ".spec.suspend", 1),
        ("Revision", "string", ".status.revision", 1),
    ),
    "payloads": (_AGE,),
    "schedules": (
        ("Times", "string", ".status.times", 0),
        ("Suspended", "boolean", ".spec.suspend", 0),
        ("Active", "integer", ".status.active", 0),
        ("Last", "date", ".status.lastScheduleTime", 0),
        ("Outcome", "string", ".status.lastOutcome", 0),
        ("Next", "string", ".status.nextScheduleTime", 0),
        ("Ready", "string", f"{_READY}.status", 0),
        _AGE,
        ("Workflow", "string", ".spec.workflowRef.name", 1),
        ("Missed", "integer", ".status.missed", 1),
        ("Message", "string", f"{_READY}.message", 1),
    ),
    "taskdefaults": (_AGE,),
    "triggers": (
        ("Source", "string", ".status.source", 0),
        ("Suspended", "boolean", ".spec.suspend", 0),
        ("Started", "integer", ".status.started", 0),
        ("Last", "date", ".status.lastEventTime", 0),
        ("Ready", "string", f"{_READY}.status", 0),
        _AGE,
        ("Workflow", "string", ".spec.workflowRef.name", 1),
        ("Filtered", "integer", ".status.filtered", 1),
        ("Failed", "integer", ".status.failed", 1),
        ("Message", "string", f"{_READY}.message", 1),
    ),
    "functions": (
        ("Runtime", "string", ".spec.runtime", 0),
        ("Ready", "string", f"{_READY}.status", 0),
        ("Reason", "string", f"{_READY}.reason", 0),
        _AGE,
        ("Name", "string", ".spec.name", 1),
        ("Handler", "string", ".spec.handler", 1),
        ("Image", "string", ".spec.image", 1),
        ("Code", "string", ".status.codeRef", 1),
        ("Message", "string", f"{_READY}.message", 1),
    ),
}
_CHART_HEAD = """\
{{- if .Values.crds.enabled }}
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  {{- $own := .Values.crds.keep | ternary (dict "helm.sh/resource-policy" "keep") dict }}
  {{- include "asw.annotations" (dict "root" . "own" $own) }}
  name: NAME
  labels:
    {{- include "asw.labels" . | nindent 4 }}
"""


def custom_resource_definition(model: type[CustomResource]) -> dict[str, Json]:
    """The CustomResourceDefinition of one kind."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": crd_name(model)},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": model.kind,
                "listKind": f"{model.kind}List",
                "plural": model.plural,
                "singular": model.kind.lower(),
                "shortNames": [model.short_name],
                # many, and made by the operator: kubectl get asw should not list them
                "categories": [] if model is Payload else [CATEGORY],
            },
            "scope": "Namespaced",
            "versions": [_version(model)],
        },
    }


def crd_name(model: type[CustomResource]) -> str:
    """metadata.name of the CustomResourceDefinition."""
    return f"{model.plural}.{GROUP}"


def crd_text(model: type[CustomResource]) -> str:
    """The text of the definition in ``crds/``."""
    return _yaml(custom_resource_definition(model))


def chart_text(model: type[CustomResource]) -> str:
    """The definition as a template of the chart, with ``crds.enabled`` and ``crds.keep``."""
    spec = {"spec": custom_resource_definition(model)["spec"]}
    return _CHART_HEAD.replace("NAME", crd_name(model)) + _yaml(spec) + "{{- end }}\n"


def _version(model: type[CustomResource]) -> dict[str, Json]:
    version: dict[str, Json] = {
        "name": VERSION,
        "served": True,
        "storage": True,
        **({"subresources": {"status": {}}} if "status" in model.model_fields else {}),
        "additionalPrinterColumns": [
            {"name": name, "type": kind, "jsonPath": path, "priority": priority}
            for name, kind, path, priority in _COLUMNS[model.plural]
        ],
        "schema": {"openAPIV3Schema": _schema(model)},
    }
    if fields := SELECTABLE_FIELDS.get(model.plural):
        version["selectableFields"] = [{"jsonPath": path} for path in fields]
    return version


def _schema(model: type[CustomResource]) -> dict[str, Json]:
    schema = structural_schema(model)
    properties = schema["properties"]
    if "status" in properties:
        # kstatus: an object that has not been looked at must not pass for a finished one.
        properties["status"]["default"] = {"observedGeneration": -1}
    own = {name: it for name, it in properties.items() if name != "metadata"}
    schema["properties"] = {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        **own,
    }
    schema["required"] = [name for name in schema["required"] if name in own]
    return schema


class _Dumper(yaml.SafeDumper):
    """Writes equal parts out each time, because anchors do not help a reader."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _yaml(value: Json) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
