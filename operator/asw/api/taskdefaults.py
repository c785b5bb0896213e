"""The TaskDefaults of a namespace: what its tasks have where Function and Workflow say nothing.

An object of its own and not a ConfigMap, because the API server checks it and RBAC can give it to
those who run the namespace, who are not those who write Functions.
"""

from typing import ClassVar

from pydantic import model_validator

from asw.api.objects import CustomResource, rule, rules
from asw.api.workflow import TaskTemplate

NAME = "default"
"""The one object of a namespace that counts."""
ONE_NAME = "a namespace has one TaskDefaults: name it default"


class TaskDefaults(CustomResource):
    """What tasks of the namespace have, unless their Function or Workflow says otherwise."""

    kind: ClassVar[str] = "TaskDefaults"
    plural: ClassVar[str] = "taskdefaults"
    short_name: ClassVar[str] = "tdf"

    model_config = rules(rule(f"self.metadata.name == '{NAME}'", ONE_NAME))

    spec: TaskTemplate
    """What the pods of tasks have in common. A LimitRange of the namespace wins over the operator's
    default resources, not over these."""

    @model_validator(mode="after")
    def _has_its_name(self) -> "TaskDefaults":
        if self.metadata.name != NAME:
            raise ValueError(ONE_NAME)
        return self
