"""``asw import``: arguments only."""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(
        command="asw import hello.asl.json",
        does="See the manifests of a definition, and what is still missing: here the Function.",
        exit_code=1,
    ),
    Example(
        command="asw import hello.asl.json -o imported --force",
        does="Write them into a folder.",
        exit_code=1,
    ),
    Example(
        command="asw import hello.asl.json -o imported --force --report json",
        does="Have the report as JSON, for a program.",
        exit_code=1,
    ),
)
_FORMATS = ("auto", "asl", "sam", "cdk", "serverless", "asw-export")


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for workflow.yaml and functions.yaml, else they are printed.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(_FORMATS),
    default="auto",
    show_default=True,
    help="What the file is.",
)
@click.option(
    "--report",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Value of a parameter or a placeholder of the export; may be given many times.",
)
@click.option(
    "--within",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder that files which the export names may lie in, else that of FILE.",
)
@click.option("--force", "is_forced", is_flag=True, help="Overwrite files that are there.")
def command(file: Path, folder: Path | None, format_name: str, **manner: Any) -> None:
    """Make manifests of an export of Step Functions or ASW.

    FILE is a definition in JSON or YAML; what aws stepfunctions describe-state-machine or
    Tencent's DescribeFlowServiceDetail prints; a template of SAM or CloudFormation, or one that
    cdk synth wrote; a serverless.yml with Tencent's component asw, or with the plugin
    serverless-step-functions. With - it is read from standard input.

    Each state machine becomes a Workflow, each Lambda or SCF function that a state calls becomes a
    Function of the same name: with its code where that is Python and lies beside the export, with
    its variables, timeout and memory. Code that is not there becomes a placeholder, which fails
    with a sentence until it is filled in; other runtimes become an image that is still to be built.
    A path or link in the export that leads out of its folder is refused: --within allows a wider
    one.

    The manifests are printed, or written into the folder of -o, where nothing is overwritten. The
    report says what carries over, what needs a Function, what is not supported, which values are to
    be filled in and what is left out, each with its place and a remedy. It is shown on standard
    error; as JSON on standard output where the manifests go into a folder.

    Exit codes: 0, the workflows can run as they are; 1, the manifests are there and the report
    names something to do first; 2, the file is no export, and nothing was written.
    """
    from asw.cli import importing as bringing  # noqa: PLC0415

    wanted: Any = None if format_name == "auto" else format_name
    sys.exit(
        bringing.bring(bringing.ImportOptions(file=file, folder=folder, format=wanted, **manner))
    )
