"""``asw validate``: arguments only."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(command="asw validate .", does="Check the manifests of this folder."),
    Example(
        command="asw validate -R . -W",
        does="Check all below this folder, as a pipeline does; warnings fail too.",
    ),
    Example(
        command="asw validate hello.asl.json -o json",
        does="Check a bare definition; findings as JSON.",
    ),
    Example(
        command="asw validate workflow.yaml functions.yaml -o sarif > asw.sarif",
        does="Write a report that code scanners read.",
    ),
    Example(
        command="asw validate --strict --sample input.json workflow.yaml functions.yaml",
        does="Follow the data of inputs like this one through the states.",
    ),
    Example(
        command="asw validate --strict -W --ignore UnhandledErrors .",
        does="Let all warnings fail but those of one kind.",
    ),
    Example(
        command="asw validate --cluster workflow.yaml functions.yaml",
        does="Ask the cluster as well.",
        where="cluster",
    ),
    Example(
        command="asw validate - < hello.asl.json", does="Check what comes from standard input."
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@click.option(
    "--output",
    "-o",
    "format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    help="Format of what is found: text, json, sarif (2.1.0), github (annotations).",
)
@click.option(
    "--dialect",
    type=click.Choice(["ASL", "TCSL"], case_sensitive=False),
    default="ASL",
    show_default=True,
    help="Language of bare definitions; manifests name theirs.",
)
@click.option(
    "--warnings-as-errors",
    "-W",
    "are_warnings_errors",
    is_flag=True,
    help="Let warnings fail too.",
)
@click.option(
    "--recursive",
    "-R",
    "is_recursive",
    is_flag=True,
    help="Look into the folders below those named, too.",
)
@click.option(
    "--strict", "is_strict", is_flag=True, help="Follow the data: paths, rules, errors, sizes."
)
@click.option(
    "--input-schema",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --strict: JSON Schema of the input.",
)
@click.option(
    "--sample",
    "samples",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="With --strict: an input of the kind that comes; may be repeated.",
)
@click.option(
    "--result",
    "results",
    metavar="STATE=FILE",
    multiple=True,
    help="With --strict: what the Task of this state returns; may be repeated.",
)
@click.option(
    "--ignore",
    "ignored",
    metavar="CODE",
    multiple=True,
    help="Leave out warnings of this code; may be repeated.",
)
@options.cluster_options
def command(
    paths: tuple[Path, ...],
    *,
    is_strict: bool,
    input_schema: Path | None,
    samples: tuple[Path, ...],
    results: tuple[str, ...],
    **order: Any,
) -> None:
    """Say everything that is wrong with manifests and definitions.

    PATHS are files, or folders of them, of YAML or JSON: manifests as kubectl takes them, or bare
    definitions in ASL or TCSL; - is standard input. All that is wrong is said at once, each with
    file, line and column, a code that stays the same in every language, and what would mend it.
    On a terminal the line itself is shown. Files beside manifests that are neither, and test files,
    are left alone.

    Text goes to standard error, reports in other formats to standard output. In GitHub Actions
    annotations are printed beside the text.

    With --strict the data is followed through the states: paths that never find anything, or not on
    some way, rules and states that no run goes by, errors that nothing handles, values that may
    grow over 256 KiB. What is known of the input makes it see more: a JSON Schema, samples, else
    the Workflow's defaultInput. An error is only what fails every run that gets there.

    --ignore leaves out warnings of a code; "asw: ignore CODE" in a comment of YAML in the line or
    above it, or in a Comment of the definition, leaves out those of one place. Many that are alike
    are told once, with the lines of the others.

    With --cluster (or -n, --context, --kubeconfig) the cluster is asked as well: whether the
    Functions, Workflows, accounts, ConfigMaps and Secrets are there that the files name and do not
    bring along, and whether its API server would take the manifests. It stores nothing.

    Exit codes: 0 nothing is wrong (warnings do not count), 2 something is, 3 no cluster.
    """
    with _uncollected():
        from asw.cli.validating import ValidateOrder, validate  # noqa: PLC0415

        if not (is_strict or input_schema or samples or results):
            sys.exit(validate(paths, ValidateOrder(**order)))
        from asw.cli.strict import StrictOrder, validate_strictly  # noqa: PLC0415

        known = StrictOrder(input_schema=input_schema, samples=samples, results=results)
        sys.exit(validate_strictly(paths, ValidateOrder(**order), known))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage, which takes a tenth of the time and finds none: it ends soon."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()
