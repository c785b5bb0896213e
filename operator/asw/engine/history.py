"""History events: AWS's types and fields, linked by previousEventId into a tree.

Details hold plain JSON values under AWS's field names (``name``, ``input``, ``output``, ``error``,
``cause``, ``index``, ``length``, ``resource``); payloads become text when stored or served.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from asw.asl.values import Json


class Event(NamedTuple):
    """One line of an execution's history (AWS: HistoryEvent); ids count from 1."""

    id: int
    previous_event_id: int
    type: str
    at: datetime
    details: Mapping[str, Json] = MappingProxyType({})
