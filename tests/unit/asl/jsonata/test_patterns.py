"""Tests of ``asw.asl.jsonata.patterns``: regular expressions that can be stopped."""

import pytest

from asw.asl.jsonata import JSONataError
from asw.asl.jsonata.patterns import Pattern


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("SBJ.*?[0-9]", "SBJ 12"),
        ("a|bc", "bc"),
        ("a/b", "a/b"),
        (r"a\/b", "a/b"),
        ("[/)]+", "/)"),
        (r"\(a\)", "(a)"),
        ("(?i)ab", "AB"),
        ("", ""),
    ],
)
def test_the_whole_text_matches(source, text):
    """Slashes need no escape, and alternatives stay within the pattern."""
    pattern = Pattern(source)
    assert pattern.matches(text)
    assert not pattern.matches(f"{text}!")
    assert not pattern.matches(f"\n{text}")


def test_case_is_ignored_on_request():
    """The flag i is the only one that AWS's Jayway knows."""
    assert Pattern("sbj", ignores_case=True).matches("SBJ")
    assert not Pattern("sbj").matches("SBJ")


@pytest.mark.parametrize(
    "source", ["(a", "a)", "a)|(b", "[a", "*", "a++", "(){999999999}", "a" * 1001]
)
def test_what_is_no_pattern_is_refused(source):
    """A broken pattern is refused when it is made, not when it is matched."""
    with pytest.raises(JSONataError):
        Pattern(source)


@pytest.mark.parametrize("text", ["\ud800", "\x00", "x" * 7_000_000])
def test_any_text_can_be_matched(text):
    """Half a surrogate pair, which JSON can spell, and long texts do no harm."""
    assert Pattern(".*").matches(text)
