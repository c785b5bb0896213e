"""What users' texts may do to a terminal: nothing."""

import json

import pytest
from click.testing import CliRunner

from asw.cli.main import main
from asw.messages.visible import one_line, visible

EVIL = "\x1b[2J\x1b]0;title\x07 \u202edrow\r\nnext\x9b31m"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, 中文, é, 👩‍👩‍👧", "plain, 中文, é, 👩‍👩‍👧"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\x1b[31mred\x7f", "\\x1b[31mred\\x7f"),
        ("\u202etxt.exe\u2066", "\\u202etxt.exe\\u2066"),
    ],
)
def test_signs_that_a_terminal_obeys_are_shown(text, shown):
    """All others, those that hold emoji together too, stay as they are."""
    assert visible(text) == shown


def test_one_line_has_one():
    """Whatever ends a line is a space."""
    assert one_line(" a\r\n\tb\x1b ") == "a b\\x1b"


@pytest.mark.parametrize(
    "words",
    [
        ("list", "-o", "wide"),
        ("history", "odd-1"),
        ("history", "odd-1", "-o", "wide"),
        ("graph", "odd-1"),
        ("why", "odd-1"),
        ("watch", "odd-1", "-o", "wide"),
        ("replay", "odd-1"),
    ],
)
def test_no_verb_hands_them_on(tmp_path, monkeypatch, words):
    """Names, errors and causes are shown by every verb that looks, and obeyed by none."""
    monkeypatch.chdir(tmp_path)
    fail = {"Type": "Fail", "Error": f"E{EVIL}", "Cause": f"C{EVIL}"}
    states = {"StartAt": f"S{EVIL[:4]}", "States": {f"S{EVIL[:4]}": fail}}
    (tmp_path / "odd.asl.json").write_text(json.dumps(states))
    run = CliRunner().invoke(main, ["run", "odd.asl.json", "--name", "odd-1", "--input", "{}"])
    assert run.exit_code == 1, run.output
    result = CliRunner().invoke(main, [*words, "--local"], catch_exceptions=False, color=True)
    for output in (run.output, result.output):
        assert not set("\x07\x9b\r\u202e") & set(output)
        assert "\x1b[2J" not in output
    assert "\\x1b" in result.output
