"""Tests of ``asw.asl.functions``: what each intrinsic function returns or refuses."""

import json
import uuid
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asw.asl.functions import FUNCTIONS, LONGEST_TEXT, BadArgumentsError
from tests.unit.asl.test_values import JSON


def _call(name, *arguments, chance=lambda: 0.5):
    return FUNCTIONS[f"States.{name}"].apply(chance, *arguments)


def _deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("Format", ("a {} b {}.", "x", 1), "a x b 1."),
        ("Format", ("{}", None), "null"),
        ("Format", ("{}", True), "true"),
        ("Format", ("{}", 1.1), "1.1"),
        (
            "Format",
            ("{}", {"Arg1": 1, "Arg2": [], "A": ["x", None]}),
            "{Arg1=1, Arg2=[], A=[x, null]}",
        ),
        ("StringToJson", ('{"a": [1, "x"]}',), {"a": [1, "x"]}),
        ("StringToJson", ("null",), None),
        ("StringToJson", ("-0",), 0),
        ("StringToJson", ("",), None),
        ("StringToJson", (" ",), None),
        ("JsonToString", ({"Arg1": 1, "Arg2": []},), '{"Arg1":1,"Arg2":[]}'),
        ("JsonToString", ("求",), '"求"'),
        ("JsonToString", (1.1,), "1.1"),
        ("Array", (1, None, [2]), [1, None, [2]]),
        ("ArrayPartition", ([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]),
        ("ArrayPartition", ([], 4), []),
        ("ArrayPartition", ([1, 2, 3], 1.5), [[1, 2], [3]]),
        ("ArrayContains", ([[1, 2], 3], [1, 2]), True),
        ("ArrayContains", ([{"a": 1}], {"a": 1.0}), True),
        ("ArrayContains", ([1], True), False),
        ("ArrayContains", ([], []), False),
        ("ArrayRange", (0, 9, 3), [0, 3, 6, 9]),
        ("ArrayRange", (1, 8, 3), [1, 4, 7]),
        ("ArrayRange", (9, 1, -4), [9, 5, 1]),
        ("ArrayRange", (5, 1, 1), []),
        ("ArrayRange", (1, 1000, 1), list(range(1, 1001))),
        ("ArrayGetItem", ([1, 2, 3], 2), 3),
        ("ArrayLength", ([1, 2],), 2),
        (
            "ArrayUnique",
            ([1, 1.0, True, "1", None, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [1], [1.0]],),
            [1, True, "1", None, {"a": 1, "b": 2}, [1]],
        ),
        ("Base64Encode", ("Data to encode",), "RGF0YSB0byBlbmNvZGU="),
        ("Base64Decode", ("RGF0YSB0byBlbmNvZGU=",), "Data to encode"),
        ("Base64Decode", ("",), ""),
        ("Base64Encode", ("\ud800",), "Pw=="),
        ("Hash", ("\ud800", "MD5"), "d1457b72c3fb323a2671125aef3eab5d"),
        ("Base64Encode", ("x" * LONGEST_TEXT,), "eHh4" * 3333 + "eA=="),
        ("Hash", ("input data", "SHA-1"), "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        (
            "Hash",
            ("input data", "SHA-256"),
            "b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3",
        ),
        ("Hash", ({"a": 1}, "MD5"), "bb6cb5c68df4652941caf652a366f2d8"),
        ("JsonMerge", ({"a": {"x": 1}, "b": 2}, {"a": {"y": 1}}, False), {"a": {"y": 1}, "b": 2}),
        ("MathAdd", (1, -3), -2),
        ("MathAdd", (-1.5, -1.51), -3),
        ("MathAdd", (-0.5, 0.5), 1),
        ("MathAdd", (1.49, -1.49), 0),
        ("MathAdd", (-3.5, 0), -3),
        ("StringSplit", ("1,2;3,,4", ",;"), ["1", "2", "3", "4"]),
        ("StringSplit", ("split on T and \nnew line", "T\n"), ["split on ", " and ", "new line"]),
        ("StringSplit", ("a]b^c-d", "]^-"), ["a", "b", "c", "d"]),
        ("StringSplit", (",,,", ","), []),
        ("StringSplit", ("abc", ""), ["abc"]),
        ("StringSplit", ("", ""), []),
    ],
)
def test_functions_return(name, arguments, value):
    """What AWS was recorded or is documented to return."""
    assert json.dumps(_call(name, *arguments)) == json.dumps(value)


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("Format", ("{} {}", 1), "number of arguments do not match the occurrences of {}"),
        ("Format", ("{}", 1, 2), "number of arguments do not match the occurrences of {}"),
        ("Format", (5,), "the template must be a string"),
        ("StringToJson", ("{",), "Invalid arguments in States.StringToJson"),
        ("StringToJson", (5,), "the string must be a string"),
        ("ArrayPartition", ([1], 0), "the chunk size must be at least 1, not 0"),
        ("ArrayPartition", ([1], "2"), "the chunk size must be a number"),
        ("ArrayPartition", ("ab", 1), "the first argument must be an array"),
        ("ArrayRange", (1, 5, 0), "the step must not be 0"),
        ("ArrayRange", (1, 1001, 1), "more than 1000 items"),
        ("ArrayRange", (0, 10**18, 1), "more than 1000 items"),
        ("ArrayRange", (0, 1000, 1), "more than 1000 items"),
        ("ArrayRange", (0, -1000, -1), "more than 1000 items"),
        ("ArrayRange", (0, 10**30, 1), "the last must be of 64 bits at most"),
        ("MathAdd", (1, -1e300), "the second number must be of 64 bits at most"),
        ("ArrayRange", (True, 5, 1), "the first must be a number"),
        ("ArrayGetItem", ([1], 1), "the array of 1 items has no item 1"),
        ("ArrayGetItem", ([1], -1), "the array of 1 items has no item -1"),
        ("ArrayLength", ({},), "the first argument must be an array"),
        ("Base64Encode", ("x" * (LONGEST_TEXT + 1),), "must have 10000 characters at most"),
        ("Base64Decode", ("?",), "the text is not the Base64 form"),
        ("Base64Decode", ("/w==",), "the text is not the Base64 form"),
        ("Base64Decode", (None,), "the text must be a string"),
        ("Hash", ("x", "SHA-3"), "there is no algorithm 'SHA-3' (MD5, SHA-1"),
        ("Hash", ("x" * (LONGEST_TEXT + 1), "MD5"), "must have 10000 characters at most"),
        ("JsonMerge", ({}, {}, True), "only shallow merging is supported"),
        ("JsonMerge", ({}, [], False), "both values to merge must be objects"),
        ("MathAdd", ("1", 1), "the first number must be a number"),
        ("MathRandom", (5, 5), "the start 5 must be below the end 5"),
        ("StringSplit", (5, ","), "the string must be a string"),
        ("Format", ("{}{}", "x" * 600_000, "y" * 600_000), "more than 1000000 characters"),
        ("JsonToString", (["x" * 300_000] * 4,), "more than 1000000 characters"),
        ("Hash", (["x" * 300_000] * 4, "MD5"), "more than 1000000 characters"),
        ("JsonToString", (_deep(700),), "nested more than 600 deep"),
        ("StringSplit", ("a", 5), "the separator must be a string"),
    ],
)
def test_functions_refuse(name, arguments, reason):
    """Arguments that a function can do nothing with are refused with the reason."""
    with pytest.raises(BadArgumentsError) as caught:
        _call(name, *arguments)
    assert reason in str(caught.value)


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_random_numbers_are_in_the_range(start, width, share):
    """The start may come, the end may not."""
    number = _call("MathRandom", start, start + width, chance=lambda: share)
    assert start <= number < start + width


