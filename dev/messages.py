"""The catalogues of messages hold what the code says, each text once.

``python -m dev.messages`` brings them up to date: a new text gets an entry without a translation
(or a similar one marked fuzzy, which is not used before the mark is removed), a text that nobody
says any more goes with its translation.
"""

import ast
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from inspect import cleandoc
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from asw.cli.command import Command
from asw.cli.main import VERBS, main
from asw.lint.forms import HINTS, SUMMARIES
from asw.lint.rules import MEANINGS
from hatch_build import compile_catalogues

SOURCES = Path(__file__).parent.parent / "operator"
CATALOGUES = sorted(SOURCES.rglob("*.po"))
Text: TypeAlias = str | tuple[str, str]
"""A template, or those for one and for many."""


def update() -> None:
    """Write every catalogue, and compile it."""
    for path in CATALOGUES:
        path.write_bytes(updated(path.read_bytes()))
    compile_catalogues(SOURCES)


def updated(catalogue: bytes) -> bytes:
    """The catalogue with exactly the texts of the code, in the order of its files."""
    known = read_po(BytesIO(catalogue))
    known.update(_template(), update_creation_date=False)
    for message in known:
        message.flags.discard("python-format")  # a guess of Babel's: values stand in braces here
    made = BytesIO()
    write_po(made, known, width=0, include_lineno=False, ignore_obsolete=True)
    return made.getvalue()


def texts() -> Iterator[tuple[str, Text]]:
    """Every text that may be said, after the file that says it."""
    yield from sorted(chain(_called(), _helped(), _listed()), key=lambda said: said[0])


def _template() -> Catalog:
    catalogue = Catalog()
    for file, text in texts():
        catalogue.add(text, locations=[(file, 0)])
    return catalogue


def _called() -> Iterator[tuple[str, Text]]:
    """What is written where it is said: ``t("...")`` and ``counted(n, "...", "...")``.

    Babel's own extractor would do, but for calls inside f-strings, which it sees or not by the
    version of Python.
    """
    for file in SOURCES.rglob("*.py"):
        calls = [
            node
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        ]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            match call:
                case ast.Call(ast.Name("t"), [ast.Constant(str(text)), *_]) if text:
                    yield _name(file), text
                case ast.Call(
                    ast.Name("counted"), [_, ast.Constant(str(one)), ast.Constant(str(many))]
                ):
                    yield _name(file), (one, many)


def _helped() -> Iterator[tuple[str, Text]]:
    """What click holds until somebody asks for help."""
    cli = "asw.cli.main"
    yield from _help_of(main, cli)
    for verb in VERBS:
        yield from _of(cli, (verb.section, verb.summary))
        if find_spec(module := f"asw.cli.commands.{verb.name}"):
            yield from _help_of(verb.load(), module)


def _help_of(command: click.Command, module: str) -> Iterator[tuple[str, Text]]:
    help_text = cleandoc(command.help or "")
    yield from _of(module, (help_text, help_text.partition("\n")[0]))
    options = command.get_params(click.Context(command))
    yield from _of(module, (each.help or "" for each in options if isinstance(each, click.Option)))
    if isinstance(command, Command):
        yield from _of(module, (example.does for example in command.examples))


def _listed() -> Iterator[tuple[str, Text]]:
    """Tables whose texts are looked up one at a time."""
    yield from _of("asw.lint.rules", MEANINGS.values())
    yield from _of("asw.lint.forms", (*HINTS, *SUMMARIES))


def _of(module: str, said: Iterable[str]) -> Iterator[tuple[str, Text]]:
    found = find_spec(module)
    assert found is not None
    assert found.origin is not None
    yield from ((_name(Path(found.origin)), text) for text in said if text)


def _name(file: Path) -> str:
    return file.relative_to(SOURCES).as_posix()


if __name__ == "__main__":
    update()
