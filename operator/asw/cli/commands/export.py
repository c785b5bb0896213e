"""``asw export``: writes everything that is known of an execution into a file."""

import os
import sys
from pathlib import Path

import click

from asw.cli import options
from asw.cli.archives import open_run
from asw.cli.awaiting import awaited
from asw.cli.command import Command, Example
from asw.executions.bundles.contents import SUFFIX, Bundle, to_bytes
from asw.executions.bundles.gathering import ExportOptions, gather_bundle
from asw.executions.bundles.redaction import by_paths, redacted
from asw.executions.target import Target
from asw.exits import BAD_INPUT
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(command="asw export hello-2 --local", does="Write hello-2.asw.gz."),
    Example(
        command="asw export hello-2 -o hello-2.asw.gz",
        does="The same for an execution on the cluster.",
        where="cluster",
    ),
    Example(
        command="asw export hello-2 --local --redact -o for-others.asw.gz",
        does="Write a file without any values, to show to others.",
    ),
    Example(
        command="asw export hello-1 --local --redact-path '$.name' --logs -o hello.asw.gz",
        does="Leave out the value under a name, and include what tasks printed.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.execution
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, NAME.asw.gz by default; - is standard output.",
)
@click.option("--redact", "is_redacted", is_flag=True, help="Replace every value.")
@click.option(
    "--redact-path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Replace the values under these names, such as $.customer.email; may be repeated.",
)
@click.option("--no-code", "has_no_code", is_flag=True, help="Leave out the code of Functions.")
@click.option("--logs", "has_logs", is_flag=True, help="Include what tasks printed.")
@options.target_options
@options.archived
def command(  # noqa: PLR0913 -- as many as the verb has options
    name: str,
    output: Path | None,
    paths: tuple[str, ...],
    *,
    is_redacted: bool,
    has_no_code: bool,
    has_logs: bool,
    target: Target,
) -> None:
    """Write everything known about an execution to one file.

    The file contains the Execution, its whole history, the definition that it ran, the engine's
    record, its Workflow and Functions, its tasks, and the first children of a distributed Map
    that did not succeed. It never contains values of Secrets.

    asw why, asw replay, asw history and asw graph take such a file as NAME, without a cluster.

    --redact replaces every value by one of the same type and length. Keys, lengths of arrays,
    names of states and errors, code and definition stay. --redact-path does so where the names of
    the path follow each other, and wherever else the same text occurs, if it has four characters
    or more. Both also remove causes, log lines and values of environment variables. A redacted
    execution cannot be replayed.

    The name of the file is printed on standard output.
    """
    options = ExportOptions(
        has_code=not has_no_code, has_logs=has_logs, is_redacted=is_redacted, paths=paths
    )
    write_bundle(name, target, options, output)


def write_bundle(name: str, target: Target, options: ExportOptions, output: Path | None) -> None:
    """Write the execution to the file, by default one of its name; ``-`` is standard output.

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
    """All of it or nothing: a full disk leaves no half of a file.

    The file contains payloads, so only its owner may read it.
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
    async with open_run(name, target) as (runs, run):
        return await gather_bundle(runs, run, options)
