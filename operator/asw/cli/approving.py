"""What ``asw approve``, ``asw reject`` and ``asw inbox`` do in this machine's store."""

import asyncio
import os
import pwd
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from asw.api.phases import UNFINISHED_PHASES
from asw.asl.approvals import Decision, end_of
from asw.asl.errors import Failure as TaskFailure
from asw.asl.values import JsonObject, to_text
from asw.engine.tokens import callback_token
from asw.executions.approvals import OpenApproval, check, meant, open_approvals
from asw.executions.local.runs import LocalRuns, open_local
from asw.executions.port import Query
from asw.executions.run import Run
from asw.executions.target import Target
from asw.messages import t
from asw.messages.visible import one_line
from asw.platforms.local.reports import Failing, Report, Success


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is decided and why; of which state or task, if the execution asks several things."""

    choice: str
    comment: str
    state: str | None
    task: int | None


def answer(data: Path, name: str, said: Answer) -> None:
    """Answer an approval as the user of the system who runs asw. Raises Failure."""
    decision = Decision(choice=said.choice, by=_user(), comment=said.comment, at=datetime.now(UTC))
    with open_local(Target(is_local=True, data=data)) as runs:
        run, found = asyncio.run(_asked(runs, name))
        asked = meant(found, run.name, state=said.state, task=said.task)
        check(asked, decision)
        runs.report(callback_token(asked.task_id), _report(asked, decision))
    click.echo(
        t("{name} was told: {choice}", name=run.name, choice=one_line(said.choice)), err=True
    )


def inbox(data: Path, *, is_json: bool) -> None:
    """Print every open approval of the store. Raises Failure."""
    with open_local(Target(is_local=True, data=data)) as runs:
        rows = asyncio.run(_rows(runs))
    if is_json:
        for row in rows:
            click.echo(to_text(row))
        return
    if not rows:
        click.echo(t("nothing waits for an approval"), err=True)
    for row in rows:
        choices = ", ".join(row["choices"])
        click.echo(one_line(f"{row['execution']}  {row['state']}  {row['title']}  ({choices})"))
        if row["message"]:
            click.echo("    " + one_line(row["message"]))
        click.echo("    " + row["answer"])


async def _asked(runs: LocalRuns, name: str) -> tuple[Run, Sequence[OpenApproval]]:
    run = await runs.get(name)
    return run, tuple(open_approvals(await runs.record(run)))


async def _rows(runs: LocalRuns) -> list[JsonObject]:
    query = Query(phases=UNFINISHED_PHASES, with_children=True)
    found = [(run, await runs.record(run)) for run in await runs.list(query)]
    return [_row(run, asked) for run, record in found for asked in open_approvals(record)]


def _row(run: Run, asked: OpenApproval) -> JsonObject:
    question = asked.question
    return {
        "execution": run.name,
        "state": asked.state,
        "task": asked.task_id.ordinal,
        "title": question.title,
        "message": question.message,
        "choices": list(question.choices),
        "users": list(question.users),
        "askedAt": asked.asked_at.isoformat(),
        "until": None if asked.until is None else asked.until.isoformat(),
        "answer": f"asw approve {run.name} --task {asked.task_id.ordinal}",
    }


def _report(asked: OpenApproval, decision: Decision) -> Report:
    end = end_of(asked.question, decision)
    if isinstance(end, TaskFailure):
        return Failing(error=end.error, cause=end.cause)
    return Success(output=end)


def _user() -> str:
    """Who runs asw; the number of a user without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
