"""Plays the cases of test files, one after the other, and counts what they covered."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from asw.app.testfiles.coverage import Coverage, Tally
from asw.app.testfiles.overlay import Overlay
from asw.app.testfiles.playing import Result, play_test
from asw.app.testfiles.real import Processes
from asw.app.testfiles.suite import Subject, Suite


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


def run_suite(suite: Suite, pool: Processes) -> Ran:
    """Play all cases of the suite."""
    real = pool.of(suite.subject.functions)
    results = [play_test(suite.subject, test, real, Overlay(test.objects)) for test in suite.tests]
    return Ran(suite, tuple(results))


def chosen(suites: Sequence[Suite], words: str | None) -> list[Suite]:
    """The suites with those cases alone whose name, or whose file, has the words in it."""
    if words is None:
        return list(suites)
    wanted = words.casefold()
    kept = []
    for suite in suites:
        is_named = wanted in str(suite.path).casefold()
        tests = tuple(it for it in suite.tests if is_named or wanted in it.name.casefold())
        if tests:
            kept.append(replace(suite, tests=tests))
    return kept
