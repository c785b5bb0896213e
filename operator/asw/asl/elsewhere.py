"""Where an expression is evaluated: here while that is cheap, elsewhere if it is not.

A caller that must not be held up runs an action, such as a step, within ``Evaluations``. An
expression that may be costly then interrupts the action with ``Interrupted``, which carries the
question to answer. The action is run again with the answer and reaches the same place: it is
deterministic, so the n-th evaluation is the same in each run. Without ``Evaluations`` everything is
evaluated at once. The answer is the same either way.
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
"""Evaluates with this many units of budget. Raises OverBudgetError if they are not enough."""
End: TypeAlias = Literal["time", "memory"]

LONGEST_RUN_SECONDS: Final = 0.05
"""The evaluations of one run may take this long; then the action is interrupted for others to run.
A step that makes many transitions is cut earlier."""


class Question(Protocol):
    """An evaluation as a value: it is pickled, and ``evaluate`` is called in another process."""

    @property
    def chance(self) -> Chance | None:
        """The source of random numbers, if the evaluation may draw any."""
        ...

    def evaluate(self, chance: Chance | None) -> Json | Absent:
        """The answer, within the full budget of an evaluation."""
        ...

    def spell(self, error: Exception) -> Json | None:
        """The error as JSON; None for one that no evaluation should raise."""
        ...

    def error(self, spelled: Json) -> Exception:
        """The error that ``spell`` wrote."""
        ...

    def exhausted(self, by: End) -> Exception:
        """The error of an evaluation that used up its time or memory."""
        ...


class Interrupted(BaseException):
    """The action must be run again: once ``question`` is answered, or a bit later if it is None."""

    def __init__(self, question: Question | None) -> None:
        super().__init__()
        self.question = question


class Answer(NamedTuple):
    """What an evaluation returned or raised, and how many numbers it drew."""

    value: Json | Absent
    error: Exception | None = None
    drawn: int = 0

    def give(self, chance: Chance | None) -> Json | Absent:
        """Return the value or raise the error, and move ``chance`` on as the evaluation did."""
        if chance is not None:
            for _ in range(self.drawn):
                chance()
        if self.error is not None:
            raise self.error
        return self.value


class Evaluations:
    """The evaluations of one action over all its runs, and their answers.

    Without ``tries`` even the cheapest are evaluated elsewhere. ``clock`` returns seconds.
    """

    __slots__ = ("_answers", "_clock", "_next", "_spent", "tries")

    def __init__(self, *, tries: bool = True, clock: Callable[[], float] = perf_counter) -> None:
        self.tries = tries
        self._clock = clock
        self._answers: list[Answer] = []
        self._next = 0
        self._spent = 0.0

    def run(self, action: Callable[[], T]) -> T:
        """Run the action from its start. Raises Interrupted."""
        self._next, self._spent = 0, 0.0
        token = _UNDER_WAY.set(self)
        try:
            return action()
        finally:
            _UNDER_WAY.reset(token)

    def answer(self, answer: Answer) -> None:
        """Keep the answer to the question that interrupted the action."""
        self._answers.append(answer)

    def known(self) -> Answer | None:
        """The answer to the next evaluation; None the first time."""
        at, self._next = self._next, self._next + 1
        return self._answers[at] if at < len(self._answers) else None

    def tried(self, attempt: Attempt[T], chance: Chance | None) -> T:
        """The result of a cheap attempt, kept for the next run. Raises what the attempt raises."""
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
    """A source of chance that counts the numbers drawn."""

    __slots__ = ("_chance", "drawn")

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self.drawn = 0

    def __call__(self) -> float:
        """The next number."""
        self.drawn += 1
        return self._chance()


def drawn_from(chance: Chance | None) -> int:
    """How many numbers were drawn from it."""
    return chance.drawn if isinstance(chance, Counted) else 0


_UNDER_WAY: Final[ContextVar[Evaluations | None]] = ContextVar("EVALUATIONS", default=None)


def is_all_here() -> bool:
    """Whether everything is evaluated at once, however long it takes."""
    return _UNDER_WAY.get() is None


def settle(
    attempt: Attempt[T],
    question: Callable[[], Question],
    *,
    chance: Chance | None = None,
    is_costly: Callable[[], bool] | None = None,
) -> T:
    """The result of the evaluation: made here, or elsewhere if it is or proves to be costly.

    ``is_costly`` says whether it must not even be tried here.
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
    """The result of a bounded evaluation; after many of them, others may run first."""
    under_way = _UNDER_WAY.get()
    if under_way is None:
        return attempt()
    known = under_way.known()
    if known is not None:
        return known.give(None)  # type: ignore[return-value]
    return under_way.tried(lambda _units, _chance: attempt(), None)


def write_answer(question: Question) -> bytes:
    """Evaluate the question and return the answer as JSON text."""
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
    """The answer in the text. Raises ValueError."""
    told = json.loads(text)
    error = question.error(told["error"]) if "error" in told else None
    return Answer(told.get("value", ABSENT), error, int(told["drawn"]))
