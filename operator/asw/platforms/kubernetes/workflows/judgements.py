"""What the operator thinks of a Workflow, Function or Connection, as conditions of its status.

Conditions as kstatus reads them (cli-utils, "Object Status"). What others may still create is in
progress for a while, as a Deployment is until its progressDeadlineSeconds. After that, and where
only a change of the object itself helps, it is stalled. It becomes ready whenever it can.

A Workflow whose nulls were lost on the way is refused. The list in its spec is evidence, never a
source: no null is put back by it, because one that was deleted on purpose looks the same
(docs/design/0015-nulls-that-survive.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asw.api import names
from asw.api.applied import LAST_APPLIED
from asw.api.conditions import Condition, set_condition
from asw.api.connection import Connection, MistakenConnection
from asw.api.function import Function
from asw.api.nulls import NULLS_AT_RISK, NULLS_LOST, some_of
from asw.api.workflow import Workflow
from asw.asl.problems import Problem
from asw.platforms.kubernetes.client.client import KubeClient
from asw.platforms.kubernetes.client.errors import NotFound
from asw.platforms.kubernetes.client.resources import Resource
from asw.platforms.kubernetes.storage.status import conditions_plain
from asw.reconciler.platform import Conflict
from asw.reconciler.reading import LONGEST_MESSAGE, SHOWN, Verdict

_DEFINITION: Final = "/definition"
_FIX: Final = (
    "Helm, kubectl edit and other merge patches drop nulls; write spec.definitionText, or apply"
    " with --server-side; if the value is intended, remove it from spec.nulls"
)

Words = tuple[Literal["True", "False"], str, str]
"""The status of a condition, its reason and message."""
Judged: TypeAlias = Workflow | Function | Connection | MistakenConnection


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why an object is not ready; ready by default.

    ``may_pass``: others may still fix it. ``is_at_work``: we are, so it is not stalled.
    """

    reason: str = names.REASON_VALID
    message: str = ""
    may_pass: bool = False
    is_at_work: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps it from being used."""
        return self.reason in names.REASONS_READY


READY = Judgement()


class Before(NamedTuple):
    """The generation of an object, and the conditions that it had."""

    generation: int
    conditions: tuple[Condition, ...]


def conditions_of(
    made: Judged,
    judgement: Judgement,
    now: datetime,
    grace: timedelta,
    also: Mapping[str, Words] | None = None,
) -> tuple[Condition, ...]:
    """The conditions, and no others but ``also``: kstatus takes an absent one for False."""
    generation, old = made.metadata.generation, made.status.conditions
    return conditions_after(Before(generation, old), judgement, now, grace, also)


def conditions_after(
    before: Before,
    judgement: Judgement,
    now: datetime,
    grace: timedelta,
    also: Mapping[str, Words] | None = None,
) -> tuple[Condition, ...]:
    """``conditions_of`` an object of which only this is known."""
    generation, old = before
    wanted: dict[str, Words] = {
        names.CONDITION_READY: (
            "True" if judgement.is_ready else "False",
            judgement.reason,
            judgement.message,
        )
    }
    if not judgement.is_ready:
        is_hopeless = not judgement.may_pass or _has_waited(old, generation, now, grace)
        is_stalled = is_hopeless and not judgement.is_at_work
        kind = names.CONDITION_STALLED if is_stalled else names.CONDITION_RECONCILING
        wanted[kind] = ("True", judgement.reason, judgement.message)
    wanted |= also or {}
    if (waited := _of(old, names.CONDITION_RECONCILING)) and not _is_of(waited, generation):
        old = tuple(each for each in old if each is not waited)  # it waits again
    conditions = tuple(each for each in old if each.type in wanted)
    for kind, (status, reason, message) in wanted.items():
        new = Condition(
            type=kind,
            status=status,
            reason=reason,
            message=message,
            observed_generation=generation,
        )
        conditions = set_condition(conditions, new, now)
    return conditions


def grace_left(
    conditions: tuple[Condition, ...], now: datetime, grace: timedelta
) -> timedelta | None:
    """The time left until it counts as stalled; None if it waits for nothing."""
    waiting = _of(conditions, names.CONDITION_RECONCILING)
    if waiting is None or waiting.last_transition_time is None:
        return None
    return waiting.last_transition_time + grace - now


async def tell(
    client: KubeClient, resource: Resource, made: Judged, status: dict[str, Any]
) -> bool:
    """Write the status if it changed, and return whether it was written."""
    old = made.status.model_dump(mode="json", by_alias=True, exclude_none=True)
    old["conditions"] = conditions_plain(made.status.conditions)
    if {name: value for name, value in old.items() if value != []} == status:
        return False
    metadata = made.metadata
    place, version = (metadata.namespace, metadata.name), metadata.resource_version
    try:
        await client.replace_status(resource, *place, version=version, status=status)
    except (Conflict, NotFound):
        return False  # it changed or was deleted meanwhile, which is an event of its own
    return True


def _has_waited(
    old: tuple[Condition, ...], generation: int, now: datetime, grace: timedelta
) -> bool:
    """Whether this generation has waited long enough for what others may create."""
    stalled, left = _of(old, names.CONDITION_STALLED), grace_left(old, now, grace)
    if stalled is not None and _is_of(stalled, generation):
        return True
    waiting = _of(old, names.CONDITION_RECONCILING)
    is_this = waiting is not None and _is_of(waiting, generation)
    return is_this and left is not None and left <= timedelta(0)


def _of(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    return next((each for each in conditions if each.type == kind and each.status == "True"), None)


def _is_of(condition: Condition, generation: int) -> bool:
    return condition.observed_generation == generation


def without_its_nulls(workflow: Workflow) -> Verdict | None:
    """The refusal of a Workflow that lacks nulls which ``spec.nulls`` lists; None for any other."""
    lost = workflow.lost_nulls
    if not lost:
        return None
    problems = tuple(
        Problem(
            severity="ERROR",
            code=NULLS_LOST,
            path=_path(pointer),
            summary=f"spec.nulls says that {pointer} is null, but it is not",
            hint=_FIX,
        )
        for pointer in lost[:SHOWN]
    )
    return Verdict(problems=problems, errors=len(lost), functions=None)


def reminders(workflow: Workflow) -> tuple[Problem, ...]:
    """A warning if nulls are known only from the annotation of kubectl apply."""
    places = some_of(workflow.unlisted_nulls) if workflow.completed else ""
    if not places:
        return ()
    return (
        Problem(
            severity="WARNING",
            code=NULLS_AT_RISK,
            path="/",
            summary=(
                f"kubectl apply left nulls out, which only the annotation {LAST_APPLIED} has:"
                f" {places}"[:LONGEST_MESSAGE]
            ),
            hint="a copy without it is another workflow; write spec.definitionText, apply with"
            " --server-side, or name them in spec.nulls",
        ),
    )


def _path(pointer: str) -> str:
    """The path in the definition; for other places only the message says where."""
    is_within = pointer.startswith(f"{_DEFINITION}/")
    return pointer.removeprefix(_DEFINITION) if is_within else "/"
