"""The Payload: values of Executions that fewer people may read than the Executions themselves.

Kubernetes' role view covers ConfigMaps, and all fields of an object alike; RBAC can only tell kinds
apart. Secrets would do, but the operator may not read them.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from asw.api.objects import CustomResource, rule


class Payload(CustomResource):
    """Values that the role view does not include: written once, like an immutable ConfigMap."""

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
    """Texts by key, such as the JSON text of an input that an Execution reads with
    spec.inputFrom.payloadRef. The operator keeps records, values and histories here. Immutable."""
