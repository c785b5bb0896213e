"""Tests of ``asw.asl.paths``."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.errors import RESULT_PATH_MATCH_FAILURE, RUNTIME, StatesError
from asw.asl.paths import (
    apply_result_path,
    check_path,
    check_reference_path,
    evaluate_path,
    find_value,
    is_definite,
)
from asw.asl.values import ABSENT
from tests.unit.asl.definitions import a_scope

DOCUMENT = {"a": [{"b": 1}, {"b": 2}], "n": None, "s": "text"}
SCOPE = a_scope({"Execution": {"Id": "arn:x"}, "State": {"Name": "S"}})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", DOCUMENT),
        ("$.a[0].b", 1),
        ("$.n", None),
        ("$.a[*].b", [1, 2]),
        ("$.zzz[*].b", []),
        ("$$", SCOPE.context),
        ("$$.Execution.Id", "arn:x"),
        ("$$.State.*", ["S"]),
        (None, {}),
    ],
)
def test_paths_find_values(path, value):
    """Definite paths find a value, others a list, ``$$`` looks into the context object."""
    assert evaluate_path(path, DOCUMENT, SCOPE) == value


@pytest.mark.parametrize(
    ("field", "cause"),
    [
        ("InputPath", "Invalid path '$.x' : No results for path: $['x']"),
        ("HeartbeatSecondsPath", "Invalid path '$.x' : No results for path: $['x']"),
        (
            "value.$",
            (
                "The JSONPath '$.x' specified for the field 'value.$' "
                "could not be found in the input '{\"y\":1}'"
            ),
        ),
        (
            "ErrorPath",
            (
                "The JSONPath '$.x' specified for the field 'ErrorPath' "
                "could not be found in the input '{\"y\":1}'"
            ),
        ),
        ("SecondsPath", "The SecondsPath parameter does not reference an input value: $.x"),
        (
            "Variable",
            "Invalid path '$.x': The choice state's condition path references an invalid value.",
        ),
    ],
)
def test_causes_are_those_of_aws(field, cause):
    """A path that finds nothing fails the state in the words recorded for its field."""
    with pytest.raises(StatesError) as caught:
        evaluate_path("$.x", {"y": 1}, SCOPE, field=field)
    assert caught.value.failure.error == RUNTIME
    assert caught.value.failure.cause == cause


def test_a_path_that_looks_at_too_much_fails_the_state():
    """A path that would take years is a failure of the state, not of the operator."""
    document = {"l": [{"x": n} for n in range(3000)]}
    with pytest.raises(StatesError, match="it looks at too many values"):
        evaluate_path("$.l[?($..x == @.x)]", document, SCOPE)


def test_causes_do_not_grow_without_end():
    """A long input is not quoted."""
    with pytest.raises(StatesError) as caught:
        evaluate_path("$.x", {"y": "x" * 100_000}, SCOPE, field="v.$")
    assert caught.value.failure.cause.endswith("could not be found in the input '...'")


def test_null_has_no_members():
    """AWS has words of their own for a path into a null input."""
    with pytest.raises(StatesError, match="null or empty input"):
        evaluate_path("$.x", None, SCOPE)


def test_the_cause_shows_what_the_path_looked_into():
    """A path into the context object is not said to be missing in the input."""
    with pytest.raises(StatesError) as caught:
        evaluate_path("$$.Nope", DOCUMENT, SCOPE, field="v.$")
    assert 'in the input \'{"Execution"' in str(caught.value)


@pytest.mark.parametrize(
    ("path", "value"),
    [("$.s", "text"), ("$.n", None), ("$.zzz", ABSENT), ("$.s.x", ABSENT), ("$$.State.Name", "S")],
)
def test_finding_tells_null_from_nothing(path, value):
    """IsPresent needs to know whether a null is there."""
    found = find_value(path, DOCUMENT, SCOPE)
    assert found is value or found == value


@pytest.mark.parametrize(
    ("path", "definite"), [("$.a[0]", True), ("$.a[*]", False), ("$..a", False), ("$", True)]
)
def test_definite_paths_name_one_place(path, definite):
    """Whether a list is to be expected is known before evaluating."""
    assert is_definite(path) is definite


@pytest.mark.parametrize(
    "path", ["$", "$.a", "$['a b'][0]", "$$.Map.Item.Value", "$.a[-1]", "$a.b"]
)
def test_reference_paths_name_one_place(path):
    """Names and single indexes make a Reference Path."""
    assert check_path(path) is None
    assert check_reference_path(path) is None


@pytest.mark.parametrize("path", ["$.a[*]", "$..a", "$.a[0:1]", "$.a[?(@.b)]", "$.a.length()"])
def test_other_paths_are_no_reference_paths(path):
    """Whatever might find several values, or compute one, is not a Reference Path."""
    assert check_path(path) is None
    assert "one place" in check_reference_path(path)


@pytest.mark.parametrize("path", ["", "a", "$.", "$1"])
def test_wrong_paths_are_told(path):
    """A text that is not a path is neither kind of path."""
    assert check_path(path) is not None
    assert check_reference_path(path) == check_path(path)


@pytest.mark.parametrize(
    ("path", "given_input", "output"),
    [
        (None, {"a": 1}, {"a": 1}),
        ("$", {"a": 1}, "R"),
        ("$.b", {"a": 1}, {"a": 1, "b": "R"}),
        ("$.a", {"a": 1}, {"a": "R"}),
        ("$.b.c.d", {"a": 1}, {"a": 1, "b": {"c": {"d": "R"}}}),
        ("$['b c']", {}, {"b c": "R"}),
        ("$.a[1]", {"a": [1, 2, 3]}, {"a": [1, "R", 3]}),
        ("$.a[-1].x", {"a": [1, {"y": 2}]}, {"a": [1, {"y": 2, "x": "R"}]}),
        ("$[0]", [1], ["R"]),
    ],
)
def test_the_result_goes_where_the_path_says(path, given_input, output):
    """Objects on the way are made, arrays keep their other items, the input is left alone."""
    before = copy.deepcopy(given_input)
    assert apply_result_path(path, given_input, "R") == output
    assert given_input == before


@pytest.mark.parametrize(
    ("path", "given_input"),
    [
        ("$.a", "input1"),
        ("$.a", None),
        ("$.a.b", {"a": 1}),
        ("$.a.b", {"a": None}),
        ("$.a[3]", {"a": [1, 2, 3]}),
        ("$.a[0]", {}),
        ("$.a[0]", {"a": {}}),
        ("$.a", [1]),
    ],
)
def test_a_result_without_a_place_fails_the_state(path, given_input):
    """Where a value is in the way, the state fails as at AWS."""
    with pytest.raises(StatesError) as caught:
        apply_result_path(path, given_input, "R")
    assert caught.value.failure.error == RESULT_PATH_MATCH_FAILURE
    assert caught.value.failure.cause.startswith(f"Unable to apply ReferencePath {path} to input")


NAMES = st.lists(st.text(alphabet="abc 求'\\", min_size=1), min_size=1, max_size=4)
DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.nothing()),
    lambda inner: st.dictionaries(st.sampled_from(["a", "b", "c", "求"]), inner, max_size=3),
)


@given(NAMES, DOCUMENTS, st.integers())
def test_what_is_put_is_found(names, document, result):
    """A result put into objects is found by the same path."""
    quoted = (name.replace("\\", "\\\\").replace("'", "\\'") for name in names)
    path = "$" + "".join(f"['{name}']" for name in quoted)
    output = apply_result_path(path, document, result)
    assert evaluate_path(path, output, SCOPE) == result
