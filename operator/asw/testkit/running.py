"""Plays the cases of test files, one after the other, and counts what they covered."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from asw.testkit.coverage import Coverage, Tally
from asw.testkit.overlay import Overlay
from asw.testkit.playing import Result, play_test
from asw.testkit.real import Processes
from asw.testkit.suite import Subject, Suite


@dataclass(frozen=True, slots=True)
class Ran:
    """A suite, and what came of its cases, in order."""

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
    """Play the cases of the suite: all of them, or up to the first that fails."""
    real = pool.of(suite.subject.functions)
    results: list[Result] = []
    for test in suite.tests:
        results.append(play_test(suite.subject, test, real, Overlay(test.objects)))
        if is_first_enough and not results[-1].is_passed:
            break
    return Ran(suite, tuple(results))


def chosen(suites: Sequence[Suite], words: str | None) -> list[Suite]:
    """The suites with those cases alone whose name, or whose file, has the words in it.

    Words that no case has as they stand are an expression, as pytest has them: ``not`` binds more
    than ``and``, and that more than ``or``.
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
