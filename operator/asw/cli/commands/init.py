"""``asw init``: arguments only."""

import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from asw.cli.command import Command, Example

_EXAMPLES = (
    Example(command="asw init", does="Write the smallest workflow into the folder hello."),
    Example(command="asw init --list", does="See which templates there are."),
    Example(
        command="asw init hello flows/greeting --name greeting",
        does="Name the Workflow and the folder.",
    ),
    Example(
        command="asw init saga trips --name trips --schema",
        does="Let an editor complete fields, and underline typos.",
    ),
    Example(
        command="asw init hello . --force", does="Write into this folder, over files of before."
    ),
)


def _templates(
    ctx: click.Context,  # noqa: ARG001 -- click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem[str]]:
    """What a shell offers: names of templates, with what they show."""
    from asw.cli.templates.library import templates  # noqa: PLC0415

    return [
        CompletionItem(template.name, help=template.shows)
        for template in templates()
        if template.name.startswith(incomplete)
    ]


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("template", default="hello", shell_complete=_templates)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="Name of the Workflow, else the template's.")
@click.option("--list", "is_list", is_flag=True, help="Show the templates, and write nothing.")
@click.option("--force", "is_forced", is_flag=True, help="Overwrite files that are there.")
@click.option(
    "--schema",
    "has_schema",
    is_flag=True,
    help="Write the schemas for editors beside the files, and name them in each.",
)
@click.option("--quiet", "-q", "is_quiet", is_flag=True, help="Print the names of files only.")
def command(
    template: str, folder: Path | None, name: str | None, *, is_list: bool, **manner: bool
) -> None:
    """Begin a workflow from a template.

    Writes a folder with the Workflow, its Functions, a test file and a README in English and
    Chinese. They run as they are: asw run and asw test on this machine, kubectl apply on a cluster.

    TEMPLATE is hello unless another is named; --list shows all. FOLDER is one of the Workflow's
    name unless another is named. Files that are there already are never overwritten without
    --force: all of them are named, and nothing is written.

    With --schema an editor that uses the YAML language server completes fields and underlines
    typos: the folder schema is written beside the files, and the first line of each names its
    schema.

    The paths of the files are printed on standard output, one a line.
    """
    from asw.cli.templates import writing  # noqa: PLC0415

    if is_list:
        sys.exit(writing.show_templates())
    options = writing.InitOptions(template=template, folder=folder, name=name, **manner)
    sys.exit(writing.begin(options))
