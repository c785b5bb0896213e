"""Errors that nothing handles, and Retriers and Catchers that no error reaches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from asw.asl import errors
from asw.asl.errors import matches
from asw.asl.model import Catcher, Dialect, MapState, Retrier, TaskState, WorkFields
from asw.asl.problems import Problem
from asw.asl.resources import ActivityResource, Resource, ServiceResource
from asw.lint.analysis.blocks import tolerates
from asw.lint.analysis.codes import (
    HANDLER_NEVER_MATCHES,
    RETRIER_NEVER_RETRIES,
    UNHANDLED_ERRORS,
)
from asw.lint.analysis.describing import some_of
from asw.lint.analysis.rules import Told, problem_with
from asw.lint.analysis.walk import Site, Walk

PLATFORM_ERRORS: Final = (
    errors.OUT_OF_MEMORY,
    errors.TASK_CRASHED,
    errors.IMAGE_PULL_FAILED,
    errors.START_FAILED,
    errors.NOT_ALLOWED,
    errors.UNSCHEDULABLE,
    errors.QUOTA_EXCEEDED,
    errors.DEADLINE_EXCEEDED,
    errors.NODE_LOST,
    errors.TASK_EVICTED,
    errors.TASK_PREEMPTED,
    errors.TASK_DELETED,
    errors.TASK_LOST,
    errors.RESULT_LOST,
    errors.INVALID_RESULT,
)
"""Errors with which the platform may fail any Task, the likely ones first."""
_ANY_ERROR: Final = "an error that only the function knows"
"""Stands for a function's own error names: only wildcards take it."""


class _Handlers(NamedTuple):
    """The Retriers that retry and the Catchers of a state, and of those around it."""

    names: tuple[tuple[str, ...], ...]
    dialect: Dialect
    is_all_taken: bool = False

    def take(self, error: str) -> bool:
        """Whether one of them takes the error."""
        return self.is_all_taken or any(
            matches(group, error, dialect=self.dialect) for group in self.names
        )


def unhandled_errors(walk: Walk, dialect: Dialect) -> Iterator[Told]:
    """For each Task and distributed Map, the errors that would end the execution."""
    for name in walk.entries:
        site = walk.sites[name]
        state = site.state
        if isinstance(state, TaskState):
            left = _unhandled_of_task(state, _handlers(site, dialect))
        elif isinstance(state, MapState) and state.distribution is not None:
            left = _unhandled_of_map(state, _handlers(site, dialect))
        else:
            continue
        if left:
            yield site.steps, _unhandled(state, left)


def is_caught(site: Site, error: str, dialect: Dialect) -> bool:
    """Whether a run continues after this error, by a Catcher or a Map that tolerates failures."""
    here: Site | None = site
    while here is not None:
        state = here.state
        if here is not site and isinstance(state, MapState):
            if tolerates(state):
                return True
            if state.distribution is not None:
                error = errors.EXCEED_TOLERATED_FAILURE_THRESHOLD
        if isinstance(state, WorkFields) and any(
            matches(it.error_equals, error, dialect=dialect) for it in state.catch
        ):
            return True
        here = here.block.owner
    return False


def _handlers(site: Site, dialect: Dialect) -> _Handlers:
    """All that takes an error on its way from this state to the top.

    A Map that tolerates failures takes those of all its items. A child of a distributed Map is a
    separate run: the Map decides what becomes of its failure.
    """
    names: list[tuple[str, ...]] = []
    here: Site | None = site
    while here is not None:
        state = here.state
        if here is not site and isinstance(state, MapState) and _takes_all(state):
            return _Handlers(tuple(names), dialect, is_all_taken=True)
        if isinstance(state, WorkFields):
            names += (it.error_equals for it in state.retry if it.max_attempts > 0)
            names += (it.error_equals for it in state.catch)
        here = here.block.owner
    return _Handlers(tuple(names), dialect)


def _takes_all(state: MapState) -> bool:
    return state.distribution is not None or tolerates(state)


_ANY_OF: Final[Mapping[type[Resource], str]] = {
    ServiceResource: "any error of the service",
    ActivityResource: "any error of the activity",
}


