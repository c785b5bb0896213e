"""Task: one call at a time, its retries under new ordinals (ASL: Task State).

Timeouts count from the call's start as the platform reports it, so waiting for a place to run is
not charged to the task; the platform bounds that wait and reports its end as a failure.

A call with a pattern only asks for work. Its answer is noted (TaskSubmitted), and the Task waits on
for whoever does the work, or follows the job. A report that comes before that answer counts, too:
what was asked may be faster than the answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from asw.asl.errors import (
    HEARTBEAT_TIMEOUT,
    RUNTIME,
    TIMEOUT,
    Failure,
    StatesError,
)
from asw.asl.model import Expression, Integer, TaskState
from asw.asl.paths import evaluate_path
from asw.asl.queries import Query
from asw.asl.scope import Scope
from asw.asl.templates import expand
from asw.asl.values import Json, quote, to_text
from asw.engine.calls import (
    ACTIVITY,
    Call,
    answer_of,
    call_of,
    called_in_causes,
    event_details,
    event_type,
    is_job,
    is_request,
)
from asw.engine.dataflow import check_size, effective_input, work_input, worked
from asw.engine.facts import (
    CALLBACKS,
    TASK_ENDS,
    CallbackFailed,
    CallbackSucceeded,
    TaskFact,
    TaskFailed,
    TaskHeartbeat,
    TaskHeld,
    TaskStarted,
    TaskSucceeded,
    TaskVanished,
)
from asw.engine.limits import LONGEST_ROLE, LONGEST_WAIT_SECONDS
from asw.engine.nested import is_awaited_child, is_child, task_facts
from asw.engine.record import Frame, OnRetry, OnTask, changed
from asw.engine.retry import NEVER_RAN, free_retry
from asw.engine.run import Behaviour, Run
from asw.engine.transitions import fail, leave, located, texts


def _work(run: Run, frame: Frame, state: TaskState) -> None:
    scope = run.scope(frame)
    call = call_of(state, work_input(state, frame.input, scope), run.header.region)
    timeout, heartbeat = task_spans(state, frame.input, scope)
    if (role := task_role(state, frame.input, scope)) is not None:
        call = call.by(role)
    _schedule(run, frame, call, timeout, heartbeat)


def _schedule(
    run: Run, frame: Frame, call: Call, timeout: int | None, heartbeat: int | None
) -> None:
    spans = (("timeoutInSeconds", timeout), ("heartbeatInSeconds", heartbeat))
    bounds = {name: value for name, value in spans if value is not None}
    frame = run.note(frame, event_type(call.dialect, "Scheduled"), **call.scheduled, **bounds)
    run.wait(
        frame,
        OnTask(
            ordinal=run.draw_ordinal(),
            invocation=call.invocation,
            payload=call.payload,
            call=call.dialect,
            scheduled_at=run.now,
            timeout_seconds=timeout,
            heartbeat_seconds=heartbeat,
        ),
    )


def _look(run: Run, frame: Frame, state: TaskState) -> None:
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    facts = run.facts_of(waiting.ordinal)
    if is_child(waiting):
        facts = list(task_facts(run.header, waiting, facts))
    frame = _note_start(run, frame, facts)
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    end = _first_end(waiting, facts)
    over = _overdue(waiting, run.now if end is None else end.at)
    if over is not None:
        _time_out(run, frame, waiting, over)
    elif isinstance(end, TaskSucceeded) and is_request(waiting.call):
        if _submit(run, frame, state, end.output):
            _look(run, run.frames[frame.id], state)
    elif end is not None:
        _end(run, frame, state, end)


def _first_end(waiting: OnTask, facts: Sequence[TaskFact]) -> TaskFact | None:
    """What ends the call, or the wait for the work that it asked for.

    A worker of an activity reports as others do on callbacks. Of what was asked for, only an
    execution whose end is awaited can be seen to vanish.
    """
    kinds: tuple[type[TaskFact], ...] = TASK_ENDS
    if waiting.is_submitted:
        kinds = (*CALLBACKS, TaskVanished) if is_awaited_child(waiting) else CALLBACKS
    elif is_request(waiting.call) or waiting.call == ACTIVITY:
        kinds = (*TASK_ENDS, *CALLBACKS)
    return min((fact for fact in facts if isinstance(fact, kinds)), key=_order, default=None)


def _note_start(run: Run, frame: Frame, facts: Sequence[TaskFact]) -> Frame:
    """Record that the task was held or started, and its last heartbeat if awaited."""
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    if waiting.started_at is None:
        started = min((at for fact in facts if (at := _start_of(fact))), default=None)
        if started is not None:
            may_repeat = all(it.may_repeat for it in facts if isinstance(it, TaskStarted))
            waiting = replace(waiting, started_at=started, held_at=None, may_repeat=may_repeat)
            details = event_details(waiting.call) | _worker(waiting, facts)
            run.note(frame, event_type(waiting.call, "Started"), **details)
            frame = run.wait(frame, waiting)
        elif waiting.held_at is None:
            held = min((fact.at for fact in facts if isinstance(fact, TaskHeld)), default=None)
            frame = frame if held is None else run.wait(frame, replace(waiting, held_at=held))
    beats = [fact.at for fact in facts if isinstance(fact, TaskHeartbeat)]
    if waiting.heartbeat_seconds is not None and beats:
        latest = max(beats)
        if waiting.heartbeat_at is None or latest > waiting.heartbeat_at:
            frame = run.wait(frame, replace(waiting, heartbeat_at=latest))
    return frame


def _worker(waiting: OnTask, facts: Sequence[TaskFact]) -> dict[str, Json]:
    """Who has taken an activity's task, for its event, if the worker has a name."""
    names = (fact.worker for fact in facts if isinstance(fact, TaskStarted))
    name = next((name for name in names if name is not None), None)
    return {} if name is None or waiting.call != ACTIVITY else {"workerName": name}


