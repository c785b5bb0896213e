"""``asw export``: arguments only."""

from pathlib import Path

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(command="asw export hello-2 --local", does="Write hello-2.asw.gz."),
    Example(
        command="asw export hello-2 -o hello-2.asw.gz",
        does="The same of an execution on the cluster.",
        where="cluster",
    ),
    Example(
        command="asw export hello-2 --local --redact -o for-others.asw.gz",
        does="Write a file without any value, to be shown to others.",
    ),
    Example(
        command="asw export hello-1 --local --redact-path '$.name' --logs -o hello.asw.gz",
        does="Leave out what stands under a name, and put in what tasks printed.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("name", callback=options.named("Execution"), shell_complete=completion.executions)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, NAME.asw.gz by default; - is standard output.",
)
@click.option("--redact", "is_redacted", is_flag=True, help="Take out every value.")
@click.option(
    "--redact-path",
    "paths",
    multiple=True,
    metavar="PATH",
    help="Take out what stands under these names, such as $.customer.email; may be repeated.",
)
@click.option("--no-code", "has_no_code", is_flag=True, help="Leave out the code of Functions.")
@click.option("--logs", "has_logs", is_flag=True, help="Put in what tasks printed.")
@options.target_options
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
    """Write all that is known of an execution into one file.

    The file holds the Execution, its whole history, the definition that it ran, the engine's
    memory of it, its Workflow and Functions, its tasks, and of a distributed Map the first
    children that did not succeed. Values of Secrets are never in it.

    asw why, asw replay, asw history and asw graph take such a file for a NAME, without a cluster.

    With --redact every value is replaced by one of the same type and length: keys, lengths of
    arrays, names of states and errors stay, code and definition too. --redact-path does so where
    the names of the path follow each other, and wherever else the same text of four characters
    or more stands. In both cases causes, log lines and values of environment variables go as
    well. What is redacted cannot be replayed.

    The name of the file is printed on standard output.
    """
    from asw.cli.exporting import write_bundle  # noqa: PLC0415
    from asw.executions.bundles.gathering import ExportOptions  # noqa: PLC0415

    options = ExportOptions(
        has_code=not has_no_code, has_logs=has_logs, is_redacted=is_redacted, paths=paths
    )
    write_bundle(name, target, options, output)
