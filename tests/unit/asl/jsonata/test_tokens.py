"""Tokens tell an operator from what only looks like one."""

import pytest

from asw.asl.jsonata.tokens import tokens_of


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("$a.b[c>1]", ["$a", ".", "b", "[", "c", ">", "1", "]"]),
        ("1.5e3..2", ["1.5e3", "..", "2"]),
        ("/* ?? */ 'a\\'??' & `b ??`", ["'a\\'??'", "&", "`b ??`"]),
        ("$m(/a[/]\\/b/i, 1)", ["$m", "(", "/a[/]\\/b/i", ",", "1", ")"]),
        ("a/b/c", ["a", "/", "b", "/", "c"]),
        ("(1)/2", ["(", "1", ")", "/", "2"]),
        ("* / 2", ["*", "/", "2"]),
        ("and and /x/", ["and", "and", "/x/"]),
        ("function($a)<n-s?:a<n>>{1}", ["function", "(", "$a", ")", "{", "1", "}"]),
        ("a<b", ["a", "<", "b"]),
        ("f(?, 1)", ["f", "(", "?", ",", "1", ")"]),
        ("/never", ["/never"]),
    ],
)
def test_texts(source, texts):
    """The source falls into these tokens."""
    assert [token.text for token in tokens_of(source)] == texts