def _unhandled_of_task(state: TaskState, handlers: _Handlers) -> list[str]:
    left = []
    if not handlers.take(_ANY_ERROR):
        known = sorted({name for group in handlers.names for name in group})
        but = f" but {some_of(known, 'and')}" if known else ""
        any_error = _ANY_OF.get(type(state.resource), "any error of the function")
        left.append(f"{any_error}{but}")
    has_timeout = state.timeout_seconds is not None or state.timeout_seconds_path is not None
    if has_timeout and not handlers.take(errors.TIMEOUT):
        left.append(errors.TIMEOUT)
    has_heartbeat = state.heartbeat_seconds is not None or state.heartbeat_seconds_path is not None
    if has_heartbeat and not handlers.take(errors.HEARTBEAT_TIMEOUT):
        left.append(errors.HEARTBEAT_TIMEOUT)
    lost = [name for name in PLATFORM_ERRORS if not handlers.take(name)]
    if lost:
        left.append(f"the platform's own ({', '.join(lost[:2])} ...)")
    if not handlers.take(errors.DATA_LIMIT_EXCEEDED):
        left.append(errors.DATA_LIMIT_EXCEEDED)
    return left


def _unhandled_of_map(state: MapState, handlers: _Handlers) -> list[str]:
    may_fail = [errors.EXCEED_TOLERATED_FAILURE_THRESHOLD]
    assert state.distribution is not None
    if state.distribution.item_reader is not None:
        may_fail.append(errors.ITEM_READER_FAILED)
    if state.distribution.result_writer is not None:
        may_fail.append(errors.RESULT_WRITER_FAILED)
    return [name for name in may_fail if not handlers.take(name)]


def _unhandled(state: WorkFields, left: Sequence[str]) -> Problem:
    kind = "Task" if isinstance(state, TaskState) else "Map"
    return problem_with(
        UNHANDLED_ERRORS,
        f"Nothing handles some errors of this {kind}, which then end the execution.",
        f"{'; '.join(left)}; add a Retry, or a Catch for States.ALL, here or around it",
    )


def idle_handlers(walk: Walk, dialect: Dialect) -> Iterator[Told]:
    """Retriers and Catchers, and names in them, that never take an error."""
    for site in walk.sites.values():
        state = site.state
        if isinstance(state, WorkFields):
            for field, handlers in (("Retry", state.retry), ("Catch", state.catch)):
                for steps, problem in _idle(state, handlers, dialect):
                    yield (*site.steps, field, *steps), problem
            for at in _useless_retriers(state.retry, dialect):
                yield (*site.steps, "Retry", at, "MaxAttempts"), _never_retries()


def _idle(
    state: WorkFields, handlers: Sequence[Retrier | Catcher], dialect: Dialect
) -> Iterator[Told]:
    before: list[str] = []
    for at, handler in enumerate(handlers):
        dead = {name: _why_never(state, name, before, dialect) for name in handler.error_equals}
        if all(dead.values()):
            what = "Retrier" if isinstance(handler, Retrier) else "Catcher"
            yield (at,), _never_matches(f"This {what}", next(iter(dead.values())))
        else:
            for index, name in enumerate(handler.error_equals):
                if dead[name]:
                    yield (at, "ErrorEquals", index), _never_matches(f"'{name}'", dead[name])
        before += handler.error_equals


def _why_never(state: WorkFields, name: str, before: Sequence[str], dialect: Dialect) -> str:
    """Why the name never takes an error; empty if it may."""
    plain = errors.normalize(name)
    if plain == errors.RUNTIME:
        return "nothing takes States.Runtime: the execution fails with it at once"
    is_wildcard = plain in (errors.ALL, errors.TASK_FAILED)
    for earlier in before:
        same = errors.normalize(earlier) == plain
        if same or (not is_wildcard and matches((earlier,), name, dialect=dialect)):
            return f"'{earlier}' before it takes the error first"
    if (
        plain == errors.HEARTBEAT_TIMEOUT
        and isinstance(state, TaskState)
        and state.heartbeat_seconds is None
        and state.heartbeat_seconds_path is None
    ):
        return "the Task has no HeartbeatSeconds"
    return ""


def _useless_retriers(retry: Sequence[Retrier], dialect: Dialect) -> Iterator[int]:
    """Retriers with MaxAttempts 0 that shield an error from no later Retrier."""
    for at, retrier in enumerate(retry):
        later = [name for it in retry[at + 1 :] if it.max_attempts > 0 for name in it.error_equals]
        shields = any(
            matches(later, name, dialect=dialect) or matches((name,), other, dialect=dialect)
            for name in retrier.error_equals
            for other in (later or [""])
            if later
        )
        if retrier.max_attempts == 0 and not shields:
            yield at


def _never_matches(what: str, why: str) -> Problem:
    return problem_with(
        HANDLER_NEVER_MATCHES,
        f"{what} never takes an error.",
        f"{why}; remove it, or correct the name",
    )


def _never_retries() -> Problem:
    return problem_with(
        RETRIER_NEVER_RETRIES,
        "This Retrier never retries.",
        "MaxAttempts 0 only keeps errors from Retriers that follow, and none of them would"
        " take any; "
        "remove it, or let it retry",
    )
