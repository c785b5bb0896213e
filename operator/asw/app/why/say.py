"""``asw why``: gather, explain, print."""

import json

import click

from asw.app.awaiting import awaited
from asw.app.printing import print_lines
from asw.app.runs.naming import is_file_name, open_named
from asw.app.runs.target import Target
from asw.app.why.case import Case
from asw.app.why.explain import explain
from asw.app.why.gather import gather
from asw.app.why.text import lines_of, plain_of


def say_why(name: str, target: Target, *, is_json: bool, is_full: bool) -> None:
    """Explain the execution of that name, or in that file, on standard output."""
    case = awaited(_case(name, target))
    file = name if is_file_name(name) else ""
    explanation = explain(case, target=target.options, file=file)
    if is_json:
        click.echo(json.dumps(plain_of(explanation), ensure_ascii=False, indent=2))
    else:
        print_lines((line.text, line.style) for line in lines_of(explanation, is_full=is_full))


async def _case(name: str, target: Target) -> Case:
    async with open_named(name, target) as (runs, found):
        return await gather(runs, await runs.get(found))
