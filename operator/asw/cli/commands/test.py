"""``asw test``: arguments only; ``testing`` does it."""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(command="asw test", does="Run all test files in and below this folder."),
    Example(
        command="asw test hello.test.yaml -k Ada -v",
        does="Run the cases with Ada in their name, and show the states of each.",
    ),
    Example(
        command="asw test --coverage --junit report.xml",
        does="List states, transitions, retriers and catchers that no case used; write a report.",
    ),
    Example(
        command="asw test --update",
        does="Record the results of cases without expectations in their file.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-k",
    "words",
    metavar="WORDS",
    help="Run only the cases with these words in name or file; also: 'a or b and not c'.",
)
@click.option(
    "--exitfirst",
    "-x",
    "is_first_enough",
    is_flag=True,
    help="Stop at the first case that fails.",
)
@click.option(
    "--output",
    "-o",
    "format",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Format of the results: lines for people, or one JSON object.",
)
@click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Show only failures.")
@click.option(
    "--verbose",
    "-v",
    "is_verbose",
    is_flag=True,
    help="Show the states of each case.",
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a report as JUnit XML."
)
@click.option(
    "--coverage", "has_coverage", is_flag=True, help="List what no case used, with its place."
)
@click.option(
    "--coverage-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the coverage as JSON.",
)
@click.option(
    "--min-coverage",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Fail if less of a workflow was used.",
)
@click.option(
    "--update",
    "is_updating",
    is_flag=True,
    help="Record results in test files where expectations are missing or wrong.",
)
@click.option("--logs", "has_logs", is_flag=True, help="Show what real functions print.")
def command(paths: tuple[Path, ...], *, is_quiet: bool, is_verbose: bool, **options: Any) -> None:
    """Run the test files of workflows, in virtual time.

    PATHS are test files, or folders with test files in or below them; by default this folder. A
    test file (NAME.test.yaml, .yml or .json) names a workflow and cases: an input, what each task
    does (result, error, delay, one after the other), and what is expected: status, output, path
    of states, events, duration, calls. No cluster is needed and nothing waits: a Wait of five
    minutes takes no time. The engine is the one that runs workflows on a cluster.

    A line for each case says whether it passed and how much virtual time it took; a failed one
    shows where it differs. A task without a mock fails its case, and the snippet to add is shown;
    `functions: real` runs the Functions of the manifests instead.

    --update records status, output and states in cases without expectations, and corrects wrong
    ones. It shows what it writes, and keeps comments and order.

    The exit code is 0 if all cases passed, 1 if one failed or coverage is too low, 2 if test files
    or workflows are wrong (then nothing is run), 4 if there is no test file or no such case.
    """
    from asw.cli.testing import SuiteOptions, run_tests  # noqa: PLC0415 -- help needs none

    suite = SuiteOptions(is_quiet=is_quiet, is_verbose=is_verbose, **options)
    sys.exit(run_tests(paths or (Path(),), suite))
