"""What follows a failure: a retry after a delay, a catcher, or nothing. Pure policy.

ASL "Errors": the first Retrier whose ErrorEquals matches decides; once its attempts are used up,
the first matching Catcher does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from asw.asl.errors import Failure, matches
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
    error = failure.matched_as or failure.error
    for index, retrier in enumerate(state.retry):
        if matches(retrier.error_equals, error, dialect=dialect):
            used = attempts[index] if index < len(attempts) else 0
            if used < retrier.max_attempts:
                return RetryAfter(index, delay_before(retrier, used, chance))
            break
    for index, catcher in enumerate(state.catch):
        if matches(catcher.error_equals, error, dialect=dialect):
            return CaughtBy(index, catcher)
    return None


def delay_before(retrier: Retrier, used: int, chance: Callable[[], float]) -> timedelta:
    """The pause before the next try, after ``used`` retries (ASL: Retry, JitterStrategy FULL)."""
    try:
        seconds = retrier.interval_seconds * retrier.backoff_rate**used
    except OverflowError:
        seconds = LONGEST_DELAY_SECONDS
    seconds = min(seconds, retrier.max_delay_seconds or LONGEST_DELAY_SECONDS)
    if retrier.jitter_strategy == "FULL":
        seconds *= chance()
    return timedelta(seconds=seconds)


def counted(attempts: Sequence[int], index: int) -> tuple[int, ...]:
    """The counters after one more retry by the Retrier number ``index``."""
    padded = [*attempts, *[0] * (index + 1 - len(attempts))]
    padded[index] += 1
    return tuple(padded)
