"""Following a job: what to ask, what an answer means, how to end it early. Pure.

Whoever runs it makes the calls, and waits between them as ``Patience`` says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from asw.asl.errors import JOB_GONE, TASK_FAILED
from asw.asl.values import Json, to_text
from asw.connector.calls import Call, Done, Failed, Outcome
from asw.connector.job_kinds import JOB_KINDS, JobKind

_STATUS_CODE: Final = re.compile(r"Status Code: (\d+)")
_BUSY: Final = re.compile(
    r"Throttl|TooManyRequests|RequestLimit|SlowDown|Unavailable|InternalServ|ServerException"
    r"|Timeout|SdkClientException|ExpiredToken|^Asw\.No|^EKS\.(?:429|5\d\d)$"
)
"""Errors of a question that may be answered later, by a Connection or by keys that are new."""
_MISSING: Final = re.compile(r"NotFound|DoesNotExist")
_TRANSPORT: Final = ("SdkHttpMetadata", "SdkResponseMetadata")
_ORDERLY_STOP: Final = "EssentialContainerExited"
_LEVELS: Final = 100
"""Levels of an answer that are put in order: AWS has few, and a stranger's must not exhaust us."""
_TOO_MANY_REQUESTS: Final = 429
_SERVER_FAULT: Final = 500

Handle: TypeAlias = dict[str, Json]
"""What names a job to its service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long it takes to the next question, and how many in a row may fail."""

    first_seconds: float = 1
    factor: float = 1.5
    longest_seconds: float = 30
    most_failures: int = 20

    def delays(self) -> Iterator[float]:
        """The seconds before each question, without end."""
        delay = self.first_seconds
        while True:
            yield delay
            delay = min(delay * self.factor, self.longest_seconds)


class NoJob(Exception):
    """The service took the call, but started nothing; its text is what it answered."""


def kind_of(call: Call) -> JobKind | None:
    """How the call's job is followed; None if nobody waits for one, or nobody can."""
    return JOB_KINDS.get(f"{call.service}:{call.action}") if call.is_job else None


def handle_of(kind: JobKind, parameters: Json, answer: Json) -> Handle:
    """What names the job that the call has started. Raises NoJob."""
    sources = {"answer": answer, "input": parameters}
    handle: Handle = {}
    for name, place in kind.handle.items():
        source, _, path = place.partition(".")
        value = _at(sources[source], path)
        if (value is None or value == []) and name not in kind.optional:
            raise NoJob(to_text(_plain(answer)))
        handle[name] = value
    return handle


def submitted(call: Call, outcome: Outcome) -> Outcome:
    """The outcome of a call that may start a job: failed if it was taken and started nothing."""
    kind = kind_of(call)
    if kind is not None and isinstance(outcome, Done):
        try:
            handle_of(kind, call.parameters, outcome.output)
        except NoJob as error:
            return Failed(error=TASK_FAILED, cause=str(error))
    return outcome


def question(started: Call, kind: JobKind, handle: Handle) -> Call:
    """The call that asks how the job is."""
    return _call(started, kind.describe, _filled(kind.asks, handle))


def stops(started: Call, kind: JobKind, handle: Handle) -> list[Call]:
    """The calls that end the job early; none if the service cannot."""
    if kind.stop is None:
        return []
    parts = [handle]
    if kind.for_each is not None:
        parts = [{**handle, kind.for_each: each} for each in handle[kind.for_each]]
    return [_call(started, kind.stop, _filled(kind.stops, each)) for each in parts]


def verdict(kind: JobKind, handle: Handle, outcome: Outcome) -> Outcome | None:
    """The Task's outcome by the answer to a question; None while the job goes on.

    A failed question that ``may_ask_again`` says nothing.
    """
    if isinstance(outcome, Failed):
        is_over = kind.is_over_when_gone and _MISSING.search(outcome.error)
        return Done(output={}) if is_over else outcome
    # AWS has no order of its own for what Kubernetes and a container have written
    jobs = _jobs(kind, handle, outcome.output if kind.gives else _plain(outcome.output))
    if not jobs:
        return Failed(error=JOB_GONE, cause=f"The service knows no job {to_text(handle)}.")
    has_succeeded = _end(kind, jobs)
    if has_succeeded is None:
        return None
    result = _result(kind, handle, jobs[0] if len(jobs) == 1 else jobs)
    if has_succeeded:
        return Done(output=result)
    return Failed(error=TASK_FAILED, cause=to_text(result))


def may_ask_again(outcome: Outcome) -> bool:
    """Whether a question failed in a way that says nothing about the job."""
    if not isinstance(outcome, Failed):
        return False
    found = _STATUS_CODE.search(outcome.cause)
    status = int(found[1]) if found else 0
    is_busy = status == _TOO_MANY_REQUESTS or status >= _SERVER_FAULT
    return is_busy or _BUSY.search(outcome.error) is not None


def _call(started: Call, action: str, parameters: Json) -> Call:
    return replace(started, action=action, parameters=parameters, is_job=False)


def _filled(template: Json, handle: Handle) -> Json:
    match template:
        case str() if template.startswith("$"):
            return handle[template[1:]]
        case dict():
            return {name: _filled(it, handle) for name, it in template.items()}
        case list():
            return [_filled(it, handle) for it in template]
    return template


def _at(value: Json, path: str) -> Json:
    """The value at the path; None if there is none."""
    step, _, rest = path.partition(".")
    if not step:
        return value
    if step == "*":
        return [_at(it, rest) for it in value] if isinstance(value, list) else None
    if step.isdigit():
        has_it = isinstance(value, list) and int(step) < len(value)
        return _at(value[int(step)], rest) if has_it else None
    return _at(value.get(step), rest) if isinstance(value, dict) else None


def _plain(answer: Json) -> Json:
    """The answer without what belongs to transport, in the order in which AWS has members."""
    if not isinstance(answer, dict):
        return answer
    return _sorted({name: it for name, it in answer.items() if name not in _TRANSPORT})


def _sorted(value: Json, levels: int = _LEVELS) -> Json:
    match value:
        case dict() if levels:
            return {name: _sorted(value[name], levels - 1) for name in sorted(value)}
        case list() if levels:
            return [_sorted(it, levels - 1) for it in value]
    return value


def _jobs(kind: JobKind, handle: Handle, answer: Json) -> list[Json]:
    """What the answer tells of all parts of the job; nothing if one is missing."""
    item = _at(answer, kind.item)
    if kind.for_each is None:
        return [] if item is None else [item]
    return item if isinstance(item, list) and len(item) >= len(handle[kind.for_each]) else []


def _end(kind: JobKind, jobs: list[Json]) -> bool | None:
    """Whether all of the job succeeded; None while it goes on."""
    statuses = [_at(job, kind.status) for job in jobs]
    if any(status in kind.failed for status in statuses):
        return False
    if not all(status in kind.succeeded for status in statuses):
        return None
    return not kind.has_exit_codes or all(_exited_well(job) for job in jobs)


def _result(kind: JobKind, handle: Handle, job: Json) -> Json:
    job = _at(job, kind.gives)
    if not kind.within:
        return job
    return {kind.within: job, **{name: handle[name] for name in kind.adds}}


def _exited_well(job: Mapping[str, Json]) -> bool:
    """Whether no container of an ECS task failed; one that never ran has no code."""
    codes = [_at(it, "ExitCode") for it in job.get("Containers") or []]
    if not any(code is not None for code in codes):
        return False
    is_orderly = job.get("StopCode", _ORDERLY_STOP) == _ORDERLY_STOP
    return is_orderly and all(code in (0, None) for code in codes)
