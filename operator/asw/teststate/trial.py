"""Runs one state alone in the engine: its behaviour, Retry and Catch, without what follows.

The mock replaces the outside: it is a fact about the task that the state starts. A mocked Map or
Parallel does not run its inner states, so for the engine it is a Task with the same fields.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Final

from asw.asl.errors import TIMEOUT, Failure, StatesError
from asw.asl.model import Block, State, StateMachine, TaskState, WorkFields
from asw.asl.resources import FunctionInvocation, FunctionResource
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, JsonObject
from asw.engine.answers import Raised, Returned
from asw.engine.commands import StartTask
from asw.engine.facts import TaskFact, TaskFailed, TaskSucceeded
from asw.engine.record import Frame, Header, OnRetry, OnTask, OnTimer, changed
from asw.engine.run import Run
from asw.engine.simulation import Outside
from asw.engine.states import BEHAVIOURS
from asw.engine.step import begin
from asw.engine.transitions import enter, fail
from asw.teststate.contexts import EXECUTION_ARN, MACHINE_ARN
from asw.teststate.subject import STATE_NAME

_LONGEST_TEST: Final = timedelta(minutes=5)
"""AWS: a state that takes longer fails with States.Timeout."""
_MOCKED: Final = FunctionResource(invocation=FunctionInvocation(name="mock"))
_SUCCEEDED: Final = frozenset({"LambdaFunctionSucceeded", "TaskSucceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the state ended.

    ``result`` is that of its work, ``output`` goes to the next state; both are ABSENT if there is
    none. ``failure`` is what Retry and Catch saw, or left over. ``retry_after`` is the pause before
    the next try, if any.
    """

    result: Json
    output: Json = ABSENT
    next: str | None = None
    failure: Failure | None = None
    retry_after: timedelta | None = None
    assigned: JsonObject

    @property
    def goes_on(self) -> bool:
        """Whether something follows: a next state, the end of the flow, or another try."""
        return self.output is not ABSENT or self.retry_after is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The state to run, what it reads, and how often each Retrier has retried."""

    state: State
    input: Json
    context: JsonObject
    variables: Mapping[str, Json]
    now: datetime
    attempts: tuple[int, ...] = ()
    outside: Outside

    def scope(self) -> Scope:
        """What the state's expressions may read when it is entered."""
        run = _begun(self)
        return run.scope(next(iter(run.frames.values())))

    def run(self) -> Ending:
        """Run the state to its end, or to its first retry."""
        run = _begun(self)
        frame = next(iter(run.frames.values()))
        behaviour = run.behaviour_of(frame)
        run.attempt(frame, behaviour.work)
        waiting = run.waiting(frame)
        if isinstance(waiting, OnTimer):
            _sleep(run, frame, waiting.until)
        if isinstance(waiting, OnTask | OnTimer) and run.outcome is None:
            run.attempt(run.frames[frame.id], behaviour.look)
        return run.ending(frame)


def mocked(state: WorkFields) -> TaskState:
    """The state as a Task whose work is one call, whatever its type and its Resource."""
    common = {spec.name: getattr(state, spec.name) for spec in fields(WorkFields)}
    own = {"resource": _MOCKED, "resource_text": state.name}
    if isinstance(state, TaskState):
        own = {spec.name: getattr(state, spec.name) for spec in fields(TaskState)}
        own["resource"] = _MOCKED
    return TaskState(**{**common, **own})


