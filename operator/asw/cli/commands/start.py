"""``asw start``: starts an execution of a Workflow, and follows it where that is wanted."""

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from asw.api.names import GROUP
from asw.cli import completion, options
from asw.cli.acting.actor import Actor, acting
from asw.cli.acting.waiting import Waiting
from asw.cli.command import Command, Example
from asw.cli.inputs import STDIN, read_input
from asw.cli.objects.formats import Format, formatted, read_program_format
from asw.cli.objects.printing import print_text
from asw.executions.port import StartOrder
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, INTERRUPTED, NOT_SUCCEEDED, TIMED_OUT
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(
        command="""asw start hello --input '{"name": "Ada"}'""",
        does="Start an execution, and print its name.",
        where="cluster",
    ),
    Example(
        command="asw start hello --input-file input.json --wait",
        does="Start one, follow it, and print its output.",
        where="cluster",
    ),
    Example(
        command="asw start hello - --wait --timeout 2m -q < input.json",
        does="Read the input from standard input, and wait at most two minutes for the output.",
        where="cluster",
    ),
    Example(
        command="""asw start hello --local --input '{"name": "Ada"}'""",
        does="Run a Workflow that asw apply or asw run stored on this machine.",
    ),
    Example(
        command="asw start hello --local --name again --label team=blue --input-file input.json",
        does="Choose its name and labels.",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@click.argument("workflow", callback=options.named("Workflow"), shell_complete=completion.workflows)
@click.argument("source", metavar="[-]", required=False)
@options.inputs
@click.option("--name", help="Name of the execution; by default a new one is made.")
@click.option(
    "--label", "labels", multiple=True, metavar="KEY=VALUE", help="Add a label; may be repeated."
)
@click.option(
    "--output",
    "-o",
    "form",
    metavar="FORMAT",
    help="Print its object: json, yaml or name.",
    shell_complete=completion.formats,
)
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(workflow: str, source: str | None, *, target: Target, **given: Any) -> None:
    """Start an execution of a Workflow.

    The Workflow is one of the namespace. Without an input its defaultInput is used, else {}. The
    name of the execution is printed. With --wait the execution is followed to its end, and its
    output is printed instead; the exit code is 0 if it succeeded, 1 if it did not, and 5 if
    --timeout was over first. Ctrl-C ends the waiting, not the execution.

    On this machine (--local) the Workflow is one that asw apply or asw run stored. It runs here and
    now, so it is always followed to its end. Ctrl-C interrupts it, and asw resume continues.
    """
    text, file = given.pop("input_text"), given.pop("input_file")
    if source not in (None, STDIN):
        raise Failure(
            t("asw start takes one Workflow; {word!r} is one argument too many", word=source),
            remedy=t("give an input with --input JSON, --input-file FILE, or - for standard input"),
        )
    if source is not None:  # as an input file; together with another one it is one too many
        text, file = (text, source) if file is None else (source, file)
    has_input, value = read_input(text, file)
    order = StartOrder(
        workflow=workflow,
        name=given.pop("name"),
        has_input=has_input,
        input=value,
        labels=read_labels(given.pop("labels")),
    )
    form = read_program_format(given.pop("form"))
    given["is_waiting"] = given["is_waiting"] or given["timeout"] is not None
    sys.exit(start(target, order, Waiting(**given), form))


def start(target: Target, order: StartOrder, waiting: Waiting, form: Format | None) -> int:
    """Start an execution and print its name, or, once it is over, its output; the exit code.

    In a format for programs its object is printed instead. On this machine it is always followed
    to its end.
    """
    started: list[Run] = []

    async def act(place: Actor) -> None:
        run = await place.runs.start(order)
        started.append(run)
        if not (waiting.is_waiting or target.is_local):
            _print_started(run, form)
            place.say(t("started; {command} follows it", command=_command("watch", run, target)))
            return
        place.say(t("{name} started", name=run.name))
        await _conclude(place, run, form)

    try:
        return acting(target, waiting, act)
    except KeyboardInterrupt:
        if not started:
            raise
        _tell_interrupted(target, started[0])
        return INTERRUPTED
    except Failure as failure:
        if failure.code == TIMED_OUT and target.is_local:
            remedy = t("{command} resumes it", command=_command("resume", started[0], target))
            raise Failure(failure.message, remedy=remedy, code=TIMED_OUT) from failure
        raise


def read_labels(words: Sequence[str]) -> Mapping[str, str]:
    """Labels that were given as ``KEY=VALUE``. Raises Failure."""
    labels = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (equals and _KEY.fullmatch(key) and _VALUE.fullmatch(value)):
            remedy = t(
                "write it like --label team=blue; key and value have at most 63 letters, "
                "digits, dashes, dots and underscores, and a value may be empty"
            )
            raise Failure(t("{word!r} is not a label", word=word), remedy=remedy)
        if key.startswith(f"{GROUP}/"):
            raise Failure(
                t("label {key} is reserved for asw", key=key),
                remedy=t("choose a key that does not begin with {group}/", group=GROUP),
            )
        labels[key] = value
    return labels


_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_DOMAIN = r"(?=.{1,253}/)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/"
_KEY = re.compile(f"({_DOMAIN})?{_WORD}")
"""Kubernetes: labels, syntax and character set."""
_VALUE = re.compile(f"({_WORD})?")


def _print_started(run: Run, form: Format | None) -> None:
    if form is None:
        click.echo(run.name)
    else:
        print_text(formatted(run.manifest, [run.manifest], form))


async def _conclude(place: Actor, run: Run, form: Format | None) -> None:
    """Follow it to its end; then its output, or its object."""
    if form is None:
        await place.conclude([run])
        return
    (ended,) = await place.ended([run])
    print_text(formatted(ended.manifest, [ended.manifest], form))
    place.code = ALL_WELL if ended.phase == "Succeeded" else NOT_SUCCEEDED


def _tell_interrupted(target: Target, run: Run) -> None:
    """A cluster continues without us, this machine does not."""
    if target.is_local:
        command = _command("resume", run, target)
        click.echo(t("interrupted; {command} resumes it", command=command), err=True)
        return
    click.echo(t("{name} keeps running", name=run.name), err=True)
    words = {"watch": _command("watch", run, target), "stop": _command("stop", run, target)}
    click.echo(t("  {watch} follows it, {stop} ends it", **words), err=True)


def _command(verb: str, run: Run, target: Target) -> str:
    """The command that does it to this execution, in the place where it is."""
    return f"asw {verb} {run.name} {target.options}".rstrip()
