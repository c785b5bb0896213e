"""A service of jobs behind the connector's port, and the pods that ask it, in virtual time.

It takes a start and loses the answer, is silent, slow or busy, and forgets jobs. Jobs end when the
plan says so. The pods are the connector's but for its sockets: events, outcomes and what is made
of the answer to a start are production's.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asw.connector.answering import answer
from asw.connector.calls import Call, Done, Failed, Outcome
from asw.connector.objects import Work
from tests.chaos.warm_stage import BOOT_SECONDS, PAUSE_SECONDS, CutError, Pod
from tests.support.kube_objects import Object

START, ASK, STOP = "startQueryExecution", "getQueryExecution", "stopQueryExecution"
SLOTS = 4
ANSWER_SECONDS = 0.05
SLOW_SECONDS = 8.0
SILENT_SECONDS = 40.0
BUSY = Failed(error="Athena.TooManyRequestsException", cause="Rate exceeded (Status Code: 400)")
DOWN = Failed(error="Athena.InternalServerException", cause="oops (Status Code: 500)")
LOST = Failed(error="Athena.SdkClientException", cause="Read timed out")
UNKNOWN = Failed(
    error="Athena.InvalidRequestException", cause="QueryExecution was not found (Status Code: 400)"
)


@dataclass(slots=True, eq=False)
class Job:
    """One job; ``end`` is how it ends, if nobody stops it."""

    id: str
    run: int
    ends_at: float
    end: str
    is_stopped: bool = False
    is_forgotten: bool = False

    @property
    def state(self) -> str:
        """How it is now."""
        if self.is_stopped:
            return "CANCELLED"
        return self.end if asyncio.get_running_loop().time() >= self.ends_at else "RUNNING"


@dataclass(slots=True, kw_only=True)
class Service:
    """``ends`` are seconds and end by run; ``faults`` are by action and number of the call."""

    ends: Mapping[int, tuple[float, str]]
    faults: Mapping[tuple[str, int], str]
    jobs: list[Job] = field(default_factory=list)
    refused: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Errors that starts were answered, by run."""
    is_untold: bool = False
    """Whether a stop was not answered at once."""
    _asked: Counter[str] = field(default_factory=Counter)
    _tokens: dict[str, Job] = field(default_factory=dict)
    _by_id: dict[str, Job] = field(default_factory=dict)

    async def outcome(self, event: str) -> Object:
        """What the connector reports of a task."""
        told: Object = json.loads(await answer(event, self._make, _no_work))
        return told

    async def _make(self, call: Call) -> Outcome:
        self._asked[call.action] += 1
        fault = self.faults.get((call.action, self._asked[call.action]), "")
        self.is_untold |= bool(fault) and call.action == STOP
        made = await self._met(call, fault)
        if call.action == START and isinstance(made, Failed):
            parameters: Any = call.parameters
            self.refused[int(parameters["QueryString"])].add(made.error)
        return made

    async def _met(self, call: Call, fault: str) -> Outcome:
        await asyncio.sleep(ANSWER_SECONDS)
        match fault:
            case "busy":
                return BUSY
            case "down":
                return DOWN
            case "silent":
                await asyncio.sleep(SILENT_SECONDS)
                return LOST
            case "slow":
                await asyncio.sleep(SLOW_SECONDS)
            case "lost":
                self._done(call)
                return LOST
            case "forgotten" if self.jobs:
                self.jobs[-1].is_forgotten = True
        return self._done(call)

    def _done(self, call: Call) -> Outcome:
        asked: Any = call.parameters
        if call.action == START:
            return Done(output={"QueryExecutionId": self._started(asked).id})
        job = self._by_id.get(asked["QueryExecutionId"])
        if job is None or job.is_forgotten:
            return UNKNOWN
        if call.action == STOP:
            job.is_stopped = job.is_stopped or job.state == "RUNNING"
            return Done(output={})
        told = {"QueryExecutionId": job.id, "Status": {"State": job.state}}
        return Done(output={"QueryExecution": told})

    def _started(self, asked: Mapping[str, Any]) -> Job:
        token = asked.get("ClientRequestToken", "")
        if token in self._tokens:
            return self._tokens[token]
        run = int(asked["QueryString"])
        seconds, end = self.ends[run]
        at = asyncio.get_running_loop().time() + seconds
        job = Job(f"job-{len(self.jobs)}", run, at, end)
        self.jobs.append(job)
        self._by_id[job.id] = job
        if token:
            self._tokens[token] = job
        return job


async def _no_work(work: Work) -> Outcome:
    raise AssertionError(work)


@dataclass(slots=True, eq=False, kw_only=True)
class ConnectorPod(Pod):
    """A pod with several slots, each of which asks for its own tasks."""

    slots: int = SLOTS

    def begin(self) -> None:
        """See Pod."""
        self.working = [self.stage.spawn(self._greet())]
        self.working += [self.stage.spawn(self._serve_slot(slot)) for slot in range(self.slots)]

    def _hello(self) -> Object:
        return {**Pod._hello(self), "slots": self.slots, "startedAt": None}

    async def _serve_slot(self, slot: int) -> None:
        await asyncio.sleep(BOOT_SECONDS + 0.01)
        text, ended = "", None
        while not self.is_gone and not (self.is_draining and not text):
            body: Object = {"slot": slot, "draining": self.is_draining}
            if text:
                body["outcome"] = {"taskId": text, "outcome": ended}
            try:
                told = await self._ask("next", body)
            except CutError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if text and told.get("outcome") in (200, 409):
                self.holds.pop(text, None)
                text, ended = "", None
            if "task" in told and self.is_draining:
                self.stage.complaints.append("a draining pod got a task")
            elif "task" in told and told["task"]["taskId"] not in self.seen:
                text = told["task"]["taskId"]
                ended = await self._made(text, told["task"]["event"])

    async def _made(self, text: str, event: str) -> Object:
        self.seen.add(text)
        self.holds[text] = None
        self.stage.effects[text] += 1
        service: Service = self.stage.service  # type: ignore[attr-defined]
        outcome = await service.outcome(event)
        if text in self.holds:
            self.holds[text] = outcome
        return outcome
