"""Tests of ``asw.asl.jsonpath.syntax``: which texts are paths."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.jsonpath import LONGEST_KEPT, PathSyntaxError, Root, find, parse_path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "a path starts with '$'"),
        ("a.b", "a path starts with '$'"),
        ("$1a", "expected '.' or '[' (at character 2)"),
        ("$a b", "expected '.' or '[' (at character 3)"),
        ("$$a", "expected '.' or '[' (at character 3)"),
        ("$ a", "expected '.' or '['"),
        ("$.", "expected a name (at the end)"),
        ("$..", "expected a name (at the end)"),
        ("$.a.", "expected a name (at the end)"),
        ("$.a b", "unexpected ' ' (at character 4)"),
        ("$.a]", "unexpected ']'"),
        ("$[", "expected a quoted name, a number"),
        ("$[]", "expected a quoted name, a number"),
        ("$['a", "expected a quoted name, a number"),
        ("$['a'x]", "expected ']' (at character 6)"),
        ("$['a',]", "expected a quoted name"),
        ("$['a',1]", "expected a quoted name"),
        ("$[1,]", "expected a number"),
        ("$[1,'a']", "expected a number"),
        ("$[0:1:0]", "the step of a slice is at least 1"),
        ("$[0:1:1:1]", "expected ']'"),
        ("$.a.foo()", "'foo' is not a function of paths (length()"),
        ("$.a.length().b", "unexpected '.'"),
        ("$.a(1)", "'a' is not a function of paths"),
        ("$.*()", "unexpected '('"),
        ("$" + ".a" * 500, "a path of more than 400 steps"),
        ("$[" + "9" * 5000 + "]", "expected a quoted name, a number"),
        ("$[?(@ === " + "9" * 5000 + ")]", "a number that is out of range"),
        ("$[?(@ === 1e999)]", "a number that is out of range"),
    ],
)
def test_what_is_no_path_says_why(text, reason):
    """A wrong path is refused before it runs, with the reason and the place."""
    with pytest.raises(PathSyntaxError) as caught:
        parse_path(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("$", Root.DOCUMENT),
        ("$$", Root.CONTEXT),
        ("$.a", Root.DOCUMENT),
        ("$$.a", Root.CONTEXT),
        ("$a", Root.VARIABLE),
        ("$a.b", Root.VARIABLE),
    ],
)
def test_where_a_path_starts(text, root):
    """One dollar for the document, two for the context object, a dollar and a name for it."""
    assert parse_path(text).root is root


@pytest.mark.parametrize(
    ("text", "variable", "steps"),
    [
        ("$order", "order", ()),
        ("$_a1.b[0]", "_a1", ("b", 0)),
        ("$求.b", "求", ("b",)),
        ("$.order", None, ("order",)),
        ("$$.order", None, ("order",)),
    ],
)
def test_a_path_may_start_from_a_variable(text, variable, steps):
    """A name right behind the dollar is a variable's; the steps go on from its value."""
    path = parse_path(text)
    assert (path.variable, path.steps, path.text) == (variable, steps, text)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("$.a['b'][0][-1]", ("a", "b", 0, -1)),
        ("$.a[*]", None),
        ("$.a['b','c']", None),
        ("$.a[0,1]", None),
        ("$.a.length()", None),
    ],
)
def test_plain_paths_are_steps(text, steps):
    """A path of single names and indexes is walked without looking at segments."""
    assert parse_path(text).steps == steps


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("$.[0]", "$[0]"),
        ("$.a.[0].b", "$.a[0].b"),
        ("$.[*].x", "$[*].x"),
        ("$.[*].['bucket', 'key']", "$[*]['bucket','key']"),
        ("$.abc.['def ghi']", "$.abc['def ghi']"),
        ("$.a[0]b", "$.a[0].b"),
        ("$['a']b[1]c", "$.a.b[1].c"),
        ("$[*]b", "$[*].b"),
        ("$.a[0]*", "$.a[0].*"),
        (" $.a\t", "$.a"),
        ("\n$$.a ", "$$.a"),
        ("$ ", "$"),
        (" $order.a", "$order.a"),
    ],
)
def test_jayway_is_lenient(text, same):
    """Blanks around a path, a dot before a bracket and none after one are as good as without."""
    assert parse_path(text) == replace(parse_path(same), text=text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$.a.[?(@.b)]", [{"b": 1}]),
        ("$.a[?(@.b)]b", [1]),
        ("$.a[?(@.b[0]c)]", []),
    ],
)
def test_jayway_is_lenient_about_filters(text, found):
    """A filter, too, may have a dot before it and a bare name after it."""
    assert find(parse_path(text), {"a": [{"b": 1}, {"c": 2}]}) == found


@pytest.mark.parametrize(
    ("text", "definite"),
    [
        ("$.a.length()", True),
        ("$.a['b','c']", True),
        ("$.a['b','c'].d", False),
        ("$.a[*].length()", False),
        ("$..['b','c']", False),
    ],
)
def test_which_paths_are_definite(text, definite):
    """Several names in the last place make one object, anywhere else several values."""
    assert parse_path(text).is_definite is definite


STEPS = st.lists(st.text("ab9$@-求", min_size=1) | st.integers(-5, 20), max_size=5)


@given(STEPS, st.sampled_from(["$", "$$"]))
def test_dots_and_brackets_spell_the_same_path(steps, root):
    """The short way of writing a path, which is read the fast way, makes the same path."""
    plain = root + "".join(f".{it}" if isinstance(it, str) else f"[{it}]" for it in steps)
    spaced = root + "".join(f"[ {it} ]" if isinstance(it, int) else f"['{it}']" for it in steps)
    assert replace(parse_path(plain), text=spaced) == parse_path(spaced)


def test_long_paths_are_paths():
    """A path too long to be kept is read all the same."""
    text = "$." + "a" * LONGEST_KEPT
    assert parse_path(text).steps == ("a" * LONGEST_KEPT,)
    assert parse_path(text) is not parse_path(text)


@given(st.text(alphabet="$@.[]()*?,:'\"\\!=<>&| abc019-", max_size=24))
def test_any_text_is_a_path_or_refused(tail):
    """No text makes the parser fail in another way than it says."""
    try:
        path = parse_path(f"${tail}")
    except PathSyntaxError:
        return
    assert path.text == f"${tail}"
