"""The services that a case calls: each request gets the answer that AWS gave when it was recorded.

So what the engine asks for and what it makes of the answer is compared with AWS, and no service is
needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from asw.asl.resources import ServiceInvocation
from asw.asl.values import Json, to_text
from asw.engine.simulation import Answer, End, Raised, Returned, SimulationError


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A recorded call: the request, and how it ended; never, if it timed out."""

    name: str
    request: Json
    end: End | None


class Services:
    """The recorded calls; a request gets its own answer, in whichever order branches run."""

    def __init__(self, history: Sequence[Mapping[str, Any]]) -> None:
        self._left = list(_calls(history))

    def answer(self, invocation: ServiceInvocation, request: Json) -> Answer:
        """The answer to this request, or else the next one of this action.

        Raises SimulationError if none is left.
        """
        calls = [call for call in self._left if call.name == invocation.name]
        if not calls:
            raise SimulationError(f"no answer of {invocation.name} was recorded")
        call = next((it for it in calls if it.request == request), calls[0])
        self._left.remove(call)
        return Answer(end=call.end)


def _calls(history: Sequence[Mapping[str, Any]]) -> Iterator[_Recorded]:
    requests: dict[int, Json] = {}
    for event in history:
        if event["type"] == "TaskScheduled":
            requests[event["id"]] = event["parameters"]
        elif event["type"] == "TaskStarted":
            requests[event["id"]] = requests.get(event["prev"])
        elif event["type"] in _ENDS:
            name = f"{event['resourceType']}:{event['resource']}"
            yield _Recorded(name, requests.get(event["prev"]), _end(event))


_ENDS = ("TaskSucceeded", "TaskFailed", "TaskTimedOut")


def _end(event: Mapping[str, Any]) -> End | None:
    if event["type"] == "TaskTimedOut":
        return None
    if event["type"] == "TaskSucceeded":
        return Returned(event["output"])
    cause: Json = event.get("cause")
    is_text = cause is None or isinstance(cause, str)
    return Raised(event["error"], cause if is_text else to_text(cause))
