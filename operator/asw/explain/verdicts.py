"""What each Retrier and Catcher of a state did with an error, and why.

Pure. The engine decides which one takes the error (``asw.engine.retry``); this says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

from asw.asl.errors import (
    ALL,
    FUNCTION_TIMED_OUT,
    HEARTBEAT_TIMEOUT,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
    Failure,
    matches,
    normalize,
)
from asw.asl.model import Catcher, Dialect, Retrier, WorkFields
from asw.asl.public_codes import types_of
from asw.engine.retry import RetryAfter, decide, first_taking, retries_by
from asw.messages import t

Said: TypeAlias = Literal["retried", "used up", "caught", "catch failed", "no match", "not asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one Retrier or Catcher said. ``handler`` is its place, such as ``Retry[0]``.

    ``nearest`` is a name in its ErrorEquals that may have been meant for this error.
    """

    handler: str
    error_equals: tuple[str, ...]
    said: Said
    why: str
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """What all are asked, one after the other."""

    error: str | None
    dialect: Dialect


def judge(
    state: WorkFields,
    failure: Failure,
    attempts: Sequence[int],
    dialect: Dialect,
    *,
    has_left: bool,
) -> tuple[Verdict, ...]:
    """All Retriers and Catchers in the order in which they are asked.

    ``attempts`` counts the retries of each Retrier before this failure; ``has_left`` says whether
    the state was left by its Catcher, if one took the error.
    """
    asked = _Question(failure.matched_as or failure.error, dialect)
    decision = decide(failure, state, attempts=attempts, chance=lambda: 0.5, dialect=dialect)
    is_retried = isinstance(decision, RetryAfter)
    verdicts: list[Verdict] = []
    at = first_taking(state.retry, failure, dialect)
    for index, retrier in enumerate(state.retry):
        if index == at:
            used = retries_by(attempts, index)
            verdicts.append(_of_retrier(index, retrier, used, is_retried=is_retried))
        else:
            decided = f"Retry[{at}]" if at is not None and at < index else None
            verdicts.append(_passed(f"Retry[{index}]", retrier.error_equals, decided, asked))
    retried = f"Retry[{at}]" if is_retried else None
    at = first_taking(state.catch, failure, dialect)
    for index, catcher in enumerate(state.catch):
        if index == at and not is_retried:
            verdicts.append(_of_catcher(index, catcher, has_left=has_left))
        else:
            decided = retried or (f"Catch[{at}]" if at is not None and at < index else None)
            verdicts.append(_passed(f"Catch[{index}]", catcher.error_equals, decided, asked))
    return tuple(verdicts)


def _of_retrier(index: int, retrier: Retrier, used: int, *, is_retried: bool) -> Verdict:
    most = retrier.max_attempts
    said: Said = "retried" if is_retried else "used up"
    if is_retried:
        why = t("takes it: try {number} of {most} followed", number=used + 1, most=most)
    elif most == 0:
        why = t("takes it, but its MaxAttempts 0 allows no retry")
    else:
        why = t("takes it, but its MaxAttempts are used up: {used} of {most}", used=used, most=most)
    names = retrier.error_equals
    return Verdict(handler=f"Retry[{index}]", error_equals=names, said=said, why=why)


def _of_catcher(index: int, catcher: Catcher, *, has_left: bool) -> Verdict:
    said: Said = "caught" if has_left else "catch failed"
    if has_left:
        why = t("takes it: went on to {state}", state=catcher.next)
    elif catcher.result_path in (None, "$"):
        why = t("takes it, but processing the error output failed too")
    else:
        why = t(
            "takes it, but its ResultPath {path} does not fit the state's input",
            path=catcher.result_path,
        )
    names = catcher.error_equals
    return Verdict(handler=f"Catch[{index}]", error_equals=names, said=said, why=why)


def _passed(handler: str, names: tuple[str, ...], decided: str | None, asked: _Question) -> Verdict:
    """One that did not decide: another came first, or it does not take the error."""
    if decided is not None:
        return _not_asked(handler, names, decided, asked)
    return _no_match(handler, names, asked)


def _not_asked(handler: str, names: tuple[str, ...], decided: str, asked: _Question) -> Verdict:
    why = t("not asked: {handler} came first", handler=decided)
    if matches(names, asked.error, dialect=asked.dialect):
        why = t("not asked, although it would take it: {handler} came first", handler=decided)
    return Verdict(handler=handler, error_equals=names, said="not asked", why=why)


def _no_match(handler: str, names: tuple[str, ...], asked: _Question) -> Verdict:
    error = asked.error
    near = _nearest(error, names)
    why = _why_not(names, error, asked.dialect)
    if near is not None:
        why = t("{why}: should {name} be {error}?", why=why, name=near, error=error)
    return Verdict(handler=handler, error_equals=names, said="no match", why=why, nearest=near)


def _why_not(names: tuple[str, ...], error: str | None, dialect: Dialect) -> str:
    listed = {normalize(name) for name in names}
    known = normalize(error or "")
    if error is None:
        return t("only States.ALL and States.TaskFailed take an error without a name")
    if known == RUNTIME:
        return t("nothing takes States.Runtime, not even States.ALL")
    if dialect == "TCSL" and types_of(known) is not None:
        types = ", ".join(sorted(types_of(known) or ()))
        return t("in TCSL {error} is taken by its name and by {types}", error=error, types=types)
    if TASK_FAILED in listed and known in (TIMEOUT, HEARTBEAT_TIMEOUT):
        return t("States.TaskFailed takes all errors except timeouts: {error} is one", error=error)
    if TIMEOUT in listed and known == FUNCTION_TIMED_OUT:
        return t(
            "a function that exceeds its own timeoutSeconds is {error}, not States.Timeout",
            error=error,
        )
    return t("{error} is not among its ErrorEquals", error=error)


_LIKELY: Final = 0.75
"""How similar two names must be to suggest one for the other."""


def _nearest(error: str | None, names: Sequence[str]) -> str | None:
    """A listed name with nearly the same spelling, or the same after the last dot."""
    if error is None or normalize(error) == RUNTIME:
        return None
    wanted = error.casefold()
    by_folded = {name.casefold(): name for name in names if normalize(name) != ALL}
    near = get_close_matches(wanted, by_folded, n=1, cutoff=_LIKELY)
    if near:
        return by_folded[near[0]]
    tail = wanted.rpartition(".")[2]
    return next((by_folded[it] for it in by_folded if it.rpartition(".")[2] == tail), None)
