"""``asw callback``: reports on a Task that waits by a token."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias

import click

from asw.asl.values import Json
from asw.cli import options
from asw.cli.command import Command, Example
from asw.cli.inputs import read_input
from asw.executions.cluster.callbacks import Address, report
from asw.executions.target import Target
from asw.failures import Failure
from asw.messages import t
from asw.platforms.kubernetes.keys.callback_tokens import is_callback_token

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
@click.option("--url", envvar="ASW_SERVER", help="Address of asw serve; by default $ASW_SERVER.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    help="With --url: file with the authority of its certificate.",
)
@options.data
@options.system_options
def command(  # noqa: PLR0913  what click passes
    kind: _Kind,
    token: str,
    *,
    data: Path,
    url: str | None,
    ca: Path | None,
    system: Target,
    **given: str | None,
) -> None:
    """Report on a Task that waits by a token.

    A Task whose Resource ends with .waitForTaskToken hands $$.Task.Token to what it calls, and
    waits. TOKEN is that text. success ends the Task with --output, {} by default; failure fails it
    with --error and --cause, which may be left out; heartbeat starts its HeartbeatSeconds again.

    For an execution on a cluster asw serve takes the report: at --url, else through the API server
    of the kubeconfig's context, from the namespace of the operator. The token is all the right
    that --url needs; the other way needs the right to list Services and to create services/proxy
    there. It ends once the report is saved.

    For an execution of this machine (asw run) whoever may write the folder --data may report. If
    no asw works on the execution, the report is kept until asw resume does.

    Exit code 1: the Task waits no more. Exit code 4: no execution has made the token. Exit code 3:
    asw serve does not answer.
    """
    for name, belongs in _OPTIONS.items():
        if given[name] is not None and kind != belongs:
            raise Failure(
                t("--{name} does not go with {kind}", name=name, kind=kind),
                remedy=t("asw callback {kind} takes it", kind=belongs),
            )
    has_output, value = read_input(given["output"], None)
    if url is not None or is_callback_token(token):
        said = {"token": token, **_said(kind, given, value if has_output else {})}
        address = Address(url=url, ca=ca, target=system)
        asyncio.run(report(address, kind, said))
        return
    _report_here(kind, token, data, given, value if has_output else {})


def _said(kind: _Kind, given: Mapping[str, str | None], output: Json) -> dict[str, Json]:
    if kind == "success":
        return {"output": output}
    return {name: text for name in ("error", "cause") if (text := given[name]) is not None}


def _report_here(
    kind: _Kind, token: str, data: Path, given: Mapping[str, str | None], output: Json
) -> None:
    from asw.executions.local.runs import open_local  # noqa: PLC0415 -- help needs none of it
    from asw.platforms.local.reports import Beat, Failing, Report, Success  # noqa: PLC0415

    reports: dict[str, Report] = {
        "success": Success(output=output),
        "failure": Failing(error=given["error"], cause=given["cause"]),
        "heartbeat": Beat(),
    }
    with open_local(Target(is_local=True, data=data)) as runs:
        run = runs.report(token, reports[kind])
        click.echo(t("{name} was told", name=run.name), err=True)
