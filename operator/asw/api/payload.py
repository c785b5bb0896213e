"""The Payload: values of Executions that not everybody may read who may see the Executions.

Kubernetes' role view covers ConfigMaps, and every field of an object alike. A kind of its own is
what RBAC can tell apart; Secrets would do for that, but the operator may not read them.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from asw.api.objects import CustomResource, rule


class Payload(CustomResource):
    """Values that the role view does not show: written once, like an immutable ConfigMap."""

    kind: ClassVar[str] = "Payload"
    plural: ClassVar[str] = "payloads"
    short_name: ClassVar[str] = "pld"

    data: Mapping[str, str] = Field(
        json_schema_extra={
            "maxProperties": 16,
            "x-kubernetes-validations": [
                rule("self == oldSelf", "a Payload is immutable: create a new one")
            ],
        }
    )
    """Texts by key, such as the JSON text of an input that spec.inputFrom.payloadRef of an
    Execution names. The operator keeps records, values and histories here. Immutable."""
