"""``asw callback``: reports on a Task that waits by a token."""

from pathlib import Path
from typing import Final, Literal, TypeAlias

import click

from asw.cli import options
from asw.cli.command import Command, Example
from asw.cli.inputs import read_input
from asw.executions.target import Target
from asw.failures import Failure
from asw.messages import t

_Kind: TypeAlias = Literal["success", "failure", "heartbeat"]
_EXAMPLES = (
    Example(
        command="""asw callback success "$TOKEN" --output '{"approved": true}'""",
        does="End the Task; the output is its result.",
        exit_code=1,
    ),
    Example(
        command="""asw callback failure "$TOKEN" --error Denied --cause 'too expensive'""",
        does="Fail the Task, for its Retry and Catch.",
        exit_code=1,
    ),
    Example(
        command="""asw callback heartbeat "$TOKEN" """.strip(),
        does="Say that the work goes on, before HeartbeatSeconds are over.",
        exit_code=1,
    ),
)
_OPTIONS: Final = {"output": "success", "error": "failure", "cause": "failure"}
"""What each option belongs to."""


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("kind", type=click.Choice(["success", "failure", "heartbeat"]))
@click.argument("token")
@click.option("--output", help="Result of the Task: JSON, @FILE, or - for standard input.")
@click.option("--error", help="Error name of the failure.")
@click.option("--cause", help="Cause of the failure.")
@options.data
def command(kind: _Kind, token: str, data: Path, **given: str | None) -> None:
    """Report on a Task that waits by a token.

    A Task whose Resource ends with .waitForTaskToken hands $$.Task.Token to what it calls, and
    waits. TOKEN is that text. success ends the Task with --output, {} by default; failure fails it
    with --error and --cause, which may be left out; heartbeat starts its HeartbeatSeconds again.

    This is for executions of this machine (asw run); clusters take no callbacks yet. Whoever may
    write the folder may report. If no asw works on the execution, the report is kept until
    asw resume does.

    Exit code 1: the Task waits no more. Exit code 4: no execution here has made the token.
    """
    for name, belongs in _OPTIONS.items():
        if given[name] is not None and kind != belongs:
            raise Failure(
                t("--{name} does not go with {kind}", name=name, kind=kind),
                remedy=t("asw callback {kind} takes it", kind=belongs),
            )
    has_output, value = read_input(given["output"], None)
    from asw.executions.local.runs import open_local  # noqa: PLC0415 -- help needs none of it
    from asw.platforms.local.reports import Beat, Failing, Report, Success  # noqa: PLC0415

    reports: dict[str, Report] = {
        "success": Success(output=value if has_output else {}),
        "failure": Failing(error=given["error"], cause=given["cause"]),
        "heartbeat": Beat(),
    }
    with open_local(Target(is_local=True, data=data)) as runs:
        run = runs.report(token, reports[kind])
        click.echo(t("{name} was told", name=run.name), err=True)
