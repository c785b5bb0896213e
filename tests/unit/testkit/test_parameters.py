"""Parameters of cases."""

import pytest

from asw.testkit.parameters import UnknownParameter, filled, rows_of

ROW = {"n": 1, "who": "李雷", "list": [1, {"a": None}]}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${n}", 1),
        ("${list}", [1, {"a": None}]),
        ("${who}", "李雷"),
        ("Hello, ${who}!", "Hello, 李雷!"),
        ("${n}${n}", "11"),
        ("${list}.", '[1,{"a":null}].'),
        ("$${n}", "${n}"),
        ("a $${n} ${n}", "a ${n} 1"),
        ("$n {n}", "$n {n}"),
        ({"${who}": ["${n}"]}, {"李雷": [1]}),
        (None, None),
    ],
)
def test_marks_are_filled_in(written, value):
    """A mark alone becomes the value with its type; within text it becomes text."""
    assert filled(written, ROW) == value


def test_an_unknown_parameter_is_told_with_the_nearest():
    """A slip in a mark names what the row has."""
    with pytest.raises(UnknownParameter, match=r"has n, who, list: did you mean who\?"):
        filled("${hwo}", ROW)


def test_rows_are_told_apart():
    """Rows that the name does not tell apart get their values as a name."""
    case = {"name": "adds", "parameters": [{"a": 1}, {"a": 2}], "input": "${a}"}
    assert [(made["name"], made["input"]) for made, _ in rows_of(case)] == [
        ("adds [a=1]", 1),
        ("adds [a=2]", 2),
    ]


def test_a_case_without_parameters_stays_as_it_is():
    """Marks mean something in cases with parameters only."""
    case = {"name": "${a}"}
    assert list(rows_of(case)) == [(case, {})]
