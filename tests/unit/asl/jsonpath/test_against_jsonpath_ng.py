"""Our walker and jsonpath-ng, an independent engine, find the same values."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpath_ng.ext import parse as other_parse

from asw.asl.errors import StatesError
from asw.asl.paths import evaluate_path, is_definite
from asw.asl.scope import Scope

NAMES = ("a", "b", "c")
SCOPE = Scope(context={}, chance=lambda: 0.0)

leaves = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(NAMES)
documents = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    min_size=1,
)
segments = st.one_of(
    st.sampled_from(NAMES).map(lambda name: f".{name}"),
    st.sampled_from(NAMES).map(lambda name: f"['{name}']"),
    st.integers(0, 3).map(lambda index: f"[{index}]"),
    st.tuples(st.integers(0, 2), st.integers(2, 4)).map(lambda ends: f"[{ends[0]}:{ends[1]}]"),
    st.just("[*]"),
)
paths = st.lists(segments, min_size=1, max_size=4).map(lambda parts: "$" + "".join(parts))


@settings(max_examples=300)
@given(documents, paths)
def test_same_values(document: Any, path: str) -> None:
    """Names, indexes, slices and wildcards find what jsonpath-ng finds, in its order."""
    theirs = [match.value for match in other_parse(path).find(document)]
    try:
        ours = evaluate_path(path, document, SCOPE)
    except StatesError:
        assert theirs == []
        return
    assert ([ours] if is_definite(path) else ours) == theirs
