"""Reference pages of the command line, one per command and language, from the commands' help.

``python -m dev.verbs`` writes docs/reference/cli/.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from asw.cli.command import Command, option_record
from asw.cli.group import Verb
from asw.cli.help_layout import joined
from asw.cli.main import VERBS
from asw.messages import LANGUAGES, t

FOLDER = Path(__file__).parent.parent / "docs" / "reference" / "cli"
WORDS = {
    "en": (
        "Usage",
        "Option",
        "What it does",
        "Examples",
        "All commands",
        "Generated from the help of",
    ),
    "zh": ("用法", "选项", "作用", "示例", "全部子命令", "生成自帮助文本"),
}


def pages() -> dict[Path, str]:
    """Every page by its path: those of the commands, and the lists of all commands."""
    made: dict[Path, str] = {}
    before = os.environ.get("ASW_LANG")
    try:
        for language in LANGUAGES:
            os.environ["ASW_LANG"] = language
            folder = FOLDER if language == "en" else FOLDER / language
            made[folder / "README.md"] = _contents(language)
            made |= {folder / f"{verb.name}.md": _page(verb, language) for verb in VERBS}
    finally:
        os.environ.pop("ASW_LANG")
        if before is not None:
            os.environ["ASW_LANG"] = before
    return made


def _contents(language: str) -> str:
    sections: dict[str, list[str]] = {}
    for verb in VERBS:
        line = f"| [`asw {verb.name}`]({verb.name}.md) | {_cell(t(verb.summary))} |\n"
        sections.setdefault(verb.section, []).append(line)
    _, _, what, _, every, _ = WORDS[language]
    parts = [f"# {every}\n"]
    for section, lines in sections.items():
        parts.append(f"\n## {t(section)}\n\n| | {what} |\n|---|---|\n{''.join(lines)}")
    return "".join(parts)


def _page(verb: Verb, language: str) -> str:
    usage, option, what, examples, every, source = WORDS[language]
    command = verb.load()
    context = click.Context(command, info_name=f"asw {verb.name}", **command.context_settings)
    pieces = " ".join(command.collect_usage_pieces(context))
    parts = [
        f"# `asw {verb.name}`\n",
        _prose(t(command.help or "")),
        f"## {usage}\n\n```text\nasw {verb.name} {pieces}\n```\n",
        f"| {option} | {what} |\n|---|---|\n" + "".join(_options(command, context)),
    ]
    if isinstance(command, Command) and command.examples:
        lines = "\n".join(f"# {t(each.does)}\n$ {each.command}\n" for each in command.examples)
        parts.append(f"## {examples}\n\n```console\n{lines.rstrip()}\n```\n")
    parts.append(f"[{every}](README.md). {source} `asw {verb.name} --help`.\n")
    return "\n".join(parts)


def _prose(text: str) -> str:
    """Paragraphs; parts that the help shows line by line stay so."""
    paragraphs = [part.strip("\n") for part in text.split("\n\n")]
    blocks = [
        f"```text\n{part.removeprefix(chr(8)).strip(chr(10))}\n```"
        if part.startswith("\b")
        else joined(part)
        for part in paragraphs
    ]
    return "\n\n".join(blocks) + "\n"


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for param in command.get_params(context):
        record = option_record(param, context)
        if record is not None:
            yield f"| `{_cell(record[0])}` | {_cell(record[1])} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    """Write the pages, and remove those of commands that no longer exist."""
    made = pages()
    for old in FOLDER.rglob("*.md"):
        if old not in made:
            old.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
