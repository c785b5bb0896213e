"""What Kubernetes Events say, and of which object: here called notices. Pure.

A history has events as well, and so has a watch. A notice tells people that something began, ended
or is amiss. It never contains a payload, nor a cause, which often is one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asw.api.limits import clipped
from asw.platforms.kubernetes.client.resources import EVENTS, Resource

SOURCE: Final = "asw"
"""What kubectl shows under "From"."""
MESSAGE_LIMIT: Final = 1024
"""Bytes of a message: no more fits an Event of ``events.k8s.io``, which is the same object."""
UNSHOWN: Final = "\ufffd"
"""Stands for a character that would move the cursor, or break the line, of who reads it."""
NAME_LIMIT: Final = 253
"""Characters of an object's name, the suffix included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The object that a notice is about."""

    resource: Resource
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell; ``is_routine``: given up first when there is much to tell."""

    about: Subject
    reason: str
    message: str
    is_warning: bool = False
    is_routine: bool = False


Tell = Callable[[Notice], None]
"""Takes a notice and does what there is time for: it neither waits nor raises."""


def tell_nobody(_: Notice) -> None:
    """What is told where nobody listens."""


def plain(message: str) -> str:
    """The message as it is kept and written: one line that fits, whatever tenants put into it."""
    text = message[:MESSAGE_LIMIT]
    if not text.isprintable():
        text = "".join(it if it.isprintable() else UNSHOWN for it in " ".join(text.split()))
    return clipped(text, MESSAGE_LIMIT)


def event_name(notice: Notice, suffix: str) -> str:
    """The name of the Event, as client-go makes them: that of the object, and what is unique."""
    room = NAME_LIMIT - len(suffix) - 1
    return f"{notice.about.name[:room].rstrip('-.')}.{suffix}"


def event_body(notice: Notice, name: str, count: int, span: tuple[datetime, datetime]) -> Any:
    """The Event of the core group: the one whose count and instants every kubectl shows."""
    about = notice.about
    return {
        "apiVersion": EVENTS.api_version,
        "kind": EVENTS.kind,
        "metadata": {"name": name, "namespace": about.namespace},
        "involvedObject": {
            "apiVersion": about.resource.api_version,
            "kind": about.resource.kind,
            "namespace": about.namespace,
            "name": about.name,
            "uid": about.uid,
        },
        "reason": notice.reason,
        "message": notice.message,
        "type": "Warning" if notice.is_warning else "Normal",
        "source": {"component": SOURCE},
        "reportingComponent": SOURCE,
        "reportingInstance": SOURCE,
        "firstTimestamp": _seconds(span[0]),
        **event_change(count, span[1]),
    }


def event_change(count: int, last_at: datetime) -> Mapping[str, Any]:
    """What another occurrence changes of an Event that is there."""
    return {"count": count, "lastTimestamp": _seconds(last_at)}


def _seconds(at: datetime) -> str:
    """``metav1.Time`` has whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
