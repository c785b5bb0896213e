"""``asw init``: puts a template into a folder."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from asw.api.names import OBJECT_NAME_PATTERN
from asw.cli.command import Command, Example
from asw.cli.files import write_file
from asw.cli.templates import (
    SCHEMA_FOLDER,
    files_of,
    schemas,
    templates,
    with_modeline,
)
from asw.exits import ALL_WELL, BAD_INPUT, NOT_FOUND
from asw.failures import Failure, nearest
from asw.messages import t

_EXAMPLES = (
    Example(command="asw init", does="Write the smallest workflow to the folder hello."),
    Example(command="asw init --list", does="List the templates."),
    Example(
        command="asw init hello flows/greeting --name greeting",
        does="Choose the names of the Workflow and the folder.",
    ),
    Example(
        command="asw init saga trips --name trips --schema",
        does="Let an editor complete fields, and underline typos.",
    ),
    Example(command="asw init hello . --force", does="Write to this folder, over existing files."),
)


def _templates(
    ctx: click.Context,  # noqa: ARG001 -- click's signature
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem[str]]:
    """What a shell offers: names of templates, with what they show."""
    return [
        CompletionItem(template.name, help=template.shows)
        for template in templates()
        if template.name.startswith(incomplete)
    ]


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("template", default="hello", shell_complete=_templates)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="Name of the Workflow; by default the template's.")
@click.option("--list", "is_list", is_flag=True, help="List the templates, and write nothing.")
@click.option("--force", "is_forced", is_flag=True, help="Overwrite existing files.")
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
    """Create a workflow from a template.

    Writes a folder with the Workflow, its Functions, a test file and a README in English and
    Chinese. They run as they are: asw run and asw test on this machine, kubectl apply on a cluster.

    TEMPLATE is hello by default; --list shows all. FOLDER is by default one with the name of the
    Workflow. Existing files are never overwritten without --force: all of them are named, and
    nothing is written.

    With --schema, an editor that uses the YAML language server completes fields and underlines
    typos: the folder schema is written beside the files, and the first line of each file names its
    schema.

    The paths of the files are printed on standard output, one per line.
    """
    if is_list:
        sys.exit(show_templates())
    options = InitOptions(template=template, folder=folder, name=name, **manner)
    sys.exit(begin(options))


LONGEST_NAME = 63
"""Names of executions are made of the Workflow's; they are labels as well (Kubernetes: 63)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """What to write, and where; None means the default."""

    template: str
    folder: Path | None
    name: str | None
    is_forced: bool
    is_quiet: bool
    has_schema: bool


def show_templates() -> int:
    """One line for each template: its name and what it shows."""
    known = templates()
    width = max(len(template.name) for template in known)
    for template in known:
        click.echo(f"{template.name:{width}}  {template.shows}")
    return ALL_WELL


def begin(options: InitOptions) -> int:
    """Write the template's files. Raises Failure before the first if one of them exists."""
    names = [template.name for template in templates()]
    if options.template not in names:
        raise Failure(
            t("no template {name!r}", name=options.template),
            remedy=nearest(options.template, names) or t("asw init --list shows all"),
            code=NOT_FOUND,
        )
    name = options.name or options.template
    _refuse_bad(name)
    folder = options.folder or Path(name)
    texts = {folder / file: text for file, text in _texts(options, name).items()}
    if not options.is_forced:
        _refuse_taken([path for path in texts if path.exists()])
    for path, text in texts.items():
        write_file(path, text)
        click.echo(path)
    if not options.is_quiet:
        _say_how_to_go_on(folder)
    return ALL_WELL


def _texts(options: InitOptions, name: str) -> dict[str, str]:
    """What is to be written, by its path in the folder."""
    texts = dict(files_of(options.template, name))
    if not options.has_schema:
        return texts
    beside = {f"{SCHEMA_FOLDER}/{file}": text for file, text in schemas().items()}
    return {file: with_modeline(file, text) for file, text in texts.items()} | beside


def _refuse_bad(name: str) -> None:
    if not re.fullmatch(OBJECT_NAME_PATTERN, name) or len(name) > LONGEST_NAME:
        raise Failure(
            t("{name!r} cannot be the name of a Workflow", name=name),
            remedy=t(
                "use up to {count} lower case letters, digits and dashes, such as my-flow",
                count=LONGEST_NAME,
            ),
            code=BAD_INPUT,
        )


def _refuse_taken(taken: Sequence[Path]) -> None:
    if taken:
        raise Failure(
            t("these files exist already: {paths}", paths=", ".join(map(str, taken))),
            remedy=t("name another folder, or overwrite them with --force"),
        )


def _say_how_to_go_on(folder: Path) -> None:
    go_there = "" if folder == Path() else f"cd {folder} && "
    click.echo("", err=True)
    click.echo(t("Next:"), err=True)
    for line in (f"{go_there}asw run .", "asw test ."):
        click.echo(f"  {line}", err=True)