class _OneStateRun(Run):
    """The engine's run, with the test's context object and ends of tasks."""

    def __init__(self, trial: Trial) -> None:
        block = Block(start_at=STATE_NAME, states={STATE_NAME: trial.state})
        record = begin(_header(trial), trial.input)
        super().__init__(StateMachine(block=block), record, (), trial.now, BEHAVIOURS)
        self._trial = trial
        self._failure: Failure | None = None

    def scope(self, frame: Frame) -> Scope:
        """The engine's scope, showing the test's context object."""
        return super().scope(frame).showing(self._trial.context)

    def facts_of(self, ordinal: int) -> Sequence[TaskFact]:
        """The end of the task that the state started."""
        task_id = self.before.task_id(ordinal)
        match self._end_of(ordinal):
            case Returned(output=output):
                return (TaskSucceeded(task_id=task_id, at=self.now, output=output),)
            case Raised(error=error, cause=cause):
                self._failure = Failure(error, cause)
                failed = TaskFailed(task_id=task_id, at=self.now, error=error or "", cause=cause)
                return (failed,)

    def _end_of(self, ordinal: int) -> Returned | Raised:
        frame = next(iter(self.frames.values()))
        waiting = frame.waiting
        assert isinstance(waiting, OnTask)
        timeout = waiting.timeout_seconds
        longest = _LONGEST_TEST if timeout is None else timedelta(seconds=timeout)
        command = StartTask(
            task_id=self.before.task_id(ordinal),
            invocation=waiting.invocation,
            payload=waiting.payload,
            state=STATE_NAME,
            frame=frame.id,
            attempt=frame.retry_count,
            timeout=longest,
        )
        answer = self._trial.outside.answer(command, ())
        is_late = answer.seconds >= min(longest, _LONGEST_TEST).total_seconds()
        match answer.end:
            case Returned() | Raised() as end if not is_late:
                return end
            case _:
                return Raised(TIMEOUT)

    def attempt(self, frame: Frame, action: Callable[[Run, Frame, State], None]) -> None:
        """Do it; TestState's causes lack the place with which those of executions begin."""
        try:
            action(self, frame, self.state_of(frame))
        except StatesError as error:
            self.give_up(frame, error.failure)

    def give_up(self, frame: Frame, failure: Failure) -> None:
        """The state failed: hand the failure to Retry and Catch."""
        self._failure = failure
        fail(self, frame, failure)

    def waiting(self, frame: Frame) -> object:
        """What the frame waits for; None after the last state."""
        now = self.frames.get(frame.id)
        return None if now is None else now.waiting

    def ending(self, frame: Frame) -> Ending:
        """How the state ended, read from what the engine made of its frame."""
        told = {name: value for event in self.history for name, value in event.details.items()}
        known = Ending(
            result=self._result(),
            failure=self._failure,
            assigned=told.get("assignedVariables", {}),
        )
        if self.outcome is not None and self.outcome.failure is not None:
            return replace(known, failure=self.outcome.failure)
        if self.outcome is not None:
            return replace(known, output=self.outcome.output)
        left = self.frames[frame.id]
        if isinstance(left.waiting, OnRetry):
            return replace(known, retry_after=left.waiting.until - self.now)
        return replace(known, output=left.input, next=left.state)

    def _result(self) -> Json:
        """The result of the task, from the history."""
        ends = (it for it in self.history if it.type in _SUCCEEDED)
        return next((event.details["output"] for event in ends), ABSENT)


def _begun(trial: Trial) -> _OneStateRun:
    """The run, just after the state was entered."""
    run = _OneStateRun(trial)
    frame = run.open_frame(parent=None, index=0, last_event=0, value=trial.input)
    frame = enter(run, frame)
    run.put(
        changed(
            frame,
            variables=trial.variables,
            attempts=trial.attempts,
            retry_count=sum(trial.attempts),
        )
    )
    return run


def _sleep(run: _OneStateRun, frame: Frame, until: datetime) -> None:
    """Let time pass, up to the longest test."""
    if until - run.now > _LONGEST_TEST:
        run.give_up(frame, Failure(TIMEOUT))
    else:
        run.now = until


def _header(trial: Trial) -> Header:
    return Header(
        uid=EXECUTION_ARN,
        name=STATE_NAME,
        arn=EXECUTION_ARN,
        workflow_name=STATE_NAME,
        workflow_arn=MACHINE_ARN,
        role_arn="",
        started_at=trial.now,
    )
