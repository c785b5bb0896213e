"""``asw test``: arguments only."""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(command="asw test", does="Run all test files in and below this folder."),
    Example(
        command="asw test hello.test.yaml -k Ada -v",
        does="Run the cases with Ada in their name, and show what each went through.",
    ),
    Example(
        command="asw test --coverage --junit report.xml",
        does="Name the states, transitions, retriers and catchers that no case used, and report.",
    ),
    Example(
        command="asw test --update",
        does="Write what came of cases that have no expectations into their file.",
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
    help="What is printed: lines for people, or one JSON object.",
)
@click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Show only what failed.")
@click.option(
    "--verbose",
    "-v",
    "is_verbose",
    is_flag=True,
    help="Show what each case went through.",
)
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a report as JUnit XML."
)
@click.option(
    "--coverage", "has_coverage", is_flag=True, help="Show what no case used, with its place."
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
    help="Fail where less of a workflow was used.",
)
@click.option(
    "--update",
    "is_updating",
    is_flag=True,
    help="Write what came into test files where expectations are missing or wrong.",
)
@click.option("--logs", "has_logs", is_flag=True, help="Show what real functions print.")
def command(paths: tuple[Path, ...], *, is_quiet: bool, is_verbose: bool, **options: Any) -> None:
    """Run the test files of workflows, in virtual time.

    PATHS are test files, or folders that have some in or below them; this folder by default. A
    test file (NAME.test.yaml, .yml or .json) names a workflow, and cases: an input, what each task
    does (result, error, delay, one after the other), and what must come of it: status, output,
    path of states, events, duration, calls. No cluster is needed, nothing waits: a Wait of five
    minutes takes none. The engine is the one that runs workflows on a cluster.

    For each case a line tells whether it passed and how much virtual time it took; a failed one
    tells where it differs. A task that no mock is for fails its case, and the snippet to add is
    shown; `functions: real` runs the Functions of the manifests instead.

    --update writes status, output and states into cases that have no expectations, or corrects
    wrong ones; it shows what it writes, and keeps comments and order.

    The exit code is 0 where all cases passed, 1 where one failed or too little was covered, 2 for
    test files or workflows that are wrong (nothing is run then), 4 where there is no test file or
    no such case.
    """
    from asw.cli.testing import SuiteOptions, run_tests  # noqa: PLC0415

    suite = SuiteOptions(is_quiet=is_quiet, is_verbose=is_verbose, **options)
    sys.exit(run_tests(paths or (Path(),), suite))
