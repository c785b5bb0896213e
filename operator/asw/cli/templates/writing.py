"""Puts a template into a folder: ``asw init``."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from asw.api.names import OBJECT_NAME_PATTERN
from asw.cli.files import write_file
from asw.cli.templates.library import (
    SCHEMA_FOLDER,
    files_of,
    schemas,
    templates,
    with_modeline,
)
from asw.exits import ALL_WELL, BAD_INPUT, NOT_FOUND
from asw.failures import Failure, nearest
from asw.messages import t

LONGEST_NAME = 63
"""Names of executions are made of the Workflow's; they are labels as well (Kubernetes: 63)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """What is to be written, and where; None stands for what follows from the rest."""

    template: str
    folder: Path | None
    name: str | None
    is_forced: bool
    is_quiet: bool
    has_schema: bool


def show_templates() -> int:
    """One line a template: its name and what it shows."""
    known = templates()
    width = max(len(template.name) for template in known)
    for template in known:
        click.echo(f"{template.name:{width}}  {template.shows}")
    return ALL_WELL


def begin(options: InitOptions) -> int:
    """Write the template's files. Raises Failure before the first where one of them exists."""
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
            t("{name!r} is no name of a Workflow", name=name),
            remedy=t(
                "use up to {count} lower case letters, digits and dashes, such as my-flow",
                count=LONGEST_NAME,
            ),
            code=BAD_INPUT,
        )


def _refuse_taken(taken: Sequence[Path]) -> None:
    if taken:
        raise Failure(
            t("already there: {paths}", paths=", ".join(map(str, taken))),
            remedy=t("name another folder, or --force to overwrite them"),
        )


def _say_how_to_go_on(folder: Path) -> None:
    go_there = "" if folder == Path() else f"cd {folder} && "
    click.echo("", err=True)
    click.echo(t("Next:"), err=True)
    for line in (f"{go_there}asw run .", "asw test ."):
        click.echo(f"  {line}", err=True)
