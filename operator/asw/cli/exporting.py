"""What ``asw export`` does: everything of an execution into a file."""

import os
import sys
from pathlib import Path

import click

from asw.cli.awaiting import awaited
from asw.executions.bundles.contents import SUFFIX, Bundle, to_bytes
from asw.executions.bundles.gathering import ExportOptions, gather_bundle
from asw.executions.bundles.redaction import by_paths, redacted
from asw.executions.naming import open_named
from asw.executions.target import Target
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t


def write_bundle(name: str, target: Target, options: ExportOptions, output: Path | None) -> None:
    """Write the execution of that name into the file, by default one of its name; ``-`` is stdout.

    The file's name is printed on standard output.
    """
    if options.paths:
        by_paths(options.paths)  # a path that is none is told before anything is read
    bundle = awaited(_gathered(name, target, options))
    if options.is_redacted or options.paths:
        bundle = redacted(bundle, () if options.is_redacted else options.paths)
    content = to_bytes(bundle)
    if output is not None and str(output) == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    path = output or Path(f"{bundle.main.run.name}{SUFFIX}")
    _write(path, content)
    for sentence in bundle.missing:
        click.echo(t("left out: {what}", what=sentence), err=True)
    click.echo(str(path))


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: no half of a file is left where the disk is full.

    It holds payloads, so it is its owner's alone, until that one gives it to others.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Failure(
            t("cannot write {path}: {reason}", path=path, reason=error.strerror),
            remedy=t("name another file with -o"),
            code=BAD_INPUT,
        ) from error


async def _gathered(name: str, target: Target, options: ExportOptions) -> Bundle:
    async with open_named(name, target) as (runs, found):
        return await gather_bundle(runs, await runs.get(found), options)
