"""The Activity: work that others do. Workers ask for its tasks, and definitions name it by ARN."""

from typing import ClassVar

from pydantic import Field

from asw.api.objects import SAME_NAME, CustomResource, Part, PublicName, rules


class ActivitySpec(Part):
    """What the activity is."""

    name: PublicName | None = None
    """The name by which definitions and workers call the activity, if metadata.name cannot spell
    it: up to 80 characters, such as Ship_Order. Immutable. Default: metadata.name."""

    description: str | None = Field(default=None, max_length=1024)
    """For people: what its workers do, and who runs them."""


class Activity(CustomResource):
    """Work that is done by workers, wherever they run; a Task that names it waits for one of them.

    Its Resource is an ARN that ends in activity:NAME. Whoever may poll activities may be a worker.
    """

    kind: ClassVar[str] = "Activity"
    plural: ClassVar[str] = "activities"
    short_name: ClassVar[str] = "act"

    model_config = rules(SAME_NAME)

    spec: ActivitySpec
    """What the activity is."""

    @property
    def public_name(self) -> str:
        """The name by which definitions and workers call it."""
        return self.spec.name or self.metadata.name
