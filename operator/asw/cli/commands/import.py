"""``asw import``: reads an export, writes the manifests and shows the report."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click

from asw.asl.values import to_text
from asw.cli.command import Command, Example
from asw.cli.files import write_file
from asw.exits import ALL_WELL, NOT_FOUND, NOT_SUCCEEDED
from asw.failures import Failure
from asw.importing.cloud_yaml import read_export
from asw.importing.conversion import Conversion, convert
from asw.importing.folder import Folder
from asw.importing.formats import read
from asw.importing.found import NEEDS_WORK, Export, Kind, LeadsOut
from asw.importing.manifests import to_yaml
from asw.lint.exports import FORMATS, Format
from asw.lint.sources import STDIN, name_of
from asw.messages import t

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
        does="Print the report as JSON, for a program.",
        exit_code=1,
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    "-o",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folder for workflow.yaml and functions.yaml; without it they are printed.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(("auto", *FORMATS)),
    default="auto",
    show_default=True,
    help="What the file is.",
)
@click.option(
    "--report",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Value of a parameter or a placeholder of the export; may be repeated.",
)
@click.option(
    "--within",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder that contains the files named in the export; by default that of FILE.",
)
@click.option("--force", "is_forced", is_flag=True, help="Overwrite existing files.")
def command(file: Path, folder: Path | None, format_name: str, **manner: Any) -> None:
    """Make manifests from an export of Step Functions or ASW.

    FILE is a definition in JSON or YAML; what aws stepfunctions describe-state-machine or
    Tencent's DescribeFlowServiceDetail prints; a template of SAM or CloudFormation, or one that
    cdk synth wrote; a serverless.yml with Tencent's component asw, or with the plugin
    serverless-step-functions. With - it is read from standard input.

    Each state machine becomes a Workflow. Each Lambda or SCF function that a state calls becomes a
    Function of the same name, with its variables, timeout and memory, and with its code if that is
    Python and lies beside the export. Missing code becomes a placeholder that fails with an
    explanation until you fill it in; other runtimes become an image that you have to build. A path
    or link in the export that leads out of its folder is refused; --within allows a wider folder.

    The manifests are printed, or written to the folder of -o; existing files are not overwritten.
    The report says what carries over, what needs a Function, what is not supported, which values
    you have to fill in and what is left out, each with its place and a remedy. It goes to standard
    error, or as JSON to standard output if the manifests go to a folder.

    Exit codes: 0, the workflows can run as they are; 1, the manifests were made, and the report
    names something to do first; 2, the file is not an export, and nothing was written.
    """
    wanted: Any = None if format_name == "auto" else format_name
    sys.exit(bring(ImportOptions(file=file, folder=folder, format=wanted, **manner)))


MOST_BYTES = 20 * 1024 * 1024
"""A synthesised template has at most 1 MB."""
_COLOURS: Mapping[Kind, str | None] = {"carried": "green", "left-out": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What to import, and where to; no folder means standard output."""

    file: Path
    folder: Path | None
    format: Format | None
    report: Literal["text", "json"]
    settings: Sequence[str]
    is_forced: bool
    within: Path | None = None
    """The folder that the export may refer to files of, else that of ``file``."""


def bring(options: ImportOptions) -> int:
    """Import it. The exit code says whether something remains to be done."""
    values = _values(options.settings)
    export = Export(
        name=name_of(options.file),
        content=_content(options.file, values),
        files=Folder(options.file.parent, options.within or options.file.parent),
        values=values,
    )
    try:
        conversion = convert(read(export, options.format), export)
        _hand_over(conversion, options)
    except LeadsOut as failure:
        raise failure.at(export.name) from failure
    except RecursionError as error:
        raise Failure(
            t("{path} is nested too deeply", path=options.file),
            remedy=t("no state machine needs that: check what it contains"),
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


def _content(file: Path, values: Mapping[str, str]) -> dict[str, object]:
    content = read_export(_text(file), name_of(file), values)
    if not isinstance(content, dict):
        raise Failure(
            t("{path} is empty, or its top level is not an object", path=name_of(file)),
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
            t("{path} is not text", path=file),
            remedy=_what_to_name(),
        ) from error
    except OSError as error:
        raise Failure(
            t("cannot read {path}: {reason}", path=file, reason=error.strerror),
            remedy=t("check that you may read it: ls -l"),
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
                t("--set {setting} is not NAME=VALUE", setting=setting),
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
            t("these files exist already: {paths}", paths=", ".join(map(str, taken))),
            remedy=t("name another folder, or overwrite them with --force"),
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
