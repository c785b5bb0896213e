"""Where a worker gets tasks of executions of a cluster: from ``asw serve``.

It polls by a token of the cluster, and reports by that of the task. What fails for a moment is
tried again; a poll that may not be made is a Failure.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asw.asl.values import Json
from asw.executions.cluster.bearer import own_token
from asw.executions.cluster.callbacks import Address, ask
from asw.executions.cluster.connecting import find_place
from asw.executions.target import Target
from asw.executions.working import Taken
from asw.exits import NO_CLUSTER, NOT_FOUND
from asw.failures import Failure
from asw.messages import t
from asw.platforms.local.reports import Failing, Report, Success

POLL_SECONDS: Final = 75.0
"""Longer than asw serve waits for a task."""
_PAUSE_SECONDS: Final = 2.0
_TRIES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterDesk:
    """Tasks of the activity in the target's namespace, from the ``asw serve`` at the address."""

    address: Address
    target: Target
    activity: str
    worker: str
    token_file: Path | None
    beat_seconds: float = 2.0

    async def take(self) -> Taken | None:
        """A task, if there is one within a minute. Raises Failure."""
        said: dict[str, Json] = {
            "token": own_token(self.target, self.token_file),
            "namespace": find_place(self.target).namespace,
            "activity": self.activity,
            "worker": self.worker,
        }
        path = "/v1/activities/poll"
        status, answer = await ask(self.address, path, said, seconds=POLL_SECONDS)
        if status == 200:
            return _taken(answer)
        code = str(answer.get("__type"))
        if status in (429, 503) or code == "ThrottlingException":
            await asyncio.sleep(_PAUSE_SECONDS)
            return None
        raise _refused(status, answer)

    async def beat(self, taken: Taken) -> bool:
        """Report that the work goes on; False if nobody waits for its end any more."""
        status, answer = await self._report(taken, "heartbeat", {})
        return status == 200 or answer.get("__type") not in ("TaskTimedOut", "TaskDoesNotExist")

    async def tell(self, taken: Taken, report: Report) -> None:
        """Report how the task ended, again and again until somebody takes it. Raises Failure."""
        what, said = _said(report)
        status = 503
        for _ in range(_TRIES):
            status, answer = await self._report(taken, what, said)
            code = answer.get("__type")
            if status != 503 and code != "ThrottlingException":
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise Failure(
            t("asw serve takes no reports now (status {status})", status=status),
            remedy=t("report again in a moment"),
            code=NO_CLUSTER,
        )

    async def _report(
        self, taken: Taken, what: str, said: Mapping[str, Json]
    ) -> tuple[int, Mapping[str, Json]]:
        try:
            return await ask(self.address, f"/v1/callbacks/{what}", {"token": taken.token, **said})
        except Failure:
            return 503, {}


def _said(report: Report) -> tuple[str, dict[str, Json]]:
    match report:
        case Success(output=output):
            return "success", {"output": output}
        case Failing(error=error, cause=cause):
            given = {"error": error, "cause": cause}
            return "failure", {name: text for name, text in given.items() if text is not None}
    return "heartbeat", {}


def _taken(answer: Mapping[str, Json]) -> Taken | None:
    token = answer.get("taskToken")
    if not isinstance(token, str):
        return None
    return Taken(
        token=token,
        input=answer.get("input"),
        execution=str(answer.get("execution", "")),
        state=str(answer.get("state", "")),
    )


def _refused(status: int, answer: Mapping[str, Json]) -> Failure:
    code, message = answer.get("__type"), answer.get("message", "")
    if code == "ActivityDoesNotExist":
        return Failure(
            str(message), remedy=t("kubectl get activities -A shows them"), code=NOT_FOUND
        )
    return Failure(
        t("asw serve lets no worker poll: {fault}", fault=message or status),
        remedy=t("the token's account needs the verb poll on activities of asw.dev there"),
        code=NO_CLUSTER,
    )
