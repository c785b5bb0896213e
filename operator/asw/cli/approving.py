"""What ``asw approve``, ``asw reject`` and ``asw inbox`` do on a cluster and on this machine."""

import grp
import os
import pwd
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import click

from asw.api.phases import UNFINISHED_PHASES
from asw.asl.approvals import Decision, end_of
from asw.asl.errors import Failure as TaskFailure
from asw.asl.values import JsonObject, to_text
from asw.cli.awaiting import awaited
from asw.engine.tokens import callback_token
from asw.executions.approvals import OpenApproval, check, meant, open_approvals
from asw.executions.cluster.answering import patch_of, whoami
from asw.executions.cluster.inviting import Invitation, Invited, invite
from asw.executions.cluster.runs import open_cluster
from asw.executions.local.runs import open_local
from asw.executions.opening import open_runs
from asw.executions.port import Query, Runs
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


def answer(target: Target, name: str, said: Answer) -> None:
    """Answer an approval as whoever runs asw. Raises Failure."""
    act = _kept if target.is_local else _sent
    run = awaited(act(target, name, said))
    click.echo(
        t("{name} was told: {choice}", name=run.name, choice=one_line(said.choice)), err=True
    )


async def _kept(target: Target, name: str, said: Answer) -> Run:
    """Report to the store of this machine, as the user of the system."""
    with open_local(target) as runs:
        run, asked = await _asked(runs, name, state=said.state, task=said.task)
        decision = _decision(said, _user(), _groups())
        check(asked, decision)
        runs.report(callback_token(asked.task_id), _report(asked, decision))
        return run


async def _sent(target: Target, name: str, said: Answer) -> Run:
    """Patch the Execution, as the user whom the cluster takes us for."""
    async with open_cluster(target) as runs:
        run, asked = await _asked(runs, name, state=said.state, task=said.task)
        person = await whoami(target)
        decision = _decision(said, person.name, person.groups)
        check(asked, decision)
        await runs.answer(run, patch_of(run, asked, decision))
        return run


def _decision(said: Answer, by: str, groups: Sequence[str]) -> Decision:
    return Decision(
        choice=said.choice,
        by=by,
        groups=tuple(groups),
        comment=said.comment,
        at=datetime.now(UTC),
    )


def print_link(
    target: Target, name: str, wanted: Invitation, *, state: str | None, task: int | None
) -> None:
    """Print a one-time link for somebody. Raises Failure."""
    made = awaited(_invited(target, name, wanted, state=state, task=task))
    click.echo(made.link)
    told = t("whoever has it answers as {user}, until {until}", user=wanted.by, until=made.until)
    click.echo(one_line(told), err=True)


async def _invited(
    target: Target, name: str, wanted: Invitation, *, state: str | None, task: int | None
) -> Invited:
    async with open_cluster(target) as runs:
        run, asked = await _asked(runs, name, state=state, task=task)
        return await invite(target, run, asked, wanted)


def inbox(target: Target, *, is_everywhere: bool, is_json: bool) -> None:
    """Print every open approval. Raises Failure."""
    rows = awaited(_inbox(target, is_everywhere=is_everywhere))
    if is_json:
        for row in rows:
            click.echo(to_text(row))
        return
    if not rows:
        click.echo(t("nothing waits for an approval"), err=True)
    for row in rows:
        choices = ", ".join(row["choices"])
        named = f"{row['namespace']}/{row['execution']}" if is_everywhere else row["execution"]
        cells = (named, row["state"], row["title"], f"({choices})")
        click.echo("  ".join(map(one_line, cells)))  # each alone: it makes one blank of two
        if row["message"]:
            click.echo("    " + one_line(row["message"]))
        click.echo("    " + row["answer"])


async def _asked(
    runs: Runs, name: str, *, state: str | None, task: int | None
) -> tuple[Run, OpenApproval]:
    run = await runs.get(name)
    found = tuple(open_approvals(await runs.record(run)))
    return run, meant(found, run.name, state=state, task=task)


async def _inbox(target: Target, *, is_everywhere: bool) -> list[JsonObject]:
    query = Query(phases=UNFINISHED_PHASES, with_children=True, all_namespaces=is_everywhere)
    rows: list[JsonObject] = []
    async with open_runs(target) as runs:
        for run in await runs.list(query):
            where = replace(target, namespace=run.namespace) if is_everywhere else target
            found = open_approvals(await runs.record(run))
            rows += [_row(run, asked, where) for asked in found]
    return rows


def _row(run: Run, asked: OpenApproval, where: Target) -> JsonObject:
    question = asked.question
    options = f" {where.options}" if where.options else ""
    return {
        "namespace": run.namespace,
        "execution": run.name,
        "state": asked.state,
        "task": asked.task_id.ordinal,
        "title": question.title,
        "message": question.message,
        "choices": list(question.choices),
        "users": list(question.users),
        "groups": list(question.groups),
        "askedAt": asked.asked_at.isoformat(),
        "until": None if asked.until is None else asked.until.isoformat(),
        "answer": f"asw approve {run.name} --task {asked.task_id.ordinal}{options}",
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


def _groups() -> tuple[str, ...]:
    """The groups of the user who runs asw, those without a name left out."""
    found = []
    for number in os.getgroups():
        with suppress(KeyError):
            found.append(grp.getgrgid(number).gr_name)
    return tuple(found)
