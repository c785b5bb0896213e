"""History events: AWS's types and fields, linked by previousEventId into a tree.

Details hold plain JSON values under AWS's field names (``name``, ``input``, ``output``, ``error``,
``cause``, ``index``, ``length``, ``resource``); who stores or serves them makes payloads text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from asw.asl.values import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of an execution's history (AWS: HistoryEvent); ids count from 1."""

    id: int
    previous_event_id: int
    type: str
    at: datetime
    details: Mapping[str, Json] = field(default_factory=dict)