def _start_of(fact: TaskFact) -> datetime | None:
    """When the task started, if this fact says so."""
    match fact:
        case TaskStarted(at=at):
            return at
        case TaskSucceeded(started_at=started, at=at):
            return started or at
        case TaskFailed(started_at=started):
            return started
        case CallbackSucceeded(at=at) | CallbackFailed(at=at):
            return at
    return None


def _order(fact: TaskFact) -> tuple[datetime, int]:
    """The earliest counts; at the same instant, a value comes before an error."""
    ranks = (TaskSucceeded, CallbackSucceeded, TaskFailed, CallbackFailed, TaskVanished)
    rank = next((n for n, kind in enumerate(ranks) if isinstance(fact, kind)), len(ranks))
    return fact.at, rank


def _overdue(waiting: OnTask, at: datetime) -> str | None:
    """The timeout that had expired at that instant, if any."""
    deadline, beat = waiting.deadlines()
    if deadline is not None and at >= deadline:
        return TIMEOUT
    if beat is not None and at >= beat:
        return HEARTBEAT_TIMEOUT
    return None


def _next_look_at(frame: Frame, _state: TaskState) -> datetime | None:
    assert isinstance(frame.waiting, OnTask)
    return min((at for at in frame.waiting.deadlines() if at is not None), default=None)


def _time_out(run: Run, frame: Frame, waiting: OnTask, error: str) -> None:
    # AWS shows States.Timeout for a missed heartbeat too; Retry and Catch may use its own name.
    details = event_details(waiting.call)
    run.abandon(frame)
    frame = run.note(frame, event_type(waiting.call, "TimedOut"), error=TIMEOUT, **details)
    fail(run, frame, Failure(TIMEOUT, matched_as=error))


def _end(run: Run, frame: Frame, state: TaskState, end: TaskFact) -> None:
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    match end:
        case TaskSucceeded(output=output):
            _succeed(run, frame, state, answer_of(waiting.call, output))
        case CallbackSucceeded(output=output):
            run.heard.add(waiting.ordinal)
            _succeed(run, frame, state, output)
        case TaskFailed(error=error, cause=cause) if _is_unscheduled(waiting):
            _fail_to_schedule(run, frame, waiting, Failure(error, cause))
        case CallbackFailed(error=error, cause=cause):
            run.heard.add(waiting.ordinal)
            _fail(run, frame, waiting, Failure(error, cause))
        case TaskFailed(error=error, cause=cause):
            _fail(run, frame, waiting, Failure(error, cause))
        case TaskVanished(error=error, reason=reason, may_repeat=may_repeat):
            lost = Failure(error, reason)
            if (may_repeat and waiting.may_repeat) or end.never_ran or error in NEVER_RAN:
                _vanish(run, frame, lost)
            else:
                _fail(run, frame, waiting, lost)


def _submit(run: Run, frame: Frame, state: TaskState, output: Json) -> bool:
    """Note that the work was asked for; whether it is awaited now."""
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    answer = answer_of(waiting.call, output)
    if not _is_small(run, frame, state, answer):
        return False
    details = event_details(waiting.call)
    frame = run.note(frame, event_type(waiting.call, "Submitted"), output=answer, **details)
    job = answer if is_job(waiting.invocation) else None
    run.wait(frame, replace(waiting, is_submitted=True, answer=job))
    return True


