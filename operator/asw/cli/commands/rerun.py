"""``asw rerun``: starts one more execution like another."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from asw.api.names import GROUP
from asw.asl.values import Json, from_text
from asw.cli import options
from asw.cli.acting.actor import Actor, acting
from asw.cli.acting.refusing import why_no_rerun
from asw.cli.acting.waiting import Waiting
from asw.cli.command import Command, Example
from asw.cli.inputs import read_input
from asw.engine.history import Event
from asw.executions.naming import refuse_file
from asw.executions.port import Runs, StartOrder
from asw.executions.run import Run
from asw.executions.target import Target
from asw.exits import NOT_FOUND
from asw.failures import Failure
from asw.messages import t

_EXAMPLES = (
    Example(
        command="asw rerun hello-1 --local",
        does="Run it again on the same input; the output is printed.",
    ),
    Example(
        command="""asw rerun hello-2 --input '{"name": "Ada"}' --local""",
        does="Run it again on another input.",
    ),
    Example(
        command="asw rerun hello-1 --wait",
        does="Start it again on the cluster, and follow it to its end.",
        where="cluster",
    ),
    Example(
        command="asw rerun hello-2 --input-file input.json --name hello-again --revision same",
        does="Run it again on an input from a file, with the definition that it ran.",
        where="cluster",
    ),
)


@click.command(cls=Command, examples=_EXAMPLES)
@options.execution
@options.inputs
@click.option(
    "--name", "new_name", help="Name of the new execution; by default NAME-r1, NAME-r2, ..."
)
@click.option(
    "--revision",
    type=click.Choice(("current", "same")),
    default="current",
    show_default=True,
    help="The definition that the Workflow has now, or the one that NAME ran.",
)
@options.wait
@options.timeout
@options.silent
@options.target_options
def command(
    name: str, new_name: str | None, revision: str, *, target: Target, **given: Any
) -> None:
    """Start an execution again, on the same input or another.

    NAME is an execution in any phase. A new one of the same Workflow is started, with the labels
    of NAME, and on its input unless another is given; NAME stays as it is. States that had finished
    run again too: use asw redrive to continue where it failed.

    The name of the new one is printed. With --wait, and always on this machine (--local), it is
    followed to its end instead, and its output is printed; the exit code is that of its outcome.
    """
    has_input, value = read_input(given.pop("input_text"), given.pop("input_file"))
    options = RerunOptions(
        has_input=has_input,
        input=value,
        name=new_name,
        is_same_revision=revision == "same",
    )
    sys.exit(rerun(target, name, options, Waiting(**given)))


@dataclass(frozen=True, slots=True, kw_only=True)
class RerunOptions:
    """What differs from the old execution; ``input`` counts if ``has_input``."""

    has_input: bool = False
    input: Json = None
    name: str | None = None
    is_same_revision: bool = False


def rerun(target: Target, name: str, options: RerunOptions, waiting: Waiting) -> int:
    """Start an execution of the same Workflow; its name is printed; the exit code."""

    async def act(place: Actor) -> None:
        runs = place.runs
        refuse_file(name)
        old = await runs.get(name)
        if (refusal := why_no_rerun(old, place.where)) is not None:
            raise refusal
        value = options.input if options.has_input else input_of(old, await runs.history(old))
        order = StartOrder(
            workflow=old.workflow,
            name=options.name or await _free_name(runs, old.name),
            has_input=True,
            input=value,
            labels=kept_labels(old.labels),
            revision=old.status.get("revision") if options.is_same_revision else None,
        )
        new = await runs.start(order)
        if not (waiting.is_waiting or target.is_local):
            click.echo(new.name)
        place.say(t("{name} runs what {old} ran", name=new.name, old=old.name))
        await place.conclude([new])

    return acting(target, waiting, act)


async def _free_name(runs: Runs, name: str) -> str:
    number = first_number(name)
    while await _exists(runs, next_name(name, number)):
        number += 1
    return next_name(name, number)


async def _exists(runs: Runs, name: str) -> bool:
    try:
        await runs.get(name)
    except Failure as failure:
        if failure.code == NOT_FOUND:
            return False
        raise
    return True


LONGEST_NAME = 253
_NUMBERED = re.compile(r"-r(\d+)$")
_OTHERS_LABELS = (
    f"{GROUP}/",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/instance",
    "argocd.argoproj.io/",
    "kustomize.toolkit.fluxcd.io/",
    "helm.toolkit.fluxcd.io/",
)
"""Prefixes of labels by which other tools know their objects: they would delete a copy."""


def input_of(run: Run, events: Sequence[Event]) -> Json:
    """The input that it ran on. Raises Failure if it is no longer known."""
    if "input" in run.spec:
        return run.spec["input"]
    if run.spec.get("inputText") is not None:
        try:
            return from_text(run.spec["inputText"])
        except ValueError as error:
            raise Failure(
                t("the input of {name} is not JSON: {fault}", name=run.name, fault=error),
                remedy=t("give an input with --input"),
            ) from error
    for event in events:
        if event.type == "ExecutionStarted":
            return event.details.get("input")
    raise Failure(
        t("the input of {name} is no longer known", name=run.name),
        remedy=t("give it with --input"),
    )


def next_name(name: str, number: int) -> str:
    """The name with this number at its end, in place of a number that it has already."""
    suffix = f"-r{number}"
    return _stem(name)[: LONGEST_NAME - len(suffix)].rstrip("-.") + suffix


def first_number(name: str) -> int:
    """The number to try first: the one after its own."""
    found = _NUMBERED.search(name)
    return 1 if found is None else int(found[1]) + 1


def kept_labels(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Its labels, without those that would make the copy another tool's property."""
    return {name: value for name, value in labels.items() if not name.startswith(_OTHERS_LABELS)}


def _stem(name: str) -> str:
    return _NUMBERED.sub("", name)
