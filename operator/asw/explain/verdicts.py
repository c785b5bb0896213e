"""What each Retrier and Catcher of a state said to an error, and why.

Pure. Whether one takes the error is the engine's to say (``matches``, ``decide``); here is why.
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
from asw.engine.retry import FREE_RETRIES, RetryAfter, counted, decide
from asw.messages import t

Said: TypeAlias = Literal["retried", "used up", "caught", "catch failed", "no match", "not asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one Retrier or Catcher said. ``handler`` is its place, such as ``Retry[0]``.

    ``nearest`` is a name in its ErrorEquals that may have been meant for this error, if any.
    """

    handler: str
    error_equals: tuple[str, ...]
    said: Said
    why: str
    nearest: str | None = None


def had_free_retries(faults: Sequence[Failure]) -> bool:
    """Whether the losses of a state that failed by the last of these had free retries.

    One that must not be repeated (onLost: Fail) had none: it failed before they were used up.
    """
    last = faults[-1].error or ""
    budget = FREE_RETRIES.get(last)
    return budget is None or sum(it.error == last for it in faults) > budget.tries


def retries_of(
    state: WorkFields, faults: Sequence[Failure], dialect: Dialect, *, has_free: bool = True
) -> tuple[int, ...]:
    """How often each Retrier had started another try after these failures, one after the other.

    Those that the machinery gave for losses, where it ``has_free`` ones, are none of theirs.
    """
    attempts: tuple[int, ...] = ()
    free: dict[str, int] = {}
    for failure in faults:
        lost = failure.error or ""
        budget = FREE_RETRIES.get(lost) if has_free else None
        if budget is not None and free.get(lost, 0) < budget.tries:
            free[lost] = free.get(lost, 0) + 1
            continue
        decision = decide(failure, state, attempts=attempts, chance=lambda: 0.5, dialect=dialect)
        if isinstance(decision, RetryAfter):
            attempts = counted(attempts, decision.index)
    return attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What all are asked, one after the other."""

    error: str | None
    dialect: Dialect
    attempts: Sequence[int]
    has_left: bool


def judge(
    state: WorkFields,
    failure: Failure,
    attempts: Sequence[int],
    dialect: Dialect,
    *,
    has_left: bool,
) -> tuple[Verdict, ...]:
    """All Retriers and Catchers in the order in which they are asked.

    ``attempts`` counts the retries that each Retrier had before this failure; ``has_left`` says
    whether the state was left by its Catcher, where one took the error.
    """
    error = failure.matched_as or failure.error
    asked = _Question(error=error, dialect=dialect, attempts=attempts, has_left=has_left)
    verdicts: list[Verdict] = []
    decided: str | None = None
    for index, retrier in enumerate(state.retry):
        verdict = _of_retrier(index, retrier, asked, decided)
        decided = decided or (verdict.handler if verdict.said in ("retried", "used up") else None)
        verdicts.append(verdict)
    if not any(it.said == "retried" for it in verdicts):
        decided = None
    for index, catcher in enumerate(state.catch):
        verdict = _of_catcher(index, catcher, asked, decided)
        decided = decided or (verdict.handler if verdict.said in _TAKEN else None)
        verdicts.append(verdict)
    return tuple(verdicts)


_TAKEN: Final = ("caught", "catch failed")


def _of_retrier(index: int, retrier: Retrier, asked: _Question, decided: str | None) -> Verdict:
    handler, names = f"Retry[{index}]", retrier.error_equals
    if decided is not None:
        return _not_asked(handler, names, decided, asked)
    if not matches(names, asked.error, dialect=asked.dialect):
        return _no_match(handler, names, asked)
    used = asked.attempts[index] if index < len(asked.attempts) else 0
    most = retrier.max_attempts
    if used < most:
        why = t("takes it: try {number} of {most} followed", number=used + 1, most=most)
        return Verdict(handler=handler, error_equals=names, said="retried", why=why)
    why = t("takes it, but its MaxAttempts are used up: {used} of {most}", used=used, most=most)
    if most == 0:
        why = t("takes it, and its MaxAttempts 0 allows no retry")
    return Verdict(handler=handler, error_equals=names, said="used up", why=why)


def _of_catcher(index: int, catcher: Catcher, asked: _Question, decided: str | None) -> Verdict:
    handler, names = f"Catch[{index}]", catcher.error_equals
    if decided is not None:
        return _not_asked(handler, names, decided, asked)
    if not matches(names, asked.error, dialect=asked.dialect):
        return _no_match(handler, names, asked)
    if asked.has_left:
        why = t("takes it: went on to {state}", state=catcher.next)
        return Verdict(handler=handler, error_equals=names, said="caught", why=why)
    why = t("takes it, but what it makes of the error output failed itself")
    if catcher.result_path not in (None, "$"):
        why = t(
            "takes it, but its ResultPath {path} has no place in the state's input",
            path=catcher.result_path,
        )
    return Verdict(handler=handler, error_equals=names, said="catch failed", why=why)


def _not_asked(handler: str, names: tuple[str, ...], decided: str, asked: _Question) -> Verdict:
    why = t("not asked: {handler} came first", handler=decided)
    if matches(names, asked.error, dialect=asked.dialect):
        why = t("not asked, though it would take it: {handler} came first", handler=decided)
    return Verdict(handler=handler, error_equals=names, said="not asked", why=why)


def _no_match(handler: str, names: tuple[str, ...], asked: _Question) -> Verdict:
    error = asked.error
    near = _nearest(error, names)
    why = _why_not(names, error, asked.dialect)
    if near is not None:
        why = t("{why}: is {name} meant to be {error}?", why=why, name=near, error=error)
    return Verdict(handler=handler, error_equals=names, said="no match", why=why, nearest=near)


def _why_not(names: tuple[str, ...], error: str | None, dialect: Dialect) -> str:
    listed = {normalize(name) for name in names}
    known = normalize(error or "")
    if error is None:
        return t("an error without a name is taken by States.ALL and States.TaskFailed alone")
    if known == RUNTIME:
        return t("nothing takes States.Runtime, not even States.ALL")
    if dialect == "TCSL" and types_of(known) is not None:
        types = ", ".join(sorted(types_of(known) or ()))
        return t("in TCSL {error} is taken by its name and by {types}", error=error, types=types)
    if TASK_FAILED in listed and known in (TIMEOUT, HEARTBEAT_TIMEOUT):
        return t("States.TaskFailed takes all errors but time-outs: {error} is one", error=error)
    if TIMEOUT in listed and known == FUNCTION_TIMED_OUT:
        return t(
            "a function past its own timeoutSeconds is {error}, no States.Timeout", error=error
        )
    return t("{error} is not among its ErrorEquals", error=error)


_LIKELY: Final = 0.75
"""How alike two names must be for one to be taken for the other."""


def _nearest(error: str | None, names: Sequence[str]) -> str | None:
    """A listed name that is spelt almost so, or differs in what stands before the last dot."""
    if error is None or normalize(error) == RUNTIME:
        return None
    wanted = error.casefold()
    by_folded = {name.casefold(): name for name in names if normalize(name) != ALL}
    near = get_close_matches(wanted, by_folded, n=1, cutoff=_LIKELY)
    if near:
        return by_folded[near[0]]
    tail = wanted.rpartition(".")[2]
    return next((by_folded[it] for it in by_folded if it.rpartition(".")[2] == tail), None)
