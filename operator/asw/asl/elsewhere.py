"""Where an expression is evaluated: here while that is cheap, elsewhere once it is not.

Who must not be held up runs an action, such as a step, within ``Evaluations``. An expression that
may be costly then breaks the action off by ``Interrupted``, which carries the question to be
answered; the action is run again with the answer, and comes to the same place: it is deterministic,
so the n-th evaluation is the same in each run. Without ``Evaluations`` all is evaluated at once.
Wherever it happens, the answer is the same.
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from asw.asl.budget import FULL, SMALL, OverBudgetError
from asw.asl.values import ABSENT, Absent, Json

T = TypeVar("T")
Chance: TypeAlias = Callable[[], float]
Attempt: TypeAlias = Callable[[int, Chance | None], T]
"""Evaluates with so many units of budget. Raises OverBudgetError where they do not do."""
End: TypeAlias = Literal["time", "memory"]

LONGEST_RUN_SECONDS: Final = 0.05
"""Of evaluations in one run; then the action is broken off to let others go on. A step that makes
many transitions is cut before."""


class Question(Protocol):
    """An evaluation as a value. It is pickled, and ``evaluate`` called in another process."""

    @property
    def chance(self) -> Chance | None:
        """Draws numbers, where it may draw some."""
        ...

    def evaluate(self, chance: Chance | None) -> Json | Absent:
        """The answer, by all means that an evaluation may spend."""
        ...

    def spell(self, error: Exception) -> Json | None:
        """The error in JSON; None for one that no evaluation should raise."""
        ...

    def error(self, spelled: Json) -> Exception:
        """The error again."""
        ...

    def exhausted(self, by: End) -> Exception:
        """The error of an evaluation that used up the time, or memory, that there is for it."""
        ...


class Interrupted(BaseException):
    """The action must be run again: once ``question`` is answered, or, where None, a bit later."""

    def __init__(self, question: Question | None) -> None:
        super().__init__()
        self.question = question


class Answer(NamedTuple):
    """What an evaluation gave or raised, and how many numbers it drew."""

    value: Json | Absent
    error: Exception | None = None
    drawn: int = 0

    def give(self, chance: Chance | None) -> Json | Absent:
        """The value, or raise the error; chance is where the evaluation would have left it."""
        if chance is not None:
            for _ in range(self.drawn):
                chance()
        if self.error is not None:
            raise self.error
        return self.value


class Evaluations:
    """The evaluations of an action, over all its runs; see the module.

    Without ``tries`` even the cheapest are asked elsewhere. ``clock`` tells seconds.
    """

    __slots__ = ("_answers", "_clock", "_next", "_spent", "tries")

    def __init__(self, *, tries: bool = True, clock: Callable[[], float] = perf_counter) -> None:
        self.tries = tries
        self._clock = clock
        self._answers: list[Answer] = []
        self._next = 0
        self._spent = 0.0

    def run(self, action: Callable[[], T]) -> T:
        """Run the action, from its start. Raises Interrupted."""
        self._next, self._spent = 0, 0.0
        token = _UNDER_WAY.set(self)
        try:
            return action()
        finally:
            _UNDER_WAY.reset(token)

    def answer(self, answer: Answer) -> None:
        """Keep the answer to the question by which the action was interrupted."""
        self._answers.append(answer)

    def known(self) -> Answer | None:
        """The answer to the evaluation that comes next, None for the first time it is met."""
        at, self._next = self._next, self._next + 1
        return self._answers[at] if at < len(self._answers) else None

    def tried(self, attempt: Attempt[T], chance: Chance | None) -> T:
        """What a cheap attempt gives, kept for the next run. Raises what it raises."""
        if self._spent > LONGEST_RUN_SECONDS:
            raise Interrupted(None)
        began, counted = self._clock(), None if chance is None else Counted(chance)
        try:
            value = attempt(SMALL, counted)
        except OverBudgetError:
            raise
        except Exception as error:
            told = error.with_traceback(None)
            self._answers.append(Answer(None, told, drawn_from(counted)))
            raise
        else:
            drawn = 0 if counted is None else counted.drawn
            self._answers.append(Answer(value, None, drawn))
            return value
        finally:
            self._spent += self._clock() - began


class Counted:
    """Chance that knows how many numbers were drawn."""

    __slots__ = ("_chance", "drawn")

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.drawn = 0

    def __call__(self) -> float:
        """The next number."""
        self.drawn += 1
        return self._chance()


def drawn_from(chance: Chance | None) -> int:
    """How many numbers were drawn."""
    return chance.drawn if isinstance(chance, Counted) else 0


_UNDER_WAY: Final[ContextVar[Evaluations | None]] = ContextVar("EVALUATIONS", default=None)


def is_all_here() -> bool:
    """Whether everything is evaluated at once, as long as it takes."""
    return _UNDER_WAY.get() is None


def settle(
    attempt: Attempt[T],
    question: Callable[[], Question],
    *,
    chance: Chance | None = None,
    is_costly: Callable[[], bool] | None = None,
) -> T:
    """What the evaluation gives: here, or elsewhere where it is, or proves to be, costly.

    ``is_costly`` tells what must not even be tried here.
    """
    under_way = _UNDER_WAY.get()
    if under_way is None:
        return attempt(FULL, chance)
    known = under_way.known()
    if known is not None:
        return known.give(chance)  # type: ignore[return-value]
    if not under_way.tries or (is_costly is not None and is_costly()):
        raise Interrupted(question())
    try:
        return under_way.tried(attempt, chance)
    except OverBudgetError:
        raise Interrupted(question()) from None


def settle_here(attempt: Callable[[], T]) -> T:
    """What a bounded evaluation gives; between many of them others may be let go on."""
    under_way = _UNDER_WAY.get()
    if under_way is None:
        return attempt()
    known = under_way.known()
    if known is not None:
        return known.give(None)  # type: ignore[return-value]
    return under_way.tried(lambda _units, _chance: attempt(), None)


def write_answer(question: Question) -> bytes:
    """Evaluate the question; the answer as JSON text."""
    chance = None if question.chance is None else Counted(question.chance)
    told: dict[str, Json]
    try:
        value = question.evaluate(chance)
        told = {} if value is ABSENT else {"value": value}
    except Exception as error:
        spelled = question.spell(error)
        if spelled is None:
            raise
        told = {"error": spelled}
    told["drawn"] = drawn_from(chance)
    try:
        return json.dumps(told, allow_nan=False, separators=(",", ":")).encode()
    except RecursionError:
        raise MemoryError from None


def read_answer(question: Question, text: bytes) -> Answer:
    """The answer that the text spells. Raises ValueError."""
    told = json.loads(text)
    error = question.error(told["error"]) if "error" in told else None
    return Answer(told.get("value", ABSENT), error, int(told["drawn"]))
