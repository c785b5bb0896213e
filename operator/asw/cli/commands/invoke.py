"""``asw invoke``: arguments only; ``invoking`` does it."""

import sys
from pathlib import Path
from typing import Any

import click

from asw.cli import completion, options
from asw.cli.command import Command, Example
from asw.executions.target import Target

_EXAMPLES = (
    Example(
        command="""asw invoke greet functions.yaml --input '{"name": "Ada"}'""",
        does="Run a Function of these files here, and print what it returns.",
    ),
    Example(
        command="asw invoke greet . --input @input.json --log",
        does="Show what it prints as well.",
    ),
    Example(
        command="asw invoke greet --local --input @input.json",
        does="Run one that asw apply or asw run stored on this machine.",
    ),
    Example(
        command="""asw invoke greet --input '{"name": "Ada"}' --log --timeout 2m""",
        does="Run one of the cluster there, and wait at most two minutes.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("function", callback=options.named("Function"), shell_complete=completion.functions)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@options.inputs
@click.option("--log", "has_log", is_flag=True, help="Show what it prints, on standard error.")
@click.option(
    "--timeout",
    type=options.Span(),
    metavar="SPAN",
    help="End it after this time (90s, 10m, 1h), with exit code 5.",
)
@options.target_options
def command(function: str, paths: tuple[Path, ...], *, target: Target, **given: Any) -> None:
    """Run a Function alone.

    With PATHS, files or folders of manifests, FUNCTION is one of theirs and runs on this machine;
    with --local it is one that this machine's store has; otherwise one of the cluster, which runs
    it. FUNCTION is the name by which definitions call it. Without an input it gets {}.

    It runs as a Task would run it: the same process or pod, variables, account and limits. What it
    returns is printed on standard output, as JSON. If it fails, standard error has the name and the
    cause of the error, and the function's own traceback.

    On a cluster, an Execution of a Workflow with one Task runs it; both are removed at the end,
    also after Ctrl-C and --timeout. So it takes the rights to create and delete these two.

    The exit code is 0 if it returned, 1 if it failed, 4 if there is no such Function, and 5 if
    --timeout was over first.
    """
    from asw.cli.invoking import Invoke, invoke  # noqa: PLC0415 -- help needs none of it

    text, file = given.pop("input_text"), given.pop("input_file")
    sys.exit(invoke(Invoke(function=function, paths=paths, target=target, **given), text, file))
