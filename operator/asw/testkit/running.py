"""Plays the cases of test files in virtual time, compares, and counts what they covered.

Pure, except for real functions.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from asw.asl.values import Json
from asw.engine.answers import SimulationError
from asw.engine.items import ObjectStore
from asw.engine.simulation import Simulation, simulate
from asw.engine.step import begin
from asw.messages import t
from asw.testkit.coverage import Coverage, Tally
from asw.testkit.expecting import failures_of
from asw.testkit.matchers import Difference
from asw.testkit.mocks import Mocked, NoAnswer, Overlay, RealFunctions
from asw.testkit.real import Processes
from asw.testkit.suite import Subject, Suite, Test
from asw.testkit.trails import trail_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A case played to its end; ``trail`` has the states that it went through (``trails``)."""

    seen: Simulation
    trail: Sequence[Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of one case; it passed if ``failures`` is empty.

    ``played`` is None if it could not be played to its end; ``snippet`` is then what to add.
    """

    test: Test
    failures: tuple[Difference, ...] = ()
    played: Played | None = None
    snippet: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether everything is as expected."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class Ran:
    """A suite and the results of its cases, in order."""

    suite: Suite
    results: tuple[Result, ...]


@dataclass(slots=True)
class Covered:
    """What the cases of a run covered, by workflow."""

    tallies: dict[tuple[str, int, str], tuple[Subject, Tally]] = field(default_factory=dict)

    def add(self, subject: Subject, results: Sequence[Result]) -> None:
        """Count the cases of a suite."""
        key = subject.origin.file, subject.origin.document, subject.name
        fresh = subject, Tally(subject.machine, subject.definition)
        _, tally = self.tallies.setdefault(key, fresh)
        for result in results:
            if result.played is not None:
                tally.add(result.played.seen)

    def coverages(self) -> list[tuple[Subject, Coverage]]:
        """The coverage of each workflow."""
        return [(subject, tally.coverage()) for subject, tally in self.tallies.values()]


def run_suite(suite: Suite, pool: Processes, *, is_first_enough: bool = False) -> Ran:
    """Play the cases of the suite: all, or up to the first that fails."""
    real = pool.of(suite.subject.functions, suite.subject.workflows)
    results: list[Result] = []
    for test in suite.tests:
        results.append(_play_test(suite.subject, test, real, Overlay(test.objects)))
        if is_first_enough and not results[-1].is_passed:
            break
    return Ran(suite, tuple(results))


def _play_test(subject: Subject, test: Test, real: RealFunctions, objects: ObjectStore) -> Result:
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


def chosen(suites: Sequence[Suite], words: str | None) -> list[Suite]:
    """The suites with only the cases whose name or file contains the words.

    If no case contains them literally, they are an expression as in pytest: ``not`` binds tighter
    than ``and``, and ``and`` tighter than ``or``.
    """
    if words is None:
        return list(suites)
    return _kept(suites, _has(words)) or _kept(suites, _any_of(words))


_Choice: TypeAlias = Callable[[str], bool]


def _kept(suites: Sequence[Suite], is_chosen: _Choice) -> list[Suite]:
    kept = []
    for suite in suites:
        tests = tuple(it for it in suite.tests if is_chosen(f"{suite.path}\n{it.name}"))
        if tests:
            kept.append(replace(suite, tests=tests))
    return kept


def _has(words: str) -> _Choice:
    wanted = words.strip().casefold()
    return lambda text: wanted in text.casefold()


def _any_of(words: str) -> _Choice:
    ways = [_all_of(way) for way in re.split(r"\s+or\s+", words.strip())]
    return lambda text: any(way(text) for way in ways)


def _all_of(words: str) -> _Choice:
    demands = [_demand(each) for each in re.split(r"\s+and\s+", words)]
    return lambda text: all(demand(text) for demand in demands)


def _demand(words: str) -> _Choice:
    if denied := re.fullmatch(r"not\s+(.+)", words.strip()):
        has = _has(denied[1])
        return lambda text: not has(text)
    return _has(words)
