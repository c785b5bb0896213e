"""Help in Chinese: lines that fit a terminal, no blanks within sentences, full-width signs."""

import click
import pytest

from asw.cli.command import Command
from asw.cli.help_layout import HelpContext, columns_of, filled, joined
from asw.cli.main import VERBS


@pytest.fixture(autouse=True)
def _in_chinese(monkeypatch):
    monkeypatch.setenv("ASW_LANG", "zh")
    monkeypatch.setenv("COLUMNS", "80")


def help_of(verb):
    command = verb.load()
    return command.get_help(HelpContext(command, info_name=f"asw {verb.name}"))


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_chinese_help_fits_a_terminal_of_eighty_columns(verb):
    """A sign of Chinese fills two columns, so no line of help is broken by the terminal."""
    text, _, _ = help_of(verb).partition("示例：")  # a command is shown in one line, to be copied
    assert "选项：" in text
    assert [line for line in text.splitlines() if columns_of(line) > 80] == []


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_chinese_help_has_no_blank_after_a_full_width_sign(verb):
    """Where a catalogue breaks its lines, help has no gap within the sentence."""
    text, _, _ = help_of(verb).partition("选项：")
    marks = ("，", "。", "；", "、", "）", "：")
    assert [line for line in text.splitlines() if any(f"{m} " in line for m in marks)] == []


def test_the_words_of_help_itself_are_chinese():
    """How it is called, sections and defaults: nothing of it stays English."""

    @click.command(cls=Command)
    @click.option("--size", default=3, show_default=True, help="Labels instead of names.")
    def grow(size):
        """Print the version."""

    text = grow.get_help(HelpContext(grow, info_name="asw grow"))
    assert text.startswith("用法：asw grow [OPTIONS]\n")
    assert "选项：\n" in text
    assert "[默认：3]" in text


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("运行状态机", 6, ["运行状", "态机"]),
        ("运行状。态机", 6, ["运行", "状。态", "机"]),
        ("运行（状态）", 6, ["运行", "（状", "态）"]),
        ("用 --input 给出", 10, ["用 --input", "给出"]),
        ("一 verylongwordthatdoesnotfit 二", 8, ["一", "verylongwordthatdoesnotfit", "二"]),
        ("", 8, [""]),
    ],
    ids=["between signs", "closing stays", "opening goes on", "words whole", "too long", "nothing"],
)
def test_chinese_is_broken_where_it_may_be(text, width, lines):
    """Between any two signs, but not before a closing one, after an opening one, in a word."""
    assert filled(text, width) == lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("不花\n时间", "不花时间"),
        ("结束，\nasw resume 继续", "结束，asw resume 继续"),
        ("按 Ctrl-C\n之后", "按 Ctrl-C\n之后"),
        ("one\ntwo", "one\ntwo"),
        ("一。\n\n二。", "一。\n\n二。"),
    ],
)
def test_lines_within_a_chinese_sentence_are_put_together(text, expected):
    """Nothing between two signs of Chinese; beside a word the blank stays; so do paragraphs."""
    assert joined(text) == expected
