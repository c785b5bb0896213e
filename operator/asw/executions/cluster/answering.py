"""A person's answer to an approval on a cluster: a patch of the Execution in the person's own name.

An admission policy holds the name and the groups in it against those of the request, so they are
asked of the API server first. What others said is never written again: the schema refuses it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp

from asw.api.answers import LAST_ANSWER, MOST_ANSWERS
from asw.asl.approvals import Decision
from asw.asl.values import Json
from asw.executions.approvals import OpenApproval
from asw.executions.cluster.connecting import find_place, reach
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import NO_CLUSTER
from asw.failures import Failure
from asw.messages import t

_PATH: Final = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
_REVIEW: Final = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom the API server takes us for."""

    name: str
    groups: tuple[str, ...]


async def whoami(target: Target) -> Person:
    """Who we are to the target's cluster. Raises Failure."""
    place = find_place(target)
    connection = reach(target, place)
    try:
        async with (
            connection.session(limit=1, timeout=_SECONDS) as session,
            session.post(
                connection.server + _PATH, json=_REVIEW, allow_redirects=False
            ) as response,
        ):
            answer = await response.json()
            status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise _unknown(type(error).__name__) from error
    user = answer.get("status", {}).get("userInfo", {}) if isinstance(answer, dict) else {}
    if status != HTTPStatus.CREATED or not user.get("username"):
        raise _unknown(str(status))
    return Person(name=user["username"], groups=tuple(user.get("groups", ())))


def _unknown(fault: str) -> Failure:
    return Failure(
        t("the cluster does not say who you are: {fault}", fault=fault),
        remedy=t("check whether kubectl auth whoami can tell"),
        code=NO_CLUSTER,
    )


def patch_of(run: Run, asked: OpenApproval, decision: Decision) -> Mapping[str, Json]:
    """The change of the spec that answers. Raises Failure if there is no room for an answer."""
    told: Collection[str] = run.manifest.get("spec", {}).get("answers") or {}
    ordinal = str(asked.task_id.ordinal)
    keys = (ordinal, *(f"{ordinal}.{number}" for number in range(2, LAST_ANSWER + 1)))
    key = next((it for it in keys if it not in told), None)
    if key is None or len(told) >= MOST_ANSWERS:
        raise Failure(
            t("{name} holds {count} answers, and no more", name=run.name, count=len(told)),
            remedy=t("let its Workflow ask in an execution of its own; asw stop ends this one"),
        )
    groups = [it for it in decision.groups if it in asked.question.groups]
    said: dict[str, Json] = {"choice": decision.choice, "by": decision.by}
    said |= {"groups": groups} if groups else {}
    said |= {"comment": decision.comment} if decision.comment else {}
    return {"answers": {key: said}}
