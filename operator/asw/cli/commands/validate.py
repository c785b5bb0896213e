"""``asw validate``: arguments only; ``validating`` does it."""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli import options
from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(command="asw validate .", does="Check the manifests of this folder."),
    Example(
        command="asw validate -R . -W",
        does="Check everything below this folder, as a pipeline does; warnings fail too.",
    ),
    Example(
        command="asw validate hello.asl.json -o json",
        does="Check a bare definition; print findings as JSON.",
    ),
    Example(
        command="asw validate workflow.yaml functions.yaml -o sarif > asw.sarif",
        does="Write a report for code scanners.",
    ),
    Example(
        command="asw validate --strict --sample input.json workflow.yaml functions.yaml",
        does="Follow the data of such an input through the states.",
    ),
    Example(
        command="asw validate --strict -W --ignore UnhandledErrors .",
        does="Let all warnings fail except those of one code.",
    ),
    Example(
        command="asw validate --cluster workflow.yaml functions.yaml",
        does="Ask the cluster as well.",
        where="cluster",
    ),
    Example(command="asw validate - < hello.asl.json", does="Check standard input."),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.paths
@click.option(
    "--output",
    "-o",
    "format",
    type=click.Choice(["text", "json", "sarif", "github"]),
    help="Format of the findings: text, json, sarif (2.1.0), github (annotations).",
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
    help="Look into the folders below, too.",
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
    help="With --strict: a typical input; may be repeated.",
)
@click.option(
    "--result",
    "results",
    metavar="STATE=FILE",
    multiple=True,
    help="With --strict: a result of the Task of this state; may be repeated.",
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
    """Report everything that is wrong with manifests and definitions.

    PATHS are files, or folders of them, of YAML or JSON: manifests as kubectl takes them, or bare
    definitions in ASL or TCSL; - is standard input. All findings are reported at once, each with
    file, line and column, a code that is the same in every language, and how to fix it. On a
    terminal the line itself is shown. Test files, and files beside manifests that are neither
    manifests nor definitions, are left alone.

    Text goes to standard error, reports in other formats to standard output. In GitHub Actions
    annotations are printed beside the text.

    --strict follows the data through the states. It reports paths that match nothing, always or on
    some route, rules and states that no run reaches, errors that nothing handles, and values that
    may grow over 256 KiB. It sees more if it knows the input: from a JSON Schema, from samples,
    else from the Workflow's defaultInput. An error is only what fails every run that gets there.

    --ignore leaves out warnings of a code. "asw: ignore CODE" leaves out those of one place, in a
    comment of YAML on the line or above it, or in a Comment of the definition. Many equal warnings
    are reported once, with the lines of the others.

    With --cluster (or -n, --context, --kubeconfig) the cluster is asked as well: whether it has the
    Functions, Workflows, accounts, ConfigMaps and Secrets that the files name but do not contain,
    and whether its API server would accept the manifests. It stores nothing.

    Exit codes: 0 nothing is wrong (warnings do not count), 2 something is, 3 no cluster.
    """
    from asw.cli.validating import ValidateOrder, run  # noqa: PLC0415 -- help needs none of it

    strict = {"input_schema": input_schema, "samples": samples, "results": results}
    has_flow = is_strict or any(strict.values())
    sys.exit(run(paths, ValidateOrder(**order), strict if has_flow else None))
