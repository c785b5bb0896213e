"""``test_state``: AWS's API TestState as a function from its request to its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from asw.asl.errors import Failure, StatesError, matches
from asw.asl.model import Catcher, MapState, Retrier, State, WorkFields
from asw.asl.resources import FunctionInvocation
from asw.asl.scope import Scope
from asw.asl.values import ABSENT, Json, JsonObject
from asw.engine.answers import Answer, End, Raised, Returned
from asw.engine.commands import StartTask
from asw.engine.simulation import MapItem, Outside
from asw.teststate.contexts import default_context
from asw.teststate.iterations import Iterations
from asw.teststate.refusals import invalid_request
from asw.teststate.request import Mock, Request, read_request
from asw.teststate.rules import check_rules
from asw.teststate.stages import Flow, inspected
from asw.teststate.subject import STATE_NAME, Subject, find_subject
from asw.teststate.trial import Ending, Trial, mocked


def test_state(request: Mapping[str, Json]) -> JsonObject:
    """Run one state as the API does; work outside must be mocked.

    ``request`` has the API's parameters and the answer its fields, with values where the API has
    JSON texts; the request may also have texts. Raises TestStateRefused.
    """
    return try_state(request)


def try_state(
    request: Mapping[str, Json], *, outside: Outside | None = None, now: datetime | None = None
) -> JsonObject:
    """``test_state``, with ``outside`` to run the function of a Task that is not mocked.

    The state is entered at ``now``, by default the current time.
    """
    read = read_request(request)
    subject = find_subject(read)
    mock = check_rules(read, subject)
    return _Test(read, subject, mock, outside or _Nobody(), now or datetime.now(UTC)).answer()


class _Nobody:
    """An outside without functions."""

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:  # noqa: ARG002
        """Refuse: nothing can be called."""
        called = command.invocation
        kind = "function" if isinstance(called, FunctionInvocation) else "service action"
        raise invalid_request(f"The {kind} '{called.name}' cannot be called here: mock its result.")


@dataclass(frozen=True, slots=True)
class _Mocked:
    """An outside in which every task ends as the mock says."""

    end: End

    def answer(self, command: StartTask, items: tuple[MapItem, ...]) -> Answer:  # noqa: ARG002
        """The mocked end, at once."""
        assert command.state == STATE_NAME
        return Answer(end=self.end)


@dataclass(frozen=True, slots=True)
class _Test:
    """One test with valid parameters."""

    request: Request
    subject: Subject
    mock: Mock | None
    outside: Outside
    now: datetime

    def answer(self) -> JsonObject:
        """Run the state; the answer has its end and the results of its stages."""
        state = replace(self.subject.state, name=STATE_NAME)
        scope = self._trial(state, None).scope()
        iterations = self._iterations(state, scope)
        end = None if self.mock is None else _end(self.mock, iterations)
        ending = self._trial(state, end).run()
        handler, handled = self._handled(state, ending)
        answer = _answer(handled)
        if self.request.level == "INFO":
            return answer
        flow = Flow(
            state=state,
            input=self.request.input,
            scope=scope,
            result=ending.result,
            iterations=iterations,
        )
        return {**answer, "inspectionData": {**inspected(flow), **self._extras(handler, handled)}}

    def _trial(self, state: State, end: End | None) -> Trial:
        """The state with what it reads, and with what ends its work: the mock, if any."""
        return Trial(
            state=mocked(state) if end and isinstance(state, WorkFields) else state,
            input=self.request.input,
            context=self._context(),
            variables=self.request.variables,
            now=self.now,
            attempts=self._attempts(state, end),
            outside=self.outside if end is None else _Mocked(end),
        )

    def _context(self) -> JsonObject:
        if self.request.context is not ABSENT:
            given: JsonObject = self.request.context
            return given
        return default_context(self.request, self.subject, self.now)

    def _attempts(self, state: State, end: End | None) -> tuple[int, ...]:
        """AWS: retrierRetryCount applies to the Retrier that takes the mocked error."""
        retries = self.request.configuration.retries
        if retries is None or not isinstance(state, WorkFields) or not isinstance(end, Raised):
            return ()
        index = _index(state.retry, end.error)
        return () if index is None else (*[0] * index, retries)

    def _iterations(self, state: State, scope: Scope) -> Iterations | None:
        if not isinstance(state, MapState):
            return None
        return Iterations(
            state=state, input=self.request.input, scope=scope, given=self.request.configuration
        )

    def _handled(self, state: State, ending: Ending) -> tuple[State, Ending]:
        """The ending and its state: an error that the state does not handle goes outwards."""
        for around in self.subject.around:
            if ending.goes_on or ending.failure is None:
                break
            outer = replace(around, name=STATE_NAME)
            tried = self._trial(outer, _raised(ending.failure)).run()
            if tried.goes_on:
                return outer, tried
        return state, ending

    def _extras(self, handler: State, ending: Ending) -> dict[str, Json]:
        """The inspection data other than stages."""
        extras: dict[str, Json] = {}
        variables = {**self.request.variables, **ending.assigned}
        if variables:
            extras["variables"] = variables
        if ending.failure is not None and isinstance(handler, WorkFields):
            details = _error_details(handler, ending, ending.failure)
            if details:
                extras["errorDetails"] = details
        return extras


def _end(mock: Mock, iterations: Iterations | None) -> End:
    """How the mocked work ends: as the mock says, unless the Map fails first."""
    try:
        if iterations is not None:
            iterations.check(mock.result)
    except StatesError as error:
        return _raised(error.failure)
    return Returned(mock.result) if mock.failure is None else _raised(mock.failure)


def _raised(failure: Failure) -> Raised:
    return Raised(failure.error or "", failure.cause)


def _answer(ending: Ending) -> dict[str, Json]:
    failure = ending.failure
    fields = {
        "status": _status(ending),
        "output": ending.output,
        "nextState": ABSENT if ending.next is None else ending.next,
        "error": ABSENT if failure is None or failure.error is None else failure.error,
        "cause": ABSENT if failure is None or failure.cause is None else failure.cause,
    }
    return {name: value for name, value in fields.items() if value is not ABSENT}


def _status(ending: Ending) -> str:
    if ending.retry_after is not None:
        return "RETRIABLE"
    if ending.output is ABSENT:
        return "FAILED"
    return "SUCCEEDED" if ending.failure is None else "CAUGHT_ERROR"


def _error_details(state: WorkFields, ending: Ending, failure: Failure) -> dict[str, Json]:
    """Which Retrier and Catcher took the error; an exhausted Retrier is named too."""
    details = {"retryIndex": _index(state.retry, failure.error)}
    if ending.retry_after is not None:
        details["retryBackoffIntervalSeconds"] = int(ending.retry_after.total_seconds())
    elif ending.output is not ABSENT:
        details["catchIndex"] = _index(state.catch, failure.error)
    return {name: value for name, value in details.items() if value is not None}


def _index(handlers: Sequence[Retrier | Catcher], error: str | None) -> int | None:
    """The first that takes the error."""
    for index, handler in enumerate(handlers):
        if matches(handler.error_equals, error):
            return index
    return None
