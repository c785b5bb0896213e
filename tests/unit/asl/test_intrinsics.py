"""Tests of ``asw.asl.intrinsics``: reading calls and making them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.errors import INTRINSIC_FAILURE, RUNTIME, StatesError
from asw.asl.intrinsics import evaluate_call, parse_call
from asw.asl.jsonpath import PathSyntaxError
from tests.unit.asl.definitions import a_scope

DOCUMENT = {"a": 1, "s": "x,y", "list": [1, 2, 3], "objects": [{"k": "a,b)"}, {"k": "c"}]}


def _evaluate(text, document=None):
    scope = a_scope({"StateMachine": {"Name": "one-two"}})
    return evaluate_call(parse_call(text), DOCUMENT if document is None else document, scope)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Array()", []),
        ("States.Array( )", []),
        (
            "States.Array($.a,'b',3,-4.5,1e2,true,false,null)",
            [1, "b", 3, -4.5, 100, True, False, None],
        ),
        ("States.Array( $.a , 'b' )", [1, "b"]),
        ("States.Array($$.StateMachine.Name)", ["one-two"]),
        (r"States.Array('it\'s', '\{\}', '\\')", ["it's", "{}", "\\"]),
        ("States.Array('')", [""]),
        ("States.Array('({},$.a)')", ["({},$.a)"]),
        ("States.Array('第一\n行')", ["第一\n行"]),
        ("States.Array($.objects[?(@.k == 'a,b)')], $.a)", [[{"k": "a,b)"}], 1]),
        ('States.Array($.objects[?(@.k == "a,b)")].k)', [["a,b)"]]),
        ("States.Array($.list.length())", [3]),
        ("States.Array($.list[0, 1])", [[1, 2]]),
        (
            (
                "States.ArrayGetItem(States.StringSplit($$.StateMachine.Name, '-'), "
                "States.MathAdd(States.ArrayLength(States.StringSplit($$.StateMachine.Name, '-')), "
                "-1))"
            ),
            "two",
        ),
    ],
)
def test_calls_take_values_paths_and_calls(text, value):
    """Arguments are literals, paths of any kind, and calls, with or without white space."""
    assert _evaluate(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"States.Format('\{\} {} \'{}\' \\', 1, 'b')", r"{} 1 'b' " + "\\"),
        ("States.Format('no more')", "no more"),
        ("States.Format($.t, 1)", "a {} 1"),
        ("States.Format('{a} {}', 1)", "{a} 1"),
    ],
)
def test_only_unescaped_braces_are_filled(text, value):
    """States.Format reads the escapes of its template, wherever that comes from."""
    assert _evaluate(text, {"t": r"a \{\} {}"}) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("States.Fromat('x')", "'States.Fromat' is not an intrinsic function: did you mean"),
        ("Zzz('x')", "'Zzz' is not an intrinsic function (at"),
        ("", "expected a path such as $.name or a call"),
        ("States.UUID", "expected '('"),
        ("States.UUID(", "expected a path such as"),
        ("States.UUID() ", "unexpected text after the call"),
        ("States.UUID(1)", "States.UUID takes 0 arguments, not 1"),
        ("States.Format()", "States.Format takes at least 1 arguments, not 0"),
        ("States.MathRandom(1)", "States.MathRandom takes 2 or 3 arguments, not 1"),
        ("States.Array(1 2)", "expected ','"),
        ("States.Array(1,)", "expected a path such as"),
        ("States.Array('x)", "the string that starts here has no end"),
        (r"States.Array('\"')", r"""'\"' is not an escape"""),
        (r"States.Array('\n')", r"'\n' is not an escape"),
        ("States.Array($.)", "expected a name"),
        ("States.Array($.a[0", "expected ']'"),
        ("States.Array(1.)", "expected a path such as"),
        ("States.Array(trueish)", "'trueish' is not an intrinsic function"),
        ("States.Array(1e999)", "a number that is out of range"),
        ("States.Array(" * 11 + ")" * 11, "nested more than 10 deep"),
    ],
)
def test_what_is_no_call_says_why(text, reason):
    """A wrong call is refused before it runs, with the reason."""
    with pytest.raises(PathSyntaxError) as caught:
        parse_call(text)
    assert reason in str(caught.value)


def test_calls_may_be_nested_ten_deep():
    """AWS's bound is reached, not passed."""
    assert _evaluate("States.Array(" * 10 + ")" * 10) == [[[[[[[[[[]]]]]]]]]]


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        (
            "States.Format('{}', States.ArrayLength($.no))",
            RUNTIME,
            (
                "The JsonPath argument for the field '$.no' could not be found in the input "
                "'{\"a\":1}'"
            ),
        ),
        (
            "States.Array($$.Nope)",
            RUNTIME,
            (
                "The JsonPath argument for the field '$$.Nope' could not be found in the input "
                '\'{"StateMachine":{"Name":"one-two"}}\''
            ),
        ),
        ("States.ArrayLength($.a)", INTRINSIC_FAILURE, "the first argument must be an array"),
    ],
)
def test_the_cause_names_the_whole_call(text, error, reason):
    """AWS names the outermost call, though an inner one fails."""
    with pytest.raises(StatesError) as caught:
        _evaluate(text, {"a": 1})
    assert caught.value.failure.error == error
    assert caught.value.failure.cause == f"The function '{text}' had the following error: {reason}"


def test_a_path_that_looks_at_too_much_fails_the_call():
    """An argument that would take years fails the state."""
    with pytest.raises(StatesError) as caught:
        _evaluate("States.Array($.l[?($..x == @.x)])", {"l": [{"x": n} for n in range(3000)]})
    assert caught.value.failure.error == RUNTIME
    assert "a path looks at too many values" in caught.value.failure.cause


def test_a_value_too_deep_fails_the_call():
    """A value deeper than the stack is a failure of the state, not of the operator."""
    document = []
    for _ in range(5000):
        document = [document]
    with pytest.raises(StatesError, match="nested too deep"):
        _evaluate("States.Format('{}', $)", document)


@given(st.text(alphabet="States.Array(),'\\{}$ 1a", max_size=24))
def test_any_text_is_a_call_or_refused(tail):
    """No text makes the reader fail in another way than it says."""
    try:
        call = parse_call(f"States.Array({tail}")
    except PathSyntaxError:
        return
    assert call.text == f"States.Array({tail}"
