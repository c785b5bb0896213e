"""``asw:k8s:wait``: until an object has a condition or a value, or is gone."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, TypeAlias

from asw.asl.jsonpath import Path, PathSyntaxError, Root, find, parse_path
from asw.asl.values import ABSENT, Absent, Json, JsonObject, is_same, quote
from asw.connector.kubernetes.following import Followed, Pauses, State
from asw.connector.kubernetes.kinds import object_in
from asw.connector.kubernetes.objects import Cluster
from asw.connector.kubernetes.parameters import BadRequest, Parameters

SECONDS: Final = 300
"""How long is waited unless TimeoutSeconds says so."""
_GOALS: Final = ("Condition", "JsonPath", "Deleted")
_MISSING: Final = "there is no such object"


class Waited(Exception):
    """The time is over; the message says what did not happen, and what was seen last."""


@dataclass(frozen=True, slots=True)
class ConditionGoal:
    """A condition has that status, and is about the object as it is."""

    kind: str
    status: str

    def __str__(self) -> str:
        return f"condition {self.kind} is not {self.status}"

    def is_met(self, state: State) -> bool:
        """Whether it has."""
        found = None if state is None else self._condition(state)
        if found is None or state is None:
            return False
        generation = state.get("metadata", {}).get("generation", 0)
        about = found.get("observedGeneration", state["status"].get("observedGeneration"))
        is_current = about is None or about >= generation
        return is_current and str(found.get("status")).lower() == self.status.lower()

    def seen(self, state: State) -> str:
        """What the condition is instead."""
        if state is None:
            return _MISSING
        found = self._condition(state)
        if found is None:
            return "the object has no such condition"
        why = ": ".join(str(found[it]) for it in ("reason", "message") if found.get(it))
        return f"it is {found.get('status')}" + (f" ({why})" if why else "")

    def _condition(self, state: JsonObject) -> JsonObject | None:
        conditions = (state.get("status") or {}).get("conditions") or ()
        named = (it for it in conditions if str(it.get("type")).lower() == self.kind.lower())
        return next(named, None)


@dataclass(frozen=True, slots=True)
class ValueGoal:
    """The path finds that value; ABSENT stands for any but null."""

    path: Path
    value: Json | Absent

    def __str__(self) -> str:
        if self.value is ABSENT:
            return f"{self.path.text} is not there"
        return f"{self.path.text} is not {quote(self.value)}"

    def is_met(self, state: State) -> bool:
        """Whether it does."""
        found = ABSENT if state is None else find(self.path, state)
        if self.value is ABSENT:
            return found is not ABSENT and found is not None
        return found is not ABSENT and is_same(found, self.value)

    def seen(self, state: State) -> str:
        """What is there instead."""
        if state is None:
            return _MISSING
        found = find(self.path, state)
        return "it is not there" if found is ABSENT else f"it is {quote(found)}"


@dataclass(frozen=True, slots=True)
class GoneGoal:
    """The object is gone."""

    def __str__(self) -> str:
        return "it is not gone"

    def is_met(self, state: State) -> bool:
        """Whether it is."""
        return state is None

    def seen(self, state: State) -> str:
        """What holds it up."""
        metadata = (state or {}).get("metadata", {})
        if "deletionTimestamp" not in metadata:
            return "nobody deletes it"
        left = ", ".join(metadata.get("finalizers") or ())
        return f"it is being deleted, and has the finalizers {left}" if left else "it is deleted"


Goal: TypeAlias = ConditionGoal | ValueGoal | GoneGoal


def goal_of(given: Parameters) -> Goal:
    """What is waited for. Raises BadRequest."""
    named = [it for it in _GOALS if it in given.fields]
    if len(named) != 1:
        raise BadRequest(f"wait needs exactly one of {', '.join(_GOALS)}")
    if "Value" in given.fields and named != ["JsonPath"]:
        raise BadRequest("Value is for JsonPath")
    match named[0]:
        case "Condition":
            kind, equals, status = given.text("Condition").partition("=")
            return ConditionGoal(kind.strip(), status.strip() if equals else "True")
        case "JsonPath":
            return ValueGoal(_path(given.text("JsonPath")), given.fields.get("Value", ABSENT))
    if not given.flag("Deleted"):
        raise BadRequest("Deleted must be true")
    return GoneGoal()


async def wait(cluster: Cluster, given: Parameters, pauses: Pauses) -> Json:
    """The object once the goal is met, None if it is gone. Raises Waited."""
    goal, seconds, name = goal_of(given), given.seconds(SECONDS), given.name("Name")
    collection = await cluster.collection(given)
    followed = Followed(cluster.client, collection, name, pauses)
    seen = ""
    try:
        async with asyncio.timeout(seconds) as limit, aclosing(followed.states()) as states:
            async for state in states:
                if goal.is_met(state):
                    return None if state is None else object_in(state)
                seen = goal.seen(state)
    except TimeoutError:
        if not limit.expired():
            raise
    told = f"{collection.called(name)}: {goal} after {seconds} s; {seen or followed.trouble}"
    raise Waited(f"{told}; {followed.trouble}" if seen and followed.trouble else told)


def _path(text: str) -> Path:
    try:
        path = parse_path(text)
    except PathSyntaxError as error:
        raise BadRequest(f"JsonPath: {error}") from error
    if path.root is not Root.DOCUMENT or path.steps is None:
        raise BadRequest("JsonPath must name one value, such as $.status.phase")
    return path
