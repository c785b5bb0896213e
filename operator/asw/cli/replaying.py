"""``asw replay``: gather, play again, print."""

import json
import sys
from dataclasses import dataclass, replace

import click

from asw.cli.awaiting import awaited
from asw.cli.printing import print_lines
from asw.cli.views.moment_text import Proof, list_lines, moment_lines, plain_of
from asw.cli.views.proof_text import prove
from asw.executions.naming import open_named
from asw.executions.target import Target
from asw.exits import NOT_SUCCEEDED
from asw.explain.case import Case
from asw.explain.gather import gather_events
from asw.explain.replay.moment import moment_at
from asw.explain.replay.where import find_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOptions:
    """What is to be shown: the moment ``at``, of the state; or all moments."""

    at: str
    state: str | None = None
    is_list: bool = False
    is_json: bool = False


def say_replay(name: str, target: Target, options: ReplayOptions) -> None:
    """Show all values at a moment, on standard output. Exits with 1 where the history differs."""
    case = awaited(_case(name, target))
    if options.is_list:
        print_lines((line.text, line.style) for line in list_lines(case))
        return
    event, visit = find_moment(case, options.at, options.state)
    proof = prove(case)
    if event.id < proof.defined_from:
        case = replace(case, machine=None)
    moment = moment_at(case, proof.playback, event, visit)
    if options.is_json:
        click.echo(json.dumps(plain_of(case, proof, moment), ensure_ascii=False, indent=2))
    else:
        print_lines((line.text, line.style) for line in moment_lines(case, proof, moment))
    if _differs(proof):
        sys.exit(NOT_SUCCEEDED)


def _differs(proof: Proof) -> bool:
    return proof.playback is not None and not proof.playback.is_proven


async def _case(name: str, target: Target) -> Case:
    async with open_named(name, target) as (runs, found):
        return await gather_events(runs, await runs.get(found))
