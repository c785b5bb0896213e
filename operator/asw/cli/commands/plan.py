"""``asw plan``: arguments only; ``planning`` does it."""

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
        does="Show what kubectl apply would change in the namespace of the context.",
        where="cluster",
    ),
    Example(
        command="asw plan workflow.yaml -o json",
        does="The same for programs, for one file.",
        where="cluster",
    ),
    Example(
        command="asw plan workflow.yaml functions.yaml --local",
        does="Show what asw apply would change in this folder's store.",
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
@options.text_or_json("Format of the differences.")
@options.target_options
def command(paths: tuple[Path, ...], form: str, target: Target) -> None:
    """Compare manifests with what the cluster has.

    PATHS are files, or folders of them, as kubectl apply takes them; a bare definition is the
    Workflow of its file's name. Their Workflows and Functions are compared with those of the
    namespace in terms of the language: states that are added, removed or renamed; where they lead;
    Retry, Catch and Choice rules; Resources, time-outs, data flow; and for Functions the runtime,
    lines of code, variables, images and accounts. Defaults, the order of keys and the spelling of
    a text make no difference. Nothing is changed. What only the cluster has is named and would
    stay. Values of Secrets are never read.

    If a Workflow gets another definition, the executions in flight are named. They keep the
    revision that they began with; for each you see whether a redrive could move it to the new one.
    A Function has no revisions: the executions in flight that would call the new one are named.

    The namespace is that of -n, else the one that the files name, else the context's. If you may
    apply, you also see what admission would refuse, because the API server is asked for a dry run;
    if you may not, you see that it was not asked.

    The exit code is terraform's: 0 if nothing differs, 2 if something does, 1 if the files are
    wrong or would be refused. So here 2 is not bad input; 3 is no cluster, as everywhere.
    """
    from asw.cli.planning import run  # noqa: PLC0415 -- help needs none

    sys.exit(run(paths, target, is_json=form == "json"))