def test_a_seed_decides_the_number():
    """The same seed gives the same number whatever chance says, and seeds differ."""
    numbers = [_call("MathRandom", 0, 10**9, seed, chance=Random().random) for seed in (7, 7, 8)]
    assert numbers[0] == numbers[1] != numbers[2]


def test_uuids_are_of_version_four():
    """A UUID is made of four draws, and says that it is random."""
    drawn = Random(1)
    one, two = (uuid.UUID(_call("UUID", chance=drawn.random)) for _ in range(2))
    assert one.version == two.version == 4
    assert one != two


def test_the_same_chance_makes_the_same_uuid():
    """The engine's seed decides, so that a step made again gives the same."""
    assert _call("UUID", chance=Random(1).random) == _call("UUID", chance=Random(1).random)


@given(JSON)
def test_json_survives_its_string(value):
    """StringToJson undoes JsonToString."""
    assert _call("StringToJson", _call("JsonToString", value)) == value


@given(st.text(max_size=100))
def test_base64_survives(text):
    """Base64Decode undoes Base64Encode."""
    assert _call("Base64Decode", _call("Base64Encode", text)) == text


@given(st.lists(st.integers(0, 5)), st.integers(1, 4))
def test_partitions_join_to_the_array(items, size):
    """No item is lost, and only the last part may be short."""
    parts = _call("ArrayPartition", items, size)
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])


def test_there_are_eighteen():
    """ASL's list is complete."""
    assert len(FUNCTIONS) == 18
