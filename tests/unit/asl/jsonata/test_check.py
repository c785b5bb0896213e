"""What AWS refuses when a state machine is created, in its words, and what it lets pass."""

import pytest

from asw.asl.jsonata import Fault, JSONataError, check_source, find_faults, variables_in
from asw.asl.jsonata.errors import STACK_OVERFLOW

NOT_ON_TOP = "Reference to '{}' at the top level is not supported."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "Unexpected end of expression"),
        ("1 +", "Unexpected end of expression"),
        ("$x :=", "Unexpected end of expression"),
        ("a[1,2)", 'Expected "]", got ","'),
        ('"unterminated', "String literal must be terminated by a matching quote"),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator'),
        ('$match("a", /abc', "No terminating / in regular expression"),
        ("phone %.other", 'The symbol "." cannot be used as a unary operator'),
        ("1 2", "Syntax error: 2"),
        ("$a ?: 1", 'The symbol ":" cannot be used as a unary operator'),
        ("$a ?? 1", 'The symbol "?" cannot be used as a unary operator'),
        (
            "(" * 100_000,
            STACK_OVERFLOW,
        ),
    ],
    ids=range(12),
)
def test_what_does_not_parse(source, message):
    """A source that does not parse has one fault; operators of JSONata 2.1 are none of 2.0.6."""
    [fault] = find_faults(source)
    assert (fault.code, fault.message) == ("INVALID_JSONATA_EXPRESSION", message)
    assert check_source(source) == message


@pytest.mark.parametrize(
    ("source", "offset", "hint"),
    [
        ("$a == 1", 4, "JSONata compares with a single ="),
        ("$a && $b", 4, "JSONata uses and"),
        ("$a || $b", 3, "JSONata uses or"),
        ("!$a", 0, "JSONata uses $not(...)"),
        ("$map($x, y => y)", 12, "a function is written function($x) { ... }"),
        ("$x := 5 6", 8, "near '$x := 5 6'"),
        ("'中中中中中中中中中中中中中中中' & 5 6 & '文文文文文文文文文文文文文文文'", 22, None),
        ("$sum($a", 7, ""),
    ],
)
def test_where_it_does_not_parse(source, offset, hint):
    """The place is told in characters, with what JSONata has for what other languages have."""
    [fault] = find_faults(source)
    assert fault.offset == offset
    if hint is None:
        assert fault.hint == "near '...中中中中中中中中中' & 5 6 & '文文文文文文文文文文...'"
    else:
        assert fault.hint == hint


def test_half_a_character():
    """Half of a pair of surrogates, which JSON can spell, is a fault and no crash."""
    assert check_source("'\ud800'") is not None


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("phone", ["phone"]),
        ("$.phone", ["$"]),
        ("`my phone`", ["my phone"]),
        ('"phone".a', ["phone"]),
        ("aaa + bbb + aaa", ["aaa", "bbb"]),
        ("aaa and bbb or ccc in ddd", ["aaa", "bbb", "ccc", "ddd"]),
        ("{aaa: bbb}", ["aaa", "bbb"]),
        ("[aaa]", ["aaa"]),
        ("-aaa", ["aaa"]),
        ("$x := aaa", ["aaa"]),
        ("aaa ? bbb : ccc", ["aaa", "bbb", "ccc"]),
        ("$count(aaa)", ["aaa"]),
        ("aaa[bbb].ccc", ["aaa"]),
        ("(aaa; $x.bbb)", ["aaa"]),
        ("$map($a, function($x){ bbb })", ["bbb"]),
        ("function($x)<n:n>{ bbb }(ccc)", ["bbb", "ccc"]),
        ("$x ~> |aaa|{'b': ccc}, ['d']| ~> eee", ["eee"]),
        ("$match('a', /x/)/yyy", ["yyy"]),
    ],
)
def test_what_reads_the_input(source, names):
    """There is no input: each name that would be read from it is a fault of its own."""
    code = "UNSUPPORTED_JSONATA_EXPRESSION"
    assert find_faults(source) == tuple(Fault(code, NOT_ON_TOP.format(name)) for name in names)


@pytest.mark.parametrize("source", ["$$", "$$.a", "$states.input[a = $$.b]"])
def test_the_root(source):
    """The root is the input wherever it is read."""
    assert check_source(source) == "Reference to '$$' is not supported."


@pytest.mark.parametrize(
    "source",
    [
        "null",
        "$phone",
        "$states.input.items[phone > 3]",
        "$states.input.(a; b)[c].d",
        '$x.{"a": b}',
        "$x{a: b}",
        "$x^(<a, >b)",
        "$x.[a, b]",
        "$x.$string(a)",
        "$x.and",
        "$sum($x.(price * quantity))",
        "$x ~> |a|{'b': c}|",
        "$x#$i.{'i': $i}",
        "$filter($x, function($v){ $v.a = $limit })",
        "'a' & \"?? ?:\" /* ?? */",
        "$match('a?:', /(?:a)??b/)",
        "$substring(?, 0, 5)",
        "$eval('1')",
    ],
)
def test_what_passes(source):
    """What reads variables only, and names only below them, has no fault."""
    assert check_source(source) is None


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("$states.input.a + $b", {"states", "b"}),
        ("$map($a, function($v){ $v + $limit })", {"a", "limit"}),
        ("($c := 1; $c + $d)", {"d"}),
        ("$sum($a) & $uuid() & $parse('1') & $eval('2')", {"a"}),
        ("$f(1)", {"f"}),
        ("'$a' & 1 /* $b */", set()),
    ],
)
def test_variables(source, names):
    """Variables are what is read and neither bound in the source nor a function of the language."""
    assert variables_in(source) == names


def test_variables_of_nonsense():
    """What does not parse has no variables to tell."""
    with pytest.raises(JSONataError, match="S0207: Unexpected end"):
        variables_in("1 +")
