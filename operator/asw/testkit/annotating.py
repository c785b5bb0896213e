"""Cases that failed as annotations of GitHub Actions, beside the lines where they stand. Pure."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from asw.lint.findings import Finding
from asw.lint.reports.github import annotation, told_from
from asw.testkit.playing import Result
from asw.testkit.report import LONGEST_MESSAGE, MOST_DIFFERENCES, cut
from asw.testkit.running import Ran


def annotations(rans: Iterable[Ran], root: Path, here: Path) -> Iterator[str]:
    """A command for each case that failed; files are named from the root."""
    for ran in rans:
        for result in ran.results:
            if not result.is_passed:
                yield _annotation(result, root, here)


def _annotation(result: Result, root: Path, here: Path) -> str:
    origin, name = result.test.origin, result.test.name
    told = [f"{it.path}: {it.message}" if it.path else it.message for it in result.failures]
    lines = [cut(line, LONGEST_MESSAGE) for line in told[:MOST_DIFFERENCES]]
    (finding,) = told_from(root, here, [Finding(file=origin.file, code="", message="")])
    return annotation(
        "ERROR", finding.file, origin.position(), title=cut(name), text="\n".join([name, *lines])
    )
