"""Reads an export, writes the manifests and shows the report: ``asw import``."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from asw.asl.values import to_text
from asw.cli.files import write_file
from asw.exits import ALL_WELL, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.importing.cloud_yaml import read_export
from asw.importing.conversion import Conversion, convert
from asw.importing.folder import Folder
from asw.importing.formats import read
from asw.importing.found import NEEDS_WORK, Export, Kind, LeadsOut
from asw.importing.manifests import to_yaml
from asw.lint.exports import Format
from asw.lint.sources import STDIN, name_of
from asw.messages import t

MOST_BYTES = 20 * 1024 * 1024
"""A synthesised template has 1 MB at most; more is none."""
_COLOURS: Mapping[Kind, str | None] = {"carried": "green", "left-out": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What is to be imported, and where to; None as folder stands for standard output."""

    file: Path
    folder: Path | None
    format: Format | None
    report: Literal["text", "json"]
    settings: Sequence[str]
    is_forced: bool
    within: Path | None = None
    """The folder that the export may refer to files of, else that of ``file``."""


def bring(options: ImportOptions) -> int:
    """Import it. The exit code says whether something is left to do."""
    export = Export(
        name=name_of(options.file),
        content=_content(options.file),
        files=Folder(options.file.parent, options.within or options.file.parent),
        values=_values(options.settings),
    )
    try:
        conversion = convert(read(export, options.format), export)
        _hand_over(conversion, options)
    except LeadsOut as failure:
        raise failure.at(export.name) from failure
    except RecursionError as error:
        raise Failure(
            t("{path}: it is nested too deeply", path=options.file),
            remedy=t("no state machine needs that: see what is in it"),
        ) from error
    _show(conversion, options)
    return NOT_SUCCEEDED if conversion.needs_work else ALL_WELL


def _hand_over(conversion: Conversion, options: ImportOptions) -> None:
    """The manifests on standard output, or as files whose names are printed."""
    if options.folder is None:
        click.echo(to_yaml([*conversion.workflows, *conversion.functions]), nl=False)
        return
    written = _write(conversion, options.folder, is_forced=options.is_forced)
    if options.report == "text":
        click.echo("\n".join(map(str, written)))


def _content(file: Path) -> dict[str, object]:
    content = read_export(_text(file), name_of(file))
    if not isinstance(content, dict):
        raise Failure(
            t("{path} is empty, or its top is no object", path=name_of(file)),
            remedy=_what_to_name(),
        )
    return content


def _text(file: Path) -> str:
    try:
        if file == STDIN:
            return sys.stdin.buffer.read(MOST_BYTES).decode()
        if file.is_dir():
            raise Failure(
                t("{path} is a folder", path=file),
                remedy=t("name the file: a template, a definition, a serverless.yml"),
            )
        if file.stat().st_size > MOST_BYTES:
            raise Failure(
                t("{path} is larger than any export", path=file),
                remedy=_what_to_name(),
            )
        return file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Failure(
            t("no file {path}", path=file), remedy=t("name the export"), code=NOT_FOUND
        ) from error
    except UnicodeDecodeError as error:
        raise Failure(
            t("{path} is no text", path=file),
            remedy=_what_to_name(),
        ) from error
    except OSError as error:
        raise Failure(
            t("cannot read {path}: {reason}", path=file, reason=error.strerror),
            remedy=t("see whether you may read it"),
        ) from error


def _what_to_name() -> str:
    """Terraform's files, say, hold no machine that could be read without Terraform."""
    return t(
        "name a template, a definition or a serverless.yml; of a machine that something else made, "
        "what aws stepfunctions describe-state-machine prints"
    )


def _values(settings: Sequence[str]) -> dict[str, str]:
    values = {}
    for setting in settings:
        name, sign, value = setting.partition("=")
        if not sign or not name:
            raise Failure(
                t("--set {setting} is no NAME=VALUE", setting=setting),
                remedy=t("such as --set Stage=prod"),
            )
        values[name] = value
    return values


def _write(conversion: Conversion, folder: Path, *, is_forced: bool) -> list[Path]:
    texts = {folder / "workflow.yaml": to_yaml(conversion.workflows)}
    if conversion.functions:
        texts[folder / "functions.yaml"] = to_yaml(conversion.functions)
    taken = [path for path in texts if path.exists()]
    if taken and not is_forced:
        raise Failure(
            t("already there: {paths}", paths=", ".join(map(str, taken))),
            remedy=t("name another folder, or --force to overwrite them"),
        )
    for path, text in texts.items():
        write_file(path, text)
    return list(texts)


def _show(conversion: Conversion, options: ImportOptions) -> None:
    if options.report == "json":
        click.echo(to_text(conversion.to_plain()), err=options.folder is None)
        return
    for kind, title in _titles().items():
        notes = [note for note in conversion.notes if note.kind == kind]
        if notes:
            styled = click.style(title, bold=True, fg=_COLOURS.get(kind, "yellow"))
            click.echo(f"\n{styled}", err=True)
        for note in notes:
            click.echo(f"  {note.place}: {note.message}", err=True)
            if note.remedy:
                click.echo(f"      {note.remedy}", err=True)
    left = sum(note.kind in NEEDS_WORK for note in conversion.notes)
    summary = t("left to do: {count}", count=left) if left else t("nothing is left to do")
    click.echo(f"\n{summary}", err=True)


def _titles() -> Mapping[Kind, str]:
    """The titles of the report, in its order."""
    return {
        "carried": t("Carries over"),
        "function": t("Needs a Function"),
        "unsupported": t("Not supported"),
        "open": t("To be filled in"),
        "invalid": t("Wrong in the definition"),
        "left-out": t("Left out"),
    }
