"""Tokens tell an operator from what only looks like one."""

import pytest

from asw.asl.jsonata.tokens import is_plain, names_in, tokens_of


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


PLAIN = [
    "$states.input.a",
    "$sum($x.b[c > 1]) & $",
    "'$no' & \"it's $no\" & `$no` & $yes",
    '"\\"$no" & $yes',
    "a$no + 1.5e3 + $yes",
    "$a<$b and $名 != ''",
    "[1..$n]",
    "$a ? {'x': $b} : $c",
]


@pytest.mark.parametrize("source", PLAIN)
def test_names_of_a_plain_source(source):
    """The names that a plain source mentions are those among its tokens."""
    told = {it.text[1:] for it in tokens_of(source) if it.kind == "name" and it.text[0] == "$"}
    assert is_plain(source)
    assert names_in(source) == told


@pytest.mark.parametrize(
    "source",
    [
        "($a := 1; $a)",
        "function($a){1}",
        "λ($a){1}",
        "$a@$b.c",
        "$a#$i.c",
        "$a ?: 1",
        "$a ?? 1",
        "$m(/'/)",
        "1 /* ' */ + $a",
    ],
)
def test_not_plain(source):
    """A source that binds a name, or may have quotes that quote nothing, is not plain."""
    assert not is_plain(source)
