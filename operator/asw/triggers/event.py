"""What happened, as a CloudEvent (CloudEvents 1.0), and the name of the run that it starts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asw.asl.timestamps import format_timestamp
from asw.asl.values import Json, JsonObject

SPEC_VERSION: Final = "1.0"
_LONGEST_HEAD: Final = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event. ``source`` and ``id`` identify it: whatever has the same ones is the same event.

    ``extensions`` are attributes besides those of the specification, by their lower-case names.
    """

    id: str
    source: str
    type: str
    time: datetime | None = None
    subject: str | None = None
    data: Json = None
    extensions: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> JsonObject:
        """The event as filters and inputs read it, in CloudEvents' JSON format.

        ``time``, ``subject`` and ``data`` are there in any case, and null if there is none.
        """
        return {
            **self.extensions,
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "time": None if self.time is None else format_timestamp(self.time),
            "subject": self.subject,
            "data": self.data,
        }


def run_name(trigger: str, uid: str, event: Event) -> str:
    """metadata.name of the Execution that a Trigger starts for the event: once, by its name.

    ``uid`` is that of the Trigger, so that one that is made anew starts anew.
    """
    text = f"{uid}\n{event.source}\n{event.id}"
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    return f"{trigger[:_LONGEST_HEAD].rstrip('-.')}-{digest}"
