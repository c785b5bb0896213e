"""Every text that ``asw`` may say: templates in the code, help of verbs and options, examples."""

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from inspect import cleandoc
from pathlib import Path

import click

import asw.cli
from asw.cli.command import Command
from asw.cli.main import VERBS, main
from asw.lint.rules import MEANINGS

APP = Path(next(iter(asw.cli.__path__)))


def templates() -> Iterator[tuple[str, str]]:
    """Where each template stands, and the template."""
    for file in sorted(APP.rglob("*.py")):
        if "messages" not in file.parts:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _constants(node, f"{file.name}:{node.lineno}")
    yield from ((f"rule {code}", meaning) for code, meaning in MEANINGS.items())
    yield from _help_of(main, "asw")
    for verb in VERBS:
        yield f"asw {verb.name}", verb.section
        yield f"asw {verb.name}", verb.summary
        if find_spec(f"asw.cli.commands.{verb.name}"):
            yield from _help_of(verb.load(), f"asw {verb.name}")


def _constants(node: ast.Call, place: str) -> Iterator[tuple[str, str]]:
    arguments = {"t": slice(0, 1), "counted": slice(1, 3)}.get(getattr(node.func, "id", ""))
    for argument in node.args[arguments] if arguments else ():
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield place, argument.value


def _help_of(command: click.Command, place: str) -> Iterator[tuple[str, str]]:
    help_text = cleandoc(command.help or "")
    yield place, help_text
    yield place, help_text.partition("\n")[0]
    context = click.Context(command)
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and parameter.help:
            yield f"{place} {parameter.opts[0]}", parameter.help
    if isinstance(command, Command):
        for example in command.examples:
            yield place, example.does
