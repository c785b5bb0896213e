"""The services that a case calls: each request gets the answer that AWS gave when it was recorded.

So what the engine asks for and what it makes of the answer is compared with AWS, and no service is
needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from asw.asl.values import ABSENT, Json, to_text
from asw.engine.answers import Answer, End, Raised, Returned, SimulationError


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A recorded call: the request, what it was answered, and how it ended; never, if timed out.

    ``submission`` is the answer to a call that asks for work.
    """

    name: str
    request: Json
    end: End | None
    submission: Json = ABSENT
    worker: str | None = None


class Services:
    """The recorded calls; a request gets its own answer, in whichever order branches run."""

    def __init__(self, history: Sequence[Mapping[str, Any]]) -> None:
        self._left = list(_calls(history))

    def has(self, name: str) -> bool:
        """Whether an answer is left."""
        return any(call.name == name for call in self._left)

    def answer(self, name: str, request: Json) -> Answer:
        """The answer to this request, or else the next one of this action or activity.

        Raises SimulationError if none is left.
        """
        calls = [call for call in self._left if call.name == name]
        if not calls:
            raise SimulationError(f"no answer of {name} was recorded")
        call = next((it for it in calls if it.request == request), calls[0])
        self._left.remove(call)
        return Answer(end=call.end, submission=call.submission, worker=call.worker)


def _calls(history: Sequence[Mapping[str, Any]]) -> Iterator[_Recorded]:
    begun: dict[int, _Recorded] = {}
    for event in history:
        match event["type"]:
            case "TaskScheduled":
                begun[event["id"]] = replace(_unasked(event), request=event["parameters"])
            case "ActivityScheduled":
                begun[event["id"]] = _Recorded(ACTIVITY, event["input"], None)
            case "TaskStarted" | "ActivityStarted":
                call = begun.get(event["prev"]) or _unasked(event)
                begun[event["id"]] = replace(call, worker=event.get("workerName"))
            case "TaskSubmitted":
                call = begun.get(event["prev"]) or _unasked(event)
                begun[event["id"]] = replace(call, submission=event["output"])
            case kind if kind in _ENDS:
                yield replace(begun.get(event["prev"]) or _unasked(event), end=_end(event))


ACTIVITY = "activity"
"""The name of all activities: a case has one at most, and the recordings hide its name."""
_ENDS = tuple(
    f"{kind}{end}" for kind in ("Task", "Activity") for end in ("Succeeded", "Failed", "TimedOut")
)


def _unasked(event: Mapping[str, Any]) -> _Recorded:
    """A call whose request the recording lost: its normaliser drops events of parallel branches."""
    is_activity = event["type"].startswith("Activity")
    name = ACTIVITY if is_activity else f"{event['resourceType']}:{event['resource']}"
    return _Recorded(name, None, None)


def _end(event: Mapping[str, Any]) -> End | None:
    if event["type"].endswith("TimedOut"):
        return None
    if event["type"].endswith("Succeeded"):
        return Returned(event["output"])
    cause: Json = event.get("cause")
    is_text = cause is None or isinstance(cause, str)
    return Raised(event.get("error"), cause if is_text else to_text(cause))
