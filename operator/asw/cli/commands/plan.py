"""``asw plan``: arguments only."""

import sys
from pathlib import Path

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.executions.target import Target
from asw.exits import NOT_SUCCEEDED
from asw.failures import Failure

_EXAMPLES = (
    Example(
        command="asw plan workflow.yaml functions.yaml",
        does="What kubectl apply would change in the namespace of the context.",
        where="cluster",
    ),
    Example(
        command="asw plan workflow.yaml -o json",
        does="The same for programs, of one file.",
        where="cluster",
    ),
    Example(
        command="asw plan workflow.yaml functions.yaml --local",
        does="What asw apply would change in this folder's store.",
    ),
)


class _PlanCommand(Command):
    """Wrong arguments must not look like differences, which are exit code 2 here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As for a verb, with terraform's exit code."""
        try:
            return super().parse_args(ctx, args)
        except Failure as failure:
            raise Failure(failure.message, remedy=failure.remedy, code=NOT_SUCCEEDED) from failure


@click.command(cls=_PlanCommand, examples=_EXAMPLES)
@options.paths
@click.option(
    "--output",
    "-o",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How the differences are printed.",
)
@options.target_options
def command(paths: tuple[Path, ...], output: str, target: Target) -> None:
    """Compare manifests with what the cluster has.

    PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the
    Workflow of its file's name. Their Workflows and Functions are compared with those of the
    namespace in the words of the language: states that come, go, or get another name; where they
    lead; Retry, Catch and Choice rules; Resources, time-outs, data flow; and of Functions runtime,
    lines of code, variables, images and accounts. Defaults, the order of keys and the spelling of
    a text are no differences. Nothing is changed; what only the cluster has is named and would
    stay. Values of Secrets are never read.

    Of a Workflow that gets another definition the executions in flight are named: they keep the
    revision that they began with, and for each it is said whether a redrive could move it to the
    new one. A Function has no revisions: those in flight that call it, and would call the new one,
    are named.

    The namespace is -n's, else the one that the files name, else the context's. Whoever may apply
    is told as well what admission would refuse: the API server is asked for a dry run; others are
    told that it was not.

    The exit code is terraform's: 0 where nothing differs, 2 where something does, 1 where the
    files are wrong or would be refused; so here 2 is not bad input. 3 is no cluster, as everywhere.
    """
    from asw.cli import planning  # noqa: PLC0415

    sys.exit(planning.run(paths, target, is_json=output == "json"))
