"""``asw why``: gather, explain, print."""

import json

import click

from asw.cli.awaiting import awaited
from asw.cli.printing import print_lines
from asw.cli.views.explanation_text import lines_of, plain_of
from asw.executions.naming import is_file_name, open_named
from asw.executions.target import Target
from asw.explain.case import Case
from asw.explain.explain import explain
from asw.explain.gather import gather


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
