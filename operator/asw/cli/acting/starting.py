"""Starts executions of Workflows, and follows them where that is wanted."""

import re
from collections.abc import Mapping, Sequence

import click

from asw.api.names import GROUP
from asw.cli.acting.place import Actor, acting
from asw.cli.acting.waiting import Waiting
from asw.cli.objects.formats import Format, formatted
from asw.cli.objects.printing import print_text
from asw.executions.port import StartOrder
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import ALL_WELL, INTERRUPTED, NOT_SUCCEEDED, TIMED_OUT
from asw.failures import Failure
from asw.messages import t


def start(target: Target, order: StartOrder, waiting: Waiting, form: Format | None) -> int:
    """Start an execution and print its name, or, once it is over, its output; the exit code.

    In a format for programs its object is printed instead. On this machine it is always worked on
    until it is over.
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
            remedy = t("{command} goes on", command=_command("resume", started[0], target))
            raise Failure(failure.message, remedy=remedy, code=TIMED_OUT) from failure
        raise


def read_labels(words: Sequence[str]) -> Mapping[str, str]:
    """Labels that were given as ``KEY=VALUE``. Raises Failure."""
    labels = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (equals and _KEY.fullmatch(key) and _VALUE.fullmatch(value)):
            remedy = t(
                "it reads like: --label team=blue; key and value have at most 63 letters, digits, "
                "dashes, dots and underscores, and a value may be empty"
            )
            raise Failure(t("no label: {word!r}", word=word), remedy=remedy)
        if key.startswith(f"{GROUP}/"):
            raise Failure(
                t("label {key} is asw's own", key=key),
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
    """A cluster goes on without us, this machine does not."""
    if target.is_local:
        command = _command("resume", run, target)
        click.echo(t("interrupted; {command} goes on", command=command), err=True)
        return
    click.echo(t("{name} runs on without you", name=run.name), err=True)
    words = {"watch": _command("watch", run, target), "stop": _command("stop", run, target)}
    click.echo(t("  {watch} follows it, {stop} ends it", **words), err=True)


def _command(verb: str, run: Run, target: Target) -> str:
    """The command that does it to this execution, in the place where it is."""
    return f"asw {verb} {run.name} {target.options}".rstrip()
