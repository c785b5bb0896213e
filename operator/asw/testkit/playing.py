"""Plays one case in virtual time and says what is not as expected. Pure but for real functions."""

from collections.abc import Sequence
from dataclasses import dataclass

from asw.asl.values import Json
from asw.engine.items import ObjectStore
from asw.engine.simulation import Simulation, SimulationError, simulate
from asw.engine.step import begin
from asw.messages import t
from asw.testkit.expecting import failures_of
from asw.testkit.matchers import Difference
from asw.testkit.mocks import Mocked, NoAnswer, RealFunctions
from asw.testkit.suite import Subject, Test
from asw.testkit.trails import trail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A case that came to its end; ``trail`` is the states it went through (``trails``)."""

    seen: Simulation
    trail: Sequence[Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one case: nothing in ``failures`` where it passed.

    ``played`` is None where it could not be played to its end; ``snippet`` is then what to add.
    """

    test: Test
    failures: tuple[Difference, ...] = ()
    played: Played | None = None
    snippet: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether all is as expected."""
        return not self.failures


def play_test(subject: Subject, test: Test, real: RealFunctions, objects: ObjectStore) -> Result:
    """Play the case, then compare."""
    try:
        seen = simulate(
            subject.machine,
            begin(test.header, test.input),
            Mocked(test.states, test.functions, real),
            objects=objects,
            requests=test.requests,
        )
    except NoAnswer as error:
        return _stuck(test, str(error), error.snippet)
    except SimulationError as error:
        return _stuck(test, t("it cannot be played to its end: {reason}", reason=error))
    played = Played(seen=seen, trail=trail_of(subject.machine, seen))
    found = tuple(failures_of(test.case.expect, played.seen, played.trail))
    return Result(test=test, failures=found, played=played)


def _stuck(test: Test, reason: str, snippet: str = "") -> Result:
    return Result(test=test, failures=(Difference("", reason),), snippet=snippet)
