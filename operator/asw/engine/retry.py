"""What follows a failure: a retry after a delay, a catcher, or nothing. Pure policy.

ASL "Errors": the first Retrier whose ErrorEquals matches decides; once its attempts are used up,
the first matching Catcher does. Before either, tasks lost by the machinery are retried for free:
``free_retry`` says how often and when.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias

from asw.asl.errors import (
    EVENT_LOST,
    NODE_LOST,
    NODE_REFUSED,
    RESULT_LOST,
    TASK_DELETED,
    TASK_EVICTED,
    TASK_LOST,
    TASK_PREEMPTED,
    Failure,
    matches,
)
from asw.asl.model import Catcher, Dialect, Retrier, WorkFields
from asw.engine.limits import LONGEST_DELAY_SECONDS


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Try again after ``delay``, by the Retrier number ``index``."""

    index: int
    delay: timedelta


@dataclass(frozen=True, slots=True)
class CaughtBy:
    """Go on as the Catcher number ``index`` says."""

    index: int
    catcher: Catcher


@dataclass(frozen=True, slots=True)
class Budget:
    """How many tries are free per state entry, and the seconds before the first."""

    tries: int
    first_delay_seconds: float


FREE_RETRIES: Final[Mapping[str, Budget]] = {
    # Cause unknown: most often this process died, and waiting gains nothing.
    TASK_LOST: Budget(3, 0.0),
    # A node short of memory needs time; a pod evicted again requests less than it uses.
    TASK_EVICTED: Budget(3, 5.0),
    # Says nothing about the task itself, and may come in waves while others are scheduled.
    TASK_PREEMPTED: Budget(5, 5.0),
    # Somebody who deletes it four times means it.
    TASK_DELETED: Budget(3, 1.0),
    # The next try goes to another node; losing four in a row is no accident.
    NODE_LOST: Budget(3, 1.0),
    # Two schedulers raced for one place: the next try sees what is left.
    NODE_REFUSED: Budget(5, 5.0),
    # Each try has waited long for the result server: after three, it cannot be reached.
    RESULT_LOST: Budget(2, 5.0),
    EVENT_LOST: Budget(2, 5.0),
}
"""The kinds of loss that are retried without asking the Retriers."""
NEVER_RAN: Final = frozenset({EVENT_LOST, NODE_REFUSED})
"""Losses before the task's code began: even a task that must not repeat may start after them."""
FREE_DELAY_GROWTH = 3.0
"""Growth of the delay with each free retry of a kind; up to half of it is left out at random."""

Decision: TypeAlias = RetryAfter | CaughtBy | None


def decide(
    failure: Failure,
    state: WorkFields,
    *,
    attempts: Sequence[int],
    chance: Callable[[], float],
    dialect: Dialect = "ASL",
) -> Decision:
    """The consequence of a failure; ``attempts`` counts the retries that each Retrier has had."""
    index = first_taking(state.retry, failure, dialect)
    if index is not None:
        retrier, used = state.retry[index], retries_by(attempts, index)
        if used < retrier.max_attempts:
            return RetryAfter(index, delay_before(retrier, used, chance))
    index = first_taking(state.catch, failure, dialect)
    return None if index is None else CaughtBy(index, state.catch[index])


def first_taking(
    handlers: Sequence[Retrier | Catcher], failure: Failure, dialect: Dialect
) -> int | None:
    """The number of the one that decides: the first whose ErrorEquals matches. None: no one."""
    error = failure.matched_as or failure.error
    taking = (
        index
        for index, handler in enumerate(handlers)
        if matches(handler.error_equals, error, dialect=dialect)
    )
    return next(taking, None)


def retries_by(attempts: Sequence[int], index: int) -> int:
    """How many retries the Retrier of this number has had."""
    return attempts[index] if index < len(attempts) else 0


def retries_after(
    state: WorkFields, failures: Iterable[Failure], dialect: Dialect, *, has_free: bool = True
) -> tuple[int, ...]:
    """The retries that each Retrier has had after these failures of the state, in their order.

    Free ones are none of theirs; ``has_free`` says whether losses of the state had any.
    """
    attempts: tuple[int, ...] = ()
    free: dict[str, int] = {}
    for failure in failures:
        lost = failure.error or ""
        used = free.get(lost, 0)
        if has_free and is_loss(lost) and free_retry(lost, used, _anyhow) is not None:
            free[lost] = used + 1
            continue
        decision = decide(failure, state, attempts=attempts, chance=_anyhow, dialect=dialect)
        if isinstance(decision, RetryAfter):
            attempts = counted(attempts, decision.index)
    return attempts


def had_free_retries(failures: Sequence[Failure]) -> bool:
    """Whether the losses of a state that failed by the last of these had free retries.

    One that must not be repeated (onLost: Fail) had none: it failed before they were used up.
    """
    last = failures[-1].error or ""
    tries = sum(it.error == last for it in failures)
    return not is_loss(last) or free_retry(last, tries - 1, _anyhow) is None


def is_loss(error: str | None) -> bool:
    """Whether the machinery lost the task, and makes that good itself."""
    return error in FREE_RETRIES


def _anyhow() -> float:
    """For those who ask whether there is a retry, and not when."""
    return 0.5


def free_retry(error: str, used: int, chance: Callable[[], float]) -> timedelta | None:
    """The pause before the next free try after ``used`` of this kind; None if all are used."""
    budget = FREE_RETRIES.get(error, FREE_RETRIES[TASK_LOST])
    if used >= budget.tries:
        return None
    seconds = budget.first_delay_seconds * FREE_DELAY_GROWTH**used
    return timedelta(seconds=seconds * (1 + chance()) / 2 if seconds else 0)


def delay_before(retrier: Retrier, used: int, chance: Callable[[], float]) -> timedelta:
    """The pause before the next attempt after ``used`` retries (ASL: Retry, JitterStrategy)."""
    try:
        seconds = retrier.interval_seconds * retrier.backoff_rate**used
    except OverflowError:
        seconds = LONGEST_DELAY_SECONDS
    seconds = min(seconds, retrier.max_delay_seconds or LONGEST_DELAY_SECONDS)
    if retrier.jitter_strategy == "FULL":
        seconds *= chance()
    return timedelta(seconds=seconds)


def counted(attempts: Sequence[int], index: int) -> tuple[int, ...]:
    """The counts after one more retry by the Retrier number ``index``."""
    padded = [*attempts, *[0] * (index + 1 - len(attempts))]
    padded[index] += 1
    return tuple(padded)