def _is_small(run: Run, frame: Frame, state: TaskState, output: Json) -> bool:
    """Whether the output is within the limit; else the call has failed."""
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    try:
        check_size(called_in_causes(waiting.call, state.resource_text), output)
    except StatesError as error:
        _fail(run, frame, waiting, error.failure)
        return False
    return True


def _succeed(run: Run, frame: Frame, state: TaskState, result: Json) -> None:
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    if not _is_small(run, frame, state, result):
        return
    details = event_details(waiting.call)
    frame = run.note(frame, event_type(waiting.call, "Succeeded"), output=result, **details)
    leave(run, frame, worked(state, frame.input, result, run.scope(frame)), to=state.next)


def _fail(run: Run, frame: Frame, waiting: OnTask, failure: Failure) -> None:
    details = event_details(waiting.call)
    run.note(frame, event_type(waiting.call, "Failed"), **texts(failure), **details)
    fail(run, frame, failure)


def _is_unscheduled(waiting: OnTask) -> bool:
    """Whether no worker has taken the activity's task."""
    return waiting.call == ACTIVITY and waiting.started_at is None


def _fail_to_schedule(run: Run, frame: Frame, waiting: OnTask, failure: Failure) -> None:
    """Nobody can take the task of the activity: AWS tells it as a fault of the state."""
    run.note(frame, event_type(waiting.call, "ScheduleFailed"), **texts(failure))
    fail(run, frame, located(frame, failure) if failure.error == RUNTIME else failure)


def _vanish(run: Run, frame: Frame, lost: Failure) -> None:
    """Retry a task lost by the machinery under a new id, a few times."""
    waiting = frame.waiting
    assert isinstance(waiting, OnTask)
    assert lost.error is not None
    used = frame.free_retries.get(lost.error, 0)
    delay = free_retry(lost.error, used, run.chance(frame.state_event))
    if delay is None:
        _fail(run, frame, waiting, lost)
        return
    details = event_details(waiting.call)
    frame = run.note(frame, event_type(waiting.call, "Failed"), **texts(lost), **details)
    counts = {**frame.free_retries, lost.error: used + 1}
    run.put(changed(frame, free_retries=counts, waiting=OnRetry(until=run.now + delay)))
    if not delay:
        run.ready.add(frame)


def task_spans(state: TaskState, value: Json, scope: Scope) -> tuple[int | None, int | None]:
    """TimeoutSeconds and HeartbeatSeconds, constant or found by a path; None if not set."""
    timeout = ("TimeoutSeconds", state.timeout_seconds, state.timeout_seconds_path)
    heartbeat = ("HeartbeatSeconds", state.heartbeat_seconds, state.heartbeat_seconds_path)
    return _seconds(state, timeout, value, scope), _seconds(state, heartbeat, value, scope)


def task_role(state: TaskState, value: Json, scope: Scope) -> str | None:
    """The ARN of the role in Credentials, as whom the call is made; None if there are none."""
    if not isinstance(state.credentials, dict):
        return None
    if state.language == "JSONata":
        found = Query(scope, value).expand(state.credentials, "Credentials")
    else:
        document = effective_input(state, value, scope)
        found = expand(state.credentials, document, scope, field="Credentials")
    role = found.get("RoleArn")
    if isinstance(role, str) and 0 < len(role) <= LONGEST_ROLE:
        return role
    told = quote(role) if not isinstance(role, str) else f"one of {len(role)} characters"
    raise StatesError(
        RUNTIME, f"RoleArn must be a text of 1 to {LONGEST_ROLE} characters, but was: {told}"
    )


def _seconds(
    state: TaskState, given: tuple[str, Integer | None, str | None], value: Json, scope: Scope
) -> int | None:
    field, written, path = given
    if isinstance(written, Expression):
        return Query(scope, value).integer(written, field, 0, LONGEST_WAIT_SECONDS)
    if path is None:
        return written
    document = effective_input(state, value, scope)
    found = evaluate_path(path, document, scope, field=f"{field}Path")
    if not isinstance(found, int) or isinstance(found, bool) or found <= 0:
        raise StatesError(
            RUNTIME, f"Expected positive integer for {field}, got {to_text(found)} instead."
        )
    if found > LONGEST_WAIT_SECONDS:
        raise StatesError(
            RUNTIME, f"{field} must be {LONGEST_WAIT_SECONDS} at most, but was: {quote(found)}"
        )
    return found


BEHAVIOUR = Behaviour(
    kind="Task", work=_work, look=_look, next_look_at=_next_look_at, is_aborted=True
)
